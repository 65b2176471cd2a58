package portal

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// subscriptionStanding is where a subscription stands: what it bought, what was used of
// it, and what that will cost when the period ends.
type subscriptionStanding struct {
	Sub       subscription.Subscription
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
	s.Next = new(rating.Total(terms.Currency, rating.Renewal(terms, period), v.market.TaxPercent).Total)
	return nil
}

// meters are the prepaid limits with what was used of them in their windows.
func (v *visit) meters(ctx context.Context, tx *store.Tx, s subscriptionStanding) ([]ui.Meter, error) {
	sums := map[string]map[string]usage.Quantity{} // by window
	var out []ui.Meter
	if !s.Sub.Alive() {
		return nil, nil
	}
	for _, e := range s.Revision.Content.Endpoints {
		for _, window := range gaugedWindows {
			limit, ok := e.Limits[window]
			if !ok || e.Mode != catalog.Prepaid {
				continue
			}
			from, until := windowOf(window, v.now)
			if sums[window] == nil {
				used, err := usage.Sum(ctx, tx, s.Sub.ID, from, until)
				if err != nil {
					return nil, err
				}
				sums[window] = used
			}
			out = append(out, ui.Meter{Label: v.words.T("%s per "+window, endpointName(s.Endpoints, e.Identifier)),
				Used: int64(sums[window][e.Identifier] / usage.Unit), Limit: limit, One: "call", Many: "calls", Resets: until})
		}
	}
	return out, nil
}

// windowOf is the window that the gateway counts in: it starts anew with each
// hour, day, month or year of UTC.
func windowOf(window string, now time.Time) (from, until time.Time) {
	now = now.UTC()
	switch window {
	case "hour":
		from = now.Truncate(time.Hour)
		return from, from.Add(time.Hour)
	case "day":
		from = time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 0, 1)
	case "month":
		from = time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 1, 0)
	}
	from = time.Date(now.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	return from, from.AddDate(1, 0, 0)
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
	metered := s.Revision.Content.Metered()
	if len(metered) == 0 || s.Sub.PeriodStart == nil || !s.Sub.Alive() {
		return nil
	}
	period := rating.Period{Start: *s.Sub.PeriodStart, End: *s.Sub.PeriodEnd}
	sums, err := usage.Sum(ctx, tx, s.Sub.ID, period.Start, period.End)
	if err != nil {
		return err
	}
	var all []rating.Metered
	for _, e := range metered {
		all = append(all, rating.Metered{Meter: e.Identifier, Name: v.words.T("%s, %s", endpointName(s.Endpoints, e.Identifier),
			v.words.Plural(sums[e.Identifier], "call", "calls")), Charge: *e.Charge, Quantity: sums[e.Identifier].Decimal()})
	}
	terms := s.Revision.Content.Terms.WithDefaults()
	terms.Timing = price.Prepaid // only the use: a recurring price afterwards is no use
	lines, err := rating.Arrears(terms, all, period, false)
	if err != nil {
		return err
	}
	bill := v.words.bill(v.words.T("This period so far"), terms.Currency, lines, v.market.TaxPercent)
	bill.Lines = append(bill.Lines, unused(all, lines, terms.Currency)...)
	bill.Live = false
	bill.Note = v.words.T("Billed when the period has ended, on %s.", period.End.UTC().Format("2 January 2006"))
	if s.Sub.InTrial(v.now) {
		bill.Note = v.words.T("You are in the free trial: this use is not billed.")
	}
	total := rating.Total(terms.Currency, lines, v.market.TaxPercent).Total
	s.Accrued, s.Unbilled = &bill, &total
	return nil
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

// usageDays is how far the usage chart looks back: over the longest month.
const usageDays = 31

// usageChart is the calls of a subscription by day.
func (v *visit) usageChart(s subscriptionStanding) (ui.Chart, error) {
	today := v.now.UTC().Truncate(24 * time.Hour)
	from, until := today.AddDate(0, 0, 1-usageDays), today.AddDate(0, 0, 1)
	points, err := v.Usage.Series(v.r.Context(), v.actor, usage.SeriesInput{SubscriptionID: s.Sub.ID, From: from, To: until, Step: usage.Day})
	if err != nil {
		return ui.Chart{}, err
	}
	days := map[time.Time]*[2]float64{}
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		days[d] = &[2]float64{}
	}
	refused := false
	for _, p := range points {
		if day := days[p.Start.UTC()]; day != nil {
			day[0] += float64(p.Quantity) / float64(usage.Unit)
			day[1] += float64(p.Refused)
			refused = refused || p.Refused > 0
		}
	}
	if len(points) == 0 {
		clear(days)
	}
	return drawDays(days, refused, v.words), nil
}

func drawDays(days map[time.Time]*[2]float64, refused bool, w words) ui.Chart {
	c := ui.Chart{Title: w.T("Calls per day, last %d days", usageDays), Unit: w.T("calls"), X: w.T("Day"), Series: []ui.Series{{Name: w.T("Answered")}}}
	if refused {
		c.Series = append(c.Series, ui.Series{Name: w.T("Refused, not billed")})
	}
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		c.Labels = append(c.Labels, day.Format("2 Jan"))
		for i := range c.Series {
			c.Series[i].Values = append(c.Series[i].Values, days[day][i])
		}
	}
	return c
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
