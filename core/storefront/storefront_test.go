package storefront_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/stretchr/testify/require"
)

type testBundle struct {
	*storefront.Service
	market, star                     account.Marketplace
	ponte, calle, customer, operator account.Actor
}

func setup(t *testing.T, db *store.DB) *testBundle {
	t.Helper()
	accounts := account.New(db)
	b := &testBundle{Service: storefront.New(storefront.Config{DB: db, Reserved: []string{"clouds.example"}})}
	var err error
	b.market, err = accounts.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Rialto", Host: "rialto.example", Currency: "EUR"})
	require.NoError(t, err)
	b.star, err = accounts.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Star", Host: "*", Currency: "EUR"})
	require.NoError(t, err)
	person := func(kind account.Kind, name string) account.Actor {
		o, err := accounts.CreateOrganization(t.Context(), b.market.ID, account.OrganizationInput{Kind: kind, Name: name, Email: name + "@x.test"})
		require.NoError(t, err)
		return account.Actor{MarketplaceID: b.market.ID, UserID: o.ID, OrganizationID: o.ID, Kind: kind, Role: account.Admin, Name: name}
	}
	b.ponte, b.calle = person(account.Reseller, "ponte"), person(account.Reseller, "calle")
	b.customer, b.operator = person(account.Customer, "acme"), person(account.Operator, "op")
	return b
}

func input(host string) storefront.Input {
	return storefront.Input{Host: host, Name: "Ponte Cloud", Contact: "hello@ponte.example", Accent: "#7a1f3d"}
}

func TestAt_findsTheStorefrontBeforeTheMarketplace(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		saved, err := b.Save(ctx, b.ponte, input(" Cloud.Ponte.Example. "))
		require.NoError(t, err)
		require.Equal(t, "cloud.ponte.example", saved.Host)
		require.Equal(t, storefront.Standard, saved.Mode)
		for host, want := range map[string]struct {
			market, reseller int64
		}{"cloud.ponte.example": {b.market.ID, b.ponte.OrganizationID}, "rialto.example": {b.market.ID, 0}, "elsewhere.example": {b.star.ID, 0}} {
			m, shop, err := b.At(ctx, host)
			require.NoError(t, err)
			require.Equal(t, want.market, m.ID, host)
			require.Equal(t, want.reseller, shop.ResellerID, host)
		}
		in := input("cloud.ponte.example")
		in.Name, in.Mode = "Ponte", storefront.Listing
		_, err = b.Save(ctx, b.ponte, in)
		require.NoError(t, err)
		_, shop, err := b.At(ctx, "cloud.ponte.example")
		require.NoError(t, err)
		require.Equal(t, "Ponte listing", shop.Name+" "+string(shop.Mode))
	})
}

func TestSave_noHostLeadsToTwoPlaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		_, err := b.Save(ctx, b.ponte, input("cloud.ponte.example"))
		require.NoError(t, err)
		for _, host := range []string{"cloud.ponte.example", "rialto.example", "clouds.example"} {
			_, err := b.Save(ctx, b.calle, input(host))
			require.True(t, fault.Is(err, fault.Conflict), "%s: %v", host, err)
			require.Equal(t, "host", fault.As(err).Fields[0].Name)
		}
	})
}

func TestSave_isTheResellersOwn(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	_, err := b.Save(ctx, b.customer, input("a.example"))
	require.True(t, fault.Is(err, fault.Forbidden), err)
	_, err = b.Get(ctx, b.ponte, 0)
	require.True(t, fault.Is(err, fault.NotFound), "none yet")
	in := input("a.example")
	in.ResellerID = b.ponte.OrganizationID
	_, err = b.Save(ctx, b.calle, in)
	require.True(t, fault.Is(err, fault.Invalid), "a peer's: %v", err)
	shop, err := b.Save(ctx, b.operator, in)
	require.NoError(t, err)
	require.Equal(t, b.ponte.OrganizationID, shop.ResellerID)
	_, err = b.Get(ctx, b.calle, b.ponte.OrganizationID)
	require.True(t, fault.Is(err, fault.Invalid), err)
	_, err = b.Get(ctx, b.ponte, 0)
	require.NoError(t, err)
}

