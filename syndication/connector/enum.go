package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

func (s *server) enumRoutes() []route {
	return []route{{method: http.MethodGet, path: "enum/{name}", handle: getEnum, public: true}}
}

// getEnum lists the names of an enumeration.
func getEnum(_ context.Context, c *call) (answer, error) {
	names, known := enums()[c.param("name")]
	if !known {
		return answer{}, fault.Newf(fault.NotFound, "There is no enumeration %q.", c.param("name"))
	}
	return ok(names), nil
}

// enums are the contract's enumerations by the names of their types, with all
// the words that clients may meet, whether or not this marketplace says them.
func enums() map[string][]string {
	frequencies := make([]string, len(catalog.Frequencies))
	for i, f := range catalog.Frequencies {
		frequencies[i] = string(f)
	}
	return map[string][]string{
		"DeploymentStatus": {"PENDING", "DEPLOYED", "UNDEPLOYED", "STOPPED", "FAILED", "POSTPONED", "REJECTED", "REQUIRES_APPROVAL",
			"UNDEPLOY_SENT", "POST_CONFIGURATION", "WAITING_PAYMENT", "PAYMENT_EXPIRED"},
		"OrderType": {"NORMAL", "TRIAL", "SANDBOX", "UPGRADE", "BILLING_ITEM_UPGRADE", "MONTHLY", "RENEWAL", "UNMANAGED", "TERMINATION",
			"UNSUBSCRIBE", "ONESHOT_COSTS", "RECURRING_COSTS", "UPSELL", "CHUNKED", "REFUND", "DISK_UPGRADE", "SYNDICATED_UPGRADE", "ESTIMATE"},
		"OrderStatus":   {"DEFERRED", "FREE", "PAID", "POSTPONED", "REJECTED", "REQUIRES_APPROVAL"},
		"InvoiceStatus": {"UNPAID", "PENDING", "DELAYED", "REQUIRES_ACTION", "REQUIRES_CAPTURE", "EXPIRED", "PAID"},
		"LineType": {"CONFIGURATION", "SETUPFEE", "BILLINGITEMCOST", "BILLINGITEMSETUP", "BILLINGITEMPROPORTIONALSETUP", "COUPONDISCOUNT",
			"CUSTOM", "ONESHOTCOST", "RECURRINGCOST", "REFUND", "STAMPDUTY", "VIRTUALMACHINE", "BANDWIDTH", "DISKSPACE", "DISK_UPGRADE",
			"UPFRONT", "BACKUP", "IAASEXPENSE"},
		"ProductType":             {typeAPI, "BUNDLE", typeCloudService, "CSP", "MANAGED", typeService, typeSyndicated, "VM"},
		"OrderingType":            {"PUBLISHED", "RECOMMENDED", "TOPSOLD", "TOPTRIED"},
		"SubscriptionsPerProduct": {"ONE_PER_USER", "ONE_PER_COMPANY", "ONE_PER_COMPANY_GROUP", "TRIAL", "UNLIMITED"},
		"ProductDestination":      {"B2B", "B2C"},
		"TrialType":               {trialNot, trialAllowed, trialWithoutMoney},
		"CouponConfiguration":     {"ALLOWED", "MANDATORY", noCoupons},
		"PaymentGateway":          {"STRIPE", "STRIPE_SEPA", "IBAN", "MANUAL"},
		"BillingItemType":         {itemVolume, itemStairstep, itemTiered},
		"BillingItemValueType":    {itemPayAsGo, itemPrepaid, itemPostpaid},
		"BillingItemPresence":     {"OPTIONAL", "RECOMMENDED", "REQUIRED"},
		"UserRole": {"ROLE_ANONYMOUS", "ROLE_USER", "ROLE_VENDOR", "ROLE_RESELLER", "ROLE_DISTRIBUTOR", "ROLE_SUPERVISOR", "ROLE_ADMIN",
			"ROLE_SUPERADMIN"},
		"UserGroup":         {"MANAGEMENT", "MARKETING", "SALES", "TECH"},
		"EndpointCategory":  {"APP", "PASSWORD_RESET", "DOCUMENTATION", "VIDEO"},
		"EventType":         {"CREATED", "MODIFIED", "DELETED"},
		"EventRecipient":    {"COMPANY", "PRODUCT", "PLATFORM"},
		"CouponType":        {"bundle", "discount", "trial", "fixedPrice", "discountGenerator", "fixedPriceGenerator"},
		"CouponDestination": {"LICENSE_ONLY", "LICENSE_AND_EXTRAS", "TOTAL"},
		"PayPerUseCosts":    {"NONE", "CURRENT", "PROJECTED"},
		"MetricType":        {"EXTERNAL", "PROMETHEUS"},
		"MetricFunction":    {string(catalog.Average), string(catalog.Peak), string(catalog.Increase), string(catalog.Value)},
		"MetricFrequency":   frequencies,
		"PriceRuleType":     {"EXACT", "REGEX", "WILDCARD"},
		"PriceType":         {"PERCENTAGE", "VALUE"},
		"Visibility":        {"EXCLUDED", "INCLUDED", "PRICED"},
		"Listing":           {"DRAFT", "PUBLISHED", "DEPRECATED"},
		"ProceedsQuery":     {"FINAL", "LIVE", "MERGED"},
		"CostsGrouping":     {"DAY_OF_MONTH", "MONTH"},
		"SortDirection":     {"ASC", "DESC"},
	}
}
