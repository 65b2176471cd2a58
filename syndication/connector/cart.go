package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/cart"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

// cartDocument is what somebody means to order together. A list leaves the
// totals out.
type cartDocument struct {
	ID                int64            `json:"id"`
	Self              string           `json:"self"`
	Name              string           `json:"name"`
	Notes             string           `json:"notes"`
	Customer          *ref             `json:"customer"`
	UserCompany       *ref             `json:"userCompany"`
	Reseller          *ref             `json:"reseller,omitempty"`
	Items             []cartItem       `json:"items"`
	Total             *amount          `json:"total,omitempty"`
	TotalExcludingVAT *amount          `json:"totalExcludingVAT,omitempty"`
	CreatedAt         *date            `json:"createdAt"`
	UpdatedAt         *date            `json:"updatedAt"`
	CheckoutAt        *date            `json:"checkoutAt,omitempty"`
	Metadata          catalog.Metadata `json:"metadata"`
}

// cartItem is a plan in a cart, with its parameters by code.
type cartItem struct {
	ID                      int64            `json:"id"`
	Quantity                int              `json:"quantity"`
	ProductVersion          *ref             `json:"productVersion"`
	BillingItems            map[string]any   `json:"billingItems"`
	ConfigurationParameters map[string]any   `json:"configurationParameters"`
	Metadata                catalog.Metadata `json:"metadata"`
	Orders                  []*ref           `json:"orders"`
}

// cartWish is a cart as it is sent.
type cartWish struct {
	Name        string           `json:"name"`
	Notes       string           `json:"notes"`
	Customer    *ref             `json:"customer"`
	UserCompany *ref             `json:"userCompany"`
	Metadata    catalog.Metadata `json:"metadata"`
	Items       []cartItemWish   `json:"items"`
}

type cartItemWish struct {
	Quantity                int                 `json:"quantity"`
	ProductVersion          *ref                `json:"productVersion"`
	BillingItems            map[string]quantity `json:"billingItems"`
	ConfigurationParameters map[string]string   `json:"configurationParameters"`
	Metadata                catalog.Metadata    `json:"metadata"`
}

// estimatedCart is what a cart costs now.
type estimatedCart struct {
	Items             []estimatedItem `json:"items"`
	Total             amount          `json:"total"`
	TotalExcludingVAT amount          `json:"totalExcludingVAT"`
}

type estimatedItem struct {
	ID                   int64          `json:"id"`
	Quantity             int            `json:"quantity"`
	Budget               budgetDocument `json:"budget"`
	SubTotal             amount         `json:"subTotal"`
	SubTotalExcludingVAT amount         `json:"subTotalExcludingVAT"`
}

func (s *server) cartRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "cart", handle: s.listCarts},
		{method: http.MethodPost, path: "cart", handle: s.createCart},
		{method: http.MethodGet, path: "cart/{id}", handle: s.getCart},
		{method: http.MethodPut, path: "cart/{id}", handle: s.updateCart},
		{method: http.MethodDelete, path: "cart/{id}", handle: s.deleteCart},
		{method: http.MethodPost, path: "cart/{id}/checkout", handle: s.checkoutCart},
		{method: http.MethodPost, path: "cart/{id}/copy", handle: s.copyCart},
		{method: http.MethodGet, path: "cart/{id}/metadata", handle: s.cartMetadata},
		{method: http.MethodPut, path: "cart/{id}/metadata", handle: putMetadata(s.Carts.ChangeMetadata)},
		{method: http.MethodDelete, path: "cart/{id}/metadata/{key}", handle: deleteMetadata(s.Carts.ChangeMetadata)},
	}
}

func (s *server) listCarts(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := cart.Filter{Search: c.first("search", "filter")}
	if f.CreatedBy, err = c.whole("customerId"); err != nil {
		return answer{}, err
	}
	if f.CustomerID, err = c.whole("userCompanyId"); err != nil {
		return answer{}, err
	}
	if f.ResellerID, err = c.whole("resellerId"); err != nil {
		return answer{}, err
	}
	if f.CheckedOut, err = c.flag("checkedOut"); err != nil {
		return answer{}, err
	}
	found, err := s.Carts.List(ctx, c.actor, f, req)
	if err != nil {
		return answer{}, err
	}
	plans, err := s.plansIn(ctx, c, found.Items...)
	return listOf(c, req, found, err, func(k cart.Cart) cartDocument { return viewCart(k, plans) })
}

