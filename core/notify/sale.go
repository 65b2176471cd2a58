package notify

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// ordered thanks the customer and tells the seller: the vendor, or the reseller
// when it is the one to approve.
func ordered(ctx context.Context, tx *store.Tx, e event.Event, thanks, notice mail.Kind) ([]letter, error) {
	sub, data, err := sale(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	customer, err := to(ctx, tx, sub.CustomerID, thanks, data, accountSubscription(sub.ID))
	if err != nil {
		return nil, err
	}
	seller, link := sub.VendorID, vendorSubscription(sub.ID)
	if notice == mail.ApprovalRequested && sub.ResellerID != nil {
		seller, link = *sub.ResellerID, accountSubscription(sub.ID)
	}
	told, err := to(ctx, tx, seller, notice, data, link)
	return []letter{customer, told}, err
}

// approved tells the customer what comes next.
func approved(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	sub, data, err := sale(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	l, err := to(ctx, tx, sub.CustomerID, mail.OrderApproved, data, accountSubscription(sub.ID))
	return []letter{l}, err
}

// sale is what a mail says of an order: what is to be paid first, or when it
// begins.
func sale(ctx context.Context, tx *store.Tx, e event.Event) (subscription.Subscription, mail.Data, error) {
	sub, err := subscriptionOf(ctx, tx, e)
	if err != nil {
		return sub, mail.Data{}, err
	}
	data := about(sub)
	if sub.Status == subscription.Postponed && sub.BillsAt != nil {
		data.When = day(*sub.BillsAt)
	}
	due, err := unpaidOf(ctx, tx, sub.ID)
	switch {
	case err == nil:
		data.Amount = due.amount()
	case !fault.Is(err, fault.NotFound):
		return sub, mail.Data{}, err
	}
	return sub, data, nil
}

// manual tells the people of a vendor what is to be done by hand: no connector
// of theirs hears of it.
func manual(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	then, err := detailsOf(e)
	if err != nil {
		return nil, err
	}
	kind := map[subscription.Status]mail.Kind{subscription.Pending: mail.ServiceToSetUp, subscription.Terminating: mail.ServiceToRemove}[then.Status]
	if kind == "" {
		return nil, nil
	}
	sub, err := subscriptionOf(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	p, err := catalog.ProductByID(ctx, tx, sub.ProductID)
	if err != nil || p.Type != catalog.VendorService {
		return nil, err
	}
	l, err := to(ctx, tx, sub.VendorID, kind, about(sub), vendorSubscription(sub.ID))
	return []letter{l}, err
}
