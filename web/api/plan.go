package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

type planRequest struct {
	Name           string                `json:"name" example:"Starter"`
	Currency       string                `json:"currency" doc:"ISO 4217; of all prices in the plan." example:"EUR"`
	SetupPrice     amount                `json:"setupPrice,omitempty" doc:"Due once."`
	RecurringPrice amount                `json:"recurringPrice,omitempty" doc:"Due for each period."`
	PeriodMonths   int                   `json:"periodMonths,omitempty" doc:"1 unless told." example:"1"`
	Timing         price.Timing          `json:"timing,omitempty" doc:"prepaid (the default): the fixed part in advance, usage in arrears. postpaid: all in arrears." example:"prepaid"`
	Anchor         price.Anchor          `json:"anchor,omitempty" doc:"anniversary (the default): periods begin on the day it started. calendar: on the first of the month." example:"anniversary"`
	AutoRenew      *bool                 `json:"autoRenew,omitempty" doc:"true unless told."`
	TrialDays      int                   `json:"trialDays,omitempty" doc:"Free days before the first period." example:"0"`
	Hidden         bool                  `json:"hidden,omitempty" doc:"Not shown in the catalog; who knows its id can order it."`
	Position       int                   `json:"position,omitempty" doc:"Plans are shown in rising order."`
	Endpoints      []planEndpointRequest `json:"endpoints,omitempty" nullable:"false" doc:"For products of type api: what the plan opens. Endpoints that are not in it stay closed."`
	Configuration  json.RawMessage       `json:"configuration,omitempty" doc:"For all other types: an object by the type's planSchema; see product-types."`
	Provider       string                `json:"provider,omitempty" doc:"The provider that new subscriptions are made with; the first one of the type unless told." example:"main-cloud"`
	Resources      []planResourceRequest `json:"resources,omitempty" nullable:"false" doc:"Quantities that the customer picks, paid with the fixed price."`
	SelfBilling    bool                  `json:"selfBilling,omitempty" doc:"You send the invoices and collect the money; the marketplace issues pro-forma invoices."`
	Meters         []planMeterRequest    `json:"meters,omitempty" nullable:"false" doc:"What the plugin measures, billed at the end of the period."`
}

type planEndpointRequest struct {
	Identifier string           `json:"identifier" doc:"Of one of the product's endpoints." example:"get-tile"`
	Mode       catalog.Mode     `json:"mode" doc:"prepaid: included up to limits. included: without limit, for flat plans. payPerUse: counted and billed at the end of the period." example:"prepaid"`
	Limits     map[string]int64 `json:"limits,omitempty" doc:"For prepaid: how many calls in a second, minute, hour, day, month or year."`
	ChargeFields
}

// planInput is catalog.PlanInput, validated as far as that goes without the
// product.
type planInput struct{ catalog.PlanInput }

// Validate reports what is wrong whatever the product's endpoints are.
func (p planInput) Validate() error {
	if p.Configuration != nil || p.Resources != nil || p.Meters != nil {
		return p.PlanInput.ValidateFor(catalog.Kind{})
	}
	return p.PlanInput.Validate(views(p.Endpoints, func(e catalog.PlanEndpoint) catalog.Endpoint {
		return catalog.Endpoint{Identifier: e.Identifier}
	}))
}

func (r planRequest) input(c *fault.Check) planInput {
	r.SetupPrice.in(c, "setupPrice", r.Currency)
	r.RecurringPrice.in(c, "recurringPrice", r.Currency)
	in := catalog.PlanInput{Name: r.Name, AutoRenew: r.AutoRenew, Hidden: r.Hidden, Position: r.Position,
		Configuration: r.Configuration, Provider: r.Provider, SelfBilling: r.SelfBilling,
		Terms: price.Terms{Currency: r.Currency, SetupPrice: r.SetupPrice.Decimal, RecurringPrice: r.RecurringPrice.Decimal,
			PeriodMonths: r.PeriodMonths, Timing: r.Timing, Anchor: r.Anchor, TrialDays: r.TrialDays}}
	for i, e := range r.Endpoints {
		in.Endpoints = append(in.Endpoints, e.input(c.At("endpoints[%d]", i), r.Currency))
	}
	for i, res := range r.Resources {
		in.Resources = append(in.Resources, res.input(c.At("resources[%d]", i), r.Currency))
	}
	for i, m := range r.Meters {
		in.Meters = append(in.Meters, m.input(c.At("meters[%d]", i), r.Currency))
	}
	return planInput{in}
}

func (r planEndpointRequest) input(c *fault.Check, currency string) catalog.PlanEndpoint {
	out := catalog.PlanEndpoint{Identifier: r.Identifier, Mode: r.Mode, Limits: r.Limits}
	charge := r.charge(c, currency)
	if r.priced() {
		out.Charge = &charge
	}
	return out
}