// plansIn are the plans of carts, with the products that name their items. A
// plan that is no longer sold to the caller has no names.
func (s *server) plansIn(ctx context.Context, c *call, carts ...cart.Cart) (map[int64]catalog.Listing, error) {
	out := map[int64]catalog.Listing{}
	for _, k := range carts {
		for _, i := range k.Items {
			if _, read := out[i.PlanID]; read {
				continue
			}
			l, err := s.Catalog.LookPlan(ctx, c.actor, i.PlanID)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return nil, err
			}
			out[i.PlanID] = l
		}
	}
	return out, nil
}

func viewCart(k cart.Cart, plans map[int64]catalog.Listing) cartDocument {
	out := cartDocument{ID: k.ID, Self: self("cart", k.ID), Name: k.Name, Notes: k.Notes, Customer: refer("user", k.CreatedBy),
		UserCompany: refer("userCompany", k.CustomerID), Reseller: referTo("reseller", k.ResellerID), Items: []cartItem{},
		CreatedAt: at(&k.CreatedAt), UpdatedAt: at(&k.UpdatedAt), CheckoutAt: at(k.CheckedOutAt), Metadata: k.Metadata}
	for _, i := range k.Items {
		items, parameters := chosenIn(plans[i.PlanID], i.Parameters)
		out.Items = append(out.Items, cartItem{ID: i.ID, Quantity: i.Quantity, ProductVersion: refer("productVersion", i.PlanID),
			BillingItems: items, ConfigurationParameters: parameters, Metadata: i.Metadata, Orders: refs("order", i.Orders)})
	}
	return out
}

// chosenIn are the quantities and the parameters that were chosen of a plan, by
// reference.
func chosenIn(l catalog.Listing, raw string) (items, parameters map[string]any) {
	items, parameters = map[string]any{}, map[string]any{}
	for name, value := range shownValues(raw) {
		if i, err := itemNamed(l, name, catalog.QuantityItem); err == nil {
			items[self("billingItem", i.ID)] = value
		}
		if i, err := itemNamed(l, name, catalog.ParameterItem); err == nil {
			parameters[self("configurationParameter", i.ID)] = text(value)
		}
	}
	return items, parameters
}

// shownValues are the parameters of an item without its secrets.
func shownValues(raw string) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(catalog.Shown(json.RawMessage(raw))))
	dec.UseNumber()
	out := map[string]any{}
	if err := dec.Decode(&out); err != nil {
		return nil // it was read from JSON
	}
	return out
}

// cartInput is the cart as the service takes it.
func (s *server) cartInput(ctx context.Context, c *call, w cartWish) (cart.Input, error) {
	in := cart.Input{Name: w.Name, Notes: w.Notes, Metadata: w.Metadata}
	if company, is := w.UserCompany.to("userCompany"); is {
		in.CustomerID = company
	}
	if user, is := w.Customer.to("user"); is && in.CustomerID == 0 && user != c.actor.UserID {
		_, o, err := s.Subscriptions.Person(ctx, c.actor, user)
		if err != nil {
			return in, err
		}
		in.CustomerID = o.ID
	}
	for n, i := range w.Items {
		plan, isPlan := i.ProductVersion.to("productVersion")
		if !isPlan {
			return in, required(fmt.Sprintf("items[%d].productVersion", n))
		}
		chosen, _, err := s.ordered(ctx, c, plan, i.BillingItems, i.ConfigurationParameters)
		if err != nil {
			return in, err
		}
		in.Items = append(in.Items, cart.ItemInput{PlanID: plan, Quantity: i.Quantity, Parameters: chosen.Parameters, Metadata: i.Metadata})
	}
	return in, nil
}

func (s *server) createCart(ctx context.Context, c *call) (answer, error) {
	var wish cartWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	in, err := s.cartInput(ctx, c, wish)
	if err != nil {
		return answer{}, err
	}
	k, err := s.Carts.Create(ctx, c.actor, in)
	if err != nil {
		return answer{}, err
	}
	d, err := s.wholeCart(ctx, c, k)
	return c.created("cart", k.ID, d), err
}

