package connector

import (
	"context"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
)

func (s *server) orderRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "order", handle: s.listOrders},
		{method: http.MethodHead, path: "order", handle: s.listOrders},
		{method: http.MethodPost, path: "order", handle: s.placeOrder},
		{method: http.MethodGet, path: "order/externalReference={reference}", handle: s.orderByReference},
		{method: http.MethodGet, path: "order/{id}", handle: s.getOrder},
		{method: http.MethodPost, path: "order/{id}/approve", handle: s.decideOrder(s.Orders.Approve)},
		{method: http.MethodPost, path: "order/{id}/reject", handle: s.decideOrder(s.Orders.Reject)},
	}
}

// orderDocument is an order. Reseller was a text before 20181126.
type orderDocument struct {
	ID                  int64        `json:"id"`
	Self                string       `json:"self"`
	Type                string       `json:"type"`
	OrderType           string       `json:"orderType"` // as old documentation calls it
	Status              string       `json:"status"`
	Deferred            bool         `json:"deferred"` // before 20201126
	Buyer               *ref         `json:"buyer"`
	Creator             *ref         `json:"creator"`
	Subscription        *ref         `json:"subscription,omitempty"`
	ProductVersion      *ref         `json:"productVersion"`
	Invoice             *ref         `json:"invoice,omitempty"`
	Date                *date        `json:"date"`
	StartDate           *date        `json:"startDate,omitempty"`
	EndOfPeriod         *date        `json:"endOfPeriod,omitempty"`
	Currency            string       `json:"currency"`
	TotalPrice          amount       `json:"totalPrice"`
	ExternalReference   string       `json:"externalReference,omitempty"`
	Reseller            any          `json:"reseller,omitempty"`
	BillingItems        []boughtItem `json:"billingItems"`
	BillingItemValues   []itemValue  `json:"billingItemValues"`
	AvailableOperations []string     `json:"availableOperations"`
	ApprovedBy          string       `json:"approvedBy,omitempty"`
	ApprovedAt          *date        `json:"approvedAt,omitempty"`
	Approve             *approval    `json:"approve,omitempty"`
}

// approval is where an order is approved.
type approval struct {
	URL          string `json:"url"`
	Method       string `json:"method"`
	ResourceType string `json:"resourceType"`
}

// orderPicture is an order with what its document is made of.
type orderPicture struct {
	picture
	order order.Order
	total money.Decimal
	until *subscription.Subscription // whose period it ends with; nil before there is one
}

func (s *server) orderPictures(ctx context.Context, c *call, orders []order.Order) ([]orderPicture, error) {
	all := make([]orderPicture, len(orders))
	err := s.DB.View(ctx, c.actor.MarketplaceID, func(tx *store.Tx) error {
		totals, err := invoice.TotalsOf(ctx, tx, invoicesOf(orders))
		if err != nil {
			return err
		}
		sh := newShared()
		for i, o := range orders {
			if all[i], err = readOrder(ctx, tx, sh, o); err != nil {
				return err
			}
			if o.InvoiceID != nil {
				all[i].total = totals[*o.InvoiceID]
			}
		}
		return nil
	})
	return all, err
}

func invoicesOf(orders []order.Order) (ids []int64) {
	for _, o := range orders {
		if o.InvoiceID != nil {
			ids = append(ids, *o.InvoiceID)
		}
	}
	return ids
}

// readOrder reads an order's plan as that of a subscription that was bought
// with it.
func readOrder(ctx context.Context, tx *store.Tx, sh shared, o order.Order) (p orderPicture, err error) {
	p.order = o
	revision, err := catalog.RevisionByID(ctx, tx, o.RevisionID)
	if err != nil {
		return p, err
	}
	plan, err := catalog.PlanByID(ctx, tx, revision.PlanID)
	if err != nil {
		return p, err
	}
	p.sub = subscription.Subscription{RevisionID: o.RevisionID, ProductID: plan.ProductID, PlanID: plan.ID, Parameters: o.Parameters}
	if o.SubscriptionID != nil {
		sub, err := subscription.ByID(ctx, tx, *o.SubscriptionID)
		if err != nil {
			return p, err
		}
		p.until = &sub
	}
	if p.buyer, err = account.ContactOf(ctx, tx, o.CustomerID, o.PlacedBy); err != nil {
		return p, err
	}
	return p, p.fill(ctx, tx, sh)
}

// orderStatus is the status in the contract's words: what was to be paid, what
// cost nothing, and what waits.
func orderStatus(o order.Order) string {
	later := o.Type == order.Upgrade || o.Type == order.ItemUpgrade
	switch o.Status {
	case order.RequiresApproval:
		return "REQUIRES_APPROVAL"
	case order.Rejected, order.Cancelled:
		return "REJECTED"
	case order.Postponed:
		if later {
			return "DEFERRED"
		}
		return "POSTPONED"
	}
	if o.InvoiceID == nil {
		return "FREE"
	}
	return "PAID"
}

