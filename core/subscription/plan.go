package subscription

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// ChangeQuote is what a plan change means in money, computed by the code that
// carries it out.
type ChangeQuote struct {
	From, To catalog.Offer
	// Parameters are what is bought with the new plan.
	Parameters json.RawMessage
	// AtOnce says that it takes effect now; otherwise it waits for StartsAt.
	AtOnce   bool
	StartsAt time.Time
	// Lines are due now for the rest of the period; there may be none.
	Lines  []rating.Line
	Totals rating.Totals
}

// Interchangeable reports whether a subscription on the one terms can change
// to the other: same currency and same billing rhythm.
func Interchangeable(a, b price.Terms) bool {
	a, b = a.WithDefaults(), b.WithDefaults()
	return a.Currency == b.Currency && a.Timing == b.Timing && a.Anchor == b.Anchor && a.PeriodMonths == b.PeriodMonths
}

// asked is a change as the plugin was asked about it.
type asked struct {
	seen Subscription // what it was then
	// now are the parameters from the start of the change on, and later those
	// of the following period, nil when they are the same.
	now   json.RawMessage
	later *string
	// deferred says that all of it waits for the next period.
	deferred bool
}

// QuoteChange says what changing to the plan would cost and when it would take
// effect. It refuses what ChangePlan would refuse.
func (s *Service) QuoteChange(ctx context.Context, actor account.Actor, id, plan int64) (ChangeQuote, error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return ChangeQuote{}, err
	}
	a, err := s.askPlan(ctx, actor, id, ChangeInput{PlanID: plan})
	if err != nil {
		return ChangeQuote{}, err
	}
	return quoted(ctx, s.db, actor, id, func(tx *store.Tx, sub Subscription) (ChangeQuote, error) {
		return s.quoteChange(ctx, tx, sub, plan, a)
	})
}

// quoted is what quote says of a subscription that the actor may see.
func quoted[Q any](ctx context.Context, db *store.DB, actor account.Actor, id int64, quote func(*store.Tx, Subscription) (Q, error)) (q Q, err error) {
	err = db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := Visible(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		q, err = quote(tx, sub)
		return err
	})
	return q, err
}

// askPlan carries the parameters over to the plan and asks the plugin whether
// what exists can become it. What cannot is said of the field planId.
func (s *Service) askPlan(ctx context.Context, actor account.Actor, id int64, in ChangeInput) (asked, error) {
	var a asked
	var q ChangeQuote
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if a.seen, err = Visible(ctx, tx, actor, id); err != nil {
			return err
		}
		if q, err = s.offers(ctx, tx, a.seen, in.PlanID); err != nil {
			return err
		}
		a.deferred, err = a.seen.waits(in.From, tx.Now())
		return err
	})
	if err != nil {
		return asked{}, err
	}
	kind, err := s.catalog.KindOf(ctx, q.To.Product)
	if err != nil {
		return asked{}, err
	}
	content := q.To.Revision.Content
	if len(in.Parameters) > 0 {
		err = a.choose(kind, content, in.Parameters)
	} else {
		err = a.carry(kind, content)
	}
	if err != nil {
		return asked{}, err
	}
	return a, ofPlan(content, s.down.Check(ctx, actor.MarketplaceID, a.seen, order.Wish{Offer: q.To, Parameters: a.now, Language: actor.Language}))
}

// carry takes what was bought to the plan, now and with the next period.
func (a *asked) carry(kind catalog.Kind, content catalog.PlanContent) (err error) {
	if a.now, err = kind.Carry(content, json.RawMessage(a.seen.Parameters)); err != nil || a.seen.NextParameters == nil {
		return ofPlan(content, err)
	}
	later, err := kind.Carry(content, json.RawMessage(*a.seen.NextParameters))
	a.later = differing(later, a.now)
	return ofPlan(content, err)
}

// choose takes what was bought to the plan, but for what becomes other. What
// waited for the next period no longer does.
func (a *asked) choose(kind catalog.Kind, content catalog.PlanContent, change json.RawMessage) error {
	wanted, err := catalog.With(json.RawMessage(a.seen.Parameters), change)
	if err == nil {
		a.now, err = kind.Fit(content, wanted)
	}
	return err
}

