package notify

import "strconv"

// Pages of the portal that mails lead to, below the marketplace's address.

func accountSubscription(id int64) string  { return "/account/subscriptions/" + number(id) }
func accountInvoice(id int64) string       { return "/account/invoices/" + number(id) }
func vendorSubscription(id int64) string   { return "/vendor/subscriptions/" + number(id) }
func vendorProduct(id int64) string        { return "/vendor/products/" + number(id) }
func operatorSubscription(id int64) string { return "/operator/subscriptions/" + number(id) }
func operatorProduct(id int64) string      { return "/operator/products/" + number(id) }
func storefrontProduct(sku string) string  { return "/products/" + sku }

const (
	accountHome        = "/account"
	vendorDeliveries   = "/vendor/deliveries"
	operatorDeliveries = "/operator/deliveries"
	operatorDrift      = "/operator/drift"
	operatorProviders  = "/operator/providers"
)

func number(id int64) string { return strconv.FormatInt(id, 10) }