// orderType is the type in the contract's words.
func (p orderPicture) orderType() string {
	if p.order.Type == order.Normal && p.content.TrialDays > 0 {
		return "TRIAL"
	}
	return orderTypes[p.order.Type]
}

func (p orderPicture) document(c *call) orderDocument {
	o := p.order
	d := orderDocument{ID: o.ID, Self: self("order", o.ID), Type: p.orderType(), OrderType: p.orderType(), Status: orderStatus(o),
		Deferred: orderStatus(o) == "DEFERRED", Buyer: refer("user", p.buyer), Creator: refer("user", o.PlacedBy),
		Subscription: referTo("subscription", o.SubscriptionID), ProductVersion: refer("productVersion", p.sub.PlanID), Invoice: referTo("invoice", o.InvoiceID),
		Date: at(&o.CreatedAt), StartDate: at(o.StartAt), Currency: p.content.Currency, TotalPrice: amount{p.total},
		ExternalReference: o.ExternalReference, BillingItems: p.items(), BillingItemValues: valuesOf(p.of, p.content), AvailableOperations: []string{},
		ApprovedBy: o.ApprovedBy, ApprovedAt: at(o.ApprovedAt)}
	if p.until != nil {
		d.EndOfPeriod = at(p.until.PeriodEnd)
	}
	if o.ResellerID != nil {
		d.Reseller = any(self("reseller", *o.ResellerID))
		if c.version.since(resellerAsRef) {
			d.Reseller = referTo("reseller", o.ResellerID)
		}
	}
	if o.Status == order.RequiresApproval && c.actor.May(account.ApproveOrders) && c.actor.Owns(o.Approver()) {
		d.AvailableOperations = []string{"APPROVE", "REJECT"}
		d.Approve = &approval{URL: self("order", o.ID) + "/approve", Method: http.MethodPost, ResourceType: "ORDER"}
	}
	return d
}

func (s *server) getOrder(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	o, err := s.Orders.Get(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	d, err := s.orderView(ctx, c, o)
	return ok(d), err
}

func (s *server) orderView(ctx context.Context, c *call, o order.Order) (orderDocument, error) {
	all, err := s.orderPictures(ctx, c, []order.Order{o})
	if err != nil {
		return orderDocument{}, err
	}
	return all[0].document(c), nil
}

func (s *server) orderByReference(ctx context.Context, c *call) (answer, error) {
	found, err := s.Orders.Find(ctx, c.actor, order.Filter{Reference: c.param("reference")}, page.Request{Number: 1, Limit: 1})
	if err != nil {
		return answer{}, err
	}
	if len(found.Items) == 0 || c.param("reference") == "" {
		return answer{}, fault.New(fault.NotFound, "There is no such order.")
	}
	d, err := s.orderView(ctx, c, found.Items[0])
	return ok(d), err
}

func (s *server) listOrders(ctx context.Context, c *call) (answer, error) {
	req, f, err := c.orderFilter()
	if err != nil {
		return answer{}, err
	}
	found, err := s.Orders.Find(ctx, c.actor, f, req)
	if err != nil {
		return answer{}, err
	}
	all, err := s.orderPictures(ctx, c, found.Items)
	return listOf(c, req, page.Page[orderPicture]{Items: all, Total: found.Total}, err, func(p orderPicture) orderDocument { return p.document(c) })
}

func (c *call) orderFilter() (req page.Request, f order.Filter, err error) {
	if req, err = c.page(); err != nil {
		return req, f, err
	}
	f.Query = c.value("search")
	if f.SubscriptionID, err = c.whole("subscriptionId"); err != nil {
		return req, f, err
	}
	if f.From, err = c.instant("from"); err != nil {
		return req, f, err
	}
	if f.Until, err = c.instant("to"); err != nil {
		return req, f, err
	}
	var none bool
	f.Types, none = named(orderTypes, c.values("type"))
	names := c.values("status")
	for _, name := range names {
		f.Statuses = append(f.Statuses, orderStatuses[strings.ToUpper(name)]...)
	}
	if len(names) == 1 && (strings.EqualFold(names[0], "PAID") || strings.EqualFold(names[0], "FREE")) {
		f.Billed = new(strings.EqualFold(names[0], "PAID"))
	}
	if none || (len(names) > 0 && len(f.Statuses) == 0) || c.value("coupon") != "" {
		f.IDs = []int64{0} // what is not here has no orders
	}
	return req, f, nil
}

func (s *server) decideOrder(decide func(context.Context, account.Actor, int64) (order.Order, error)) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err != nil {
			return answer{}, err
		}
		_, err = decide(ctx, c.actor, id)
		return done(err)
	}
}
