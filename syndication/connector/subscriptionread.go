package connector

import (
	"bytes"
	"context"
	"encoding/json"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
)

// picture is a subscription with all that its documents are made of.
type picture struct {
	sub      subscription.Subscription
	content  catalog.PlanContent
	buyer    int64 // a person of the customer
	orders   []int64
	invoices []int64
	open     int // unpaid invoices

	// of is the product with its items and, of an API, its endpoints.
	of catalog.Listing
	// chosen are the parameters as the caller may see them.
	chosen map[string]any

	endpoints    []endpointView
	instructions string
	detail       *subscriptionDetail
}

// shared is what several subscriptions of a list are made of alike.
type shared struct {
	products  map[int64]catalog.Listing
	revisions map[int64]catalog.PlanContent
}

func newShared() shared {
	return shared{products: map[int64]catalog.Listing{}, revisions: map[int64]catalog.PlanContent{}}
}

// pictures reads what the documents of subscriptions are made of, in one
// consistent view.
func (s *server) pictures(ctx context.Context, c *call, subs []subscription.Subscription) ([]picture, error) {
	ids := make([]int64, len(subs))
	for i, sub := range subs {
		ids[i] = sub.ID
	}
	all := make([]picture, len(subs))
	err := s.DB.View(ctx, c.actor.MarketplaceID, func(tx *store.Tx) error {
		orders, placedBy, err := order.IDsOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		standings, err := invoice.StandingOf(ctx, tx, ids)
		if err != nil {
			return err
		}
		sh := newShared()
		for i, sub := range subs {
			standing := standings[sub.ID]
			all[i] = picture{sub: sub, orders: orders[sub.ID], invoices: standing.IDs, open: standing.Open}
			if err := all[i].fill(ctx, tx, sh); err != nil {
				return err
			}
			if all[i].buyer, err = account.ContactOf(ctx, tx, sub.CustomerID, placedBy[sub.ID]); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range all {
		if err == nil {
			err = all[i].choose(ctx, c)
		}
	}
	return all, err
}

// fill reads product and plan, once for all subscriptions of them.
func (p *picture) fill(ctx context.Context, tx *store.Tx, sh shared) error {
	content, known := sh.revisions[p.sub.RevisionID]
	if !known {
		revision, err := catalog.RevisionByID(ctx, tx, p.sub.RevisionID)
		if err != nil {
			return err
		}
		content = revision.Content
		content.Terms = content.WithDefaults()
		sh.revisions[p.sub.RevisionID] = content
	}
	of, known := sh.products[p.sub.ProductID]
	if !known {
		var err error
		if of, err = readProduct(ctx, tx, p.sub.ProductID); err != nil {
			return err
		}
		sh.products[p.sub.ProductID] = of
	}
	p.content, p.of = content, of
	return nil
}

func readProduct(ctx context.Context, tx *store.Tx, id int64) (of catalog.Listing, err error) {
	if of.Product, err = catalog.ProductByID(ctx, tx, id); err != nil {
		return of, err
	}
	if of.Items, err = catalog.Items(ctx, tx, id); err != nil || of.Product.Type != catalog.API {
		return of, err
	}
	of.Endpoints, err = catalog.EndpointsOf(ctx, tx, id)
	return of, err
}

// choose reads the parameters: with sensitive values for the vendor, who needs
// them, and without for all others.
func (p *picture) choose(ctx context.Context, c *call) error {
	raw := json.RawMessage(p.sub.Parameters)
	if c.actor.Kind == account.Vendor && c.actor.Owns(p.sub.VendorID) {
		kind, err := c.Catalog.KindOf(ctx, p.of.Product)
		if err != nil {
			return err
		}
		if raw, err = kind.Reveal(raw); err != nil {
			return err
		}
	} else {
		raw = catalog.Shown(raw)
	}
	if len(raw) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return dec.Decode(&p.chosen)
}

// items are what was bought and what is counted.
func (p picture) items() []boughtItem {
	out := []boughtItem{}
	for _, r := range p.content.Resources {
		value := amount{money.Int(r.Quantity(json.RawMessage(p.sub.Parameters)))}
		out = p.item(out, catalog.QuantityItem, boughtItem{Identifier: r.Parameter, Unit: r.Unit, Value: &value, Bought: true})
	}
	for _, m := range p.content.Meters {
		out = p.item(out, catalog.MeterItem, boughtItem{Identifier: m.Meter, Unit: m.Unit})
	}
	for _, e := range p.content.Endpoints {
		i := boughtItem{Identifier: e.Identifier, Unit: "call", Bought: e.Mode != catalog.PayPerUse, Unlimited: e.Mode == catalog.Included}
		if limit, limited := longestLimit(e); limited {
			i.Value = &amount{money.Int(limit)}
		}
		for _, known := range p.of.Endpoints {
			if known.Identifier == e.Identifier {
				i.Endpoint = &itemEndpoint{Method: known.Method, Path: known.Path}
			}
		}
		out = p.item(out, catalog.EndpointItem, i)
	}
	return out
}

// item adds an item that has a number.
func (p picture) item(all []boughtItem, kind catalog.ItemKind, i boughtItem) []boughtItem {
	id := p.of.ItemID(kind, i.Identifier)
	if id == 0 {
		return all
	}
	i.BillingItem = refer("billingItem", id)
	return append(all, i)
}

// longestLimit is how many calls are in the longest window that has a limit.
func longestLimit(e catalog.PlanEndpoint) (limit int64, limited bool) {
	for _, window := range catalog.Windows {
		if n, ok := e.Limits[window]; ok {
			limit, limited = n, true
		}
	}
	return limit, limited && e.Mode == catalog.Prepaid
}

// parameters are what the order was asked for beside quantities.
func (p picture) parameters() []setParameter {
	out := []setParameter{}
	definition, err := p.of.Product.Definition()
	if err != nil {
		return out // a product of another kind has none
	}
	for _, param := range definition.Parameters {
		value, given := p.chosen[param.Code]
		id := p.of.ItemID(catalog.ParameterItem, param.Code)
		if !given || id == 0 {
			continue
		}
		out = append(out, setParameter{ConfigurationParameter: refer("configurationParameter", id), Code: param.Code,
			Value: text(value), Description: param.Description})
	}
	return out
}

// give puts in the addresses and instructions that the customer was given.
func (p *picture) give(a fulfilment.Access, language string) {
	p.endpoints = []endpointView{}
	for i, e := range a.Endpoints {
		id, description := e.ID, e.Description
		if id == 0 { // made by a plugin: it is known by its place
			id = int64(i + 1)
		}
		if description == "" {
			description = e.Identifier
		}
		category := string(e.Category)
		if category == "" {
			category = string(fulfilment.App)
		}
		p.endpoints = append(p.endpoints, endpointView{ID: id, Endpoint: e.URL, Category: category, Description: description})
	}
	p.instructions = a.Instructions.In(language)
	if p.instructions == "" {
		definition, _ := p.of.Product.Definition() // a product of another kind has none
		p.instructions = definition.EndUserInstructions
	}
}

// credentialsOf are the credentials; their values only where they were
// revealed.
func credentialsOf(a fulfilment.Access, language string) []credentialView {
	out := []credentialView{}
	for _, c := range a.Credentials {
		v := credentialView{Key: c.Name, Description: c.Title(language), Weight: c.Weight}
		if c.Value != "" {
			v.Value = new(c.Value.Reveal())
		}
		out = append(out, v)
	}
	return out
}
