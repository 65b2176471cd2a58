package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
)

// planDocument is a plan, which the contract calls a product version.
type planDocument struct {
	ID                      int64            `json:"id"`
	Self                    string           `json:"self"`
	Name                    string           `json:"name"`
	Identifier              string           `json:"identifier"`
	ExternalID              string           `json:"externalId,omitempty"`
	Product                 *ref             `json:"product"`
	Price                   amount           `json:"price"`
	SetupFee                amount           `json:"setupFee"`
	Currency                string           `json:"currency"`
	BillingPeriod           int              `json:"billingPeriod"`
	MinimumDuration         int              `json:"minimumDuration"`
	Trial                   string           `json:"trial"`
	Triable                 bool             `json:"triable"`
	TrialLength             int              `json:"trialLength"`
	AutoRenewable           bool             `json:"autoRenewable"`
	Published               bool             `json:"published"`
	SelfBilling             bool             `json:"selfBilling"`
	Upgradable              bool             `json:"upgradable"`
	Unkillable              bool             `json:"unkillable"`
	Description             string           `json:"description"`
	Label                   string           `json:"label"`
	Weight                  int              `json:"weight"`
	Recommended             bool             `json:"recommended"`
	CouponConfiguration     string           `json:"couponConfiguration"`
	Unlockable              bool             `json:"unlockable"` // before 20180312
	BillingItemValues       []itemValue      `json:"billingItemValues"`
	ConfigurationParameters []*ref           `json:"configurationParameters"`
	Metadata                catalog.Metadata `json:"metadata,omitempty"` // for the vendor only
	PaymentGateways         []string         `json:"paymentGateways"`
	Bundle                  map[string]any   `json:"bundle"`
	MarkedUp                bool             `json:"markedUp"`
	SoldOut                 bool             `json:"soldOut"`
	Drafted                 bool             `json:"drafted"`
}

// How a plan may be tried. Trials here need no card.
const (
	trialNot          = "NOT_ALLOWED"
	trialAllowed      = "ALLOWED"
	trialWithoutMoney = "ALLOWED_WO_PAYMENT_METHOD"
)

// noCoupons says that a plan takes no coupons.
const noCoupons = "NOT_ALLOWED"

func (s *server) planRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "productVersion", handle: s.listPlans, public: true},
		{method: http.MethodHead, path: "productVersion", handle: s.listPlans, public: true},
		{method: http.MethodGet, path: "productVersion/{id}", handle: s.getPlan, public: true},
		{method: http.MethodGet, path: "productVersion/identifier/{identifier}", handle: s.planByIdentifier, public: true},
		{method: http.MethodPost, path: "productVersion", handle: s.createPlan},
		{method: http.MethodPut, path: "productVersion/{id}", handle: s.changePlan},
		{method: http.MethodPatch, path: "productVersion/{id}", handle: s.changePlan},
		{method: http.MethodDelete, path: "productVersion/{id}", handle: s.hidePlan},
		{method: http.MethodGet, path: "productVersion/{id}/metadata", handle: s.getPlanMetadata},
		{method: http.MethodPut, path: "productVersion/{id}/metadata", handle: putMetadata(s.Catalog.ChangePlanMetadata)},
		{method: http.MethodDelete, path: "productVersion/{id}/metadata/{key}", handle: deleteMetadata(s.Catalog.ChangePlanMetadata)},
	}
}

// viewPlan shows the one plan of a listing.
func (c *call) viewPlan(l catalog.Listing) planDocument {
	p := l.Plans[0]
	content := p.Revision.Content
	terms := content.Terms.WithDefaults()
	facts, _ := content.VendorFacts() // what cannot be read says nothing
	out := planDocument{ID: p.ID, Self: self("productVersion", p.ID), Name: p.Name, Identifier: p.Identifier, ExternalID: facts.ExternalID,
		Product: refer("product", p.ProductID), Price: amount{terms.RecurringPrice}, SetupFee: amount{terms.SetupPrice}, Currency: terms.Currency,
		BillingPeriod: terms.PeriodMonths, MinimumDuration: terms.PeriodMonths, Trial: trialNot, Triable: terms.TrialDays > 0,
		TrialLength: terms.TrialDays, AutoRenewable: terms.AutoRenew, Published: !p.Hidden, SelfBilling: content.SelfBilling, Upgradable: true, Unkillable: facts.Unkillable,
		Weight: p.Position, CouponConfiguration: noCoupons, BillingItemValues: valuesOf(l, content),
		ConfigurationParameters: parameterRefs(l), PaymentGateways: []string{}, Bundle: map[string]any{}}
	if out.Triable {
		out.Trial = trialWithoutMoney
	}
	if catalog.Edits(c.actor, l.Product) {
		out.Metadata = p.Metadata
	}
	return out
}

