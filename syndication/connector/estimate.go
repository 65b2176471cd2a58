package connector

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/money"
)

// budgetDocument is what an order would cost, computed by what bills it.
type budgetDocument struct {
	Configuration          *ref    `json:"configuration"` // the plan
	Currency               string  `json:"currency"`
	VAT                    amount  `json:"vat"`
	PriceExcludingVAT      amount  `json:"priceExcludingVAT"`
	FirstPriceExcludingVAT amount  `json:"firstPriceExcludingVAT"`
	TotalPrice             amount  `json:"totalPrice"`
	VATSpunOff             amount  `json:"vatSpunOff"`
	BillingPeriod          int     `json:"billingPeriod"`
	MinimumDuration        int     `json:"minimumDuration"`
	TrialLength            int     `json:"trialLength"`
	SelfBilled             bool    `json:"selfBilled"`
	CouponStatus           *string `json:"couponStatus"`
	Downgrade              bool    `json:"downgrade"`
	UpsoldLines            []line  `json:"upsoldLines"`
	Pricing                pricing `json:"pricing"`
	Lines                  []line  `json:"lines"`
	PostLines              []line  `json:"postLines"`
	ResellerCatalog        *ref    `json:"resellerCatalog,omitempty"`
}

// pricing is a budget by what it is for.
type pricing struct {
	License      amount        `json:"license"`
	Setup        amount        `json:"setup"`
	BillingItems []itemPricing `json:"billingItems"`
}

// itemPricing is what a bought quantity costs.
type itemPricing struct {
	BillingItem *ref   `json:"billingItem"`
	Quantity    amount `json:"quantity"`
	Price       amount `json:"price"`
	Total       amount `json:"total"`
}

// budgetWish is what would be ordered.
type budgetWish struct {
	Type                    string              `json:"type"`
	ProductVersionID        int64               `json:"productVersionId"`
	ProductVersion          *ref                `json:"productVersion"`
	BillingItems            map[string]quantity `json:"billingItems"`
	ConfigurationParameters map[string]string   `json:"configurationParameters"`
	HashCoupon              string              `json:"hashCoupon"`
	SubscriptionID          int64               `json:"subscriptionId"`
	From                    *date               `json:"from"`
}

func (s *server) estimateRoutes() []route {
	return []route{
		{method: http.MethodPost, path: "budgetEstimate", handle: s.estimate, public: true},
		{method: http.MethodPost, path: "budgetEstimate/validate", handle: s.validateEstimate, public: true},
		{method: http.MethodPost, path: "budgetEstimate/cart/{id}", handle: s.estimateCart},
		{method: http.MethodPost, path: "budgetEstimate/cart/item/{id}", handle: s.estimateCartItem},
	}
}

// estimate prices an order for whoever asks, at the price of who would sell it
// to them, and asks the vendor as the order will.
func (s *server) estimate(ctx context.Context, c *call) (answer, error) {
	q, l, err := s.quoteWish(ctx, c)
	if err != nil {
		return answer{}, err
	}
	return ok(viewBudget(q, l)), nil
}

// validateEstimate answers whether the order would be taken.
func (s *server) validateEstimate(ctx context.Context, c *call) (answer, error) {
	_, _, err := s.quoteWish(ctx, c)
	return done(err)
}

func (s *server) quoteWish(ctx context.Context, c *call) (order.Quote, catalog.Listing, error) {
	var wish budgetWish
	if err := c.read(&wish); err != nil {
		return order.Quote{}, catalog.Listing{}, err
	}
	if err := wish.refused(); err != nil {
		return order.Quote{}, catalog.Listing{}, err
	}
	if id, isPlan := wish.ProductVersion.to("productVersion"); isPlan {
		wish.ProductVersionID = id
	}
	in, l, err := s.ordered(ctx, c, wish.ProductVersionID, wish.BillingItems, wish.ConfigurationParameters)
	if err != nil {
		return order.Quote{}, l, err
	}
	q, err := s.Orders.Estimate(ctx, c.actor, in)
	return q, l, err
}

