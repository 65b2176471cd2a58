package catalog_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

var firstPage = page.Request{Number: 1, Limit: 2}

// onSale is a published product with a plan that is shown and one that is not.
func (b *testBundle) onSale(t *testing.T, sku string) (catalog.Product, catalog.Plan) {
	t.Helper()
	ctx := t.Context()
	p := b.draft(t, sku)
	_, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
	require.NoError(t, err)
	secret := plan("For friends")
	secret.Hidden = true
	hidden, err := b.CreatePlan(ctx, b.vendor, p.ID, secret)
	require.NoError(t, err)
	_, err = b.Submit(ctx, b.vendor, p.ID)
	require.NoError(t, err)
	p, err = b.Approve(ctx, b.operator, p.ID)
	require.NoError(t, err)
	return p, hidden
}

func TestBrowse_showsEverybodyWhatIsPublishedAndVendorsTheirOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		nobody := account.Actor{MarketplaceID: b.vendor.MarketplaceID}
		for _, sku := range []string{"one", "two", "three"} {
			b.onSale(t, sku)
		}
		b.draft(t, "draft")
		count := func(actor account.Actor, f catalog.BrowseFilter) int {
			found, err := b.Browse(ctx, actor, f, firstPage)
			require.NoError(t, err)
			require.LessOrEqual(t, len(found.Items), 2)
			return found.Total
		}
		require.Equal(t, 3, count(nobody, catalog.BrowseFilter{}))
		require.Equal(t, 4, count(b.vendor, catalog.BrowseFilter{Own: true}))
		require.Equal(t, 4, count(b.operator, catalog.BrowseFilter{Own: true}))
		require.Zero(t, count(b.other, catalog.BrowseFilter{Own: true}))
		require.Equal(t, 1, count(nobody, catalog.BrowseFilter{SKU: "two"}))
		require.Zero(t, count(nobody, catalog.BrowseFilter{SKU: "draft"}))
		require.Equal(t, 3, count(nobody, catalog.BrowseFilter{Types: []catalog.Type{catalog.API, catalog.Syndicated}, Name: "AGOO", Query: "lag", Category: "maps"}))
		require.Zero(t, count(nobody, catalog.BrowseFilter{Types: []catalog.Type{catalog.Syndicated}}))
		require.Zero(t, count(nobody, catalog.BrowseFilter{Plugins: true}))
		require.Equal(t, 3, count(nobody, catalog.BrowseFilter{Types: []catalog.Type{catalog.API}, Plugins: true}))
		require.Zero(t, count(nobody, catalog.BrowseFilter{Name: "%"}))
		_, err := b.Browse(ctx, nobody, catalog.BrowseFilter{Own: true}, firstPage)
		require.True(t, fault.Is(err, fault.Unauthenticated))

		last, err := b.Browse(ctx, nobody, catalog.BrowseFilter{Ascending: true}, page.Request{Number: 2, Limit: 2})
		require.NoError(t, err)
		require.Equal(t, "three", last.Items[0].Product.SKU)
		require.Len(t, last.Items[0].Plans, 1, "the hidden plan is not listed")
	})
}

func TestLook_whatWasSoldIsSeenAfterItLeftTheStorefront(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	nobody := account.Actor{MarketplaceID: b.vendor.MarketplaceID}
	p, hidden := b.onSale(t, "lagoon")
	offer, err := b.LookPlan(ctx, nobody, hidden.ID)
	require.NoError(t, err)
	require.Equal(t, "for-friends", offer.Plans[0].Identifier)
	_, err = b.LookPlanIdentifier(ctx, nobody, "for-friends")
	require.NoError(t, err)

	_, err = b.Retire(ctx, b.other, p.ID)
	require.True(t, fault.Is(err, fault.NotFound))
	_, err = b.Retire(ctx, b.vendor, p.ID)
	require.NoError(t, err)
	l, err := b.Look(ctx, nobody, p.ID)
	require.NoError(t, err)
	require.Len(t, l.Plans, 1)
	found, err := b.Browse(ctx, nobody, catalog.BrowseFilter{}, firstPage)
	require.NoError(t, err)
	require.Zero(t, found.Total)
	back, err := b.Restore(ctx, b.vendor, p.ID)
	require.NoError(t, err)
	require.Equal(t, catalog.Published, back.Status)
}

func TestRestore_publishesNothingThatNobodyApproved(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	p := b.draft(t, "lagoon")
	made, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
	require.NoError(t, err)
	_, err = b.Submit(ctx, b.vendor, p.ID)
	require.NoError(t, err)
	_, err = b.Restore(ctx, b.vendor, p.ID)
	require.True(t, fault.Is(err, fault.Conflict))
	for _, sees := range []error{err2(b.Look(ctx, b.other, p.ID)), err2(b.LookSKU(ctx, b.other, "lagoon")), err2(b.LookPlan(ctx, b.other, made.ID)),
		err2(b.LookPlanIdentifier(ctx, b.other, made.Identifier))} {
		require.True(t, fault.Is(sees, fault.NotFound))
	}
	_, err = b.Look(ctx, b.vendor, p.ID)
	require.NoError(t, err)
}

