package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
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
	limits, err := s.Usage.Limits(ctx, actor, sub.ID)
	return answer(points, err, func([]usage.Point) usageView {
		return usageView{From: window.From, To: window.To, Step: window.Step, Limits: views(limits, viewLimit), Totals: totals(points),
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

func viewLimit(l usage.Limit) limitView {
	return limitView{Identifier: l.Meter, Meter: l.Meter, Window: l.Window, Limit: l.Allowed, Used: count{l.Used.Decimal()},
		Remaining: count{l.Remaining().Decimal()}, ResetsAt: l.ResetsAt}
}
