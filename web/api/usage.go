package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
)

type usageView struct {
	From   time.Time    `json:"from"`
	To     time.Time    `json:"to" doc:"The first instant after."`
	Step   usage.Step   `json:"step" enum:"hour,day,month"`
	Points []usagePoint `json:"points" nullable:"false" doc:"Oldest first. Steps without usage have none."`
	Totals []usageTotal `json:"totals" nullable:"false" doc:"Of each meter, over all points."`
	Limits []limitView  `json:"limits" nullable:"false" doc:"The limits of prepaid endpoints as they stand now."`
}

type usagePoint struct {
	Start    time.Time `json:"start"`
	Meter    string    `json:"meter" doc:"An endpoint's identifier." example:"get-tile"`
	Quantity count     `json:"quantity"`
	Refused  int64     `json:"refused" doc:"Requests that were refused, and are not billed." example:"2"`
}

type usageTotal struct {
	Meter    string `json:"meter" example:"get-tile"`
	Quantity count  `json:"quantity"`
	Refused  int64  `json:"refused" example:"2"`
}

type limitView struct {
	Identifier string    `json:"identifier" example:"get-tile"`
	Meter      string    `json:"meter" doc:"The same as identifier." example:"get-tile"`
	Window     string    `json:"window" enum:"second,minute,hour,day,month,year"`
	Limit      int64     `json:"limit" example:"1000"`
	Used       count     `json:"used"`
	Remaining  count     `json:"remaining"`
	ResetsAt   time.Time `json:"resetsAt"`
}

type usageRequest struct {
	ByID
	From string     `query:"from" doc:"An instant or a day. Left out, the beginning of the billing period." example:"2026-11-01T00:00:00Z"`
	To   string     `query:"to" doc:"An instant or a day; not included. Left out, the end of the billing period." example:"2026-12-01T00:00:00Z"`
	Step usage.Step `query:"step" doc:"hour, day or month; day unless told." example:"day"`
}

func (s *server) usageRoutes() {
	register(s, route{method: http.MethodGet, path: "/subscriptions/{id}/usage", id: "getUsage", tag: "Subscriptions", summary: "Read the usage",
		description: "By step and meter, with the limits as they stand now. Days and months are those of UTC."}, s.getUsage)
}

func (s *server) getUsage(ctx context.Context, actor account.Actor, in *usageRequest) (*reply[usageView], error) {
	sub, err := s.Subscriptions.Get(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	window, err := in.window(sub)
	if err != nil {
		return nil, err
	}
	points, err := s.Usage.Series(ctx, actor, window)
	if err != nil {
		return nil, err
	}
	limits, err := s.limits(ctx, actor.MarketplaceID, sub)
	return answer(points, err, func([]usage.Point) usageView {
		return usageView{From: window.From, To: window.To, Step: window.Step, Limits: limits, Totals: totals(points),
			Points: views(points, func(p usage.Point) usagePoint {
				return usagePoint{Start: p.Start, Meter: p.Meter, Quantity: count{p.Quantity.Decimal()}, Refused: p.Refused}
			})}
	})
}

// window is what is asked for, the billing period where nothing is said.
func (r usageRequest) window(sub subscription.Subscription) (usage.SeriesInput, error) {
	in := usage.SeriesInput{SubscriptionID: r.ID, Step: r.Step, From: sub.CreatedAt, To: sub.CreatedAt.AddDate(0, 1, 0)}
	if sub.PeriodStart != nil && sub.PeriodEnd != nil {
		in.From, in.To = *sub.PeriodStart, *sub.PeriodEnd
	}
	if in.Step == "" {
		in.Step = usage.Day
	}
	var c fault.Check
	for field, p := range map[string]struct {
		text string
		at   *time.Time
	}{"from": {r.From, &in.From}, "to": {r.To, &in.To}} {
		if p.text == "" {
			continue
		}
		at, err := parseTime(p.text)
		if err != nil {
			c.Add(field, err.Error())
		}
		*p.at = at
	}
	return in, c.Err()
}

func totals(points []usage.Point) []usageTotal {
	place, sums := map[string]int{}, []usage.Point{}
	for _, p := range points {
		i, known := place[p.Meter]
		if !known {
			i, place[p.Meter] = len(sums), len(sums)
			sums = append(sums, usage.Point{Meter: p.Meter})
		}
		sums[i].Quantity += p.Quantity
		sums[i].Refused += p.Refused
	}
	return views(sums, func(p usage.Point) usageTotal {
		return usageTotal{Meter: p.Meter, Quantity: count{p.Quantity.Decimal()}, Refused: p.Refused}
	})
}

// limits are the plan's limits with what was used of them in the windows that
// the marketplace's time stands in.
func (s *server) limits(ctx context.Context, marketplace int64, sub subscription.Subscription) ([]limitView, error) {
	out := []limitView{}
	err := s.DB.View(ctx, marketplace, func(tx *store.Tx) error {
		rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
		if err != nil {
			return err
		}
		used := map[string]map[string]usage.Quantity{}
		for _, e := range rev.Content.Endpoints {
			for _, window := range catalog.Windows {
				limit, ok := e.Limits[window]
				if !ok {
					continue
				}
				start, end := windowAt(window, tx.Now())
				if used[window] == nil {
					if used[window], err = usage.Sum(ctx, tx, sub.ID, start, end); err != nil {
						return err
					}
				}
				out = append(out, viewLimit(e.Identifier, window, limit, used[window][e.Identifier], end))
			}
		}
		return nil
	})
	return out, err
}

func viewLimit(identifier, window string, limit int64, used usage.Quantity, resets time.Time) limitView {
	remaining := max(usage.Units(limit)-used, 0)
	return limitView{Identifier: identifier, Meter: identifier, Window: window, Limit: limit, Used: count{used.Decimal()},
		Remaining: count{remaining.Decimal()}, ResetsAt: resets}
}

// windowAt returns the window of a limit that t lies in: a part of the
// calendar in UTC, as gateways count.
func windowAt(window string, t time.Time) (start, end time.Time) {
	year, month, day := t.UTC().Date()
	switch window {
	case "year":
		start = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(1, 0, 0)
	case "month":
		start = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	case "day":
		start = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 1)
	}
	length := map[string]time.Duration{"hour": time.Hour, "minute": time.Minute, "second": time.Second}[window]
	start = t.UTC().Truncate(length)
	return start, start.Add(length)
}
