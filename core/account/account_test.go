package account_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

func setup(t *testing.T, db *store.DB) (*account.Service, account.Marketplace) {
	t.Helper()
	s := account.New(db)
	m, err := s.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Rialto", Host: "rialto.test", Currency: "EUR"})
	require.NoError(t, err)
	return s, m
}

func TestSignUp_makesACompanyAndItsAdministrator(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		in := account.SignUpInput{Company: "Acme", Name: "Ada", Email: "Ada@Acme.test", Password: "correct horse"}
		u, err := s.SignUp(ctx, m.ID, in)
		require.NoError(t, err)
		require.Equal(t, "ada@acme.test", u.Email)

		actor, err := s.SignIn(ctx, m.ID, " ADA@acme.test", "correct horse")
		require.NoError(t, err)
		require.Equal(t, account.Customer, actor.Kind)
		require.Equal(t, "Acme", actor.Organization)

		_, err = s.SignIn(ctx, m.ID, "ada@acme.test", "wrong")
		require.True(t, fault.Is(err, fault.Unauthenticated))
		_, err = s.SignIn(ctx, m.ID, "nobody@acme.test", "wrong")
		require.True(t, fault.Is(err, fault.Unauthenticated))

		_, err = s.SignUp(ctx, m.ID, in)
		require.True(t, fault.Is(err, fault.Conflict))
		require.Equal(t, "email", fault.As(err).Fields[0].Name)

		_, err = s.SignUp(ctx, m.ID, account.SignUpInput{Email: "x", Password: "short"})
		require.Len(t, fault.As(err).Fields, 4)
	})
}

func TestAuthenticate_letsInATokenUntilItIsRevoked(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		u, err := s.SignUp(ctx, m.ID, account.SignUpInput{Company: "Acme", Name: "Ada", Email: "ada@acme.test", Password: "correct horse"})
		require.NoError(t, err)
		actor, err := s.ActorOf(ctx, m.ID, u.ID)
		require.NoError(t, err)
		tok, text, err := s.CreateToken(ctx, actor, "laptop")
		require.NoError(t, err)

		got, err := s.Authenticate(ctx, text)
		require.NoError(t, err)
		require.Equal(t, actor, got)
		all, err := s.Tokens(ctx, actor)
		require.NoError(t, err)
		require.NotNil(t, all[0].LastUsedAt)

		stranger := actor
		stranger.UserID++
		require.True(t, fault.Is(s.RevokeToken(ctx, stranger, tok.ID), fault.NotFound))
		require.NoError(t, s.RevokeToken(ctx, actor, tok.ID))
		_, err = s.Authenticate(ctx, text)
		require.True(t, fault.Is(err, fault.Unauthenticated))
	})
}

func TestMarketplaceByHost_fallsBackToTheStar(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		_, err := s.MarketplaceByHost(ctx, "nowhere.test")
		require.True(t, fault.Is(err, fault.NotFound))
		star, err := s.CreateMarketplace(ctx, account.MarketplaceInput{Name: "Star", Host: "*", Currency: "EUR"})
		require.NoError(t, err)
		for host, want := range map[string]int64{"rialto.test": m.ID, "nowhere.test": star.ID} {
			got, err := s.MarketplaceByHost(ctx, host)
			require.NoError(t, err)
			require.Equal(t, want, got.ID)
		}
	})
}

func TestSessions_keepsASessionUntilItIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := account.NewSessions(db)
		require.NoError(t, s.Commit("tok", []byte("data"), time.Now().Add(time.Hour)))
		require.NoError(t, s.Commit("old", []byte("data"), time.Now().Add(-time.Hour)))
		data, found, err := s.Find("tok")
		require.NoError(t, err)
		require.True(t, found)
		require.Equal(t, "data", string(data))
		_, found, err = s.Find("old")
		require.NoError(t, err)
		require.False(t, found)
		require.NoError(t, s.Delete("tok"))
		_, found, err = s.Find("tok")
		require.NoError(t, err)
		require.False(t, found)
	})
}

func TestPolicy_aStrangerSeesNothingAndMayNothing(t *testing.T) {
	nobody := account.Actor{}
	require.True(t, fault.Is(nobody.Need(account.PlaceOrders), fault.Unauthenticated))
	vendor := account.Actor{OrganizationID: 3, Kind: account.Vendor}
	require.True(t, fault.Is(vendor.Need(account.ReviewProducts), fault.Forbidden))
	require.NoError(t, vendor.NeedOwn("product", 3))
	require.True(t, fault.Is(vendor.NeedOwn("product", 4), fault.NotFound))
	require.True(t, fault.Is(nobody.NeedOwn("product", 0), fault.NotFound))
	require.NoError(t, account.Actor{Kind: account.Operator, OrganizationID: 1}.NeedOwn("product", 4))
}

func TestFound_makesAMarketplaceWithItsOperatorOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, ctx := account.New(db), t.Context()
		in := account.FoundInput{Marketplace: account.MarketplaceInput{Name: "Rialto", Host: "rialto.test", Currency: "EUR"},
			Operator:  account.OrganizationInput{Name: "Rialto", Email: "ada@rialto.test"},
			Person:    account.UserInput{Name: "Ada", Email: "Ada@rialto.test", Password: "correct horse"},
			TokenName: "first"}
		actor, token, err := s.Found(ctx, in)
		require.NoError(t, err)
		require.Equal(t, account.Operator, actor.Kind)
		same, err := s.Authenticate(ctx, token)
		require.NoError(t, err)
		require.Equal(t, actor, same)
		_, _, err = s.Found(ctx, in)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		in.Marketplace.Host, in.Person.Password = "other.test", "short"
		_, _, err = s.Found(ctx, in)
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		all, err := s.Marketplaces(ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
	})
}
