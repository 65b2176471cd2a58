package order

import (
	"context"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Filter narrows a list; zero values do not.
type Filter struct {
	IDs            []int64 // any of them
	Types          []Type
	Statuses       []Status
	Billed         *bool // with an invoice, or without one
	SubscriptionID int64
	Reference      string     // the external one, exactly
	From, Until    *time.Time // when it was placed; the end is not in it
	Query          string     // part of the external reference or the product's name
}

// List returns the orders that the actor's organization placed or sold, newest
// first; all of them for operators.
func (s *Service) List(ctx context.Context, actor account.Actor, req page.Request) (page.Page[Order], error) {
	return s.Find(ctx, actor, Filter{}, req)
}

// Find is List of those that pass the filter.
func (s *Service) Find(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Order], error) {
	var out page.Page[Order]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = list(ctx, tx, actor, f, req)
		return err
	})
	return out, err
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Order], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Order]{}, err
	}
	w := store.NewWhere(tx.Marketplace())
	w.Add(` AND o.id < ?`, before)
	if !actor.SeesAll() {
		w.Add(` AND (o.customer_id = ? OR o.reseller_id = ? OR p.vendor_id = ?)`, actor.OrganizationID, actor.OrganizationID, actor.OrganizationID)
	}
	store.AnyOf(w, `o.id`, f.IDs)
	store.AnyOf(w, `o.type`, f.Types)
	store.AnyOf(w, `o.status`, f.Statuses)
	if f.Billed != nil {
		w.Add(map[bool]string{true: ` AND o.invoice_id IS NOT NULL`, false: ` AND o.invoice_id IS NULL`}[*f.Billed])
	}
	if f.SubscriptionID != 0 {
		w.Add(` AND o.subscription_id = ?`, f.SubscriptionID)
	}
	if f.Reference != "" {
		w.Add(` AND o.external_reference = ?`, f.Reference)
	}
	w.Within(`o.created_at`, f.From, f.Until)
	for word := range strings.FieldsSeq(f.Query) {
		w.Contains(word, `o.external_reference`, `p.name`)
	}
	return store.SelectPage(ctx, tx, req, selectOrder+w.Text, `o.id DESC`, w.Args, func(o Order) int64 { return o.ID })
}
