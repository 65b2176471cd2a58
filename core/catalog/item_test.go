package catalog_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

func (b *testBundle) items(t *testing.T, product int64) (all []catalog.Item) {
	t.Helper()
	require.NoError(t, b.db.View(t.Context(), b.vendor.MarketplaceID, func(tx *store.Tx) (err error) {
		all, err = catalog.Items(t.Context(), tx, product)
		return err
	}))
	return all
}

func vendorProduct(configuration string) catalog.ProductInput {
	return catalog.ProductInput{Name: "Hosting", SKU: "hosting", Type: catalog.Syndicated, Category: "c", ShortDescription: "Sites",
		SyndicationURL: "https://vendor.example.com/events", Configuration: json.RawMessage(configuration)}
}

func seats(parameter string) catalog.PlanInput {
	return catalog.PlanInput{Name: "Quay", Terms: price.Terms{Currency: "EUR"}, Resources: []catalog.PlanResource{{Parameter: parameter, UnitPrice: money.Int(1)}}}
}

func TestItems_keepTheirNumberForEver(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		p, err := b.CreateProduct(ctx, b.vendor, vendorProduct(`{"parameters":[{"code":"site"},{"code":"region"}]}`))
		require.NoError(t, err)
		plan, err := b.CreatePlan(ctx, b.vendor, p.ID, seats("seats"))
		require.NoError(t, err)
		first := b.items(t, p.ID)
		require.Len(t, first, 3)
		require.Positive(t, first[0].ID)
		require.Equal(t, catalog.Item{ID: first[2].ID, ProductID: p.ID, Kind: catalog.QuantityItem, Identifier: "seats"}, first[2])

		_, err = b.UpdateProduct(ctx, b.vendor, p.ID, vendorProduct(`{"parameters":[{"code":"plan"}]}`))
		require.NoError(t, err)
		_, err = b.RevisePlan(ctx, b.vendor, plan.ID, seats("boats"))
		require.NoError(t, err)
		second := b.items(t, p.ID)
		require.Equal(t, first, second[:3], "what is gone keeps its number: old sales refer to it")
		require.Len(t, second, 5)
		_, err = b.UpdateProduct(ctx, b.vendor, p.ID, vendorProduct(`{"parameters":[{"code":"region"},{"code":"site"}]}`))
		require.NoError(t, err)
		require.Equal(t, second, b.items(t, p.ID), "what comes back has its old one")
		require.NoError(t, db.View(ctx, b.vendor.MarketplaceID, func(tx *store.Tx) error {
			byID, err := catalog.ItemByID(ctx, tx, first[1].ID)
			require.NoError(t, err)
			require.Equal(t, first[1], byID)
			found, err := catalog.ItemOf(ctx, tx, p.ID, catalog.ParameterItem, "region")
			require.Equal(t, first[1], found)
			return err
		}))
	})
}

func TestNumberItems_findsProductsOfBefore(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		p := b.draft(t, "lagoon")
		_, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
		require.NoError(t, err)
		require.NoError(t, db.InTx(ctx, b.vendor.MarketplaceID, func(tx *store.Tx) error {
			_, err := tx.Exec(ctx, `DELETE FROM product_item WHERE marketplace_id = ?`, tx.Marketplace())
			return err
		}))
		require.NoError(t, b.NumberItems(ctx, b.vendor.MarketplaceID))
		numbered := b.items(t, p.ID)
		require.Len(t, numbered, 1)
		require.Equal(t, catalog.EndpointItem, numbered[0].Kind)
		require.NoError(t, b.NumberItems(ctx, b.vendor.MarketplaceID))
		require.Equal(t, numbered, b.items(t, p.ID))
	})
}

func TestFit_whatIsSensitiveIsSealedOnceAndReadByItsProductOnly(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p, err := b.CreateProduct(ctx, b.vendor, vendorProduct(`{"parameters":[{"code":"pin","sensitive":true,"validation":"[0-9]{4}"},{"code":"site"}]}`))
	require.NoError(t, err)
	pl, err := b.CreatePlan(ctx, b.vendor, p.ID, seats("seats"))
	require.NoError(t, err)
	kind, err := b.KindOf(ctx, p)
	require.NoError(t, err)
	content := pl.Revision.Content
	kept, err := kind.Fit(content, json.RawMessage(`{"pin":"1234","site":"squero"}`))
	require.NoError(t, err)
	require.NotContains(t, string(kept), "1234")
	require.JSONEq(t, `{"site":"squero","seats":0}`, string(catalog.Shown(kept)))
	clear, err := kind.Reveal(kept)
	require.NoError(t, err)
	require.JSONEq(t, `{"pin":"1234","site":"squero","seats":0}`, string(clear))

	again, err := kind.Fit(content, kept)
	require.NoError(t, err)
	require.Equal(t, string(kept), string(again), "what did not change is the same")
	_, err = kind.Fit(content, json.RawMessage(`{"pin":"abcd"}`))
	require.Contains(t, fields(t, err), "parameters.pin")

	in := vendorProduct(`{"parameters":[{"code":"pin","sensitive":true}]}`)
	in.SKU = "other"
	other, err := b.CreateProduct(ctx, b.vendor, in)
	require.NoError(t, err)
	stranger, err := b.KindOf(ctx, other)
	require.NoError(t, err)
	clear, err = stranger.Reveal(kept)
	require.NoError(t, err)
	require.NotContains(t, string(clear), "1234", "another product's vendor cannot read it")
}

func TestKept_leavesOutWhatTheVendorNoLongerAsksFor(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p, err := b.CreateProduct(ctx, b.vendor, vendorProduct(`{"parameters":[{"code":"site"}]}`))
	require.NoError(t, err)
	pl, err := b.CreatePlan(ctx, b.vendor, p.ID, seats("seats"))
	require.NoError(t, err)
	kind, err := b.KindOf(ctx, p)
	require.NoError(t, err)
	require.JSONEq(t, `{"site":"a","seats":3}`, string(kind.Kept(pl.Revision.Content, json.RawMessage(`{"site":"a","seats":3,"region":"n","boats":2}`))))
	_, err = kind.Fit(pl.Revision.Content, json.RawMessage(`{"region":"n"}`))
	require.Equal(t, fault.Invalid, fault.CodeOf(err), "an order for it is refused")
}
