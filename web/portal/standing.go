package portal

import (
	"context"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// subscriptionStanding is where a subscription stands: what it bought, what was used of
// it, and what that will cost when the period ends.
type subscriptionStanding struct {
	Sub       subscription.Subscription
	Product   catalog.Product
	Revision  catalog.Revision
	NextPlan  string
	Endpoints []catalog.Endpoint
	Meters    []ui.Meter   // prepaid limits, in the order of the endpoints
	Accrued   *ui.Bill     // use of this period, not billed yet; nil when nothing is metered
	Unbilled  *money.Money // its total
	// Next is the fixed price of the next bill, with tax; nil when none comes.
	Next *money.Money
}

// gaugedWindows are the limit windows long enough to be worth a picture.
var gaugedWindows = []string{"hour", "day", "month", "year"}

// standing reads a subscription the actor may see.
func (v *visit) standing(id int64) (subscriptionStanding, error) {
	ctx := v.r.Context()
	var s subscriptionStanding
	err := v.DB.View(ctx, v.market.ID, func(tx *store.Tx) (err error) {
		if s.Sub, err = subscription.Visible(ctx, tx, v.actor, id); err != nil {
			return err
		}
		if s.Product, err = catalog.ProductByID(ctx, tx, s.Sub.ProductID); err != nil {
			return err
		}
		if s.Revision, err = catalog.RevisionByID(ctx, tx, s.Sub.RevisionID); err != nil {
			return err
		}
		if s.Endpoints, err = catalog.EndpointsOf(ctx, tx, s.Sub.ProductID); err != nil {
			return err
		}
		if err = v.lookAhead(ctx, tx, &s); err != nil {
			return err
		}
		if s.Meters, err = v.meters(ctx, tx, s); err != nil {
			return err
		}
		return v.accrue(ctx, tx, &s)
	})
	return s, err
}

// lookAhead finds the plan that a planned change leads to, and what the next
// period's fixed price will be.
func (v *visit) lookAhead(ctx context.Context, tx *store.Tx, s *subscriptionStanding) error {
	next := s.Revision
	if s.Sub.NextRevisionID != nil {
		var err error
		if next, err = catalog.RevisionByID(ctx, tx, *s.Sub.NextRevisionID); err != nil {
			return err
		}
		plan, err := catalog.PlanByID(ctx, tx, next.PlanID)
		if err != nil {
			return err
		}
		s.NextPlan = plan.Name
	}
	terms := next.Content.Terms.WithDefaults()
	if !s.Sub.Alive() || !s.Sub.AutoRenew || s.Sub.PeriodEnd == nil || terms.Timing != price.Prepaid {
		return nil
	}
	period := rating.PeriodAt(terms, *s.Sub.PeriodEnd, 0)
	s.Next = new(rating.Total(terms.Currency, rating.Renewal(terms, period, next.Content.Bought(s.Sub.Upcoming())...), v.market.TaxPercent).Total)
	return nil
}

// meters are the prepaid limits with what was used of them in their windows.
func (v *visit) meters(ctx context.Context, tx *store.Tx, s subscriptionStanding) ([]ui.Meter, error) {
	if !s.Sub.Alive() {
		return nil, nil
	}
	limits, err := usage.LimitsOf(ctx, tx, s.Sub)
	var out []ui.Meter
	for _, l := range limits {
		if slices.Contains(gaugedWindows, l.Window) {
			out = append(out, ui.Meter{Label: v.words.T("%s per "+l.Window, endpointName(s.Endpoints, l.Meter)),
				Used: int64(l.Used / usage.Unit), Limit: l.Allowed, One: "call", Many: "calls", Resets: l.ResetsAt})
		}
	}
	return out, err
}

// tightest is the meter that is nearest to its limit.
func tightest(all []ui.Meter) *ui.Meter {
	if len(all) == 0 {
		return nil
	}
	m := slices.MaxFunc(all, func(a, b ui.Meter) int {
		return cmpShare(a.Used*max(b.Limit, 1), b.Used*max(a.Limit, 1))
	})
	return &m
}

func cmpShare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// accrue prices what was used in the running period, with the function that
// will bill it.
func (v *visit) accrue(ctx context.Context, tx *store.Tx, s *subscriptionStanding) error {
	if s.Sub.PeriodStart == nil || !s.Sub.Alive() {
		return nil
	}
	metered, lines, err := invoice.Accrued(ctx, tx, s.Sub, v.words.used(s.Revision.Content))
	if err != nil || len(metered) == 0 {
		return err
	}
	terms := s.Revision.Content.Terms
	bill := v.words.bill(v.words.T("This period so far"), terms.Currency, lines, v.market.TaxPercent)
	bill.Lines = append(bill.Lines, unused(metered, lines, terms.Currency)...)
	bill.Live = false
	bill.Note = v.words.T("Billed when the period has ended, on %s.", s.Sub.PeriodEnd.UTC().Format("2 January 2006"))
	if s.Sub.InTrial(v.now) {
		bill.Note = v.words.T("You are in the free trial: this use is not billed.")
	}
	total := rating.Total(terms.Currency, lines, v.market.TaxPercent).Total
	s.Accrued, s.Unbilled = &bill, &total
	return nil
}

// used names what was used with how much of it, in the units of the plan.
func (w words) used(c catalog.PlanContent) invoice.NameFunc {
	meters := map[string]catalog.PlanMeter{}
	for _, m := range c.Meters {
		meters[m.Title()] = m
	}
	return func(name string, quantity usage.Quantity) string {
		m, ok := meters[name]
		if !ok {
			return w.T("%s, %s", name, w.Plural(quantity, "call", "calls"))
		}
		return w.T("%s, %s", w.T(m.Name), w.amount(quantity.Decimal(), unitOf(m.Unit)))
	}
}

// unused are the meters that cost nothing so far, so that the bill names them.
func unused(all []rating.Metered, lines []rating.Line, currency string) []ui.BillLine {
	var out []ui.BillLine
	for _, m := range all {
		if !slices.ContainsFunc(lines, func(l rating.Line) bool { return l.Meter == m.Meter }) {
			out = append(out, ui.BillLine{Label: m.Name, Amount: money.New(money.Int(0), currency)})
		}
	}
	return out
}

func (v *visit) endpointNames(product int64) (map[string]string, error) {
	names := map[string]string{}
	err := v.DB.View(v.r.Context(), v.market.ID, func(tx *store.Tx) error {
		all, err := catalog.EndpointsOf(v.r.Context(), tx, product)
		for _, e := range all {
			names[e.Identifier] = e.Name
		}
		return err
	})
	return names, err
}
