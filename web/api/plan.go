package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
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
	Endpoints      []planEndpointRequest `json:"endpoints" nullable:"false" doc:"What the plan opens. Endpoints that are not in it stay closed."`
}

type planEndpointRequest struct {
	Identifier      string                `json:"identifier" doc:"Of one of the product's endpoints." example:"get-tile"`
	Mode            catalog.Mode          `json:"mode" doc:"prepaid: included up to limits. included: without limit, for flat plans. payPerUse: counted and billed at the end of the period." example:"prepaid"`
	Limits          map[string]int64      `json:"limits,omitempty" doc:"For prepaid: how many calls in a second, minute, hour, day, month or year."`
	Model           price.Model           `json:"model,omitempty" doc:"For payPerUse: flat, perUnit, graduated, volume, stairstep, package, percentage, graduatedPercentage or blocks. Left out, it is graduated with tiers, perUnit with a unit price, else flat."`
	Tiers           []tierRequest         `json:"tiers,omitempty" nullable:"false"`
	UnitPrice       *amount               `json:"unitPrice,omitempty"`
	FlatPrice       *amount               `json:"flatPrice,omitempty"`
	PackageSize     *number               `json:"packageSize,omitempty"`
	FreeUnits       *number               `json:"freeUnits,omitempty" doc:"Included: only what is above them is charged."`
	Minimum         *amount               `json:"minimum,omitempty" doc:"The least that a period costs."`
	Maximum         *amount               `json:"maximum,omitempty" doc:"The most that a period costs."`
	ZeroUsage       price.ZeroUsage       `json:"zeroUsage,omitempty" doc:"What a period without usage costs: chargeFirstFlat (the default) or none."`
	FractionalBound price.FractionalBound `json:"fractionalBound,omitempty" doc:"exact (the default) or ceil."`
	Overflow        price.Overflow        `json:"overflow,omitempty" doc:"Above a bounded last tier: lastTier or free."`
}

type tierRequest struct {
	UpTo      *number `json:"upTo,omitempty" doc:"The last unit in the tier; left out, it has no end."`
	UnitPrice amount  `json:"unitPrice,omitempty"`
	FlatPrice amount  `json:"flatPrice,omitempty" doc:"Due once when the tier is reached."`
	BlockSize *number `json:"blockSize,omitempty"`
}

// planInput is catalog.PlanInput, validated as far as that goes without the
// product.
type planInput struct{ catalog.PlanInput }

// Validate reports what is wrong whatever the product's endpoints are.
func (p planInput) Validate() error {
	return p.PlanInput.Validate(views(p.Endpoints, func(e catalog.PlanEndpoint) catalog.Endpoint {
		return catalog.Endpoint{Identifier: e.Identifier}
	}))
}

func (r planRequest) input(c *fault.Check) planInput {
	r.SetupPrice.in(c, "setupPrice", r.Currency)
	r.RecurringPrice.in(c, "recurringPrice", r.Currency)
	in := catalog.PlanInput{Name: r.Name, AutoRenew: r.AutoRenew, Hidden: r.Hidden, Position: r.Position,
		Terms: price.Terms{Currency: r.Currency, SetupPrice: r.SetupPrice.Decimal, RecurringPrice: r.RecurringPrice.Decimal,
			PeriodMonths: r.PeriodMonths, Timing: r.Timing, Anchor: r.Anchor, TrialDays: r.TrialDays}}
	for i, e := range r.Endpoints {
		in.Endpoints = append(in.Endpoints, e.input(c.At("endpoints[%d]", i), r.Currency))
	}
	return planInput{in}
}

func (r planEndpointRequest) input(c *fault.Check, currency string) catalog.PlanEndpoint {
	for field, a := range map[string]*amount{"unitPrice": r.UnitPrice, "flatPrice": r.FlatPrice, "minimum": r.Minimum, "maximum": r.Maximum} {
		a.in(c, field, currency)
	}
	out := catalog.PlanEndpoint{Identifier: r.Identifier, Mode: r.Mode, Limits: r.Limits}
	if !r.priced() {
		return out
	}
	out.Charge = &price.Charge{Model: r.Model, UnitPrice: r.UnitPrice.decimal(), FlatPrice: r.FlatPrice.decimal(),
		PackageSize: r.PackageSize.decimal(), FreeUnits: r.FreeUnits.decimal(), Minimum: r.Minimum.decimal(), Maximum: r.Maximum.decimal(),
		ZeroUsage: r.ZeroUsage, FractionalBound: r.FractionalBound, Overflow: r.Overflow}
	for i, t := range r.Tiers {
		t.UnitPrice.in(c, fmt.Sprintf("tiers[%d].unitPrice", i), currency)
		t.FlatPrice.in(c, fmt.Sprintf("tiers[%d].flatPrice", i), currency)
		out.Tiers = append(out.Tiers, price.Tier{UpTo: t.UpTo.decimal(), UnitPrice: t.UnitPrice.Decimal, FlatPrice: t.FlatPrice.Decimal, BlockSize: t.BlockSize.decimal()})
	}
	return out
}

