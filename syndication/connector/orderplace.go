package connector

import (
	"context"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
)

// orderWish is what is ordered.
type orderWish struct {
	Type                    string              `json:"type"`
	ProductVersion          *ref                `json:"productVersion"`
	Buyer                   *ref                `json:"buyer"`
	HashCoupon              string              `json:"hashCoupon"`
	BillingItems            map[string]quantity `json:"billingItems"`
	ConfigurationParameters map[string]string   `json:"configurationParameters"`
	ExternalReference       string              `json:"externalReference"`
	Start                   *date               `json:"start"`
}

// placeOrder orders for the caller, or for the buyer it names.
func (s *server) placeOrder(ctx context.Context, c *call) (answer, error) {
	var wish orderWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	in, err := s.orderInput(ctx, c, wish)
	if err != nil {
		return answer{}, err
	}
	o, err := s.Orders.Place(ctx, c.actor, in)
	if err != nil {
		return answer{}, err
	}
	d, err := s.orderView(ctx, c, o)
	return c.created("order", o.ID, d), err
}

func (s *server) orderInput(ctx context.Context, c *call, wish orderWish) (order.Input, error) {
	if err := wish.refused(); err != nil {
		return order.Input{}, err
	}
	plan, isPlan := wish.ProductVersion.to("productVersion")
	if !isPlan {
		return order.Input{}, required("productVersion")
	}
	in, _, err := s.ordered(ctx, c, plan, wish.BillingItems, wish.ConfigurationParameters)
	if err != nil {
		return order.Input{}, err
	}
	in.ExternalReference = wish.ExternalReference
	if wish.Start != nil {
		in.Start = new(time.Time(*wish.Start))
	}
	if buyer, named := wish.Buyer.to("user"); named && buyer != c.actor.UserID {
		_, organization, err := s.Subscriptions.Person(ctx, c.actor, buyer)
		if err != nil {
			return order.Input{}, fault.InvalidField("buyer", "There is no such customer of yours.")
		}
		in.CustomerID = organization.ID
	}
	return in, nil
}

// refused reports what cannot be ordered here.
func (w orderWish) refused() error {
	switch kind := strings.ToUpper(w.Type); {
	case w.HashCoupon != "":
		return unsupported("hashCoupon", "There are no coupons here.")
	case kind != "" && kind != "NORMAL" && kind != "TRIAL":
		return unsupported("type", "Order a plan with NORMAL; whether it begins with a trial is in the plan.")
	}
	return nil
}
