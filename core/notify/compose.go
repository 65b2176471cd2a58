package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// compose decides who is told what of an event. Most topics need no mail:
// what a person did a moment ago is confirmed on the page, and what follows
// by itself within seconds is told once, by its last event.
func compose(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	switch e.Topic {
	case "order.placed":
		return ordered(ctx, tx, e, mail.OrderReceived, mail.NewOrder)
	case "order.approvalRequested":
		return ordered(ctx, tx, e, mail.OrderAwaitsApproval, mail.ApprovalRequested)
	case "order.approved":
		return approved(ctx, tx, e)
	case "order.rejected":
		return toCustomer(ctx, tx, e, mail.OrderRejected)
	case "order.cancelled":
		return toCustomer(ctx, tx, e, mail.OrderCancelled)
	case "subscription.created", "subscription.paid", "subscription.terminating":
		return manual(ctx, tx, e)
	case "subscription.activated":
		return toCustomer(ctx, tx, e, mail.SubscriptionActive)
	case "subscription.failed":
		return failed(ctx, tx, e)
	case "subscription.suspended":
		return toCustomer(ctx, tx, e, mail.SubscriptionSuspended)
	case "subscription.resumed":
		return toCustomer(ctx, tx, e, mail.SubscriptionResumed)
	case "subscription.planChanged":
		return toCustomer(ctx, tx, e, mail.PlanChanged)
	case "subscription.planChangePlanned":
		return planned(ctx, tx, e)
	case "subscription.resized":
		return toCustomer(ctx, tx, e, mail.SubscriptionResized)
	case "subscription.resizePlanned":
		return resizePlanned(ctx, tx, e)
	case "subscription.terminated", "subscription.paymentExpired":
		return ended(ctx, tx, e)
	case "product.submitted":
		return submitted(ctx, tx, e)
	case "product.approved":
		return toVendor(ctx, tx, e, mail.ProductApproved)
	case "product.rejected":
		return toVendor(ctx, tx, e, mail.ProductRejected)
	case "invoice.issued":
		return billed(ctx, tx, e, mail.InvoiceIssued)
	case "invoice.paid", "invoice.cashed":
		return billed(ctx, tx, e, mail.PaymentReceived)
	case "drift.found":
		return toOperators(ctx, tx, mail.DriftFound, mail.Data{Reason: e.Summary}, operatorDrift)
	case "provider.circuitOpened":
		return toOperators(ctx, tx, mail.ProviderDown, mail.Data{Reason: e.Summary}, operatorProviders)
	case "webhook.endpointDisabled":
		return endpointDisabled(ctx, tx, e)
	}
	return nil, nil
}

// endpointDisabled tells whose endpoint it is, of the marketplace's own the
// operators.
func endpointDisabled(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	data, owner, link := mail.Data{Reason: e.Summary}, e.VendorID, vendorDeliveries
	if owner == nil {
		owner, link = cmp.Or(e.ResellerID, e.CustomerID), accountHome
	}
	if owner == nil {
		return toOperators(ctx, tx, mail.EndpointDisabled, data, operatorDeliveries)
	}
	l, err := to(ctx, tx, *owner, mail.EndpointDisabled, data, link)
	return []letter{l}, err
}

