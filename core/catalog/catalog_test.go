package catalog_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

type testBundle struct {
	*catalog.Service
	db                      *store.DB
	operator, vendor, other account.Actor
}

func setup(t *testing.T, db *store.DB) *testBundle {
	t.Helper()
	client := jobs.New(db, slog.New(slog.DiscardHandler))
	events := event.New(db, client)
	require.NoError(t, client.Open())
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, secret.KeySize))
	require.NoError(t, err)
	accounts := account.New(db)
	m, err := accounts.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "M", Host: "*", Currency: "EUR"})
	require.NoError(t, err)
	person := func(kind account.Kind, email string) account.Actor {
		o, err := accounts.CreateOrganization(t.Context(), m.ID, account.OrganizationInput{Kind: kind, Name: email, Email: email})
		require.NoError(t, err)
		return account.Actor{MarketplaceID: m.ID, UserID: o.ID, OrganizationID: o.ID, Kind: kind, Role: account.Admin, Name: email}
	}
	return &testBundle{Service: catalog.New(catalog.Config{DB: db, Events: events, Box: box, Kinds: boxes{}, Provider: mainOnly}), db: db, operator: person(account.Operator, "op@x.test"),
		vendor: person(account.Vendor, "v@x.test"), other: person(account.Vendor, "o@x.test")}
}

func productInput(sku string) catalog.ProductInput {
	return catalog.ProductInput{Name: "Lagoon", SKU: sku, Type: catalog.API, Category: "maps", ShortDescription: "Maps",
		UpstreamURL: "https://api.lagoon.example/v1", AuthHeaderName: "X-Secret", AuthHeaderValue: "s3cret"}
}

func (b *testBundle) draft(t *testing.T, sku string) catalog.Product {
	t.Helper()
	p, err := b.CreateProduct(t.Context(), b.vendor, productInput(sku))
	require.NoError(t, err)
	_, err = b.AddEndpoints(t.Context(), b.vendor, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "get", Path: "/search"}})
	require.NoError(t, err)
	return p
}

func plan(name string) catalog.PlanInput {
	return catalog.PlanInput{Name: name, Terms: price.Terms{Currency: "EUR", RecurringPrice: money.Int(29)},
		Endpoints: []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Prepaid, Limits: map[string]int64{"month": 5}}}}
}

// fields gives the wrong fields of an error by name.
func fields(t *testing.T, err error) map[string]string {
	t.Helper()
	require.Error(t, err)
	out := map[string]string{}
	for _, f := range fault.As(err).Fields {
		out[f.Name] = f.Message
	}
	return out
}

func TestReview_draftToStorefront(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		p := b.draft(t, "lagoon")
		_, err := b.Submit(ctx, b.vendor, p.ID)
		require.Contains(t, fields(t, err), "plans")
		made, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
		require.NoError(t, err)
		require.True(t, made.Revision.Content.AutoRenew, "renewing is the default")
		_, err = b.Submit(ctx, b.vendor, p.ID)
		require.NoError(t, err)

		_, err = b.Approve(ctx, b.vendor, p.ID)
		require.True(t, fault.Is(err, fault.Forbidden))
		_, err = b.Reject(ctx, b.operator, p.ID, " ")
		require.Contains(t, fields(t, err), "reason")
		back, err := b.Reject(ctx, b.operator, p.ID, "Please describe it.")
		require.NoError(t, err)
		require.Equal(t, "Please describe it.", back.ReviewNote)
		_, err = b.BySKU(ctx, b.vendor, "lagoon")
		require.True(t, fault.Is(err, fault.NotFound))

		_, err = b.Submit(ctx, b.vendor, p.ID)
		require.NoError(t, err)
		_, err = b.Approve(ctx, b.operator, p.ID)
		require.NoError(t, err)
		l, err := b.BySKU(ctx, b.vendor, "lagoon")
		require.NoError(t, err)
		require.Equal(t, "GET", l.Endpoints[0].Method)
		require.Len(t, l.Plans, 1)
		_, err = b.Approve(ctx, b.operator, p.ID)
		require.True(t, fault.Is(err, fault.Conflict))
	})
}

