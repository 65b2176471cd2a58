package api

import (
	"context"
	"math"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/pricelist"
)

type resellerPriceRequest struct {
	PlanID         int64          `json:"planId" example:"5"`
	Rule           pricelist.Kind `json:"rule" enum:"excluded,percent,absolute" doc:"excluded does not sell the plan; percent changes all of its prices; absolute replaces the recurring or the setup price."`
	Percent        *money.Decimal `json:"percent,omitempty" doc:"With percent: 15 adds 15 %, -5 takes 5 % off. 0 is the price you pay." example:"15"`
	RecurringPrice *money.Decimal `json:"recurringPrice,omitempty" doc:"With absolute." example:"34.90"`
	SetupPrice     *money.Decimal `json:"setupPrice,omitempty" doc:"With absolute." example:"0"`
}

func (r resellerPriceRequest) input(c *fault.Check) pricelist.Input {
	c.That(r.PlanID <= math.MaxInt32, "planId", "There is no such plan.")
	return pricelist.Input{PlanID: r.PlanID, Rule: pricelist.Rule{Kind: r.Rule, Percent: r.Percent, RecurringPrice: r.RecurringPrice, SetupPrice: r.SetupPrice}}
}

// ResellerPriceView is a plan in a price list.
type ResellerPriceView struct {
	Product productReference   `json:"product"`
	Plan    reference          `json:"plan"`
	Sold    bool               `json:"sold" doc:"Whether your customers can order it."`
	Rule    optional[ruleView] `json:"rule" doc:"Null while you sell at the price you pay."`
	Buys    fixedView          `json:"buys" doc:"What you pay."`
	Sells   fixedView          `json:"sells" doc:"What your customers pay."`
}

type fixedView struct {
	RevisionID     int64       `json:"planRevisionId" example:"8"`
	RecurringPrice money.Money `json:"recurringPrice" doc:"Each period."`
	SetupPrice     money.Money `json:"setupPrice"`
	PeriodMonths   int         `json:"periodMonths" example:"1"`
}

type ruleView struct {
	Rule           pricelist.Kind `json:"rule" enum:"excluded,percent,absolute"`
	Percent        *money.Decimal `json:"percent" example:"15"`
	RecurringPrice *money.Decimal `json:"recurringPrice"`
	SetupPrice     *money.Decimal `json:"setupPrice"`
	SetBy          string         `json:"setBy" example:"Rita Moro (Ponte Resale)"`
	SetAt          time.Time      `json:"setAt"`
}

func viewRule(p pricelist.Price) ruleView {
	return ruleView{Rule: p.Kind, Percent: p.Percent, RecurringPrice: p.RecurringPrice, SetupPrice: p.SetupPrice, SetBy: p.SetBy, SetAt: p.CreatedAt}
}

func viewEntry(e pricelist.Entry) ResellerPriceView {
	v := ResellerPriceView{Product: productReference{ID: e.Product.ID, Name: e.Product.Name, SKU: e.Product.SKU}, Plan: refer(e.Buys.ID, e.Buys.Name),
		Sold: !e.Sells.Revision.Excluded, Buys: viewFixed(e.Buys.Revision), Sells: viewFixed(e.Sells.Revision)}
	if e.Rule != nil {
		v.Rule = maybe(new(viewRule(*e.Rule)))
	}
	return v
}

func viewFixed(r catalog.Revision) fixedView {
	t := r.Content.Terms.WithDefaults()
	return fixedView{RevisionID: r.ID, RecurringPrice: money.New(t.RecurringPrice, t.Currency), SetupPrice: money.New(t.SetupPrice, t.Currency), PeriodMonths: t.PeriodMonths}
}

// pricedView is one plan with every rule that was ever set for it.
type pricedView struct {
	ResellerPriceView
	History []ruleView `json:"history" nullable:"false" doc:"Newest first."`
}

type resellerSaleView struct {
	Subscription SubscriptionView `json:"subscription"`
	PeriodMonths int              `json:"periodMonths" example:"1"`
	Price        money.Money      `json:"price" doc:"What the customer pays each period, before usage and tax."`
	Cost         money.Money      `json:"cost" doc:"What you pay."`
	Margin       money.Money      `json:"margin" doc:"What you keep."`
}

func viewSale(s pricelist.Sale) resellerSaleView {
	return resellerSaleView{Subscription: viewSubscription(s.Subscription), PeriodMonths: s.PeriodMonths, Price: s.Price, Cost: s.Cost, Margin: s.Margin()}
}

func (s *server) resaleRoutes() {
	register(s, route{method: http.MethodGet, path: "/reseller-prices", id: "listResellerPrices", tag: "Reselling", summary: "List your prices",
		description: "For resellers: every plan that you may sell, with what you pay and what you ask."}, s.listResellerPrices)
	register(s, route{method: http.MethodPut, path: "/reseller-prices", id: "setResellerPrice", tag: "Reselling", summary: "Set your price of a plan",
		description: "For resellers. New orders get it at once; what was sold keeps its price until it renews. When the vendor changes the plan, your price follows from it by the same rule.",
		example:     `{"planId":5,"rule":"percent","percent":"15"}`}, s.setResellerPrice)
	register(s, route{method: http.MethodGet, path: "/reseller-prices/{id}", id: "getResellerPrice", tag: "Reselling", summary: "Read your price of a plan",
		description: "By the plan's id, with every rule that you ever set."}, s.getResellerPrice)
	register(s, route{method: http.MethodGet, path: "/reseller-sales", id: "listResellerSales", tag: "Reselling", summary: "List what you sold",
		description: "For resellers: your subscriptions with what their fixed price brings."}, s.listResellerSales)
}

func (s *server) listResellerPrices(ctx context.Context, actor account.Actor, in *struct {
	Paging
	OfReseller
}) (*reply[list[ResellerPriceView]], error) {
	found, err := s.Prices.List(ctx, actor, in.ResellerID, in.request())
	return listOf(found, err, viewEntry)
}

func (s *server) setResellerPrice(ctx context.Context, actor account.Actor, in *struct {
	OfReseller
	Body body[resellerPriceRequest]
}) (*reply[ResellerPriceView], error) {
	input, err := read(&in.Body, resellerPriceRequest.input)
	if err != nil {
		return nil, err
	}
	input.ResellerID = in.ResellerID
	e, err := s.Prices.Set(ctx, actor, input)
	return answer(e, err, viewEntry)
}

func (s *server) getResellerPrice(ctx context.Context, actor account.Actor, in *struct {
	ByID
	OfReseller
}) (*reply[pricedView], error) {
	e, err := s.Prices.Get(ctx, actor, in.ResellerID, in.ID)
	if err != nil {
		return nil, err
	}
	history, err := s.Prices.History(ctx, actor, in.ResellerID, in.ID)
	return answer(history, err, func(all []pricelist.Price) pricedView {
		return pricedView{viewEntry(e), views(all, viewRule)}
	})
}

func (s *server) listResellerSales(ctx context.Context, actor account.Actor, in *struct {
	Paging
	OfReseller
}) (*reply[list[resellerSaleView]], error) {
	found, err := s.Prices.Sales(ctx, actor, in.ResellerID, in.request())
	return listOf(found, err, viewSale)
}
