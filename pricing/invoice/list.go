package invoice

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Filter narrows a list; zero values do not.
type Filter struct {
	SubscriptionID int64
	ResellerID     int64 // only of what it resold
	VendorID       int64 // only of what it sold
	CustomerID     int64
	Status         Status
	Statuses       []Status     // any of them
	Type           order.Type   // of the order it belongs to
	Types          []order.Type // any of them
	SelfBilled     bool         // only pro-forma ones
	From, Until    *time.Time   // when it was issued; the end is not in it
	// DueBefore keeps those whose day to be paid by was before.
	DueBefore *time.Time
	// WithLines reads the lines of each as well.
	WithLines bool
}

func list(ctx context.Context, tx *store.Tx, actor account.Actor, f Filter, req page.Request) (page.Page[Invoice], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Invoice]{}, err
	}
	w := store.NewWhere(tx.Marketplace())
	w.Add(` AND id < ?`, before)
	where, mine := visible(actor)
	w.Add(where, mine...)
	f.narrow(w)
	return store.SelectPage(ctx, tx, req, selectInvoice+w.Text, `id DESC`, w.Args, func(i Invoice) int64 { return i.ID })
}

func (f Filter) narrow(w *store.Where) {
	if f.Status != "" {
		w.Add(` AND status = ?`, f.Status)
	}
	if f.Type != "" {
		f.Types = append([]order.Type{f.Type}, f.Types...)
	}
	for _, c := range []struct {
		clause string
		id     int64
	}{{resoldBy, f.ResellerID}, {soldBy, f.VendorID}, {`customer_id = ?`, f.CustomerID}, {`subscription_id = ?`, f.SubscriptionID}} {
		if c.id != 0 {
			w.Add(` AND `+c.clause, c.id)
		}
	}
	store.AnyOf(w, `status`, f.Statuses)
	if len(f.Types) > 0 {
		w.Add(` AND id IN (SELECT o.invoice_id FROM customer_order o WHERE o.marketplace_id = invoice.marketplace_id`)
		store.AnyOf(w, `o.type`, f.Types)
		w.Add(`)`)
	}
	if f.SelfBilled {
		w.Add(` AND self_billed_by IS NOT NULL`)
	}
	w.Within(`issued_at`, f.From, f.Until)
	w.Within(`due_at`, nil, f.DueBefore)
}
