package invoice

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// ExtraKind says when a vendor's own line is billed.
type ExtraKind string

// The kinds.
const (
	OneShot   ExtraKind = "oneShot"   // with the next period's invoice
	Recurring ExtraKind = "recurring" // with every period's invoice
	Discount  ExtraKind = "discount"  // off the next invoice that is large enough to take it
	Upsell    ExtraKind = "upsell"    // on an invoice of its own, when its day has come
)

// ExtraKinds lists them; the schema checks the same.
var ExtraKinds = []ExtraKind{OneShot, Recurring, Discount, Upsell}

// ExtraLine is a line that a vendor put on a subscription and that is still to
// be billed, or is billed again and again.
type ExtraLine struct {
	ID             int64          `db:"id"`
	SubscriptionID int64          `db:"subscription_id"`
	Kind           ExtraKind      `db:"kind"`
	Identifier     string         `db:"identifier"`
	Description    string         `db:"description"`
	Unit           string         `db:"unit"`
	Tags           Tags           `db:"tags"`
	Price          money.Decimal  `db:"price"`
	Quantity       money.Decimal  `db:"quantity"`
	PlatformCost   *money.Decimal `db:"platform_cost"`
	PurchasedAt    time.Time      `db:"purchased_at"`
}

// LineInput is a line of a vendor's own.
type LineInput struct {
	Price        money.Decimal // of one; below 0 is money back
	Currency     string        // the subscription's, or nothing
	Quantity     *money.Decimal
	Unit         string
	Description  string
	Identifier   string
	Purchased    *time.Time // nothing: now
	Tags         map[string]string
	PlatformCost *money.Decimal // what the platform behind it costs the vendor
}

// MaxLines is how many lines a call may bring.
const MaxLines = 1000

// largest bounds a line's price and quantity: what is above is a slip.
const largest = 1_000_000_000

func within(c *fault.Check, field string, d money.Decimal) {
	c.That(d.Abs().Cmp(money.Int(largest)) <= 0, field, fmt.Sprintf("At most %d.", largest))
}

// checkLines reports every wrong field of lines in a currency.
func checkLines(lines []LineInput, currency string) error {
	var c fault.Check
	c.That(len(lines) <= MaxLines, "lines", fmt.Sprintf("At most %d lines at once.", MaxLines))
	for i, l := range lines {
		l.check(c.At("lines[%d]", i), currency)
	}
	return c.Err()
}

func (l LineInput) check(c *fault.Check, currency string) {
	money.CheckDecimals(c, "price", l.Price)
	within(c, "price", l.Price)
	c.That(l.Currency == "" || l.Currency == currency, "currency", "The subscription is billed in "+currency+".")
	if l.Quantity != nil {
		money.CheckDecimals(c, "quantity", *l.Quantity)
		within(c, "quantity", *l.Quantity)
		c.That(l.Quantity.Sign() > 0, "quantity", "A quantity is above 0; money back has a price below 0.")
	}
	if l.PlatformCost != nil {
		money.CheckPrice(c, "platformCost", *l.PlatformCost)
	}
	c.MaxLen("description", l.Description, 1000)
	c.MaxLen("identifier", l.Identifier, 200)
	c.MaxLen("unit", l.Unit, 40)
	c.That(len(l.Tags) <= 50, "tags", "At most 50 tags.")
	for key, value := range l.Tags {
		c.That(key != "" && len(key) <= 100 && len(value) <= 500, "tags", "A tag has a name of at most 100 bytes and a value of at most 500.")
	}
}

// extra is the line as it will be billed.
func (l LineInput) extra(sub int64, kind ExtraKind, now time.Time) ExtraLine {
	e := ExtraLine{SubscriptionID: sub, Kind: kind, Identifier: l.Identifier, Description: l.Description, Unit: l.Unit, Tags: Tags{l.Tags},
		Price: l.Price.Round(rating.CustomDecimals).Trim(0), Quantity: money.Int(1), PlatformCost: l.PlatformCost, PurchasedAt: now}
	if l.Quantity != nil {
		e.Quantity = *l.Quantity
	}
	if l.Purchased != nil {
		e.PurchasedAt = l.Purchased.UTC()
	}
	return e
}

func extras(lines []LineInput, sub int64, kind ExtraKind, now time.Time) []ExtraLine {
	out := make([]ExtraLine, len(lines))
	for i, l := range lines {
		out[i] = l.extra(sub, kind, now)
	}
	return out
}

