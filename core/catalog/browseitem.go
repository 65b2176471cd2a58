package catalog

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// ItemFilter narrows a list of items; zero values do not.
type ItemFilter struct {
	Kinds      []ItemKind
	ProductID  int64
	VendorID   int64
	Identifier string
	Query      string // a part of the identifier
	Own        bool   // of products that the actor may change
}

// Numbered is an item with the product that has it.
type Numbered struct {
	Item    Item
	Listing Listing
}

// BrowseItems lists the items of the products that the actor may see.
func (s *Service) BrowseItems(ctx context.Context, actor account.Actor, f ItemFilter, req page.Request) (page.Page[Numbered], error) {
	if f.Own {
		if err := actor.Need(account.EditProducts); err != nil {
			return page.Page[Numbered]{}, err
		}
	}
	var out page.Page[Numbered]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		query, args := f.sql(tx, actor)
		found, err := store.SelectPage(ctx, tx, req, query, "i.id", args, func(i Item) int64 { return i.ID })
		if err != nil {
			return err
		}
		ids := make([]int64, len(found.Items))
		for n, i := range found.Items {
			ids[n] = i.ProductID
		}
		seen, err := listingsOf(ctx, tx, actor, ids)
		out = page.Map(found, func(i Item) Numbered { return Numbered{Item: i, Listing: seen[i.ProductID]} })
		return err
	})
	return out, err
}

func (f ItemFilter) sql(tx *store.Tx, actor account.Actor) (string, []any) {
	query := `SELECT i.id, i.product_id, i.kind, i.identifier FROM product_item i JOIN product p ON p.id = i.product_id
		WHERE i.marketplace_id = ? AND (p.status IN (?, ?)`
	own, whose := ownOf(actor)
	query += " OR " + own + ")"
	args := append([]any{tx.Marketplace(), Published, Retired}, whose...)
	add := func(clause string, arg ...any) { query, args = query+clause, append(args, arg...) }
	if f.Own {
		add(" AND "+own, whose...)
	}
	if len(f.Kinds) > 0 {
		add(" AND i.kind IN (?" + strings.Repeat(", ?", len(f.Kinds)-1) + ")")
		for _, k := range f.Kinds {
			args = append(args, k)
		}
	}
	if f.ProductID != 0 {
		add(" AND i.product_id = ?", f.ProductID)
	}
	if f.VendorID != 0 {
		add(" AND p.vendor_id = ?", f.VendorID)
	}
	if f.Identifier != "" {
		add(" AND i.identifier = ?", f.Identifier)
	}
	if f.Query != "" {
		add(` AND LOWER(i.identifier) LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(strings.ToLower(f.Query))+"%")
	}
	return query, args
}

// FindItem returns the first of the items that the actor may see: one of its
// own products, or else the oldest.
func (s *Service) FindItem(ctx context.Context, actor account.Actor, f ItemFilter) (Numbered, error) {
	for _, vendor := range []int64{actor.OrganizationID, 0} {
		f.VendorID = vendor
		found, err := s.BrowseItems(ctx, actor, f, page.Request{Number: 1, Limit: 1})
		if err != nil {
			return Numbered{}, err
		}
		if len(found.Items) > 0 {
			return found.Items[0], nil
		}
	}
	return Numbered{}, fault.New(fault.NotFound, "There is no such item.")
}

// ownOf is the condition that a product is the actor's to change.
func ownOf(actor account.Actor) (string, []any) {
	switch {
	case !actor.May(account.EditProducts):
		return "1 = 0", nil
	case actor.SeesAll():
		return "1 = 1", nil
	}
	return "p.vendor_id = ?", []any{actor.OrganizationID}
}

// listingsOf reads products that the actor may see, each once.
func listingsOf(ctx context.Context, tx *store.Tx, actor account.Actor, ids []int64) (map[int64]Listing, error) {
	out := map[int64]Listing{}
	for _, id := range ids {
		if _, read := out[id]; read {
			continue
		}
		var err error
		if out[id], err = listingOf(ctx, tx, actor, id); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func listingOf(ctx context.Context, tx *store.Tx, actor account.Actor, product int64) (Listing, error) {
	p, err := ProductByID(ctx, tx, product)
	if err != nil {
		return Listing{}, err
	}
	return lookAt(ctx, tx, actor, p)
}

// LookItem returns an item of a product that the actor may see.
func (s *Service) LookItem(ctx context.Context, actor account.Actor, id int64) (Numbered, error) {
	var n Numbered
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if n.Item, err = ItemByID(ctx, tx, id); err != nil {
			return err
		}
		n.Listing, err = listingOf(ctx, tx, actor, n.Item.ProductID)
		if fault.Is(err, fault.NotFound) {
			return fault.New(fault.NotFound, "There is no such item.")
		}
		return err
	})
	return n, err
}
