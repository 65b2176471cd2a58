package catalog

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
)

// BrowseFilter narrows what a catalogue reader sees; zero values do not.
type BrowseFilter struct {
	Query    string // words that all occur
	Name     string // a part of the name
	SKU      string
	Category string
	Types    []Type
	Plugins  bool // beside Types, those that plugins bring
	VendorID int64
	// Own lists the actor's own products in any status, for operators all;
	// otherwise what is published.
	Own bool
	// ByName orders by name, otherwise by when it was made; Ascending turns
	// either round.
	ByName, Ascending bool
}

// Browse lists products with the plans that their reader may see: the published
// ones for anybody, one's own on request.
func (s *Service) Browse(ctx context.Context, actor account.Actor, f BrowseFilter, req page.Request) (page.Page[Listing], error) {
	if f.Own {
		if err := actor.Need(account.EditProducts); err != nil {
			return page.Page[Listing]{}, err
		}
	}
	var out page.Page[Listing]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		query, args := f.sql(tx, actor)
		found, err := store.SelectPage(ctx, tx, req, query, f.order(), args, func(p Product) int64 { return p.ID })
		if err != nil {
			return err
		}
		out, err = withPlans(ctx, tx, actor, found)
		return err
	})
	return out, err
}

func (f BrowseFilter) sql(tx *store.Tx, actor account.Actor) (string, []any) {
	query, args := selectProduct, []any{tx.Marketplace()}
	add := func(clause string, arg ...any) { query, args = query+clause, append(args, arg...) }
	switch {
	case !f.Own && actor.ResellerID != 0:
		add(" AND p.status = ?"+sold, Published, actor.ResellerID)
	case !f.Own:
		add(" AND p.status = ?", Published)
	case !actor.SeesAll():
		add(" AND p.vendor_id = ?", actor.OrganizationID)
	}
	for word := range strings.FieldsSeq(strings.ToLower(f.Query)) {
		add(` AND p.search_text LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(word)+"%")
	}
	if f.Name != "" {
		add(` AND LOWER(p.name) LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(strings.ToLower(f.Name))+"%")
	}
	if f.SKU != "" {
		add(" AND p.sku = ?", f.SKU)
	}
	if f.Category != "" {
		add(" AND p.category = ?", f.Category)
	}
	if f.VendorID != 0 {
		add(" AND p.vendor_id = ?", f.VendorID)
	}
	if len(f.Types) > 0 || f.Plugins {
		clause, arg := f.ofTypes()
		add(clause, arg...)
	}
	return query, args
}

// ofTypes is the condition on the type.
func (f BrowseFilter) ofTypes() (string, []any) {
	marks, args := []string{"''"}, []any(nil)
	for _, t := range f.Types {
		marks, args = append(marks, "?"), append(args, t)
	}
	clause := "p.type IN (" + strings.Join(marks, ", ") + ")"
	if f.Plugins {
		clause += " OR p.type NOT IN (?, ?, ?)"
		args = append(args, API, Syndicated, VendorService)
	}
	return " AND (" + clause + ")", args
}

func (f BrowseFilter) order() string {
	direction := " DESC"
	if f.Ascending {
		direction = " ASC"
	}
	if f.ByName {
		return "p.name" + direction + ", p.id"
	}
	return "p.id" + direction
}

// withPlans reads what is shown beside the products of a page.
func withPlans(ctx context.Context, tx *store.Tx, actor account.Actor, found page.Page[Product]) (page.Page[Listing], error) {
	ids := make([]int64, len(found.Items))
	for i, p := range found.Items {
		ids[i] = p.ID
	}
	plans, err := pricedPlans(ctx, tx, actor.ResellerID, ids...)
	if err != nil {
		return page.Page[Listing]{}, err
	}
	items, err := itemsOf(ctx, tx, ids)
	return page.Map(found, func(p Product) Listing {
		return Listing{Product: p, Plans: seenBy(actor, p, plans[p.ID]), Items: items[p.ID]}
	}), err
}

// itemsOf reads the items of several products, by product.
func itemsOf(ctx context.Context, tx *store.Tx, products []int64) (map[int64][]Item, error) {
	if len(products) == 0 {
		return nil, nil
	}
	var rows []Item
	err := tx.SelectIn(ctx, &rows, selectItem+` AND product_id IN (?) ORDER BY id`, tx.Marketplace(), products)
	out := map[int64][]Item{}
	for _, i := range rows {
		out[i.ProductID] = append(out[i.ProductID], i)
	}
	return out, err
}

// seenBy are the plans that the actor may see in a list of a product's.
func seenBy(actor account.Actor, p Product, plans []Plan) []Plan {
	if Edits(actor, p) {
		return plans
	}
	return visible(plans)
}

