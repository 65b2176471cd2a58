package account_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

// resale is a marketplace with two resellers.
type resale struct {
	*account.Service
	market                 int64
	ponte, calle, operator account.Actor
}

func setupResale(t *testing.T, db *store.DB) *resale {
	t.Helper()
	s := account.New(db)
	m, err := s.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Rialto", Host: "*", Currency: "EUR"})
	require.NoError(t, err)
	person := func(kind account.Kind, name string) account.Actor {
		o, err := s.CreateOrganization(t.Context(), m.ID, account.OrganizationInput{Kind: kind, Name: name, Email: name + "@x.test"})
		require.NoError(t, err)
		return account.Actor{MarketplaceID: m.ID, UserID: o.ID, OrganizationID: o.ID, Kind: kind, Role: account.Admin, Name: name}
	}
	return &resale{Service: s, market: m.ID, ponte: person(account.Reseller, "ponte"), calle: person(account.Reseller, "calle"), operator: person(account.Operator, "op")}
}

func companyInput() account.CompanyInput {
	return account.CompanyInput{Company: "Bottega", Email: "office@bottega.test", Person: account.PersonInput{Name: "Bea", Email: "Bea@Bottega.test"}}
}

func TestCreateCustomer_itsPersonChoosesAPasswordOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, ctx := setupResale(t, db), t.Context()
		brought, err := r.CreateCustomer(ctx, r.ponte, companyInput())
		require.NoError(t, err)
		o, invited, token := brought.Organization, brought.Invitation, brought.Token
		require.Equal(t, r.ponte.OrganizationID, o.Reseller())
		require.Equal(t, "Bea bea@bottega.test Bottega", invited.Name+" "+invited.Email+" "+invited.Company)
		_, err = r.SignIn(ctx, r.market, "bea@bottega.test", "")
		require.True(t, fault.Is(err, fault.Unauthenticated), "nobody has a password yet: %v", err)

		_, err = r.Accept(ctx, r.market, token, "short")
		require.True(t, fault.Is(err, fault.Invalid), err)
		_, err = r.Accept(ctx, r.market, secret.Text("fdi_other"), "correct horse")
		require.True(t, fault.Is(err, fault.NotFound), err)
		actor, err := r.Accept(ctx, r.market, token, "correct horse")
		require.NoError(t, err)
		require.Equal(t, r.ponte.OrganizationID, actor.ResellerID)
		signedIn, err := r.SignIn(ctx, r.market, "bea@bottega.test", "correct horse")
		require.NoError(t, err)
		require.Equal(t, actor, signedIn)
		_, err = r.Accept(ctx, r.market, token, "another horse")
		require.True(t, fault.Is(err, fault.NotFound), "a second time: %v", err)
	})
}

func TestCustomers_areTheResellersOwn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, ctx := setupResale(t, db), t.Context()
		brought, err := r.CreateCustomer(ctx, r.ponte, companyInput())
		require.NoError(t, err)
		o := brought.Organization
		signedUp, err := r.SignUp(ctx, r.market, account.SignUpInput{Company: "Osteria", Name: "Oda", Email: "oda@osteria.test", Password: "correct horse", Vendor: true, ResellerID: r.calle.OrganizationID})
		require.NoError(t, err)
		for actor, want := range map[account.Actor]int{r.ponte: 1, r.calle: 1, r.operator: 2} {
			all, err := r.Customers(ctx, actor, page.Request{})
			require.NoError(t, err)
			require.Len(t, all.Items, want, actor.Name)
		}
		_, people, err := r.Customer(ctx, r.ponte, o.ID)
		require.NoError(t, err)
		require.Len(t, people, 1)
		_, _, err = r.Customer(ctx, r.calle, o.ID)
		require.True(t, fault.Is(err, fault.NotFound), err)
		theirs, _, err := r.Customer(ctx, r.calle, signedUp.OrganizationID)
		require.NoError(t, err)
		require.Equal(t, account.Customer, theirs.Kind, "on a storefront nobody signs up to sell")
		_, _, err = r.Customer(ctx, r.ponte, r.calle.OrganizationID)
		require.True(t, fault.Is(err, fault.NotFound), "no customer at all")

		foreign := companyInput()
		foreign.Email, foreign.Person.Email, foreign.ResellerID = "a@b.test", "a@b.test", r.calle.OrganizationID
		_, err = r.CreateCustomer(ctx, r.ponte, foreign)
		require.True(t, fault.Is(err, fault.Invalid), "for a peer: %v", err)
		brought, err = r.CreateCustomer(ctx, r.operator, foreign)
		require.NoError(t, err)
		require.Equal(t, r.calle.OrganizationID, brought.Organization.Reseller())
	})
}

func TestCreateCustomer_saysEverythingThatIsWrong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, ctx := setupResale(t, db), t.Context()
		_, err := r.CreateCustomer(ctx, r.ponte, account.CompanyInput{Person: account.PersonInput{Email: "x"}})
		var got []string
		for _, f := range fault.As(err).Fields {
			got = append(got, f.Name)
		}
		require.Equal(t, []string{"company", "email", "person.name", "person.email"}, got)
		_, err = r.CreateCustomer(ctx, r.ponte, companyInput())
		require.NoError(t, err)
		_, err = r.CreateCustomer(ctx, r.calle, companyInput())
		require.True(t, fault.Is(err, fault.Conflict), "the address has an account: %v", err)
		all, err := r.Customers(ctx, r.calle, page.Request{})
		require.NoError(t, err)
		require.Empty(t, all.Items, "nothing was made of it")
	})
}

func TestCreateReseller_isTheOperators(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		r, ctx := setupResale(t, db), t.Context()
		_, err := r.CreateReseller(ctx, r.ponte, companyInput())
		require.True(t, fault.Is(err, fault.Forbidden), err)
		made, err := r.CreateReseller(ctx, r.operator, companyInput())
		require.NoError(t, err)
		actor, err := r.Accept(ctx, r.market, made.Token, "correct horse")
		require.NoError(t, err)
		require.Equal(t, account.Reseller, actor.Kind)
		require.Zero(t, actor.ResellerID)
	})
}