func TestMetadata_isMergedAndDroppedByItsVendorOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		p := b.draft(t, "lagoon")
		made, err := b.CreatePlan(ctx, b.vendor, p.ID, plan("Starter"))
		require.NoError(t, err)
		for _, change := range []func(account.Actor, catalog.MetadataFunc) (catalog.Metadata, error){
			func(actor account.Actor, f catalog.MetadataFunc) (catalog.Metadata, error) {
				return b.ChangeMetadata(ctx, actor, p.ID, f)
			},
			func(actor account.Actor, f catalog.MetadataFunc) (catalog.Metadata, error) {
				return b.ChangePlanMetadata(ctx, actor, made.ID, f)
			},
		} {
			_, err := change(b.vendor, catalog.Merge(catalog.Metadata{"a": "1", "b": "2"}))
			require.NoError(t, err)
			after, err := change(b.vendor, catalog.Merge(catalog.Metadata{"b": "3"}))
			require.NoError(t, err)
			require.Equal(t, catalog.Metadata{"a": "1", "b": "3"}, after)
			after, err = change(b.vendor, catalog.Drop("a"))
			require.NoError(t, err)
			require.Equal(t, catalog.Metadata{"b": "3"}, after)
			_, err = change(b.vendor, catalog.Drop("a"))
			require.True(t, fault.Is(err, fault.NotFound))
			_, err = change(b.other, catalog.Drop("b"))
			require.True(t, fault.Is(err, fault.NotFound))
			_, err = change(b.vendor, catalog.Merge(catalog.Metadata{"": "1"}))
			require.True(t, fault.Is(err, fault.Invalid))
		}
		l, err := b.Product(ctx, b.vendor, p.ID)
		require.NoError(t, err)
		require.Equal(t, catalog.Metadata{"b": "3"}, l.Product.Metadata)
		require.Equal(t, catalog.Metadata{"b": "3"}, l.Plans[0].Metadata)
	})
}

func TestHidePlan_leavesItOrderableByNumber(t *testing.T) {
	t.Parallel()
	b, ctx := setup(t, sqlite(t)), t.Context()
	_, hidden := b.onSale(t, "lagoon")
	shown, err := b.HidePlan(ctx, b.vendor, hidden.ID, false)
	require.NoError(t, err)
	require.False(t, shown.Hidden)
	require.Equal(t, 1, shown.Revision.Number, "no new revision")
	l, err := b.BySKU(ctx, account.Visitor(b.vendor.MarketplaceID, 0), "lagoon")
	require.NoError(t, err)
	require.Len(t, l.Plans, 2)
	_, err = b.HidePlan(ctx, b.other, hidden.ID, true)
	require.True(t, fault.Is(err, fault.NotFound))
}

func err2[T any](_ T, err error) error { return err }

func TestBrowseItems_countsWhatTheAskerMaySee(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		nobody := account.Actor{MarketplaceID: b.vendor.MarketplaceID}
		b.onSale(t, "lagoon")
		hidden := b.draft(t, "draft")
		_, err := b.CreatePlan(ctx, b.vendor, hidden.ID, plan("Starter"))
		require.NoError(t, err)
		for actor, want := range map[account.Actor]int{nobody: 1, b.other: 1, b.vendor: 2, b.operator: 2} {
			found, err := b.BrowseItems(ctx, actor, catalog.ItemFilter{Kinds: []catalog.ItemKind{catalog.EndpointItem}, Identifier: "search", Query: "SEA"}, firstPage)
			require.NoError(t, err)
			require.Equal(t, want, found.Total, actor.Name)
			require.Positive(t, found.Items[0].Listing.ItemID(catalog.EndpointItem, "search"))
		}
		own, err := b.BrowseItems(ctx, b.vendor, catalog.ItemFilter{ProductID: hidden.ID}, firstPage)
		require.NoError(t, err)
		_, err = b.LookItem(ctx, b.other, own.Items[0].Item.ID)
		require.True(t, fault.Is(err, fault.NotFound))
		mine, err := b.LookItem(ctx, b.vendor, own.Items[0].Item.ID)
		require.NoError(t, err)
		require.Equal(t, "draft", mine.Listing.Product.SKU)
	})
}

func TestBrowsePlans_showsHiddenOnesToTheirVendorOnRequest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b, ctx := setup(t, db), t.Context()
		nobody := account.Actor{MarketplaceID: b.vendor.MarketplaceID}
		p, _ := b.onSale(t, "lagoon")
		count := func(actor account.Actor, f catalog.PlanFilter) int {
			found, err := b.BrowsePlans(ctx, actor, f, firstPage)
			require.NoError(t, err)
			for _, l := range found.Items {
				require.Len(t, l.Plans, 1)
				require.NotEmpty(t, l.Items)
			}
			return found.Total
		}
		require.Equal(t, 1, count(nobody, catalog.PlanFilter{ProductID: p.ID, Hidden: true}))
		require.Equal(t, 1, count(b.other, catalog.PlanFilter{Hidden: true}))
		require.Equal(t, 2, count(b.vendor, catalog.PlanFilter{Hidden: true}))
		require.Equal(t, 1, count(b.vendor, catalog.PlanFilter{}))
		require.Equal(t, 1, count(b.operator, catalog.PlanFilter{Hidden: true, Name: "FRIENDS"}))
		require.Zero(t, count(nobody, catalog.PlanFilter{ProductID: p.ID + 1}))
	})
}
