package order

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
)

// Sale is who buys of whom.
type Sale struct {
	// CustomerID is who buys; 0 for somebody who only looks.
	CustomerID int64
	// ResellerID is who sells; 0: the marketplace.
	ResellerID int64
	// Pushed says that the customer does not order by itself: its reseller, or
	// an operator, does.
	Pushed bool
	shop   storefront.Storefront
}

func (s Sale) reseller() *int64 {
	if s.ResellerID == 0 {
		return nil
	}
	return &s.ResellerID
}

// rightFor is what the actor needs to order for the customer.
func rightFor(actor account.Actor, customer int64) account.Right {
	if customer == 0 || customer == actor.OrganizationID {
		return account.PlaceOrders
	}
	return account.OrderForCustomers
}

// SaleTo finds out who buys of whom when the actor orders for the customer, 0
// for itself. Who is not the actor's customer does not exist.
func SaleTo(ctx context.Context, tx *store.Tx, actor account.Actor, customer int64) (Sale, error) {
	sale := Sale{CustomerID: actor.OrganizationID, ResellerID: actor.ResellerID}
	if customer != 0 && customer != actor.OrganizationID {
		sale.CustomerID, sale.Pushed = customer, true
	}
	if sale.CustomerID != 0 {
		buyer, err := account.OrganizationByID(ctx, tx, sale.CustomerID)
		if fault.Is(err, fault.NotFound) {
			return sale, noCustomer()
		}
		if err != nil {
			return sale, err
		}
		sale.ResellerID = buyer.Reseller()
		if sale.Pushed && (buyer.Kind != account.Customer || !actor.Owns(sale.ResellerID)) {
			return sale, noCustomer()
		}
	}
	var err error
	sale.shop, err = storefront.Of(ctx, tx, sale.ResellerID)
	return sale, err
}

func noCustomer() error {
	return fault.InvalidField("customerId", "You have no customer with this number.")
}

// quotable refuses to name a price where the storefront shows none. The
// reseller itself may always ask.
func (s Sale) quotable() error {
	if s.Pushed || s.shop.Mode.ShowsPrices() {
		return nil
	}
	return fault.Newf(fault.Forbidden, "%s tells its prices in person. Write to %s.", s.shop.Name, s.shop.Contact)
}

// orderable refuses an order where the storefront takes none.
func (s Sale) orderable() error {
	switch {
	case s.Pushed && !s.shop.Mode.ShowsPrices():
		return fault.New(fault.Conflict, "The storefront only shows products. Change its mode to listing or standard to order for customers.")
	case s.Pushed || s.shop.Mode.TakesOrders():
		return nil
	}
	return fault.Newf(fault.Forbidden, "%s takes orders in person. Write to %s.", s.shop.Name, s.shop.Contact)
}
