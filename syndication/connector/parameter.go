package connector

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/syndication/callback"
)

// parameterDocument is something that an order is asked for, beside quantities.
type parameterDocument struct {
	ID                int64             `json:"id"`
	Self              string            `json:"self"`
	Name              string            `json:"name"`
	Code              string            `json:"code"`
	Description       string            `json:"description"`
	Hint              string            `json:"hint"`
	Validation        string            `json:"validation,omitempty"`
	AcceptedValues    map[string]string `json:"acceptedValues,omitempty"`
	ExternalValuesURL string            `json:"externalValuesUrl,omitempty"` // for the vendor only
	Range             *rangeDocument    `json:"range,omitempty"`
	Required          bool              `json:"required"`
	Weight            int               `json:"weight"`
	Sensitive         bool              `json:"sensitive"`
}

// rangeDocument bounds a number.
type rangeDocument struct {
	Min *int64 `json:"min,omitempty"`
	Max *int64 `json:"max,omitempty"`
}

func (s *server) parameterRoutes() []route {
	const withProduct = "Parameters are written with their product: send configurationParameters of the product."
	return []route{
		{method: http.MethodGet, path: "configurationParameter", handle: s.listParameters, public: true},
		{method: http.MethodGet, path: "configurationParameter/{id}", handle: s.getParameter, public: true},
		{method: http.MethodPost, path: "configurationParameter/{id}/values", handle: s.parameterValues},
		{method: http.MethodPost, path: "configurationParameter", handle: notHere(withProduct)},
		{method: http.MethodPut, path: "configurationParameter/{id}", handle: notHere(withProduct)},
		{method: http.MethodDelete, path: "configurationParameter/{id}", handle: notHere(withProduct)},
	}
}

// viewParameter shows a parameter; where its values are asked for is the
// vendor's business.
func viewParameter(id int64, p catalog.Parameter, own bool) parameterDocument {
	out := parameterDocument{ID: id, Self: self("configurationParameter", id), Name: p.Name, Code: p.Code, Description: p.Description,
		Hint: p.Hint, Validation: p.Validation, AcceptedValues: p.AcceptedValues, Required: p.Required, Weight: p.Weight, Sensitive: p.Sensitive}
	if p.Min != nil || p.Max != nil {
		out.Range = &rangeDocument{Min: p.Min, Max: p.Max}
	}
	if own {
		out.ExternalValuesURL = p.ExternalValuesURL
	}
	return out
}

// parameterViews are what a product asks for, lightest first.
func parameterViews(l catalog.Listing, d catalog.Definition, own bool) []parameterDocument {
	out := make([]parameterDocument, 0, len(d.Parameters))
	for _, p := range d.Parameters {
		out = append(out, viewParameter(l.ItemID(catalog.ParameterItem, p.Code), p, own))
	}
	return out
}

// listParameters lists what the products that the caller sees ask for now.
func (s *server) listParameters(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := catalog.ItemFilter{Kinds: []catalog.ItemKind{catalog.ParameterItem}, Query: c.first("search", "code")}
	if f.ProductID, err = c.whole("productId"); err != nil {
		return answer{}, err
	}
	found, err := s.Catalog.BrowseItems(ctx, c.actor, f, req)
	return listOf(c, req, found, err, c.numberedParameter)
}

// numberedParameter shows the parameter of an item; one that the product no
// longer asks for has its code alone.
func (c *call) numberedParameter(n catalog.Numbered) parameterDocument {
	d, _ := n.Listing.Product.Definition() // what cannot be read defines nothing
	p, known := d.Parameter(n.Item.Identifier)
	if !known {
		p = catalog.Parameter{Code: n.Item.Identifier, Name: n.Item.Identifier}
	}
	return viewParameter(n.Item.ID, p, catalog.Edits(c.actor, n.Listing.Product))
}

// parameterOf is the parameter of the path.
func (s *server) parameterOf(ctx context.Context, c *call) (catalog.Numbered, error) {
	id, err := c.id()
	if err != nil {
		return catalog.Numbered{}, err
	}
	n, err := s.Catalog.LookItem(ctx, c.actor, id)
	if err == nil && n.Item.Kind != catalog.ParameterItem {
		err = fault.New(fault.NotFound, "There is no such configuration parameter.")
	}
	return n, err
}

func (s *server) getParameter(ctx context.Context, c *call) (answer, error) {
	n, err := s.parameterOf(ctx, c)
	if err != nil {
		return answer{}, err
	}
	return ok(c.numberedParameter(n)), nil
}

// valuesWish says for which plan, and beside which other parameters, values
// are asked for.
type valuesWish struct {
	ProductVersion          *ref              `json:"productVersion"`
	ConfigurationParameters map[string]string `json:"configurationParameters"`
	BuyerID                 int64             `json:"buyerId"`
}

// valuesDocument lists what can be chosen; null is anything.
type valuesDocument struct {
	Values []catalog.Choice `json:"values"`
}

// parameterValues asks the vendor what can be chosen.
func (s *server) parameterValues(ctx context.Context, c *call) (answer, error) {
	n, err := s.parameterOf(ctx, c)
	if err != nil {
		return answer{}, err
	}
	var in valuesWish
	if err := c.read(&in); err != nil {
		return answer{}, err
	}
	offer, err := s.offerOf(ctx, c, in.ProductVersion, n.Listing.Product)
	if err != nil {
		return answer{}, err
	}
	chosen, err := parametersOf(n.Listing, in.ConfigurationParameters)
	if err != nil {
		return answer{}, err
	}
	found, err := s.Callbacks.Values(ctx, c.actor.MarketplaceID, callback.ValuesQuestion{Offer: offer, Code: n.Item.Identifier,
		Parameters: chosen, BuyerID: c.actor.UserID, Language: c.language})
	if err != nil {
		return answer{}, err
	}
	if found.Any {
		return ok(valuesDocument{}), nil
	}
	return ok(valuesDocument{Values: append([]catalog.Choice{}, found.List...)}), nil
}

// offerOf is the plan that a question is about; it must be of the product.
func (s *server) offerOf(ctx context.Context, c *call, plan *ref, p catalog.Product) (catalog.Offer, error) {
	id, isPlan := plan.to("productVersion")
	if !isPlan {
		return catalog.Offer{}, fault.InvalidField("productVersion", "Say which plan: {\"url\":\"productVersion/5\"}.")
	}
	l, err := s.Catalog.LookPlan(ctx, c.actor, id)
	if err != nil {
		return catalog.Offer{}, err
	}
	if l.Product.ID != p.ID {
		return catalog.Offer{}, fault.InvalidField("productVersion", "This plan is of another product.")
	}
	return catalog.Offer{Product: l.Product, Plan: l.Plans[0], Revision: l.Plans[0].Revision}, nil
}

// parametersOf is a map of references, or codes, and values as parameters.
func parametersOf(l catalog.Listing, chosen map[string]string) (json.RawMessage, error) {
	out := map[string]any{}
	for key, value := range chosen {
		i, err := itemNamed(l, key, catalog.ParameterItem)
		if err != nil {
			return nil, fault.InvalidField("configurationParameters", err.Error())
		}
		out[i.Identifier] = value
	}
	return json.Marshal(out)
}