// kindOf is the kind that a vendor's own line has on an invoice.
func (k ExtraKind) kindOf() rating.Kind {
	switch k {
	case OneShot:
		return rating.KindOneShot
	case Recurring:
		return rating.KindCharge
	case Discount:
		return rating.KindDiscount
	}
	return rating.KindCustom
}

// line prices it for a period; at an instant when the period is the zero one.
func (e *ExtraLine) line(currency string, revision int64, p rating.Period) billLine {
	if p.Start.IsZero() {
		p = rating.At(e.PurchasedAt)
	}
	return billLine{revision: revision, extra: e, Line: rating.CustomLine(rating.Custom{Kind: e.Kind.kindOf(), Description: e.Description,
		Identifier: e.Identifier, Unit: e.Unit, Tags: e.Tags.Map, Price: e.Price, Quantity: e.Quantity, Period: p}, currency)}
}

// SetOneShot replaces the lines that go on the next period's invoice only.
func (s *Service) SetOneShot(ctx context.Context, actor account.Actor, sub int64, lines []LineInput) error {
	return s.setExtras(ctx, actor, sub, OneShot, lines)
}

// SetRecurring replaces the lines that go on every period's invoice from their
// day on.
func (s *Service) SetRecurring(ctx context.Context, actor account.Actor, sub int64, lines []LineInput) error {
	return s.setExtras(ctx, actor, sub, Recurring, lines)
}

func (s *Service) setExtras(ctx context.Context, actor account.Actor, id int64, kind ExtraKind, lines []LineInput) error {
	return s.charging(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription, currency string) error {
		if err := checkLines(lines, currency); err != nil {
			return err
		}
		if err := deleteWaiting(ctx, tx, id, kind); err != nil {
			return err
		}
		if err := insertExtras(ctx, tx, extras(lines, id, kind, tx.Now())); err != nil {
			return err
		}
		if err := audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription." + string(kind) + "Lines", Entity: "subscription",
			EntityID: id, After: lines}); err != nil {
			return err
		}
		return subscription.Touch(ctx, tx, id)
	})
}

// charging runs fn on a locked subscription that the actor sold and may still
// put lines on: one that is paid for and lives.
func (s *Service) charging(ctx context.Context, actor account.Actor, id int64, fn func(tx *store.Tx, sub subscription.Subscription, currency string) error) error {
	if err := actor.Need(account.ChargeSubscriptions); err != nil {
		return err
	}
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.LockSold(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if err := chargeable(sub, tx.Now()); err != nil {
			return err
		}
		rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
		if err != nil {
			return err
		}
		return fn(tx, sub, rev.Content.Currency)
	})
}

func chargeable(sub subscription.Subscription, now time.Time) error {
	switch {
	case !sub.Alive():
		return fault.New(fault.Precondition, "The subscription has ended; nothing can be charged on it any more.").With("subscription", sub.ID)
	case sub.PeriodStart == nil:
		return fault.New(fault.Precondition, "The subscription was never paid; it can be charged once it is.").With("subscription", sub.ID)
	case sub.InTrial(now) || sub.PeriodIndex == subscription.TrialPeriod:
		return fault.New(fault.Precondition, "The subscription is on trial; it can be charged once it is paid for.").With("subscription", sub.ID)
	}
	return nil
}

// ExtraLines reads the lines that wait for the next period's invoice and those
// that are on every one, for other nouns.
func ExtraLines(ctx context.Context, tx *store.Tx, sub int64) (oneShot, recurring []ExtraLine, err error) {
	if oneShot, err = waiting(ctx, tx, sub, OneShot); err != nil {
		return nil, nil, err
	}
	recurring, err = waiting(ctx, tx, sub, Recurring)
	return oneShot, recurring, err
}

// Extras are the lines that a vendor put on a subscription.
type Extras struct{ OneShot, Recurring []ExtraLine }

// Extras returns them for whoever may put them there.
func (s *Service) Extras(ctx context.Context, actor account.Actor, id int64) (Extras, error) {
	if err := actor.Need(account.ChargeSubscriptions); err != nil {
		return Extras{}, err
	}
	var e Extras
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		sub, err := subscription.ByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("subscription", sub.VendorID); err != nil {
			return err
		}
		e.OneShot, e.Recurring, err = ExtraLines(ctx, tx, id)
		return err
	})
	return e, err
}
