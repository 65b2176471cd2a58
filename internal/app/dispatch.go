package app

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
)

// start asks for a change to the outside world: of the vendor, when it sets
// the subscription up itself, and otherwise of the plugin by way of others.
func (a *App) start(others invoice.StartFunc) invoice.StartFunc {
	return func(ctx context.Context, tx *store.Tx, sub subscription.Subscription, op subscription.Operation) error {
		if sub.VendorProvisioned() {
			return a.Fulfilment.Start(ctx, tx, sub, op)
		}
		return others(ctx, tx, sub, op)
	}
}

// provider picks the provider of a new subscription; what vendors set up has
// none.
func (a *App) provider(ctx context.Context, tx *store.Tx, t catalog.Type, name string) (int64, error) {
	switch {
	case !t.VendorProvisioned():
		return a.Provision.ProviderFor(ctx, tx, t, name)
	case name != "":
		return 0, fault.Newf(fault.Precondition, "There is no provider %q: products of type %s are set up by their vendor.", name, t)
	}
	return 0, nil
}

// checkOrder asks whoever would make a sale real whether it can be.
func (a *App) checkOrder(ctx context.Context, marketplace int64, w order.Wish) error {
	if w.Offer.Product.Type.VendorProvisioned() {
		return nil
	}
	return a.Provision.CheckOrder(ctx, marketplace, w)
}

// checkChange is checkOrder for what is there already.
func (a *App) checkChange(ctx context.Context, marketplace int64, sub subscription.Subscription, w order.Wish) error {
	if sub.VendorProvisioned() {
		return nil
	}
	return a.Provision.CheckChange(ctx, marketplace, sub, w)
}
