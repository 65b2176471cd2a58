package app

import (
	"context"
	"encoding/json"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/syndication/callback"
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
	if !w.Offer.Product.Type.VendorProvisioned() {
		return a.Provision.CheckOrder(ctx, marketplace, w)
	}
	return a.Callbacks.ValidateOrder(ctx, marketplace, callback.OrderQuestion{Type: callback.NewOrder, Offer: w.Offer,
		Parameters: w.Parameters, BuyerID: w.BuyerID, Language: w.Language})
}

// values asks the vendor what can be chosen of a parameter (order.ValuesFunc).
func (a *App) values(ctx context.Context, marketplace int64, w order.Wish, code string) (catalog.Values, error) {
	return a.Callbacks.Values(ctx, marketplace, callback.ValuesQuestion{Offer: w.Offer, Code: code, Parameters: w.Parameters,
		BuyerID: w.BuyerID, Language: w.Language})
}

// checkChange is checkOrder for what is there already.
func (a *App) checkChange(ctx context.Context, marketplace int64, sub subscription.Subscription, w order.Wish) error {
	if !sub.VendorProvisioned() {
		return a.Provision.CheckChange(ctx, marketplace, sub, w)
	}
	return a.Callbacks.ValidateOrder(ctx, marketplace, callback.OrderQuestion{Type: callback.Upgrade, Offer: w.Offer,
		Parameters: w.Parameters, Before: json.RawMessage(sub.Parameters), SubscriptionID: sub.ID, Language: w.Language})
}

// permit asks the vendor whether what it set up may end
// (subscription.Downstream).
func (a *App) permit(ctx context.Context, actor account.Actor, sub subscription.Subscription, e subscription.Ending) error {
	if !sub.VendorProvisioned() {
		return nil
	}
	offer, err := a.sold(ctx, actor.MarketplaceID, sub)
	if err != nil {
		return err
	}
	facts, err := offer.Revision.Content.VendorFacts()
	if err != nil {
		return err
	}
	if facts.Unkillable && e == subscription.AtOnce {
		return fault.New(fault.Conflict, "This plan runs to the end of its period. Turn off its renewal instead.").With("subscription", sub.ID)
	}
	kind := map[subscription.Ending]callback.Type{subscription.AtOnce: callback.Termination, subscription.NoRenewal: callback.Unsubscribe}[e]
	return a.Callbacks.ValidateOrder(ctx, actor.MarketplaceID, callback.OrderQuestion{Type: kind, Offer: offer,
		Parameters: json.RawMessage(sub.Parameters), SubscriptionID: sub.ID, Language: actor.Language})
}

// sold is the offer that a subscription is on.
func (a *App) sold(ctx context.Context, marketplace int64, sub subscription.Subscription) (o catalog.Offer, err error) {
	err = a.DB.View(ctx, marketplace, func(tx *store.Tx) error {
		if o.Product, err = catalog.ProductByID(ctx, tx, sub.ProductID); err != nil {
			return err
		}
		if o.Plan, err = catalog.PlanByID(ctx, tx, sub.PlanID); err != nil {
			return err
		}
		o.Revision, err = catalog.RevisionByID(ctx, tx, sub.RevisionID)
		return err
	})
	return o, err
}
