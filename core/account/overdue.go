package account

import (
	"context"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// maxOverdueDays bounds the rules, far from what anybody waits.
const maxOverdueDays = 3650

// Validate reports every wrong field.
func (o Overdue) Validate() error {
	var c fault.Check
	for _, f := range []struct {
		name string
		days *int
	}{{"stopDays", o.StopDays}, {"endDays", o.EndDays}, {"firstPaymentDays", o.FirstPaymentDays}} {
		c.That(f.days == nil || *f.days >= 0 && *f.days <= maxOverdueDays, f.name, "Days are from 0 to 3650; leave them out for never.")
	}
	c.That(o.EndDays == nil || o.StopDays != nil, "endDays", "A subscription is stopped before it ends: give stopDays too.")
	return c.Err()
}

// OverdueRules returns what unpaid invoices come to in the actor's marketplace.
func (s *Service) OverdueRules(ctx context.Context, actor Actor) (Overdue, error) {
	if err := actor.Need(SettleInvoices); err != nil {
		return Overdue{}, err
	}
	var o Overdue
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		m, err := MarketplaceOf(ctx, tx)
		o = m.Overdue
		return err
	})
	return o, err
}

// SetOverdueRules changes them, also for invoices that are open now.
func (s *Service) SetOverdueRules(ctx context.Context, actor Actor, o Overdue) (Overdue, error) {
	if err := actor.Need(SettleInvoices); err != nil {
		return Overdue{}, err
	}
	if err := o.Validate(); err != nil {
		return Overdue{}, err
	}
	return o, s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		m, err := MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE marketplace SET overdue_stop_days = ?, overdue_end_days = ?, first_payment_days = ? WHERE id = ?`,
			o.StopDays, o.EndDays, o.FirstPaymentDays, m.ID); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "marketplace.overdueRules", Entity: "marketplace", EntityID: m.ID,
			Before: m.Overdue, After: o})
	})
}
