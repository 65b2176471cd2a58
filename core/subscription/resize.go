package subscription

import (
	"context"
	"encoding/json"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
)

// ResizeQuote is what a change of the bought quantities means, computed by the
// code that carries it out.
type ResizeQuote struct {
	Offer catalog.Offer // the plan that the subscription is on
	// Parameters hold from now on. Next are those of the following period, nil
	// when they are the same.
	Parameters json.RawMessage
	Next       json.RawMessage
	// StartsAt is when Next begins.
	StartsAt time.Time
	// Lines are due now for the rest of the period; there may be none.
	Lines  []rating.Line
	Totals rating.Totals
}

// AtOnce reports whether anything changes now.
func (q ResizeQuote) AtOnce(sub Subscription) bool { return string(q.Parameters) != sub.Parameters }

// resize is a change of parameters before it is priced.
type resize struct {
	asked
	from, to catalog.Offer   // the plan now, and that of the next period
	target   json.RawMessage // what was chosen in the end
}

// QuoteResize says what the parameters would cost and when they would take
// effect. It refuses what Resize would refuse.
func (s *Service) QuoteResize(ctx context.Context, actor account.Actor, id int64, parameters json.RawMessage) (ResizeQuote, error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return ResizeQuote{}, err
	}
	r, err := s.askResize(ctx, actor, id, ChangeInput{Parameters: parameters})
	if err != nil {
		return ResizeQuote{}, err
	}
	return quoted(ctx, s.db, actor, id, func(tx *store.Tx, sub Subscription) (ResizeQuote, error) { return r.quote(ctx, tx, sub) })
}

// askResize works out what holds now and what later, and asks the plugin about
// both.
func (s *Service) askResize(ctx context.Context, actor account.Actor, id int64, in ChangeInput) (resize, error) {
	var r resize
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if r.seen, err = Visible(ctx, tx, actor, id); err != nil {
			return err
		}
		if r.deferred, err = r.seen.waits(in.From, tx.Now()); err != nil {
			return err
		}
		return r.read(ctx, tx)
	})
	if err != nil {
		return resize{}, err
	}
	if r.from.Product.Type == catalog.API {
		return resize{}, fault.InvalidField("parameters", "An API has no size; change the plan instead.")
	}
	kind, err := s.catalog.KindOf(ctx, r.from.Product)
	if err != nil {
		return resize{}, err
	}
	if err := r.aim(kind, in.Parameters); err != nil {
		return resize{}, err
	}
	if err := s.down.Check(ctx, actor.MarketplaceID, r.seen, order.Wish{Offer: r.to, Parameters: r.target, Language: actor.Language}); err != nil {
		return resize{}, ofParameters(err)
	}
	if r.later != nil && string(r.now) != r.seen.Parameters {
		err = s.down.Check(ctx, actor.MarketplaceID, r.seen, order.Wish{Offer: r.from, Parameters: r.now, Language: actor.Language})
	}
	return r, ofParameters(err)
}

// ofParameters says what is wrong with the plan of the parameters: a change of
// size has no other field.
func ofParameters(err error) error {
	if err == nil || len(fault.As(err).Fields) == 0 {
		return err
	}
	var c fault.Check
	for _, f := range fault.As(err).Fields {
		if f.Name == "planId" {
			f.Name = "parameters"
		}
		c.Add(f.Name, f.Message)
	}
	return c.Err()
}

// read reads the plans that the subscription is on and will be on.
func (r *resize) read(ctx context.Context, tx *store.Tx) error {
	if r.seen.Status != Active {
		return fault.Newf(fault.Conflict, "The size can be changed while the subscription is active; this one is %s.", words[r.seen.Status]).With("subscription", r.seen.ID)
	}
	product, err := catalog.ProductByID(ctx, tx, r.seen.ProductID)
	if err != nil {
		return err
	}
	rev, err := catalog.RevisionByID(ctx, tx, r.seen.RevisionID)
	if err != nil {
		return err
	}
	r.from = catalog.Offer{Product: product, Plan: catalog.Plan{ID: r.seen.PlanID, Name: r.seen.Plan}, Revision: rev}
	r.to = r.from
	if r.seen.NextRevisionID == nil {
		return nil
	}
	if r.to.Revision, err = catalog.RevisionByID(ctx, tx, *r.seen.NextRevisionID); err != nil {
		return err
	}
	r.to.Plan, err = catalog.PlanByID(ctx, tx, r.to.Revision.PlanID)
	return err
}

// aim sets what holds now and what later. What is more, or has no price, holds
// at once; what is less waits for the next period, and so does everything that
// is paid in arrears.
func (r *resize) aim(kind catalog.Kind, change json.RawMessage) error {
	base := kind.Kept(r.to.Revision.Content, r.seen.Upcoming())
	wanted, err := catalog.With(base, change)
	if err != nil {
		return err
	}
	if r.target, err = kind.Fit(r.to.Revision.Content, wanted); err != nil {
		return err
	}
	if string(r.target) == string(base) {
		return fault.InvalidField("parameters", "The subscription has this size already.")
	}
	r.now = json.RawMessage(r.seen.Parameters)
	if !r.deferred && r.from.Revision.Content.Timing != price.Postpaid {
		if r.now, err = r.from.Revision.Content.Grown(r.now, r.target); err != nil {
			return err
		}
	}
	r.later = differing(r.target, r.now)
	return nil
}