func (s *server) updateCart(ctx context.Context, c *call) (answer, error) {
	var wish cartWish
	id, err := c.idAnd(&wish)
	if err != nil {
		return answer{}, err
	}
	in, err := s.cartInput(ctx, c, wish)
	if err != nil {
		return answer{}, err
	}
	k, err := s.Carts.Update(ctx, c.actor, id, in)
	return s.cartAnswer(ctx, c, k, err)
}

func (s *server) getCart(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	k, err := s.Carts.Get(ctx, c.actor, id)
	return s.cartAnswer(ctx, c, k, err)
}

func (s *server) copyCart(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	k, err := s.Carts.Copy(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	d, err := s.wholeCart(ctx, c, k)
	return c.created("cart", k.ID, d), err
}

func (s *server) deleteCart(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	return done(s.Carts.Delete(ctx, c.actor, id))
}

func (s *server) cartMetadata(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	k, err := s.Carts.Get(ctx, c.actor, id)
	return metadataAnswer(k.Metadata, err)
}

// checkoutCart orders what is in the cart. Items that cannot be ordered are
// named in the error, with their vendor's words; the others are ordered, and
// the cart can be checked out again for the rest.
func (s *server) checkoutCart(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	k, failed, err := s.Carts.Checkout(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	if len(failed) > 0 {
		return answer{}, notOrdered(k, failed)
	}
	return s.cartAnswer(ctx, c, k, nil)
}

// notOrdered names the items of a cart that could not be ordered.
func notOrdered(k cart.Cart, failed []cart.Failure) error {
	e := fault.New(fault.Conflict, "Not everything in this cart could be ordered. What was ordered is in the cart's items; check it out again for the rest.").With("cart", k.ID)
	for n, i := range k.Items {
		for _, f := range failed {
			if f.Item.ID != i.ID {
				continue
			}
			name := fmt.Sprintf("items[%d]", n)
			e.Fields = append(e.Fields, fault.Field{Name: name, Message: fault.As(f.Err).Message})
			for _, field := range fault.As(f.Err).Fields {
				e.Fields = append(e.Fields, fault.Field{Name: strings.TrimSuffix(name+"."+field.Name, "."), Message: field.Message})
			}
		}
	}
	return e
}

func (s *server) cartAnswer(ctx context.Context, c *call, k cart.Cart, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	d, err := s.wholeCart(ctx, c, k)
	return ok(d), err
}

// wholeCart is a cart with what it costs now; one that cannot be bought any
// more has no totals.
func (s *server) wholeCart(ctx context.Context, c *call, k cart.Cart) (cartDocument, error) {
	plans, err := s.plansIn(ctx, c, k)
	if err != nil {
		return cartDocument{}, err
	}
	d := viewCart(k, plans)
	if e, err := s.Carts.Estimate(ctx, c.actor, k.ID); err == nil {
		d.Total, d.TotalExcludingVAT = new(sum(e.Total)), new(sum(e.Net))
	}
	return d, nil
}

func (s *server) estimateCart(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	e, err := s.Carts.Estimate(ctx, c.actor, id)
	return s.estimated(ctx, c, e, err)
}

func (s *server) estimateCartItem(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	e, err := s.Carts.EstimateItem(ctx, c.actor, id)
	return s.estimated(ctx, c, e, err)
}

func (s *server) estimated(ctx context.Context, c *call, e cart.Estimate, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	out := estimatedCart{Items: []estimatedItem{}, Total: sum(e.Total), TotalExcludingVAT: sum(e.Net)}
	for _, p := range e.Items {
		l, err := s.Catalog.LookPlan(ctx, c.actor, p.Item.PlanID)
		if err != nil {
			return answer{}, err
		}
		out.Items = append(out.Items, estimatedItem{ID: p.Item.ID, Quantity: p.Item.Quantity, Budget: viewBudget(p.Quote, l),
			SubTotal: sum(p.Total), SubTotalExcludingVAT: sum(p.Net)})
	}
	return ok(out), nil
}
