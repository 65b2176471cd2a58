package invoice

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// overdueStep is what an open invoice comes to: days after it was due, for a
// subscription in the status.
type overdueStep struct {
	status subscription.Status
	after  time.Duration
	// stopped is how long it must have been stopped besides: who comes late to
	// an invoice, as after a rule was set, still gives the customer that time.
	stopped time.Duration
	act     func(ctx context.Context, tx *store.Tx, actor account.Actor, sub *subscription.Subscription, why string) error
}

const oneDay = 24 * time.Hour

// steps are the rules of a marketplace; those that are not set are none. A
// subscription is always stopped before it ends.
func (s *Service) steps(o account.Overdue) []overdueStep {
	var all []overdueStep
	days := func(n int) time.Duration { return time.Duration(n) * oneDay }
	if o.FirstPaymentDays != nil {
		all = append(all, overdueStep{subscription.WaitingPayment, days(*o.FirstPaymentDays), 0, s.subs.GiveUp})
	}
	if o.StopDays != nil {
		all = append(all, overdueStep{subscription.Active, days(*o.StopDays), 0, s.subs.StopOverdue})
	}
	if o.StopDays != nil && o.EndDays != nil {
		all = append(all, overdueStep{subscription.Suspended, days(*o.StopDays + *o.EndDays), days(*o.EndDays), s.subs.End})
	}
	return all
}

// overdue returns subscriptions that an open invoice comes to something for.
func (s *Service) overdue(ctx context.Context, marketplace int64, limit int) (ids []int64, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		for _, step := range s.steps(m.Overdue) {
			some, err := overdueIn(ctx, tx, step, limit)
			if err != nil {
				return err
			}
			ids = append(ids, some...)
		}
		return nil
	})
	return ids, err
}

// chase does the next thing that the open invoices of a subscription come to.
// They are locked before it, as by a payment: the two do not wait for each
// other.
func (s *Service) chase(ctx context.Context, marketplace, id int64) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		open, err := lockOpen(ctx, tx, id)
		if err != nil || len(open) == 0 {
			return err
		}
		sub, err := subscription.Lock(ctx, tx, id)
		if err != nil {
			return err
		}
		for _, step := range s.steps(m.Overdue) {
			if sub.Status != step.status || open[0].DueAt.Add(step.after).After(tx.Now()) {
				continue
			}
			if err := stoppedFor(ctx, tx, id, step.stopped); err != nil {
				return err
			}
			if err := s.unlessPaying(ctx, tx, open); err != nil {
				return err
			}
			return step.act(ctx, tx, account.SystemActor(marketplace), &sub, "Invoice "+open[0].Number+" was not paid in time")
		}
		return nil
	})
}

// slack is what a stop may have come late by and still counts as in time.
const slack = time.Hour

// stoppedFor is errNotYet until the subscription was stopped for about that
// long.
func stoppedFor(ctx context.Context, tx *store.Tx, id int64, long time.Duration) error {
	var recent int
	err := tx.Get(ctx, "suspensions", &recent, `SELECT COUNT(*) FROM event WHERE marketplace_id = ? AND subscription_id = ?
		AND topic = 'subscription.suspended' AND happened_at > ?`, tx.Marketplace(), id, tx.Now().Add(slack-long))
	if err == nil && recent > 0 {
		return errNotYet
	}
	return err
}

// unlessPaying is errNotYet while a payment of one of the invoices is under
// way: it may succeed.
func (s *Service) unlessPaying(ctx context.Context, tx *store.Tx, open []Invoice) error {
	for _, inv := range open {
		paying, err := s.paying(ctx, tx, inv.ID)
		if err != nil {
			return err
		}
		if paying {
			return errNotYet
		}
	}
	return nil
}

// caughtUp resumes a subscription that was stopped for overdue invoices when
// none is left.
func (s *Service) caughtUp(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) error {
	sub, err := subscription.Lock(ctx, tx, id)
	if err != nil || sub.Status != subscription.Suspended || sub.SuspendedFor != subscription.ForOverdue {
		return err
	}
	var open int
	err = tx.Get(ctx, "open invoices", &open, `SELECT COUNT(*) FROM invoice WHERE marketplace_id = ? AND subscription_id = ? AND status = ? AND due_at <= ?`,
		tx.Marketplace(), id, Unpaid, tx.Now())
	if err != nil || open > 0 {
		return err
	}
	return s.subs.ResumePaid(ctx, tx, actor, &sub)
}

const openInvoices = ` FROM invoice i JOIN subscription s ON s.id = i.subscription_id AND s.marketplace_id = i.marketplace_id
	WHERE i.marketplace_id = ? AND i.status = 'unpaid' AND s.status = ?`

func overdueIn(ctx context.Context, tx *store.Tx, step overdueStep, limit int) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT DISTINCT s.id`+openInvoices+` AND i.due_at <= ? ORDER BY s.id LIMIT ?`,
		tx.Marketplace(), step.status, tx.Now().Add(-step.after), limit)
}

// nextOverdue is when a step is taken next, if ever.
func nextOverdue(ctx context.Context, tx *store.Tx, step overdueStep) (at []time.Time, err error) {
	err = tx.Select(ctx, &at, `SELECT i.due_at`+openInvoices+` AND i.due_at > ? ORDER BY i.due_at LIMIT 1`,
		tx.Marketplace(), step.status, tx.Now().Add(-step.after))
	for i := range at {
		at[i] = at[i].Add(step.after)
	}
	return at, err
}

// lockOpen reads and locks the open invoices of a subscription, the longest
// due first.
func lockOpen(ctx context.Context, tx *store.Tx, sub int64) (all []Invoice, err error) {
	return all, tx.Select(ctx, &all, selectInvoice+` AND subscription_id = ? AND status = ? ORDER BY due_at, id`+tx.ForUpdate(),
		tx.Marketplace(), sub, Unpaid)
}