func TestSave_saysEverythingThatIsWrong(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	for name, c := range map[string]struct {
		in     storefront.Input
		fields []string
	}{
		"nothing":       {storefront.Input{}, []string{"host", "name", "contact"}},
		"address":       {with(func(in *storefront.Input) { in.Host = "127.0.0.1" }), []string{"host"}},
		"machine":       {with(func(in *storefront.Input) { in.Host = "localhost" }), []string{"host"}},
		"port":          {with(func(in *storefront.Input) { in.Host = "a.example:80" }), []string{"host"}},
		"star":          {with(func(in *storefront.Input) { in.Host = "*.example" }), []string{"host"}},
		"mode":          {with(func(in *storefront.Input) { in.Mode = "shop" }), []string{"mode"}},
		"contact":       {with(func(in *storefront.Input) { in.Contact = "Ponte <a@b.example>" }), []string{"contact"}},
		"no colour":     {with(func(in *storefront.Input) { in.Accent = "red;}" }), []string{"accent"}},
		"pale":          {with(func(in *storefront.Input) { in.Accent = "#ffd94a" }), []string{"accent"}},
		"dark in dark":  {with(func(in *storefront.Input) { in.AccentDark = "#7a1f3d" }), []string{"accentDark"}},
		"dark alone":    {with(func(in *storefront.Input) { in.Accent, in.AccentDark = "", "#ffd94a" }), []string{"accent"}},
		"no picture":    {with(func(in *storefront.Input) { in.Logo = new([]byte("<svg onload=alert(1)>")) }), []string{"logo"}},
		"large picture": {with(func(in *storefront.Input) { in.Logo = new(make([]byte, storefront.MaxLogoBytes+1)) }), []string{"logo"}},
		"wide picture":  {with(func(in *storefront.Input) { in.Logo = new(picture(t, 1025, 1)) }), []string{"logo"}},
	} {
		_, err := b.Save(ctx, b.ponte, c.in)
		require.True(t, fault.Is(err, fault.Invalid), "%s: %v", name, err)
		var got []string
		for _, f := range fault.As(err).Fields {
			got = append(got, f.Name)
		}
		require.Equal(t, c.fields, got, name)
	}
}

func TestSave_makesTheDarkAccentReadable(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	shop, err := b.Save(ctx, b.ponte, input("a.example"))
	require.NoError(t, err)
	require.NotEqual(t, shop.Accent, shop.AccentDark)
	in := input("a.example")
	in.AccentDark = shop.AccentDark
	_, err = b.Save(ctx, b.ponte, in)
	require.NoError(t, err, "what was made passes the check")
}

func TestLogo_isDrawnAnewAndKeptUntilItIsRemoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		var photo bytes.Buffer
		require.NoError(t, jpeg.Encode(&photo, square(8, 4), nil))
		in := input("a.example")
		in.Logo = new(append(photo.Bytes(), "<script>alert(1)</script>"...))
		_, err := b.Save(ctx, b.ponte, in)
		require.NoError(t, err)
		got, kind, err := b.Logo(ctx, b.market.ID, b.ponte.OrganizationID)
		require.NoError(t, err)
		require.Equal(t, "image/png", kind)
		require.NotContains(t, string(got), "script")
		shown, err := png.Decode(bytes.NewReader(got))
		require.NoError(t, err)
		require.Equal(t, image.Pt(8, 4), shown.Bounds().Size())

		in.Logo = nil
		_, err = b.Save(ctx, b.ponte, in)
		require.NoError(t, err)
		_, _, err = b.Logo(ctx, b.market.ID, b.ponte.OrganizationID)
		require.NoError(t, err, "kept when nothing is said of it")
		in.Logo = new([]byte)
		_, err = b.Save(ctx, b.ponte, in)
		require.NoError(t, err)
		_, _, err = b.Logo(ctx, b.market.ID, b.ponte.OrganizationID)
		require.True(t, fault.Is(err, fault.NotFound), err)
	})
}

func with(change func(*storefront.Input)) storefront.Input {
	in := input("a.example")
	change(&in)
	return in
}

func square(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	m.Set(0, 0, color.Black)
	return m
}

func picture(t *testing.T, w, h int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, square(w, h)))
	return out.Bytes()
}

func sqlite(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