// ofPlan says everything that is wrong of the only field of a plan change. The
// name of a quantity goes before what is said of it.
func ofPlan(content catalog.PlanContent, err error) error {
	if err == nil || len(fault.As(err).Fields) == 0 {
		return err
	}
	var c fault.Check
	for _, f := range fault.As(err).Fields {
		message := f.Message
		if r, ok := content.Resource(strings.TrimPrefix(f.Name, "parameters.")); ok {
			message = r.Name + ": " + message
		}
		c.Add("planId", message)
	}
	return c.Err()
}

// differing is a document that follows another one; nil when it is the same.
func differing(later, now json.RawMessage) *string {
	if string(later) == string(now) {
		return nil
	}
	return new(string(later))
}

// offers reads both plans and refuses what can never be changed.
func (s *Service) offers(ctx context.Context, tx *store.Tx, sub Subscription, plan int64) (ChangeQuote, error) {
	if sub.Status != Active {
		return ChangeQuote{}, fault.Newf(fault.Conflict, "The plan can be changed while the subscription is active; this one is %s.", words[sub.Status]).With("subscription", sub.ID)
	}
	to, err := catalog.ForSale(ctx, tx, plan, sub.Reseller())
	if err != nil {
		return ChangeQuote{}, err
	}
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil {
		return ChangeQuote{}, err
	}
	q := ChangeQuote{From: catalog.Offer{Product: to.Product, Plan: catalog.Plan{ID: sub.PlanID, Name: sub.Plan}, Revision: rev}, To: to}
	if err := q.check(sub); err != nil {
		return ChangeQuote{}, err
	}
	return q, s.checkProvider(ctx, tx, sub, to)
}

func (q *ChangeQuote) check(sub Subscription) error {
	a, b := q.From.Revision.Content.Terms, q.To.Revision.Content.Terms
	var c fault.Check
	c.That(q.To.Product.ID == sub.ProductID, "planId", fmt.Sprintf("This is a plan of another product; choose one of %s.", sub.Product))
	c.That(q.To.Revision.ID != sub.RevisionID, "planId", "The subscription is on this plan already.")
	if c.That(a.Currency == b.Currency, "planId", fmt.Sprintf("This plan is priced in %s, the subscription in %s; order it anew instead.", b.Currency, a.Currency)) {
		c.That(Interchangeable(a, b), "planId", "This plan is billed in another rhythm; order it anew and terminate this one.")
	}
	return c.Err()
}

// checkProvider refuses a plan that is made somewhere else: nothing moves from
// one provider to another.
func (s *Service) checkProvider(ctx context.Context, tx *store.Tx, sub Subscription, to catalog.Offer) error {
	name := to.Revision.Content.Provider
	if name == "" {
		return nil
	}
	id, err := s.down.Provider(ctx, tx, to.Product.Type, name)
	if err == nil && id != sub.ProviderID {
		err = fault.InvalidField("planId", "This plan runs at another provider; order it anew and terminate this one.")
	}
	return err
}

func (s *Service) quoteChange(ctx context.Context, tx *store.Tx, sub Subscription, plan int64, a asked) (ChangeQuote, error) {
	if err := sub.still(a.seen); err != nil {
		return ChangeQuote{}, err
	}
	q, err := s.offers(ctx, tx, sub, plan)
	if err != nil {
		return ChangeQuote{}, err
	}
	q.Parameters = a.now
	return q, q.price(ctx, tx, sub, a.deferred)
}

// still refuses to change what is not as it was when the plugin was asked.
func (s Subscription) still(seen Subscription) error {
	if s.RevisionID == seen.RevisionID && s.Parameters == seen.Parameters &&
		equal(s.NextRevisionID, seen.NextRevisionID) && equal(s.NextParameters, seen.NextParameters) {
		return nil
	}
	return fault.New(fault.Conflict, "The subscription was changed a moment ago. Look at it again.").With("subscription", s.ID)
}

