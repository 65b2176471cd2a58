package pricelist

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Sale is a subscription that a reseller sold, with what its fixed price brings
// each period, before usage and tax.
type Sale struct {
	Subscription subscription.Subscription
	PeriodMonths int
	Price        money.Money // what the customer pays
	Cost         money.Money // what the reseller pays
}

// Margin is what the reseller keeps each period; below 0 it pays for selling.
func (s Sale) Margin() money.Money {
	return money.New(s.Price.Amount.Sub(s.Cost.Amount), s.Price.Currency)
}

// Earning is what all that runs brings a month, in one currency.
type Earning struct {
	Price, Cost, Margin money.Money
	Subscriptions       int
}

// Sales lists what the reseller sold, newest first.
func (s *Service) Sales(ctx context.Context, actor account.Actor, reseller int64, req page.Request) (page.Page[Sale], error) {
	var out page.Page[Sale]
	err := s.view(ctx, actor, reseller, func(tx *store.Tx, reseller int64) error {
		before, err := req.Before()
		if err != nil {
			return err
		}
		ids, err := soldBy(ctx, tx, reseller, before, req.Size()+1)
		if err != nil {
			return err
		}
		sales, err := salesOf(ctx, tx, ids)
		slices.Reverse(sales) // by falling id
		out = page.Cut(req, sales, func(s Sale) int64 { return s.Subscription.ID })
		return err
	})
	return out, err
}

// Earnings sums what runs now and is billed for, by currency.
func (s *Service) Earnings(ctx context.Context, actor account.Actor, reseller int64) ([]Earning, error) {
	sums := map[string]*Earning{}
	err := s.view(ctx, actor, reseller, func(tx *store.Tx, reseller int64) error {
		ids, err := runningOf(ctx, tx, reseller)
		if err != nil {
			return err
		}
		sales, err := salesOf(ctx, tx, ids)
		for _, sale := range sales {
			sale.addTo(sums)
		}
		return err
	})
	var out []Earning
	for _, e := range sums {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(a, b Earning) int { return cmp.Compare(a.Price.Currency, b.Price.Currency) })
	return out, err
}

// addTo adds the month's share of the sale.
func (s Sale) addTo(sums map[string]*Earning) {
	code := s.Price.Currency
	e := sums[code]
	if e == nil {
		none := money.New(money.Int(0), code)
		e = &Earning{Price: none, Cost: none, Margin: none}
		sums[code] = e
	}
	monthly := func(m money.Money) money.Decimal {
		return m.Amount.MulDiv(money.Int(1), money.Int(int64(s.PeriodMonths))).Round(money.Digits(code))
	}
	price, cost := monthly(s.Price), monthly(s.Cost)
	e.Price.Amount, e.Cost.Amount = e.Price.Amount.Add(price), e.Cost.Amount.Add(cost)
	e.Margin.Amount = e.Price.Amount.Sub(e.Cost.Amount)
	e.Subscriptions++
}

// salesOf prices subscriptions by rising id.
func salesOf(ctx context.Context, tx *store.Tx, ids []int64) ([]Sale, error) {
	subs, err := subscription.ByIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	known := map[int64]terms{}
	out := make([]Sale, len(subs))
	for i, sub := range subs {
		t, ok := known[sub.RevisionID]
		if !ok {
			if t, err = termsOf(ctx, tx, sub.RevisionID); err != nil {
				return nil, err
			}
			known[sub.RevisionID] = t
		}
		bought := json.RawMessage(sub.Parameters)
		out[i] = Sale{Subscription: sub, PeriodMonths: t.sells.WithDefaults().PeriodMonths,
			Price: rating.Recurring(t.sells.Terms, t.sells.Bought(bought)...), Cost: rating.Recurring(t.buys.Terms, t.buys.Bought(bought)...)}
	}
	return out, nil
}

// terms are what a reseller sells, and what it buys for that.
type terms struct{ sells, buys catalog.PlanContent }

func termsOf(ctx context.Context, tx *store.Tx, revision int64) (terms, error) {
	sells, err := catalog.RevisionByID(ctx, tx, revision)
	if err != nil || sells.SourceID == nil {
		return terms{sells.Content, sells.Content}, err
	}
	buys, err := catalog.RevisionByID(ctx, tx, *sells.SourceID)
	return terms{sells.Content, buys.Content}, err
}
