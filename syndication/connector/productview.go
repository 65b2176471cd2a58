package connector

import (
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/pricing/money"
)

// listedProduct is a product as a list shows it to the caller.
func (c *call) listedProduct(l catalog.Listing) productDocument {
	p := l.Product
	d, _ := p.Definition() // what cannot be read defines nothing
	out := productDocument{ID: p.ID, Self: self("product", p.ID), Name: p.Name, Slug: p.SKU, SKU: p.SKU,
		Company: refer("company", p.VendorID), Category: refer("category", categoryID(p.Category)), Type: typeName(p.Type),
		ProductVersion: planRefs(l.Plans), ConfigurationParameters: parameterViews(l, d, catalog.Edits(c.actor, p)),
		ShortDescription: p.ShortDescription, LongDescription: p.Description,
		EndUserInstructions: d.EndUserInstructions, TerminationMessage: d.TerminationMessage,
		FAQ: faqOf(p.Content.FAQ), ExtraData: map[string]string{}, Tags: []tagDocument{}, Files: []*ref{}, CloudProviders: []*ref{},
		Destination: "B2B", Published: at(p.PublishedAt), Drafted: p.Status == catalog.Draft || p.Status == catalog.Rejected,
		RequestedForApproval: p.Status == catalog.Review, SubscriptionsPerProduct: "UNLIMITED",
		SubscriptionApproval: p.SubscriptionApproval, productFlags: flagsOf(p.Type)}
	if len(l.Plans) > 0 {
		out.RecommendedVersion = refer("productVersion", l.Plans[0].ID)
	}
	if catalog.Edits(c.actor, p) {
		c.addOwn(&out, p, d)
	}
	return out
}

// addOwn adds what the vendor told us about its own systems.
func (c *call) addOwn(out *productDocument, p catalog.Product, d catalog.Definition) {
	out.APIURL, out.APIHeaderName = p.UpstreamURL, p.AuthHeaderName
	out.OrderValidationURLs = d.OrderValidationURLs
	if len(d.OrderValidationURLs) > 0 {
		out.OrderValidationURL = d.OrderValidationURLs[0]
	}
	if p.SyndicationURL == "" {
		return
	}
	out.SyndicationEndpoints, out.SyndicatedEndpoint = []string{p.SyndicationURL}, p.SyndicationURL
	if key, err := c.Catalog.SyndicationSecret(p); err == nil {
		out.NotificationSecretToken = key.Reveal()
	}
}

// detailedProduct is a product as it is shown alone.
func (c *call) detailedProduct(l catalog.Listing) productDocument {
	out := c.listedProduct(l)
	out.productDetail = &productDetail{Metrics: metricRefs(l), MinimumCost: cheapest(l.Plans),
		CurrencyConversion: map[string]amount{}, Changelog: []string{}}
	return out
}

func planRefs(plans []catalog.Plan) []*ref {
	ids := make([]int64, len(plans))
	for i, p := range plans {
		ids[i] = p.ID
	}
	return refs("productVersion", ids)
}

func faqOf(questions []catalog.Question) map[string]string {
	out := map[string]string{}
	for _, q := range questions {
		out[q.Question] = q.Answer
	}
	return out
}

func flagsOf(t catalog.Type) productFlags {
	name := typeName(t)
	return productFlags{IsAPI: name == typeAPI, IsSyndicated: name == typeSyndicated, IsService: name == typeService,
		IsCloudService: name == typeCloudService}
}

// cheapest is the lowest price by the month, as it is billed; nil without plans.
func cheapest(plans []catalog.Plan) *minimumCost {
	var best *minimumCost
	var least money.Decimal
	for _, p := range plans {
		terms := p.Revision.Content.Terms.WithDefaults()
		monthly := terms.RecurringPrice.Quo(money.Int(int64(terms.PeriodMonths)))
		if best == nil || monthly.Less(least) {
			least, best = monthly, &minimumCost{Cost: amount{terms.RecurringPrice}, BillingPeriod: terms.PeriodMonths}
		}
	}
	return best
}
