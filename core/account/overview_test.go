package account_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

func TestListOrganizations_isForOperatorsAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		elsewhere, err := s.CreateMarketplace(ctx, account.MarketplaceInput{Name: "Elsewhere", Host: "elsewhere.test", Currency: "EUR"})
		require.NoError(t, err)
		for _, name := range []string{"Acme", "Bottega", "Calle"} {
			_, err := s.CreateOrganization(ctx, m.ID, account.OrganizationInput{Kind: account.Customer, Name: name, Email: "office@acme.test"})
			require.NoError(t, err)
		}
		vendor, err := s.CreateOrganization(ctx, m.ID, account.OrganizationInput{Kind: account.Vendor, Name: "Lagoon", Email: "office@lagoon.test"})
		require.NoError(t, err)
		_, err = s.CreateOrganization(ctx, elsewhere.ID, account.OrganizationInput{Kind: account.Customer, Name: "Foreign", Email: "office@foreign.test"})
		require.NoError(t, err)
		operator := account.Actor{MarketplaceID: m.ID, UserID: 9, OrganizationID: 9, Kind: account.Operator}

		first, err := s.ListOrganizations(ctx, operator, account.Customer, page.Request{Limit: 2})
		require.NoError(t, err)
		require.Equal(t, []string{"Calle", "Bottega"}, names(first.Items))
		rest, err := s.ListOrganizations(ctx, operator, account.Customer, page.Request{Limit: 2, Cursor: first.Next})
		require.NoError(t, err)
		require.Equal(t, []string{"Acme"}, names(rest.Items))
		all, err := s.ListOrganizations(ctx, operator, "", page.Request{})
		require.NoError(t, err)
		require.Len(t, all.Items, 4)

		_, err = s.ListOrganizations(ctx, account.Actor{MarketplaceID: m.ID, OrganizationID: vendor.ID, Kind: account.Vendor}, "", page.Request{})
		require.True(t, fault.Is(err, fault.Forbidden))
		_, err = s.ListOrganizations(ctx, operator, "king", page.Request{})
		require.Equal(t, "kind", fault.As(err).Fields[0].Name)
	})
}

func names(all []account.Organization) (out []string) {
	for _, o := range all {
		out = append(out, o.Name)
	}
	return out
}

func TestPeople_areOfTheOwnOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		u, err := s.SignUp(ctx, m.ID, account.SignUpInput{Company: "Acme", Name: "Ada", Email: "ada@acme.test", Password: "correct horse"})
		require.NoError(t, err)
		ada, err := s.ActorOf(ctx, m.ID, u.ID)
		require.NoError(t, err)
		people, err := s.People(ctx, ada, ada.OrganizationID)
		require.NoError(t, err)
		require.Equal(t, []account.User{u}, people)
		_, err = s.People(ctx, account.Actor{MarketplaceID: m.ID, OrganizationID: ada.OrganizationID + 1, Kind: account.Customer}, ada.OrganizationID)
		require.True(t, fault.Is(err, fault.NotFound))
	})
}

func TestAuditTrail_findsByEntityActorAndAction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s, m := setup(t, db)
		ctx := t.Context()
		require.NoError(t, db.InTx(ctx, m.ID, func(tx *store.Tx) error {
			for i, e := range []audit.Entry{
				{Actor: audit.Actor{ID: 1, Name: "Ada (Lagoon)"}, Action: "product.create", Entity: "product"},
				{Actor: audit.Actor{ID: 2, Name: "Olga"}, Action: "product.approve", Entity: "product"},
				{Actor: audit.System, Action: "invoice.issued", Entity: "invoice"},
			} {
				e.EntityID = int64(i + 1)
				if err := audit.Write(ctx, tx, e); err != nil {
					return err
				}
			}
			return nil
		}))
		operator := account.Actor{MarketplaceID: m.ID, UserID: 9, OrganizationID: 9, Kind: account.Operator}
		find := func(f audit.Filter) (actions []string) {
			got, err := s.AuditTrail(ctx, operator, f, page.Request{})
			require.NoError(t, err)
			for _, r := range got.Items {
				actions = append(actions, r.Action)
			}
			return actions
		}
		require.Equal(t, []string{"invoice.issued", "product.approve", "product.create"}, find(audit.Filter{}))
		require.Equal(t, []string{"product.create"}, find(audit.Filter{Entity: "product", EntityID: 1}))
		require.Equal(t, []string{"product.create"}, find(audit.Filter{Query: "ADA"}))
		require.Equal(t, []string{"product.approve"}, find(audit.Filter{Query: "approve"}))
		require.Empty(t, find(audit.Filter{Query: "100%"}))

		_, err := s.AuditTrail(ctx, account.Actor{MarketplaceID: m.ID, Kind: account.Vendor}, audit.Filter{}, page.Request{})
		require.True(t, fault.Is(err, fault.Forbidden))
	})
}