// refused reports what cannot be estimated here.
func (w budgetWish) refused() error {
	switch {
	case w.HashCoupon != "":
		return unsupported("hashCoupon", "There are no coupons here.")
	case w.SubscriptionID != 0:
		return unsupported("subscriptionId", "What a change of a subscription costs is told by the change itself; it is asked for before it is done in the customer's space.")
	}
	return nil
}

// quantity is a whole number of something, also when it is written as a text or
// with a fraction of nothing.
type quantity int64

// UnmarshalJSON reads 5, "5" and 5.0.
func (n *quantity) UnmarshalJSON(data []byte) error {
	var a amount
	if err := json.Unmarshal(data, &a); err != nil {
		return err
	}
	whole, ok := a.Int64()
	if !ok || !money.Int(whole).Equal(a.Decimal) {
		return fault.New(fault.Invalid, "Write a whole number.")
	}
	*n = quantity(whole)
	return nil
}

// ordered is the input of an order of a plan, with its items and parameters by
// reference or by name. What is paid by use is not ordered: it is passed over.
func (s *server) ordered(ctx context.Context, c *call, plan int64, items map[string]quantity, parameters map[string]string) (order.Input, catalog.Listing, error) {
	if plan <= 0 {
		return order.Input{}, catalog.Listing{}, required("productVersionId")
	}
	l, err := s.Catalog.LookPlan(ctx, c.actor, plan)
	if err != nil {
		return order.Input{}, l, err
	}
	chosen := map[string]any{}
	for name, n := range items {
		i, err := itemNamed(l, name, billingItems()...)
		if err != nil {
			return order.Input{}, l, fault.InvalidField("billingItems", err.Error())
		}
		if i.Kind == catalog.QuantityItem {
			chosen[i.Identifier] = int64(n)
		}
	}
	for name, value := range parameters {
		i, err := itemNamed(l, name, catalog.ParameterItem)
		if err != nil {
			return order.Input{}, l, fault.InvalidField("configurationParameters", err.Error())
		}
		chosen[i.Identifier] = value
	}
	raw, err := json.Marshal(chosen)
	return order.Input{PlanID: plan, Parameters: raw}, l, err
}

func viewBudget(q order.Quote, l catalog.Listing) budgetDocument {
	terms := q.Offer.Revision.Content.Terms.WithDefaults()
	out := budgetDocument{Configuration: refer("productVersion", q.Offer.Plan.ID), Currency: terms.Currency, VAT: amount{q.TaxPercent},
		PriceExcludingVAT: sum(q.Recurring), FirstPriceExcludingVAT: sum(q.Totals.Net), TotalPrice: sum(q.Totals.Total), VATSpunOff: sum(q.Totals.Tax),
		BillingPeriod: terms.PeriodMonths, MinimumDuration: terms.PeriodMonths, TrialLength: q.TrialDays, SelfBilled: q.Offer.Revision.Content.SelfBilling, UpsoldLines: []line{},
		Pricing: pricing{License: amount{terms.RecurringPrice}, Setup: amount{terms.SetupPrice}, BillingItems: boughtPrices(q, l)},
		Lines:   []line{}, PostLines: []line{}}
	for _, l := range q.Lines {
		out.Lines = append(out.Lines, priced{kind: lineTypes[l.Kind], description: l.Description, identifier: l.Meter, quantity: l.Quantity,
			unitPrice: l.UnitPrice, subtotal: l.Amount, currency: terms.Currency, taxPercent: q.TaxPercent}.line())
	}
	return out
}

// boughtPrices are the quantities of a quote with what they cost in a period.
func boughtPrices(q order.Quote, l catalog.Listing) []itemPricing {
	out := []itemPricing{}
	for _, b := range q.Offer.Revision.Content.Bought(q.Parameters) {
		charged := money.Max(b.Quantity.Sub(b.Included), money.Int(0))
		out = append(out, itemPricing{BillingItem: refer("billingItem", l.ItemID(catalog.QuantityItem, b.Parameter)), Quantity: amount{b.Quantity},
			Price: amount{b.UnitPrice}, Total: amount{charged.Mul(b.UnitPrice)}})
	}
	return out
}