func TestProducts_anotherVendorSeesNothing(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	_, err := b.Product(ctx, b.other, p.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = b.UpdateProduct(ctx, b.other, p.ID, productInput("lagoon"))
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = b.AddEndpoints(ctx, b.other, p.ID, []catalog.EndpointInput{{Identifier: "x", Method: "GET", Path: "/x"}})
	require.True(t, fault.Is(err, fault.NotFound))
	mine, err := b.Products(ctx, b.other, catalog.Filter{VendorID: b.vendor.OrganizationID}, page.Request{})
	require.NoError(t, err)
	require.Empty(t, mine.Items)
	stranger := b.vendor
	stranger.MarketplaceID++
	_, err = b.Product(ctx, stranger, p.ID)
	require.Error(t, err)
}

func TestCreateProduct_namesEveryWrongField(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	_, err := b.CreateProduct(ctx, b.vendor, catalog.ProductInput{SKU: "No Good", Type: "boat", UpstreamURL: "ftp://x", AuthHeaderValue: "v",
		SyndicationURL: "http://127.0.0.1/hook"})
	got := fields(t, err)
	for _, name := range []string{"name", "sku", "type", "category", "api.upstreamUrl", "api.authHeader.name", "syndicationEndpoint.url"} {
		require.Contains(t, got, name)
	}
	b.draft(t, "lagoon")
	_, err = b.CreateProduct(ctx, b.other, productInput("lagoon"))
	require.True(t, fault.Is(err, fault.Conflict))
	require.Contains(t, fields(t, err), "sku")
}

func TestAddEndpoints_addsAllOrNone(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	_, err := b.AddEndpoints(ctx, b.vendor, p.ID, []catalog.EndpointInput{
		{Identifier: "fine", Method: "GET", Path: "/fine"},
		{Identifier: "search", Method: "GET", Path: "/again"},
		{Identifier: "method", Method: "FETCH", Path: "/x"},
		{Identifier: "path", Method: "GET", Path: "no-slash"},
		{Identifier: "param", Method: "GET", Path: "/a{b}/c"},
		{Identifier: "twin", Method: "GET", Path: "/search"},
	})
	got := fields(t, err)
	require.Contains(t, got["endpoints[1].identifier"], "unique")
	require.Contains(t, got["endpoints[2].method"], "GET")
	require.Contains(t, got["endpoints[3].path"], "slash")
	require.Contains(t, got["endpoints[4].path"], "parameter")
	require.Contains(t, got["endpoints[5].path"], "search")
	l, err := b.Product(ctx, b.vendor, p.ID)
	require.NoError(t, err)
	require.Len(t, l.Endpoints, 1)
}

func TestUpdateEndpoint_neverChangesTheIdentifier(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	_, err := b.UpdateEndpoint(ctx, b.vendor, p.ID, "search", catalog.EndpointInput{Identifier: "find", Method: "GET", Path: "/find"})
	require.Contains(t, fields(t, err)["identifier"], "never changes")
	e, err := b.UpdateEndpoint(ctx, b.vendor, p.ID, "search", catalog.EndpointInput{Method: "POST", Path: "/find"})
	require.NoError(t, err)
	require.Equal(t, "search", e.Identifier)
	require.Equal(t, "/find", e.Path)
}

func TestCreatePlan_namesEveryWrongField(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	var in catalog.PlanInput
	require.NoError(t, json.Unmarshal([]byte(`{"Name":"Bad","Terms":{"currency":"XXQ","setupPrice":"-1","recurringPrice":"0.1234567890123"},
		"Endpoints":[{"identifier":"nothing","mode":"prepaid","limits":{"month":5,"day":10,"fortnight":1}},
		{"identifier":"search","mode":"payPerUse","tiers":[{"upTo":10,"unitPrice":"1"},{"upTo":10,"unitPrice":"1"}]}]}`), &in))
	_, err := b.CreatePlan(ctx, b.vendor, p.ID, in)
	got := fields(t, err)
	for _, name := range []string{"currency", "setupPrice", "recurringPrice", "endpoints[0].identifier", "endpoints[0].limits.month",
		"endpoints[0].limits.fortnight", "endpoints[1].tiers[1].upTo"} {
		require.Contains(t, got, name)
	}
	require.Contains(t, got["recurringPrice"], "13 decimals")
	require.Equal(t, "The month limit must be at least the day limit (10).", got["endpoints[0].limits.month"])

	_, err = b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
	require.NoError(t, err)
	_, err = b.CreatePlan(ctx, b.vendor, p.ID, plan(" starter "))
	require.True(t, fault.Is(err, fault.Conflict))
	require.Contains(t, fields(t, err), "name")
}

func TestRevisions_cannotBeChangedEvenByHand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		p := b.draft(t, "lagoon")
		first, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
		require.NoError(t, err)
		in := plan("Starter")
		in.Terms.RecurringPrice = money.Int(35)
		second, err := b.RevisePlan(ctx, b.vendor, first.ID, in)
		require.NoError(t, err)
		require.Equal(t, 2, second.Revision.Number)
		for _, statement := range []string{`UPDATE plan_revision SET content = '{}' WHERE id = ?`, `DELETE FROM plan_revision WHERE id = ?`} {
			err = db.InTx(ctx, b.vendor.MarketplaceID, func(tx *store.Tx) error { _, err := tx.Exec(ctx, statement, first.Revision.ID); return err })
			require.Error(t, err)
		}
		require.NoError(t, db.View(ctx, b.vendor.MarketplaceID, func(tx *store.Tx) error {
			r, err := catalog.RevisionByID(ctx, tx, first.Revision.ID)
			require.Equal(t, "29", r.Content.RecurringPrice.String())
			return err
		}))
	})
}

