package connector

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/price"
)

// itemDocument is a billing item: a quantity, a meter or an endpoint that plans
// price.
type itemDocument struct {
	ID              int64         `json:"id"`
	Self            string        `json:"self"`
	Name            string        `json:"name"`
	Identifier      string        `json:"identifier"`
	Unit            string        `json:"unit"`
	Description     string        `json:"description"`
	LongDescription string        `json:"longDescription"`
	Type            string        `json:"type"`
	ValueType       string        `json:"valueType"`
	Presence        string        `json:"presence"`
	Required        bool          `json:"required"` // before 20211004
	Downgradable    bool          `json:"downgradable"`
	Owner           *ref          `json:"owner"`
	Endpoint        *itemEndpoint `json:"endpoint,omitempty"`
	Weight          int           `json:"weight"`
}

// Types and value types of billing items.
const (
	itemVolume    = "VOLUME"
	itemStairstep = "STAIRSTEP"
	itemTiered    = "TIERED"

	itemPrepaid  = "PRE_PAID"
	itemPayAsGo  = "PAY_AS_YOU_GO"
	itemPostpaid = "POST_PAID"
)

// billingItems are the kinds of items that cost something.
func billingItems() []catalog.ItemKind {
	return []catalog.ItemKind{catalog.QuantityItem, catalog.MeterItem, catalog.EndpointItem}
}

func (s *server) itemRoutes() []route {
	const withPlan = "A billing item is made by the plan that prices it: send billingItemValues of the plan, with the item's identifier."
	return []route{
		{method: http.MethodGet, path: "billingItem", handle: s.listItems, public: true},
		{method: http.MethodGet, path: "billingItem/identifier={identifier}", handle: s.itemByIdentifier, public: true},
		{method: http.MethodGet, path: "billingItem/{id}", handle: s.getItem, public: true},
		{method: http.MethodPost, path: "billingItem", handle: notHere(withPlan)},
		{method: http.MethodPut, path: "billingItem/{id}", handle: notHere(withPlan)},
		{method: http.MethodDelete, path: "billingItem/{id}", handle: notHere(withPlan)},
	}
}

// viewItem shows an item as the newest plan that prices it describes it.
func viewItem(n catalog.Numbered) itemDocument {
	i := n.Item
	out := itemDocument{ID: i.ID, Self: self("billingItem", i.ID), Name: i.Identifier, Identifier: i.Identifier, Type: itemTiered,
		ValueType: itemPayAsGo, Presence: "OPTIONAL", Downgradable: true, Owner: refer("company", n.Listing.Product.VendorID)}
	switch i.Kind {
	case catalog.QuantityItem:
		out.ValueType = itemPrepaid
		out.describeQuantity(n.Listing.Plans)
	case catalog.MeterItem:
		out.describeMeter(n.Listing.Plans)
	case catalog.EndpointItem:
		out.describeEndpoint(n.Listing)
	}
	out.Description = out.Name
	out.Required = out.Presence == "REQUIRED"
	return out
}

func (d *itemDocument) describeQuantity(plans []catalog.Plan) {
	for _, p := range plans {
		r, sold := p.Revision.Content.Resource(d.Identifier)
		if !sold {
			continue
		}
		d.Name, d.Unit = r.Name, r.Unit
		if r.Min > 0 {
			d.Presence = "REQUIRED"
		}
	}
}

func (d *itemDocument) describeMeter(plans []catalog.Plan) {
	for _, p := range plans {
		for _, m := range p.Revision.Content.Meters {
			if m.Meter == d.Identifier {
				d.Name, d.Unit, d.Type = m.Name, m.Unit, itemType(m.Charge)
			}
		}
	}
}

func (d *itemDocument) describeEndpoint(l catalog.Listing) {
	d.Unit, d.ValueType = "call", itemPrepaid
	at := slices.IndexFunc(l.Endpoints, func(e catalog.Endpoint) bool { return e.Identifier == d.Identifier })
	if at >= 0 {
		e := l.Endpoints[at]
		d.Name, d.LongDescription, d.Endpoint = e.Name, e.Description, &itemEndpoint{Method: e.Method, Path: e.Path}
	}
	for _, p := range l.Plans {
		if e, priced := p.Revision.Content.Endpoint(d.Identifier); priced && e.Mode == catalog.PayPerUse && e.Charge != nil {
			d.ValueType, d.Type = itemPayAsGo, itemType(*e.Charge)
		}
	}
}

// itemType is the model of a charge in the contract's words. Models that it
// does not know price each unit where it falls, as TIERED does.
func itemType(charge price.Charge) string {
	switch charge.WithDefaults().Model {
	case price.Volume, price.Blocks:
		return itemVolume
	case price.Stairstep:
		return itemStairstep
	}
	return itemTiered
}

func (s *server) listItems(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := catalog.ItemFilter{Kinds: kindsOf(c.values("valueType")), Identifier: c.value("identifier"), Query: c.first("search", "filter", "textField")}
	if f.VendorID, err = c.whole("companyId"); err != nil {
		return answer{}, err
	}
	found, err := s.Catalog.BrowseItems(ctx, c.actor, f, req)
	return listOf(c, req, found, err, viewItem)
}

// kindsOf are the kinds of items that are paid in one of the ways; all when
// none is named. Nothing here is POST_PAID: what is used is paid as it goes.
func kindsOf(valueTypes []string) []catalog.ItemKind {
	if len(valueTypes) == 0 {
		return billingItems()
	}
	kinds := []catalog.ItemKind{""}
	for _, v := range valueTypes {
		switch v {
		case itemPrepaid:
			kinds = append(kinds, catalog.QuantityItem)
		case itemPayAsGo:
			kinds = append(kinds, catalog.MeterItem, catalog.EndpointItem)
		}
	}
	return kinds
}

func (s *server) getItem(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	n, err := s.Catalog.LookItem(ctx, c.actor, id)
	if err == nil && !slices.Contains(billingItems(), n.Item.Kind) {
		err = fault.New(fault.NotFound, "There is no such billing item.")
	}
	if err != nil {
		return answer{}, err
	}
	return ok(viewItem(n)), nil
}

// itemByIdentifier answers the caller's own item of that name, or else the
// oldest.
func (s *server) itemByIdentifier(ctx context.Context, c *call) (answer, error) {
	f := catalog.ItemFilter{Kinds: billingItems(), Identifier: c.param("identifier")}
	n, err := s.Catalog.FindItem(ctx, c.actor, f)
	if err != nil {
		return answer{}, err
	}
	return ok(viewItem(n)), nil
}

// itemNamed finds an item of a product by its reference, "billingItem/5", by
// its number or by its identifier.
func itemNamed(l catalog.Listing, name string, kinds ...catalog.ItemKind) (catalog.Item, error) {
	id := int64(0)
	if r, err := parseRef(name); err == nil {
		id = r.ID
	}
	for _, i := range l.Items {
		if slices.Contains(kinds, i.Kind) && (i.ID == id || i.Identifier == name || fmt.Sprint(i.ID) == name) {
			return i, nil
		}
	}
	return catalog.Item{}, fmt.Errorf("the product has no %q", name)
}