func (r resize) quote(ctx context.Context, tx *store.Tx, sub Subscription) (ResizeQuote, error) {
	if err := sub.still(r.seen); err != nil {
		return ResizeQuote{}, err
	}
	terms := r.from.Revision.Content.Terms
	q := ResizeQuote{Offer: r.from, Parameters: r.now, StartsAt: *sub.PeriodEnd}
	if r.later != nil {
		q.Next = json.RawMessage(*r.later)
	}
	if !sub.InTrial(tx.Now()) {
		var err error
		if q.Lines, err = r.lines(sub, tx.Now()); err != nil {
			return ResizeQuote{}, err
		}
	}
	m, err := account.MarketplaceOf(ctx, tx)
	q.Totals = rating.Total(terms.Currency, q.Lines, m.TaxPercent)
	return q, err
}

// lines bill what grows for the rest of the period.
func (r resize) lines(sub Subscription, at time.Time) ([]rating.Line, error) {
	var all []rating.Line
	content := r.from.Revision.Content
	for _, res := range content.Resources {
		lines, err := rating.QuantityChange(rating.Resize{Meter: res.Parameter, Name: res.Title(), Terms: content.Terms, UnitPrice: res.UnitPrice,
			Old: money.Int(res.Quantity(json.RawMessage(sub.Parameters))), New: money.Int(res.Quantity(r.now)), Included: money.Int(res.Included),
			Period: rating.Period{Start: *sub.PeriodStart, End: *sub.PeriodEnd}, At: at})
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return all, nil
}

// Resize changes the bought quantities, and other parameters; those that are
// left out stay. More takes effect, and is billed for the rest of the period,
// at once; less waits for the next period. What is paid in arrears waits as a
// whole. The plugin is asked first, outside of the transaction: it refuses
// less than what is in use.
func (s *Service) Resize(ctx context.Context, actor account.Actor, id int64, parameters json.RawMessage) (Subscription, error) {
	sub, _, err := s.changeSize(ctx, actor, id, account.UseSubscriptions, ChangeInput{Parameters: parameters})
	return sub, err
}

func (s *Service) changeSize(ctx context.Context, actor account.Actor, id int64, right account.Right, in ChangeInput) (Subscription, ChangeResult, error) {
	if err := actor.Need(right); err != nil {
		return Subscription{}, ChangeResult{}, err
	}
	r, err := s.askResize(ctx, actor, id, in)
	if err != nil {
		return Subscription{}, ChangeResult{}, err
	}
	var result ChangeResult
	sub, err := s.change(ctx, actor, id, right, func(tx *store.Tx, sub *Subscription) error {
		q, err := r.quote(ctx, tx, *sub)
		if err != nil {
			return err
		}
		atOnce := q.AtOnce(*sub)
		billed, err := s.resize(ctx, tx, actor, sub, q, r.later)
		result = billed.result(atOnce)
		return err
	})
	return sub, result, err
}

func (s *Service) resize(ctx context.Context, tx *store.Tx, actor account.Actor, sub *Subscription, q ResizeQuote, later *string) (Billed, error) {
	atOnce := q.AtOnce(*sub)
	err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription.resize", Entity: "subscription", EntityID: sub.ID,
		Before: map[string]any{"parameters": json.RawMessage(sub.Parameters)}, After: map[string]any{"parameters": q.Parameters, "nextParameters": q.Next}})
	if err != nil {
		return Billed{}, err
	}
	sub.Parameters, sub.NextParameters = string(q.Parameters), later
	if err := Save(ctx, tx, *sub); err != nil {
		return Billed{}, err
	}
	billed, err := s.resizeLater(ctx, tx, actor, *sub, later)
	if err != nil || !atOnce {
		return billed, err
	}
	if billed, err = s.down.BillChange(ctx, tx, actor, *sub, order.ItemUpgrade, q.Lines); err != nil {
		return Billed{}, err
	}
	if err := s.Tell(ctx, tx, actor, *sub, "subscription.resized", "Changed its size"); err != nil {
		return Billed{}, err
	}
	return billed, s.down.Start(ctx, tx, *sub, Update)
}

// resizeLater records the size that waits for the next period; with none, an
// earlier one waits no longer.
func (s *Service) resizeLater(ctx context.Context, tx *store.Tx, actor account.Actor, sub Subscription, later *string) (Billed, error) {
	if later == nil {
		return Billed{}, order.SettleDeferred(ctx, tx, sub.ID, order.Cancelled, order.ItemUpgrade)
	}
	billed, err := postpone(ctx, tx, actor, sub, order.ItemUpgrade, sub.RevisionID, *later)
	if err != nil {
		return Billed{}, err
	}
	return billed, s.Tell(ctx, tx, actor, sub, "subscription.resizePlanned", "Changes its size with the next period")
}