// toCustomer writes about the customer's subscription.
func toCustomer(ctx context.Context, tx *store.Tx, e event.Event, kind mail.Kind) ([]letter, error) {
	sub, data, err := subscriptionThen(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	switch kind {
	case mail.PlanChanged:
		if data.OldPlan, err = planBefore(ctx, tx, e); err != nil {
			return nil, err
		}
	case mail.SubscriptionResized:
		if data.Size, err = sizeOf(ctx, tx, sub.RevisionID, sub.Parameters); err != nil {
			return nil, err
		}
		if e.Actor == audit.System.Name {
			data.Reason = "More was running than had been bought. What runs is billed."
		}
	case mail.SubscriptionSuspended:
		data.Reason = e.Summary
	}
	l, err := to(ctx, tx, sub.CustomerID, kind, data, accountSubscription(sub.ID))
	return []letter{l}, err
}

// failed calms the customer and calls who can mend it: the vendor of what it
// sets up itself, and the operators of all else. What a plugin said is for the
// operators; what a vendor says is for the customer, too.
func failed(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	sub, data, err := subscriptionThen(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	why := strings.TrimPrefix(e.Summary, "Setting up failed: ")
	if sub.VendorProvisioned() {
		data.Reason = why
	}
	customer, err := to(ctx, tx, sub.CustomerID, mail.ProvisioningFailed, data, accountSubscription(sub.ID))
	if err != nil {
		return nil, err
	}
	data.Reason = why
	if sub.VendorProvisioned() {
		vendor, err := to(ctx, tx, sub.VendorID, mail.SetupFailedVendor, data, vendorSubscription(sub.ID))
		return []letter{customer, vendor}, err
	}
	operators, err := toOperators(ctx, tx, mail.ProvisioningFailedOperator, data, operatorSubscription(sub.ID))
	return append(operators, customer), err
}

// planned tells of a change that waits for the next period, if it still does.
func planned(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	sub, data, err := subscriptionThen(ctx, tx, e)
	if err != nil || sub.NextRevisionID == nil {
		return nil, err
	}
	rev, err := catalog.RevisionByID(ctx, tx, *sub.NextRevisionID)
	if err != nil {
		return nil, err
	}
	plan, err := catalog.PlanByID(ctx, tx, rev.PlanID)
	if err != nil {
		return nil, err
	}
	data.Plan, data.When = plan.Name, nextPeriod(sub)
	l, err := to(ctx, tx, sub.CustomerID, mail.PlanChangePlanned, data, accountSubscription(sub.ID))
	return []letter{l}, err
}

// resizePlanned tells of a size that waits for the next period, if it still
// does.
func resizePlanned(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	sub, data, err := subscriptionThen(ctx, tx, e)
	if err != nil || sub.NextParameters == nil {
		return nil, err
	}
	revision := sub.RevisionID
	if sub.NextRevisionID != nil {
		revision = *sub.NextRevisionID
	}
	if data.Size, err = sizeOf(ctx, tx, revision, *sub.NextParameters); err != nil {
		return nil, err
	}
	data.When = nextPeriod(sub)
	l, err := to(ctx, tx, sub.CustomerID, mail.ResizePlanned, data, accountSubscription(sub.ID))
	return []letter{l}, err
}

// nextPeriod is the day on which the next period begins, when that is known.
func nextPeriod(sub subscription.Subscription) string {
	if sub.PeriodEnd == nil {
		return ""
	}
	return day(*sub.PeriodEnd)
}

// sizeOf words the quantities that the revision sells.
func sizeOf(ctx context.Context, tx *store.Tx, revision int64, parameters string) (string, error) {
	rev, err := catalog.RevisionByID(ctx, tx, revision)
	if err != nil {
		return "", err
	}
	var all []string
	for _, r := range rev.Content.Resources {
		all = append(all, fmt.Sprintf("%s %d", r.Title(), r.Quantity(json.RawMessage(parameters))))
	}
	return cmp.Or(strings.Join(all, ", "), "as chosen"), nil
}

// ended says goodbye, or that an unpaid order is cancelled.
func ended(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	sub, data, err := subscriptionThen(ctx, tx, e)
	if err != nil {
		return nil, err
	}
	kind := mail.SubscriptionTerminated
	if sub.PeriodStart == nil {
		kind = mail.OrderCancelled
	} else if why, err := before(ctx, tx, e); err == nil && why.Topic == "subscription.terminating" {
		data.Reason = why.Summary
	} else if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	l, err := to(ctx, tx, sub.CustomerID, kind, data, accountSubscription(sub.ID))
	return []letter{l}, err
}

func submitted(ctx context.Context, tx *store.Tx, e event.Event) ([]letter, error) {
	p, err := catalog.ProductByID(ctx, tx, e.EntityID)
	if err != nil {
		return nil, err
	}
	return toOperators(ctx, tx, mail.ProductSubmitted, mail.Data{Product: p.Name, Vendor: p.Vendor}, operatorProduct(p.ID))
}

func toVendor(ctx context.Context, tx *store.Tx, e event.Event, kind mail.Kind) ([]letter, error) {
	p, err := catalog.ProductByID(ctx, tx, e.EntityID)
	if err != nil {
		return nil, err
	}
	then, err := detailsOf(e)
	if err != nil {
		return nil, err
	}
	link := vendorProduct(p.ID)
	if kind == mail.ProductApproved {
		link = storefrontProduct(p.SKU)
	}
	l, err := to(ctx, tx, p.VendorID, kind, mail.Data{Product: p.Name, Reason: then.Reason}, link)
	return []letter{l}, err
}

// billed tells of an invoice, or of a credit note. One over nothing can wait
// until somebody looks.
func billed(ctx context.Context, tx *store.Tx, e event.Event, kind mail.Kind) ([]letter, error) {
	b, err := billByID(ctx, tx, e.EntityID)
	if err != nil || b.Total.Sign() == 0 {
		return nil, err
	}
	if b.Total.Sign() < 0 {
		kind, b.Total = mail.CreditNoteIssued, b.Total.Neg()
	}
	data := mail.Data{InvoiceNumber: b.Number, Amount: b.amount(), Due: day(b.DueAt)}
	l, err := to(ctx, tx, b.CustomerID, kind, data, accountInvoice(b.ID))
	return []letter{l}, err
}

// to addresses a letter to an organization.
func to(ctx context.Context, tx *store.Tx, organization int64, kind mail.Kind, data mail.Data, link string) (letter, error) {
	o, err := account.OrganizationByID(ctx, tx, organization)
	if err != nil {
		return letter{}, err
	}
	data.To, data.Link = mail.Address{Name: o.Name, Email: o.Email}, link
	return letter{kind, data}, nil
}

func toOperators(ctx context.Context, tx *store.Tx, kind mail.Kind, data mail.Data, link string) ([]letter, error) {
	emails, err := account.OperatorEmails(ctx, tx)
	all := make([]letter, len(emails))
	for i, email := range emails {
		data.To, data.Link = mail.Address{Email: email}, link
		all[i] = letter{kind, data}
	}
	return all, err
}

func subscriptionOf(ctx context.Context, tx *store.Tx, e event.Event) (subscription.Subscription, error) {
	if e.SubscriptionID == nil {
		return subscription.Subscription{}, fault.New(fault.Internal, "The event names no subscription.").With("event", e.ID)
	}
	return subscription.ByID(ctx, tx, *e.SubscriptionID)
}

// subscriptionThen reads the subscription and what it was at the event.
func subscriptionThen(ctx context.Context, tx *store.Tx, e event.Event) (subscription.Subscription, mail.Data, error) {
	sub, err := subscriptionOf(ctx, tx, e)
	if err != nil {
		return sub, mail.Data{}, err
	}
	then, err := detailsOf(e)
	data := about(sub)
	data.When = e.HappenedAt.UTC().Format("2 January 2006, 15:04 UTC")
	if then.Plan != "" {
		data.Plan = then.Plan
	}
	return sub, data, err
}

func about(sub subscription.Subscription) mail.Data {
	return mail.Data{Product: sub.Product, Plan: sub.Plan, Customer: sub.Customer, OrderID: sub.OrderID, SubscriptionID: sub.ID}
}

// planBefore returns the plan that the subscription had until the event.
func planBefore(ctx context.Context, tx *store.Tx, e event.Event) (string, error) {
	earlier, err := before(ctx, tx, e)
	if err != nil {
		return "", err
	}
	then, err := detailsOf(earlier)
	return then.Plan, err
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
