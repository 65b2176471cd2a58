package portal

import (
	"maps"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// usageDays is how far a usage chart looks back: over the longest month.
const usageDays = 31

// usageCharts are the use of a subscription by day: all calls of an API, and
// each meter of anything else.
func (v *visit) usageCharts(s subscriptionStanding) ([]ui.Chart, error) {
	today := v.now.UTC().Truncate(24 * time.Hour)
	from, until := today.AddDate(0, 0, 1-usageDays), today.AddDate(0, 0, 1)
	points, err := v.Usage.Series(v.r.Context(), v.actor, usage.SeriesInput{SubscriptionID: s.Sub.ID, From: from, To: until, Step: usage.Day})
	if err != nil {
		return nil, err
	}
	if s.Product.Type == catalog.API {
		return []ui.Chart{v.words.callChart(byDay(points, from, until))}, nil
	}
	var out []ui.Chart
	for _, m := range s.Revision.Content.Meters {
		own := slices.DeleteFunc(slices.Clone(points), func(p usage.Point) bool { return p.Meter != m.Meter })
		out = append(out, v.words.meterChart(m, byDay(own, from, until)))
	}
	return out, nil
}

// dayUse is what was used on a day, and how often use was refused.
type dayUse struct{ used, refused float64 }

// byDay sums points for each day; without any point there is no day.
func byDay(points []usage.Point, from, until time.Time) map[time.Time]*dayUse {
	days := map[time.Time]*dayUse{}
	if len(points) == 0 {
		return days
	}
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		days[d] = &dayUse{}
	}
	for _, p := range points {
		if day := days[p.Start.UTC()]; day != nil {
			day.used += float64(p.Quantity) / float64(usage.Unit)
			day.refused += float64(p.Refused)
		}
	}
	return days
}

func (w words) callChart(days map[time.Time]*dayUse) ui.Chart {
	c := ui.Chart{Title: w.T("Calls per day, last %d days", usageDays), Unit: w.T("calls"), X: w.T("Day"), Series: []ui.Series{{Name: w.T("Answered")}}}
	refused := false
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		c.Labels = append(c.Labels, day.Format("2 Jan"))
		c.Series[0].Values = append(c.Series[0].Values, days[day].used)
		refused = refused || days[day].refused > 0
	}
	if !refused {
		return c
	}
	second := ui.Series{Name: w.T("Refused, not billed")}
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		second.Values = append(second.Values, days[day].refused)
	}
	c.Series = append(c.Series, second)
	return c
}

func (w words) meterChart(m catalog.PlanMeter, days map[time.Time]*dayUse) ui.Chart {
	c := ui.Chart{Title: w.T("%s per day, last %d days", w.T(m.Name), usageDays), Unit: w.T(unitOf(m.Unit).many), X: w.T("Day"), Series: []ui.Series{{Name: w.T("Used")}}}
	for _, day := range slices.SortedFunc(maps.Keys(days), time.Time.Compare) {
		c.Labels = append(c.Labels, day.Format("2 Jan"))
		c.Series[0].Values = append(c.Series[0].Values, days[day].used)
	}
	return c
}