// parameterRefs refer to what the product of a plan asks for.
func parameterRefs(l catalog.Listing) []*ref {
	d, _ := l.Product.Definition() // what cannot be read defines nothing
	out := make([]*ref, 0, len(d.Parameters))
	for _, p := range d.Parameters {
		out = append(out, refer("configurationParameter", l.ItemID(catalog.ParameterItem, p.Code)))
	}
	return out
}

func (s *server) listPlans(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := catalog.PlanFilter{Name: c.value("name")}
	if f.ProductID, err = c.whole("product"); err != nil {
		return answer{}, err
	}
	hidden, err := c.flag("withUnpublished")
	if err != nil {
		return answer{}, err
	}
	f.Hidden = hidden != nil && *hidden
	found, err := s.Catalog.BrowsePlans(ctx, c.actor, f, req)
	return listOf(c, req, found, err, c.viewPlan)
}

func (s *server) getPlan(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.LookPlan(ctx, c.actor, id)
	return c.planAnswer(l, err)
}

func (s *server) planByIdentifier(ctx context.Context, c *call) (answer, error) {
	l, err := s.Catalog.LookPlanIdentifier(ctx, c.actor, c.param("identifier"))
	return c.planAnswer(l, err)
}

func (c *call) planAnswer(l catalog.Listing, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return ok(c.viewPlan(l)), nil
}

// hidePlan takes a plan off the storefront; what was sold refers to it, so it
// is not deleted.
func (s *server) hidePlan(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	_, err = s.Catalog.HidePlan(ctx, c.actor, id, true)
	return done(err)
}

func (s *server) getPlanMetadata(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	p, err := s.Catalog.Plan(ctx, c.actor, id)
	return metadataAnswer(p.Metadata, err)
}

func (s *server) getProductMetadata(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.Product(ctx, c.actor, id)
	return metadataAnswer(l.Product.Metadata, err)
}

// createPlan adds a plan to a product of the caller's.
func (s *server) createPlan(ctx context.Context, c *call) (answer, error) {
	var wish planWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	product, isProduct := wish.Product.to("product")
	if !isProduct {
		return answer{}, required("product")
	}
	l, err := s.Catalog.Look(ctx, c.actor, product)
	if err != nil {
		return answer{}, err
	}
	currency, err := s.currency(ctx, c.actor)
	if err != nil {
		return answer{}, err
	}
	in, err := wish.newPlan(l, currency)
	if err != nil {
		return answer{}, err
	}
	plan, err := s.Catalog.CreatePlan(ctx, c.actor, product, in)
	if err != nil {
		return answer{}, err
	}
	if l, err = s.Catalog.LookPlan(ctx, c.actor, plan.ID); err != nil {
		return answer{}, err
	}
	return c.created("productVersion", plan.ID, c.viewPlan(l)), nil
}

// currency is the marketplace's, for plans that do not name theirs.
func (s *server) currency(ctx context.Context, actor account.Actor) (string, error) {
	m, err := s.Accounts.Marketplace(ctx, actor.MarketplaceID)
	return m.Currency, err
}

// changePlan changes what the body names; the rest stays. A change of more than
// what is shown is a new revision: what was bought stays as it was bought.
func (s *server) changePlan(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	var wish planWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.LookPlan(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	if wish.onlyShows() {
		_, err = s.Catalog.HidePlan(ctx, c.actor, id, !*wish.Published)
	} else {
		err = s.revisePlan(ctx, c, l, wish)
	}
	if err != nil {
		return answer{}, err
	}
	l, err = s.Catalog.LookPlan(ctx, c.actor, id)
	return c.planAnswer(l, err)
}

func (s *server) revisePlan(ctx context.Context, c *call, l catalog.Listing, wish planWish) error {
	in, err := wish.over(l)
	if err != nil {
		return err
	}
	_, err = s.Catalog.RevisePlan(ctx, c.actor, l.Plans[0].ID, in)
	return err
}