func equal[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// price decides when the change takes effect and what is due now.
func (q *ChangeQuote) price(ctx context.Context, tx *store.Tx, sub Subscription, deferred bool) error {
	from, to := q.From.Revision.Content, q.To.Revision.Content
	had, gets := from.Bought(json.RawMessage(sub.Parameters)), to.Bought(q.Parameters)
	q.AtOnce, q.StartsAt = true, tx.Now()
	if deferred || rating.FixedPrice(to.Terms, gets...).Less(rating.FixedPrice(from.Terms, had...)) || from.Timing == price.Postpaid {
		q.AtOnce, q.StartsAt = false, *sub.PeriodEnd
	}
	if q.AtOnce && !sub.InTrial(tx.Now()) {
		var err error
		q.Lines, err = rating.PlanChange(rating.Change{OldName: sub.Plan, NewName: q.To.Plan.Name, Old: from.Terms, New: to.Terms,
			OldBought: had, NewBought: gets, Period: rating.Period{Start: *sub.PeriodStart, End: *sub.PeriodEnd}, At: tx.Now()})
		if err != nil {
			return err
		}
	}
	m, err := account.MarketplaceOf(ctx, tx)
	q.Totals = rating.Total(to.Currency, q.Lines, m.TaxPercent)
	return err
}

// ChangePlan moves the subscription to another plan of the same product, with
// the quantities that were bought. A dearer one takes effect, and is billed for
// the rest of the period, at once; a cheaper one, and any plan that is paid in
// arrears, waits for the next period. The access keys stay (K10). The plugin is
// asked first, outside of the transaction.
func (s *Service) ChangePlan(ctx context.Context, actor account.Actor, id, plan int64) (Subscription, error) {
	sub, _, err := s.changePlan(ctx, actor, id, account.UseSubscriptions, ChangeInput{PlanID: plan})
	return sub, err
}

func (s *Service) changePlan(ctx context.Context, actor account.Actor, id int64, right account.Right, in ChangeInput) (Subscription, ChangeResult, error) {
	if err := actor.Need(right); err != nil {
		return Subscription{}, ChangeResult{}, err
	}
	a, err := s.askPlan(ctx, actor, id, in)
	if err != nil {
		return Subscription{}, ChangeResult{}, err
	}
	var result ChangeResult
	sub, err := s.change(ctx, actor, id, right, func(tx *store.Tx, sub *Subscription) error {
		q, err := s.quoteChange(ctx, tx, *sub, in.PlanID, a)
		if err != nil {
			return err
		}
		err = audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription.changePlan", Entity: "subscription", EntityID: sub.ID,
			Before: map[string]int64{"planRevision": sub.RevisionID}, After: map[string]int64{"planRevision": q.To.Revision.ID}})
		if err != nil {
			return err
		}
		change := s.changeLater
		if q.AtOnce {
			change = s.changeNow
		}
		billed, err := change(ctx, tx, actor, sub, q, a.later)
		result = billed.result(q.AtOnce)
		return err
	})
	return sub, result, err
}

func (s *Service) changeLater(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, q ChangeQuote, later *string) (Billed, error) {
	if later == nil {
		later = differing(q.Parameters, json.RawMessage(sub.Parameters))
	}
	sub.NextRevisionID, sub.NextParameters = &q.To.Revision.ID, later
	if err := Save(ctx, tx, *sub); err != nil {
		return Billed{}, err
	}
	billed, err := postpone(ctx, tx, actor, *sub, order.Upgrade, q.To.Revision.ID, string(sub.Upcoming()))
	if err != nil {
		return Billed{}, err
	}
	return billed, s.Tell(ctx, tx, actor, *sub, "subscription.planChangePlanned", "Changes to plan "+q.To.Plan.Name+" with the next period")
}

func (s *Service) changeNow(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, q ChangeQuote, later *string) (Billed, error) {
	was := sub.Plan
	sub.PlanID, sub.Plan, sub.RevisionID, sub.NextRevisionID = q.To.Plan.ID, q.To.Plan.Name, q.To.Revision.ID, nil
	sub.Parameters, sub.NextParameters = string(q.Parameters), later
	if err := Save(ctx, tx, *sub); err != nil {
		return Billed{}, err
	}
	if err := order.SettleDeferred(ctx, tx, sub.ID, order.Cancelled, order.Upgrade); err != nil {
		return Billed{}, err
	}
	billed, err := s.down.BillChange(ctx, tx, actor, *sub, order.Upgrade, q.Lines)
	if err != nil {
		return Billed{}, err
	}
	if err := s.Tell(ctx, tx, actor, *sub, "subscription.planChanged", "Changed from plan "+was+" to "+sub.Plan); err != nil {
		return Billed{}, err
	}
	return billed, s.down.Start(ctx, tx, *sub, Update)
}
