package api

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/subscription"
)

type renewRequest struct {
	Hours int `json:"hours,omitempty" doc:"In a sandbox: how many hours from now the running period ends, for the price of one. Left out, the next period is billed now." example:"24"`
}

type changeRequest struct {
	PlanID     int64           `json:"planId,omitempty" doc:"Another plan of the same product; left out, the plan stays." example:"6"`
	Parameters json.RawMessage `json:"parameters,omitempty" doc:"What becomes other; what is left out stays."`
	From       *time.Time      `json:"from,omitempty" doc:"Now unless told; or the day on which the next period begins." example:"2026-12-23"`
}

type changeResultView struct {
	Outcome   subscription.Outcome `json:"outcome" enum:"deferred,free,paid" doc:"deferred: takes effect with the next period. free: done, nothing to pay. paid: done, with an invoice."`
	OrderID   int64                `json:"orderId" example:"22"`
	InvoiceID *int64               `json:"invoiceId" doc:"The invoice to pay; null when there is none." example:"34"`
}

func viewChangeResult(r subscription.ChangeResult) changeResultView {
	v := changeResultView{Outcome: r.Outcome, OrderID: r.OrderID}
	if r.InvoiceID != 0 {
		v.InvoiceID = &r.InvoiceID
	}
	return v
}

func (s *server) renewalRoutes() {
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/renew", id: "renewSubscription", tag: "Subscriptions", summary: "Renew before the time",
		description: "For the customer or, on its behalf, the vendor. A trial becomes a paid subscription now; any other has its next period billed now.",
		example:     `{}`}, s.renew)
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/change", id: "upgradeSubscription", tag: "Subscriptions", summary: "Change plan, size or both",
		description: "For the customer or, on its behalf, the vendor. What is dearer takes effect, and is billed for the rest of the period, at once, unless it is told to wait; what is cheaper waits for the next period.",
		example:     `{"planId":6}`}, s.change)
}

func (s *server) renew(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[renewRequest]
}) (*reply[accessView], error) {
	r, err := read(&in.Body, same[renewRequest])
	if err != nil {
		return nil, err
	}
	sub, err := s.Subscriptions.Renew(ctx, actor, in.ID, subscription.RenewInput{Hours: r.Hours})
	return s.withAccess(ctx, actor, sub, err)
}

func (s *server) change(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[changeRequest]
}) (*reply[changeResultView], error) {
	input, err := read(&in.Body, func(r changeRequest, c *fault.Check) subscription.ChangeInput {
		c.That(r.PlanID >= 0 && r.PlanID <= math.MaxInt32, "planId", "There is no such plan.")
		return subscription.ChangeInput{PlanID: r.PlanID, Parameters: r.Parameters, From: r.From}
	})
	if err != nil {
		return nil, err
	}
	result, err := s.Subscriptions.Change(ctx, actor, in.ID, input)
	return answer(result, err, viewChangeResult)
}