func (r planEndpointRequest) priced() bool {
	given := []bool{r.Model != "", r.Tiers != nil, r.UnitPrice != nil, r.FlatPrice != nil, r.PackageSize != nil, r.FreeUnits != nil,
		r.Minimum != nil, r.Maximum != nil, r.ZeroUsage != "", r.FractionalBound != "", r.Overflow != ""}
	return slices.Contains(given, true)
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
	Endpoints      []planEndpointView `json:"endpoints" nullable:"false"`
}

type planEndpointView struct {
	Identifier      string                `json:"identifier" example:"get-tile"`
	Mode            catalog.Mode          `json:"mode" enum:"prepaid,included,payPerUse"`
	Limits          map[string]int64      `json:"limits,omitempty"`
	Model           price.Model           `json:"model,omitempty"`
	Tiers           []tierView            `json:"tiers,omitempty" nullable:"false"`
	UnitPrice       *priceView            `json:"unitPrice,omitempty"`
	FlatPrice       *priceView            `json:"flatPrice,omitempty"`
	PackageSize     *money.Decimal        `json:"packageSize,omitempty"`
	FreeUnits       *money.Decimal        `json:"freeUnits,omitempty"`
	Minimum         *priceView            `json:"minimum,omitempty"`
	Maximum         *priceView            `json:"maximum,omitempty"`
	ZeroUsage       price.ZeroUsage       `json:"zeroUsage,omitempty"`
	FractionalBound price.FractionalBound `json:"fractionalBound,omitempty"`
	Overflow        price.Overflow        `json:"overflow,omitempty"`
}

type tierView struct {
	UpTo      *money.Decimal `json:"upTo,omitempty" doc:"Not there in a tier without end."`
	UnitPrice priceView      `json:"unitPrice"`
	FlatPrice priceView      `json:"flatPrice"`
	BlockSize *money.Decimal `json:"blockSize,omitempty"`
}

func viewPlan(p catalog.Plan) planView {
	c := p.Revision.Content
	return planView{ID: p.ID, ProductID: p.ProductID, Name: p.Name, Hidden: p.Hidden, Position: p.Position, RevisionID: p.Revision.ID,
		Revision: p.Revision.Number, RevisedAt: p.Revision.CreatedAt, Currency: c.Currency,
		SetupPrice: money.New(c.SetupPrice, c.Currency), RecurringPrice: money.New(c.RecurringPrice, c.Currency),
		PeriodMonths: c.PeriodMonths, Timing: c.Timing, Anchor: c.Anchor, AutoRenew: c.AutoRenew, TrialDays: c.TrialDays,
		Endpoints: views(c.Endpoints, func(e catalog.PlanEndpoint) planEndpointView { return viewPlanEndpoint(e, c.Currency) })}
}

func viewPlanEndpoint(e catalog.PlanEndpoint, currency string) planEndpointView {
	v := planEndpointView{Identifier: e.Identifier, Mode: e.Mode, Limits: e.Limits}
	if e.Charge == nil {
		return v
	}
	unit := currency
	if e.Model == price.Percentage || e.Model == price.GraduatedPercentage {
		unit = "" // a fraction of the amount
	}
	v.Model, v.PackageSize, v.FreeUnits = e.Model, e.PackageSize, e.FreeUnits
	v.UnitPrice, v.FlatPrice = viewPrice(e.UnitPrice, unit), viewPrice(e.FlatPrice, currency)
	v.Minimum, v.Maximum = viewPrice(e.Minimum, currency), viewPrice(e.Maximum, currency)
	v.ZeroUsage, v.FractionalBound, v.Overflow = e.ZeroUsage, e.FractionalBound, e.Overflow
	v.Tiers = views(e.Tiers, func(t price.Tier) tierView {
		return tierView{UpTo: t.UpTo, UnitPrice: priceView{t.UnitPrice, unit}, FlatPrice: priceView{t.FlatPrice, currency}, BlockSize: t.BlockSize}
	})
	return v
}

func viewPrice(d *money.Decimal, currency string) *priceView {
	if d == nil {
		return nil
	}
	return &priceView{*d, currency}
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