// Edits reports whether the product is the actor's to change, and so all of it
// to see.
func Edits(actor account.Actor, p Product) bool {
	return actor.May(account.EditProducts) && actor.Owns(p.VendorID)
}

// Look returns a product as the actor may see it: anybody one that is, or was,
// for sale, because what was sold refers to it; its vendor also a draft.
func (s *Service) Look(ctx context.Context, actor account.Actor, id int64) (Listing, error) {
	return s.look(ctx, actor, func(tx *store.Tx) (Product, error) { return ProductByID(ctx, tx, id) })
}

// LookSKU is Look by the SKU.
func (s *Service) LookSKU(ctx context.Context, actor account.Actor, sku string) (Listing, error) {
	return s.look(ctx, actor, func(tx *store.Tx) (Product, error) { return productBySKU(ctx, tx, sku) })
}

func (s *Service) look(ctx context.Context, actor account.Actor, find func(tx *store.Tx) (Product, error)) (Listing, error) {
	var l Listing
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := find(tx)
		if err != nil {
			return err
		}
		l, err = lookAt(ctx, tx, actor, p)
		return err
	})
	return l, err
}

// lookAt reads all that the actor may see of a product.
func lookAt(ctx context.Context, tx *store.Tx, actor account.Actor, p Product) (Listing, error) {
	if err := seen(actor, p); err != nil {
		return Listing{}, err
	}
	endpoints, err := EndpointsOf(ctx, tx, p.ID)
	if err != nil {
		return Listing{}, err
	}
	plans, err := pricedPlans(ctx, tx, actor.ResellerID, p.ID)
	if err != nil {
		return Listing{}, err
	}
	items, err := Items(ctx, tx, p.ID)
	return Listing{Product: p, Endpoints: endpoints, Plans: seenBy(actor, p, plans[p.ID]), Items: items}, err
}

// seen refuses what the actor may not see.
func seen(actor account.Actor, p Product) error {
	if p.Status == Published || p.Status == Retired || Edits(actor, p) {
		return nil
	}
	return fault.New(fault.NotFound, "There is no such product.")
}

// LookPlan returns a plan of a product that the actor may see, hidden or not,
// because who has its number may order it. It is the only one in the listing.
func (s *Service) LookPlan(ctx context.Context, actor account.Actor, id int64) (Listing, error) {
	var l Listing
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		l, err = lookAtPlan(ctx, tx, actor, id)
		return err
	})
	return l, err
}

// LookPlanIdentifier is LookPlan by what the vendor's systems call it. Of
// several of that name it is the actor's own, or else the oldest.
func (s *Service) LookPlanIdentifier(ctx context.Context, actor account.Actor, identifier string) (Listing, error) {
	var l Listing
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		var ids []int64
		if err := tx.Select(ctx, &ids, `SELECT pl.id FROM plan pl JOIN product p ON p.id = pl.product_id
			WHERE pl.marketplace_id = ? AND pl.identifier = ? ORDER BY CASE WHEN p.vendor_id = ? THEN 0 ELSE 1 END, pl.id`,
			tx.Marketplace(), identifier, actor.OrganizationID); err != nil {
			return err
		}
		for _, id := range ids {
			var err error
			if l, err = lookAtPlan(ctx, tx, actor, id); !fault.Is(err, fault.NotFound) {
				return err
			}
		}
		return fault.New(fault.NotFound, "There is no such plan.")
	})
	return l, err
}

func lookAtPlan(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Listing, error) {
	plan, err := PlanSoldBy(ctx, tx, id, actor.ResellerID)
	if err != nil {
		return Listing{}, err
	}
	shop, err := storefront.Of(ctx, tx, actor.ResellerID)
	if err != nil {
		return Listing{}, err
	}
	l, err := listingOf(ctx, tx, actor, plan.ProductID)
	if fault.Is(err, fault.NotFound) || err == nil && (plan.Revision.Excluded || !shop.Mode.ShowsPrices()) {
		return Listing{}, fault.New(fault.NotFound, "There is no such plan.")
	}
	l.Plans = []Plan{plan}
	return l, err
}

// Categories lists the categories of what is published, and of the actor's own
// products, with how many of those there are.
func (s *Service) Categories(ctx context.Context, actor account.Actor) ([]Facet, error) {
	var all []Facet
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		where, args := "", []any{tx.Marketplace(), Published}
		if actor.ResellerID != 0 {
			where, args = sold, append(args, actor.ResellerID)
		}
		return tx.Select(ctx, &all, `SELECT category, COUNT(*) AS products FROM product p WHERE p.marketplace_id = ? AND (p.status = ?`+where+`
			OR p.vendor_id = ?) GROUP BY category ORDER BY category`, append(args, actor.OrganizationID)...)
	})
	return all, err
}