type planView struct {
	ID             int64              `json:"id" example:"5"`
	ProductID      int64              `json:"productId" example:"12"`
	Name           string             `json:"name" example:"Starter"`
	Hidden         bool               `json:"hidden"`
	Position       int                `json:"position"`
	RevisionID     int64              `json:"revisionId" doc:"Of what the plan contains now. Revisions never change." example:"8"`
	Revision       int                `json:"revision" doc:"Its number within the plan." example:"1"`
	RevisedAt      time.Time          `json:"revisedAt"`
	Currency       string             `json:"currency" example:"EUR"`
	SetupPrice     money.Money        `json:"setupPrice"`
	RecurringPrice money.Money        `json:"recurringPrice"`
	PeriodMonths   int                `json:"periodMonths" example:"1"`
	Timing         price.Timing       `json:"timing" enum:"prepaid,postpaid"`
	Anchor         price.Anchor       `json:"anchor" enum:"anniversary,calendar"`
	AutoRenew      bool               `json:"autoRenew"`
	TrialDays      int                `json:"trialDays"`
	Endpoints      []planEndpointView `json:"endpoints" nullable:"false" doc:"Of a product of type api."`
	Configuration  json.RawMessage    `json:"configuration,omitempty" doc:"The plan's document for its plugin."`
	Provider       string             `json:"provider,omitempty" example:"main-cloud"`
	Resources      []planResourceView `json:"resources" nullable:"false" doc:"Quantities that the customer picks, as parameters of the order."`
	SelfBilling    bool               `json:"selfBilling" doc:"Its invoices are pro-forma: the seller sends the real ones and collects the money."`
	Meters         []planMeterView    `json:"meters" nullable:"false" doc:"What is measured and billed at the end of the period."`
}

type planEndpointView struct {
	Identifier string           `json:"identifier" example:"get-tile"`
	Mode       catalog.Mode     `json:"mode" enum:"prepaid,included,payPerUse"`
	Limits     map[string]int64 `json:"limits,omitempty"`
	ChargeView
}

func viewPlan(p catalog.Plan) planView {
	c := p.Revision.Content
	return planView{ID: p.ID, ProductID: p.ProductID, Name: p.Name, Hidden: p.Hidden, Position: p.Position, RevisionID: p.Revision.ID,
		Revision: p.Revision.Number, RevisedAt: p.Revision.CreatedAt, Currency: c.Currency,
		SetupPrice: money.New(c.SetupPrice, c.Currency), RecurringPrice: money.New(c.RecurringPrice, c.Currency),
		PeriodMonths: c.PeriodMonths, Timing: c.Timing, Anchor: c.Anchor, AutoRenew: c.AutoRenew, TrialDays: c.TrialDays,
		Endpoints:     views(c.Endpoints, func(e catalog.PlanEndpoint) planEndpointView { return viewPlanEndpoint(e, c.Currency) }),
		Configuration: c.Configuration, Provider: c.Provider, SelfBilling: c.SelfBilling,
		Resources: views(c.Resources, func(r catalog.PlanResource) planResourceView { return viewPlanResource(r, c.Currency) }),
		Meters:    views(c.Meters, func(m catalog.PlanMeter) planMeterView { return viewPlanMeter(m, c.Currency) })}
}

func viewPlanEndpoint(e catalog.PlanEndpoint, currency string) planEndpointView {
	v := planEndpointView{Identifier: e.Identifier, Mode: e.Mode, Limits: e.Limits}
	if e.Charge != nil {
		v.ChargeView = viewCharge(*e.Charge, currency)
	}
	return v
}

const planExample = `{"name":"Starter","currency":"EUR","setupPrice":"10.00","recurringPrice":"29.00","periodMonths":1,
"timing":"prepaid","anchor":"anniversary","autoRenew":true,"trialDays":0,
"endpoints":[{"identifier":"get-tile","mode":"prepaid","limits":{"month":1000}},
{"identifier":"get-route","mode":"payPerUse","tiers":[{"upTo":10,"unitPrice":"0.10"},{"unitPrice":"0.05"}]}]}`

func (s *server) planRoutes() {
	register(s, route{method: http.MethodPost, path: "/products/{id}/plans", id: "createPlan", tag: "Plans", summary: "Add a plan",
		status: http.StatusCreated, example: planExample}, s.createPlan)
	register(s, route{method: http.MethodGet, path: "/plans/{id}", id: "getPlan", tag: "Plans", summary: "Read a plan of one of your products",
		description: "Customers find the plans they can order in the catalog."}, s.getPlan)
	register(s, route{method: http.MethodPut, path: "/plans/{id}", id: "revisePlan", tag: "Plans", summary: "Revise a plan",
		description: "Adds a revision: new orders and renewals get it. What was bought stays as it was bought.", example: planExample}, s.revisePlan)
}

type planChange struct {
	ByID
	Body body[planRequest]
}

func (s *server) createPlan(ctx context.Context, actor account.Actor, in *planChange) (*created[planView], error) {
	input, err := read(&in.Body, planRequest.input)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.CreatePlan(ctx, actor, in.ID, input.PlanInput)
	if err != nil {
		return nil, err
	}
	return &created[planView]{Location: fmt.Sprintf("%s/plans/%d", Prefix, p.ID), Body: viewPlan(p)}, nil
}

func (s *server) revisePlan(ctx context.Context, actor account.Actor, in *planChange) (*reply[planView], error) {
	input, err := read(&in.Body, planRequest.input)
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.RevisePlan(ctx, actor, in.ID, input.PlanInput)
	return answer(p, err, viewPlan)
}

func (s *server) getPlan(ctx context.Context, actor account.Actor, in *ByID) (*reply[planView], error) {
	plan, err := s.Catalog.Plan(ctx, actor, in.ID)
	return answer(plan, err, viewPlan)
}
