package demo

import (
	"net/url"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/webhook"
)

// The reseller's own face of the demo, and where it hears of what it sold.
// Names under localhost lead to this machine without being set up.
const (
	resellerHost   = "reseller.localhost"
	resellerHook   = "ponte-resale"
	resellerSecret = "demo-reseller-secret"
)

// storefrontURL is where the reseller's storefront is reached.
func (f File) storefrontURL() string {
	u, err := url.Parse(f.Portal)
	if err != nil {
		return ""
	}
	u.Host = resellerHost + ":" + u.Port()
	return u.String()
}

// resale opens the reseller's shop: prices of its own, an endpoint, and last
// the storefront, which tells that the rest is there.
func (s *seeder) resale() error {
	_, err := s.d.app.Storefronts.Get(s.ctx, s.reseller, 0)
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := s.resellerPrices(); err != nil {
		return err
	}
	if err := s.resellerEndpoint(); err != nil {
		return err
	}
	_, err = s.d.app.Storefronts.Save(s.ctx, s.reseller, storefront.Input{Host: resellerHost, Name: "Ponte Cloud", Contact: "rita@ponte.example",
		Accent: "#7a2e4d"})
	return err
}

// resellerPrices: the wiki with a percentage on it, but for its trial, and the
// shop API's Starter at a price of its own.
func (s *seeder) resellerPrices() error {
	wiki, err := s.d.app.Catalog.BySKU(s.ctx, s.reseller, "quaderno")
	if err != nil {
		return err
	}
	for _, plan := range wiki.Plans {
		rule := pricelist.Rule{Kind: pricelist.Percent, Percent: new(money.Int(15))}
		if plan.Revision.Content.TrialDays > 0 {
			rule = pricelist.Rule{Kind: pricelist.Excluded}
		}
		if err := s.resellerPrice(plan, rule); err != nil {
			return err
		}
	}
	shop, err := s.d.app.Catalog.BySKU(s.ctx, s.reseller, hookName)
	if err != nil {
		return err
	}
	return s.resellerPrice(shop.Plans[0], pricelist.Rule{Kind: pricelist.Absolute, RecurringPrice: new(money.MustParse("34.00"))})
}

func (s *seeder) resellerPrice(plan catalog.Plan, rule pricelist.Rule) error {
	_, err := s.d.app.Prices.Set(s.ctx, s.reseller, pricelist.Input{PlanID: plan.ID, Rule: rule})
	return err
}

func (s *seeder) resellerEndpoint() error {
	have, err := s.d.app.Webhooks.Endpoints(s.ctx, s.reseller, webhook.EndpointFilter{}, page.Request{})
	if err != nil || len(have.Items) > 0 {
		return err
	}
	_, _, err = s.d.app.Webhooks.CreateEndpoint(s.ctx, s.reseller, webhook.EndpointInput{URL: s.d.file.WebhookSink + "/hooks/" + resellerHook,
		Description: "What Ponte sold", Secret: resellerSecret})
	return err
}
