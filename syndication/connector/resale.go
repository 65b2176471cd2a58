package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/pricelist"
)

// resellingDocument is a plan in a reseller's price list; its number is the
// plan's. There are no distributors, so what it buys at is the plan's price.
type resellingDocument struct {
	ID              int64          `json:"id"`
	Self            string         `json:"self"`
	ResellerCatalog *ref           `json:"resellerCatalog"`
	ProductVersion  *ref           `json:"productVersion"`
	SelfBilled      bool           `json:"selfBilled"`
	Price           resellingPrice `json:"price"`
	Setup           resellingPrice `json:"setup"`
	Locked          bool           `json:"locked"`
	Visibility      string         `json:"visibility"`
	Listing         string         `json:"listing"`
}

// resellingPrice is what a reseller pays and asks, and what lies between.
type resellingPrice struct {
	SellIn      amount `json:"sellin"`
	SellOut     amount `json:"sellout"`
	Markup      amount `json:"markup"`
	MarkupType  string `json:"markupType"`
	SellOutType string `json:"selloutType"`
}

// resellerCatalog is a reseller's one price list; its number is the reseller's.
type resellerCatalog struct {
	ID         int64          `json:"id"`
	Self       string         `json:"self"`
	Name       string         `json:"name"`
	Reseller   *ref           `json:"reseller"`
	Customers  []*ref         `json:"customers"`
	Companies  []*ref         `json:"companies"`
	Pricings   []*ref         `json:"pricings"`
	Featured   []*ref         `json:"featured"`
	Categories map[string]any `json:"categories"`
}

func (s *server) resaleRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "resellerPricing", handle: s.listResellerPrices},
		{method: http.MethodHead, path: "resellerPricing", handle: s.listResellerPrices},
		{method: http.MethodGet, path: "resellerCatalog", handle: s.listResellerCatalogs},
	}
}

// resellerOf is whose prices are asked for; 0 of who resells nothing.
func resellerOf(c *call) (int64, error) {
	reseller, err := c.whole("resellerId")
	if err != nil || reseller != 0 && c.actor.SeesAll() {
		return reseller, err
	}
	if c.actor.Kind != account.Reseller {
		return 0, nil
	}
	return c.actor.OrganizationID, nil
}

// resellingOf is what a call for a reseller's prices asks for.
func (s *server) resellingOf(ctx context.Context, c *call) (req page.Request, reseller int64, all []pricelist.Entry, err error) {
	if req, err = c.page(); err != nil {
		return req, 0, nil, err
	}
	if reseller, err = resellerOf(c); err != nil {
		return req, 0, nil, err
	}
	all, err = s.pricesOf(ctx, c, reseller)
	return req, reseller, all, err
}

// pricesOf reads a reseller's whole price list, narrowed by product and plan.
func (s *server) pricesOf(ctx context.Context, c *call, reseller int64) ([]pricelist.Entry, error) {
	product, err := c.whole("productId")
	if err != nil || reseller == 0 {
		return nil, err
	}
	plan, err := c.whole("productVersionId")
	if err != nil {
		return nil, err
	}
	var all []pricelist.Entry
	for req := (page.Request{Limit: page.MaxLimit}); ; {
		found, err := s.Prices.List(ctx, c.actor, reseller, req)
		if err != nil {
			return nil, err
		}
		for _, e := range found.Items {
			if (product == 0 || e.Product.ID == product) && (plan == 0 || e.Buys.ID == plan) {
				all = append(all, e)
			}
		}
		if req.Cursor = found.Next; req.Cursor == "" {
			return all, nil
		}
	}
}

func (s *server) listResellerPrices(ctx context.Context, c *call) (answer, error) {
	req, reseller, all, err := s.resellingOf(ctx, c)
	if err != nil {
		return answer{}, err
	}
	return listOf(c, req, slice(req, all), nil, func(e pricelist.Entry) resellingDocument { return viewReselling(reseller, e) })
}

func viewReselling(reseller int64, e pricelist.Entry) resellingDocument {
	buys, sells := e.Buys.Revision.Content, e.Sells.Revision.Content
	out := resellingDocument{ID: e.Buys.ID, Self: self("resellerPricing", e.Buys.ID), ResellerCatalog: refer("resellerCatalog", reseller),
		ProductVersion: refer("productVersion", e.Buys.ID), SelfBilled: sells.SelfBilling, Visibility: "INCLUDED", Listing: "PUBLISHED",
		Price: reselling(buys.RecurringPrice, sells.RecurringPrice, e.Rule), Setup: reselling(buys.SetupPrice, sells.SetupPrice, e.Rule)}
	switch {
	case e.Sells.Revision.Excluded:
		out.Visibility = "EXCLUDED"
	case e.Rule != nil:
		out.Visibility = "PRICED"
	}
	return out
}

// reselling is a price with what lies between: the percentage of the rule, or
// the difference.
func reselling(in, out money.Decimal, rule *pricelist.Price) resellingPrice {
	p := resellingPrice{SellIn: amount{in}, SellOut: amount{out}, Markup: amount{out.Sub(in)}, MarkupType: "VALUE", SellOutType: "VALUE"}
	if rule != nil && rule.Kind == pricelist.Percent {
		p.Markup, p.MarkupType, p.SellOutType = amount{price.Or(rule.Percent)}, "PERCENTAGE", "PERCENTAGE"
	}
	return p
}

func (s *server) listResellerCatalogs(ctx context.Context, c *call) (answer, error) {
	req, reseller, all, err := s.resellingOf(ctx, c)
	if err != nil || reseller == 0 {
		return listOf(c, req, page.Page[resellerCatalog]{}, err, func(k resellerCatalog) resellerCatalog { return k })
	}
	k := resellerCatalog{ID: reseller, Self: self("resellerCatalog", reseller), Name: "Price list", Reseller: refer("reseller", reseller),
		Customers: []*ref{}, Companies: []*ref{}, Pricings: []*ref{}, Featured: []*ref{}, Categories: map[string]any{}}
	for _, e := range all {
		k.Pricings = append(k.Pricings, refer("resellerPricing", e.Buys.ID))
	}
	return listOf(c, req, slice(req, []resellerCatalog{k}), nil, func(k resellerCatalog) resellerCatalog { return k })
}
