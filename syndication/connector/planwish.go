package connector

import (
	"encoding/json"
	"reflect"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// planWish is a plan as a vendor's system sends it. What is nil stays as it is;
// what cannot be sold here is refused by name, because leaving it out would
// change what customers pay.
type planWish struct {
	Name                *string          `json:"name"`
	Identifier          *string          `json:"identifier"`
	ExternalID          *string          `json:"externalId"`
	Product             *ref             `json:"product"`
	Price               *amount          `json:"price"`
	SetupFee            *amount          `json:"setupFee"`
	Currency            *string          `json:"currency"`
	BillingPeriod       *int             `json:"billingPeriod"`
	MinimumDuration     *int             `json:"minimumDuration"`
	Lifespan            *int             `json:"lifespan"`
	Trial               *string          `json:"trial"`
	Triable             *bool            `json:"triable"`
	TrialLength         *int             `json:"trialLength"`
	AutoRenewable       *bool            `json:"autoRenewable"`
	Published           *bool            `json:"published"`
	SelfBilling         *bool            `json:"selfBilling"`
	Upgradable          *bool            `json:"upgradable"`
	Unkillable          *bool            `json:"unkillable"`
	Weight              *int             `json:"weight"`
	CouponConfiguration *string          `json:"couponConfiguration"`
	BillingItemValues   *[]itemValueWish `json:"billingItemValues"`
	Bundle              map[string]any   `json:"bundle"`
	IaasBilling         *string          `json:"iaasBilling"`
}

// onlyShows reports whether the wish is to show or to hide the plan, and
// nothing else.
func (w planWish) onlyShows() bool {
	shows := w.Published != nil
	w.Published = nil
	return shows && reflect.DeepEqual(w, planWish{})
}

// required is the answer to an input without the field.
func required(field string) error { return fault.InvalidField(field, "This is required.") }

// newPlan is the input of a new plan. One without a price would be a form to
// write to the vendor, which is not sold here.
func (w planWish) newPlan(l catalog.Listing, currency string) (catalog.PlanInput, error) {
	if w.Price == nil {
		return catalog.PlanInput{}, unsupported("price", "A plan has a price, 0 when it is free; plans that only show a contact form are not sold here.")
	}
	in := catalog.PlanInput{}
	in.Terms.Currency = currency
	return in, w.fill(&in, l)
}

// over is the input that changes a plan of a product.
func (w planWish) over(l catalog.Listing) (catalog.PlanInput, error) {
	p := l.Plans[0]
	content := p.Revision.Content
	in := catalog.PlanInput{Name: p.Name, Terms: content.Terms, AutoRenew: &content.AutoRenew, Hidden: p.Hidden, Position: p.Position,
		Endpoints: content.Endpoints, Configuration: content.Configuration, Provider: content.Provider,
		Resources: content.Resources, Meters: content.Meters, SelfBilling: content.SelfBilling}
	return in, w.fill(&in, l)
}

func (w planWish) fill(in *catalog.PlanInput, l catalog.Listing) error {
	if err := w.refused(); err != nil {
		return err
	}
	put(&in.Name, w.Name)
	put(&in.Terms.Currency, w.Currency)
	put(&in.Terms.PeriodMonths, w.BillingPeriod)
	put(&in.Position, w.Weight)
	put(&in.SelfBilling, w.SelfBilling)
	putAmount(&in.Terms.RecurringPrice, w.Price)
	putAmount(&in.Terms.SetupPrice, w.SetupFee)
	if w.AutoRenewable != nil {
		in.AutoRenew = w.AutoRenewable
	}
	if w.Published != nil {
		in.Hidden = !*w.Published
	}
	if w.MinimumDuration != nil && *w.MinimumDuration > in.Terms.WithDefaults().PeriodMonths {
		return unsupported("minimumDuration", "A subscription can be ended at the end of each billing period.")
	}
	if err := w.fillTrial(in); err != nil {
		return err
	}
	if err := w.fillFacts(in, l.Product); err != nil {
		return err
	}
	if w.BillingItemValues == nil {
		return nil
	}
	return fillItems(in, l, *w.BillingItemValues)
}

// put sets what is given.
func put[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

func putAmount(field *money.Decimal, value *amount) {
	if value != nil {
		*field = value.Decimal
	}
}

// unsupported is the answer to a field that cannot be expressed here.
func unsupported(field, why string) error {
	return withKey("feature.disabled", fault.InvalidField(field, why), "field", field)
}

// refused reports the first thing that plans here do not have.
func (w planWish) refused() error {
	switch {
	case w.Lifespan != nil && *w.Lifespan > 0:
		return unsupported("lifespan", "Plans run for months, not for hours.")
	case w.Upgradable != nil && !*w.Upgradable:
		return unsupported("upgradable", "Customers may always change the plan.")
	case w.CouponConfiguration != nil && *w.CouponConfiguration == "MANDATORY":
		return unsupported("couponConfiguration", "There are no coupons here.")
	case len(w.Bundle) > 0:
		return unsupported("bundle", "There are no bundles here.")
	case w.IaasBilling != nil:
		return unsupported("iaasBilling", "A virtual machine's prices are those of its billing items.")
	}
	return nil
}

func isTrue(b *bool) bool { return b != nil && *b }

// fillTrial sets the days of the trial: none unless it is allowed.
func (w planWish) fillTrial(in *catalog.PlanInput) error {
	put(&in.Terms.TrialDays, w.TrialLength)
	switch {
	case w.Trial != nil && *w.Trial == trialNot, w.Trial == nil && w.Triable != nil && !*w.Triable:
		in.Terms.TrialDays = 0
	case w.Trial != nil && *w.Trial != trialAllowed && *w.Trial != trialWithoutMoney:
		return fault.InvalidField("trial", "Use NOT_ALLOWED, ALLOWED or ALLOWED_WO_PAYMENT_METHOD.")
	case (w.Trial != nil || isTrue(w.Triable)) && in.Terms.TrialDays == 0:
		return fault.InvalidField("trialLength", "Say how many days the trial has.")
	}
	return nil
}

// fillFacts sets what the vendor's systems want to know of a plan; only a
// product that the vendor sets up keeps it.
func (w planWish) fillFacts(in *catalog.PlanInput, p catalog.Product) error {
	if !p.Type.VendorProvisioned() {
		return w.factsKept()
	}
	facts := map[string]any{}
	if len(in.Configuration) > 0 {
		if err := json.Unmarshal(in.Configuration, &facts); err != nil {
			return fault.InvalidField("product", "The plan's configuration cannot be read; write it on the product's page.")
		}
	}
	for name, value := range map[string]any{"identifier": valueOf(w.Identifier), "externalId": valueOf(w.ExternalID), "unkillable": valueOf(w.Unkillable)} {
		if value != nil {
			facts[name] = value
		}
	}
	raw, err := json.Marshal(facts)
	in.Configuration = raw
	return err
}

// valueOf is what a pointer points to; nil of nil.
func valueOf[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

// factsKept refuses what a plan of ours cannot keep and would change a promise;
// names of the vendor's own are passed over.
func (w planWish) factsKept() error {
	if isTrue(w.Unkillable) {
		return unsupported("unkillable", "Customers may end what the marketplace sets up at any time.")
	}
	return nil
}