func TestSearch_findsByWordsAndCountsCategories(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		for _, sku := range []string{"lagoon-one", "lagoon-two", "hidden"} {
			p := b.draft(t, sku)
			_, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
			require.NoError(t, err)
			if sku == "hidden" {
				continue
			}
			_, err = b.Submit(ctx, b.vendor, p.ID)
			require.NoError(t, err)
			_, err = b.Approve(ctx, b.operator, p.ID)
			require.NoError(t, err)
		}
		for query, want := range map[string]int{"": 2, "LAGOON": 2, "lagoon two": 1, "hidden": 0, "100%": 0, "_": 0, `\`: 0} {
			got, err := b.Search(ctx, b.vendor, catalog.Filter{Query: query}, page.Request{})
			require.NoError(t, err)
			require.Len(t, got.Page.Items, want, "query %q", query)
			require.Equal(t, []catalog.Facet{{Category: "maps", Products: 2}}, got.Facets)
		}
	})
}

func TestSecrets_areSealedAndNotInTheAudit(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	require.NotContains(t, string(p.AuthHeaderSealed), "s3cret")
	text, err := b.AuthHeader(p)
	require.NoError(t, err)
	require.Equal(t, "s3cret", text.Reveal())
	in := productInput("lagoon")
	in.AuthHeaderValue = ""
	p, err = b.UpdateProduct(ctx, b.vendor, p.ID, in)
	require.NoError(t, err)
	text, err = b.AuthHeader(p)
	require.NoError(t, err)
	require.Equal(t, "s3cret", text.Reveal(), "an empty secret keeps the old one")
	var trail []string
	require.NoError(t, b.db.View(ctx, b.vendor.MarketplaceID, func(tx *store.Tx) error {
		return tx.Select(ctx, &trail, `SELECT before || after FROM audit_entry WHERE marketplace_id = ?`, tx.Marketplace())
	}))
	require.NotEmpty(t, trail)
	for _, entry := range trail {
		require.NotContains(t, entry, "s3cret")
	}
}

func sqlite(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: storetest.SQLiteURL(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestCreatePlan_aFlatPlanIncludesEndpointsWithoutLimit(t *testing.T) {
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	in := plan("Flat")
	in.Endpoints = []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Included}}
	made, err := b.CreatePlan(ctx, b.vendor, p.ID, in)
	require.NoError(t, err)
	require.Empty(t, made.Revision.Content.Metered())
	in.Name, in.Endpoints[0].Limits = "Flat with limits", map[string]int64{"month": 5}
	_, err = b.CreatePlan(ctx, b.vendor, p.ID, in)
	require.Contains(t, fields(t, err), "endpoints[0].limits")
	in.Endpoints[0].Mode = "free"
	_, err = b.CreatePlan(ctx, b.vendor, p.ID, in)
	require.Contains(t, fields(t, err), "endpoints[0].mode")
}
