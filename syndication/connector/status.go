package connector

import (
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
)

// statuses are a subscription's statuses in the contract's words.
var statuses = map[subscription.Status]string{
	subscription.RequiresApproval: "REQUIRES_APPROVAL", subscription.Rejected: "REJECTED", subscription.Postponed: "POSTPONED",
	subscription.WaitingPayment: "WAITING_PAYMENT", subscription.PaymentExpired: "PAYMENT_EXPIRED", subscription.Pending: "PENDING",
	subscription.Active: "DEPLOYED", subscription.Suspended: "STOPPED", subscription.Failed: "FAILED",
	subscription.Terminating: "UNDEPLOY_SENT", subscription.Terminated: "UNDEPLOYED",
}

// orderTypes are an order's types in the contract's words.
var orderTypes = map[order.Type]string{
	order.Normal: "NORMAL", order.Trial: "TRIAL", order.Sandbox: "SANDBOX", order.Renewal: "RENEWAL", order.Upgrade: "SYNDICATED_UPGRADE",
	order.ItemUpgrade: "BILLING_ITEM_UPGRADE", order.Upsell: "UPSELL", order.Chunked: "CHUNKED", order.Refund: "REFUND",
	order.Cashed: "UPSELL", order.Termination: "TERMINATION",
}

// orderStatuses are the statuses of an order behind each of the contract's; what
// was billed is PAID there, whether the money is in or not.
var orderStatuses = map[string][]order.Status{
	"PAID": {order.AwaitingPayment, order.Confirmed}, "FREE": {order.Confirmed}, "DEFERRED": {order.Postponed}, "POSTPONED": {order.Postponed},
	"REQUIRES_APPROVAL": {order.RequiresApproval}, "REJECTED": {order.Rejected, order.Cancelled},
}

// invoiceStatuses are an invoice's statuses in the contract's words.
var invoiceStatuses = map[invoice.Status]string{
	invoice.Unpaid: "UNPAID", invoice.Paid: "PAID", invoice.Cancelled: "EXPIRED",
}

// productTypes are a product's types in the contract's words; what plugins set
// up is a cloud service.
var productTypes = map[catalog.Type]string{catalog.API: "API", catalog.Syndicated: "SYNDICATED", catalog.VendorService: "SERVICE"}

// named returns what has one of the names in the contract's words. A name that
// nothing has matches nothing: none is false then and all is empty.
func named[K comparable](words map[K]string, names []string) (all []K, none bool) {
	for k, word := range words {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, word) }) {
			all = append(all, k)
		}
	}
	return all, len(names) > 0 && len(all) == 0
}
