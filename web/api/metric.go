package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/metric"
	"github.com/fondaco/fondaco/core/order"
)

type metricView struct {
	SubscriptionID int64      `json:"subscriptionId" example:"21"`
	Meter          string     `json:"meter" example:"users"`
	LastValue      *string    `json:"lastValue" doc:"What was read last; null before the first reading." example:"12.5"`
	ReadAt         *time.Time `json:"readAt"`
	DueAt          time.Time  `json:"dueAt" doc:"When it is asked for next, or was to be."`
	Failures       int        `json:"failures" doc:"In a row; the pauses between tries grow with them."`
	LastError      string     `json:"lastError" doc:"Why it could not be read the last time."`
}

func viewMetric(s metric.State) metricView {
	v := metricView{SubscriptionID: s.SubscriptionID, Meter: s.Meter, ReadAt: s.ReadAt, DueAt: s.DueAt, Failures: s.Failures, LastError: s.LastError}
	if s.Last != nil {
		v.LastValue = new(s.Last.String())
	}
	return v
}

// valuesRequest is an order that is not whole yet.
type valuesRequest struct {
	PlanID     int64           `json:"planId" doc:"Of a published product; see the catalog." example:"5"`
	Code       string          `json:"code" doc:"Of one of the product's parameters." example:"region"`
	Parameters json.RawMessage `json:"parameters,omitempty" doc:"What is chosen already: an object, as of an order."`
}

func (r valuesRequest) input(c *fault.Check) valuesInput {
	c.Need("code", r.Code)
	return valuesInput{orderRequest{PlanID: r.PlanID, Parameters: r.Parameters}.input(c), r.Code}
}

type valuesInput struct {
	order.Input
	code string
}

type valuesView struct {
	Any    bool             `json:"any" doc:"Whether anything can be given that the parameter's own rules take. Otherwise it is one of values, or nothing when there are none."`
	Values []catalog.Choice `json:"values" nullable:"false" doc:"In the vendor's order."`
}

func (s *server) metricRoutes() {
	register(s, route{method: http.MethodGet, path: "/subscriptions/{id}/metrics", id: "listMetrics", tag: "Subscriptions", summary: "List what is measured at the vendor",
		description: "Of products of type syndicated and service: each metric with its last reading, or why there is none."}, s.listMetrics)
	register(s, route{method: http.MethodGet, path: "/metric-failures", id: "listMetricFailures", tag: "Products", summary: "List metrics that cannot be read",
		description: "Of active subscriptions of your products, most failures first, at most 200; operators see those of every vendor. Bills wait for them, at most a day."}, s.listMetricFailures)
	register(s, route{method: http.MethodPost, path: "/parameter-values", id: "listParameterValues", tag: "Orders", summary: "Ask what can be chosen of a parameter",
		description: "Of a product of type syndicated or service. The vendor is asked where it lists the values elsewhere; it may look at what is chosen already.",
		example:     `{"planId":5,"code":"region","parameters":{"seats":4}}`}, s.listParameterValues)
}

func (s *server) listMetrics(ctx context.Context, actor account.Actor, in *ByID) (*reply[list[metricView]], error) {
	found, err := s.Metrics.Of(ctx, actor, in.ID)
	return answer(found, err, func(m []metric.State) list[metricView] { return all(m, viewMetric) })
}

func (s *server) listMetricFailures(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[list[metricView]], error) {
	found, err := s.Metrics.Troubled(ctx, actor)
	return answer(found, err, func(m []metric.State) list[metricView] { return all(m, viewMetric) })
}

func (s *server) listParameterValues(ctx context.Context, actor account.Actor, in *struct{ Body body[valuesRequest] }) (*reply[valuesView], error) {
	input, err := read(&in.Body, valuesRequest.input)
	if err != nil {
		return nil, err
	}
	v, err := s.Orders.Values(ctx, actor, input.Input, input.code)
	return answer(v, err, func(v catalog.Values) valuesView { return valuesView{Any: v.Any, Values: some(v.List)} })
}
