// Package catalog owns products, their endpoints, and plans with immutable
// revisions, from a vendor's draft over the operator's review to the page in
// the storefront.
package catalog

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// Status is where a product stands on its way to the storefront.
type Status string

// The statuses.
const (
	Draft     Status = "draft"
	Review    Status = "review"
	Published Status = "published"
	Rejected  Status = "rejected"
	Retired   Status = "retired"
)

// next is the only table of a product's moves.
var next = map[Status][]Status{
	Draft:     {Review},
	Rejected:  {Review},
	Review:    {Published, Rejected},
	Published: {Retired},
	Retired:   {Published},
}

// CanBecome reports whether a product in s may move to the status.
func (s Status) CanBecome(to Status) bool { return slices.Contains(next[s], to) }

// Product is something a vendor sells. Its secrets stay sealed in here.
type Product struct {
	ID               int64   `db:"id"`
	VendorID         int64   `db:"vendor_id"`
	Vendor           string  `db:"vendor"`
	SKU              string  `db:"sku"`
	Type             Type    `db:"type"`
	Name             string  `db:"name"`
	Category         string  `db:"category"`
	ShortDescription string  `db:"short_description"`
	Description      string  `db:"description"`
	Content          Content `db:"content"`
	UpstreamURL      string  `db:"upstream_url"`
	AuthHeaderName   string  `db:"auth_header_name"`
	AuthHeaderSealed []byte  `db:"auth_header_value"`
	SyndicationURL   string  `db:"syndication_url"`
	SyndicationKey   []byte  `db:"syndication_secret"` // sealed
	// Configuration is what the plugin of the product's type wants to know,
	// without its secrets; ConfigurationSealed is the whole of it.
	Configuration       string      `db:"configuration"`
	ConfigurationSealed []byte      `db:"configuration_sealed"`
	DriftPolicy         DriftPolicy `db:"drift_policy"`
	// SubscriptionApproval says that each order needs the approval of the
	// vendor, or of the reseller who sold it.
	SubscriptionApproval bool       `db:"subscription_approval"`
	Status               Status     `db:"status"`
	ReviewNote           string     `db:"review_note"`
	CreatedAt            time.Time  `db:"created_at"`
	UpdatedAt            time.Time  `db:"updated_at"`
	PublishedAt          *time.Time `db:"published_at"`
	// Metadata are the vendor's own.
	Metadata Metadata `db:"metadata"`
}

// Content is the storefront text that is shown but not searched or priced.
type Content struct {
	Features []string   `json:"features,omitempty"`
	FAQ      []Question `json:"faq,omitempty"`
}

// Question is one entry of a product's FAQ.
type Question struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
}

// Scan reads the JSON column.
func (c *Content) Scan(src any) error { return scanJSON(src, c) }

// Endpoint is one HTTP operation of an API product. Its identifier never
// changes: invoices and limits refer to it.
type Endpoint struct {
	ID          int64  `db:"id" json:"-"`
	ProductID   int64  `db:"product_id" json:"-"`
	Identifier  string `db:"identifier" json:"identifier"`
	Name        string `db:"name" json:"name"`
	Description string `db:"description" json:"description"`
	Method      string `db:"method" json:"method"`
	Path        string `db:"path" json:"path"`
}

// Plan is one way to buy a product. What it costs is in its revisions;
// Revision is the newest.
type Plan struct {
	ID        int64
	ProductID int64
	Name      string
	Position  int
	Hidden    bool
	// Identifier is how the vendor's systems call it.
	Identifier string
	Metadata   Metadata // the vendor's own
	Revision   Revision
}

// Revision is what a plan contained from some time on. It never changes: a
// subscription keeps the revision it bought.
type Revision struct {
	ID        int64       `db:"id"`
	PlanID    int64       `db:"plan_id"`
	Number    int         `db:"number"`
	Content   PlanContent `db:"content"`
	CreatedAt time.Time   `db:"created_at"`
	// ResellerID is whose prices these are; nil: the marketplace's own.
	ResellerID *int64 `db:"reseller_id"`
	// SourceID is the revision, of whom the reseller buys from, that this one
	// was derived from.
	SourceID *int64 `db:"source_id"`
	// Excluded says that the reseller does not sell the plan.
	Excluded bool `db:"excluded"`
}

// Mode is how an endpoint in a plan is paid.
type Mode string

// The modes.
const (
	Prepaid   Mode = "prepaid"   // included up to its limits, then 429 (K6)
	Included  Mode = "included"  // included without limit: a flat plan (K9)
	PayPerUse Mode = "payPerUse" // counted and billed at the end of the period (K7)
)

// PlanContent is the fixed price and what it includes or costs: endpoints of an
// API; resources and meters of everything else.
type PlanContent struct {
	price.Terms
	Endpoints []PlanEndpoint `json:"endpoints"`
	// Configuration is the plugin's plan document (its PlanSchema): the cloud,
	// the region, prepaid or pay-as-you-go.
	Configuration json.RawMessage `json:"configuration,omitempty"`
	// Provider names the provider that new subscriptions are made with; "" is
	// the first one of the product's type.
	Provider  string         `json:"provider,omitempty"`
	Resources []PlanResource `json:"resources,omitempty"`
	Meters    []PlanMeter    `json:"meters,omitempty"`
	// SelfBilling leaves invoices and their money to the seller: the
	// marketplace issues pro-forma ones.
	SelfBilling bool `json:"selfBilling,omitempty"`
}

// PlanResource is a quantity that the customer picks at the order and may
// change later; it is paid with the fixed price, by the unit and period. Its
// parameter is an integer property of the plugin's ParametersSchema; of a
// product that its vendor sets up, a name that the vendor chose.
type PlanResource struct {
	Parameter string `json:"parameter"` // "cores"
	Name      string `json:"name"`      // "CPU cores", for people
	Unit      string `json:"unit"`      // "core", "GB"
	Min       int64  `json:"min"`
	Max       int64  `json:"max"` // 0: no bound but the plugin's
	Step      int64  `json:"step"`
	Default   int64  `json:"default"`
	// UnitPrice is the price of one for a whole period.
	UnitPrice money.Decimal `json:"unitPrice"`
	// Included are not charged: only what is above them costs.
	Included int64 `json:"included,omitempty"`
}

// PlanMeter is a quantity that the plugin measures, billed at the end of the
// period. Its meter is one of the plugin's Description.
type PlanMeter struct {
	Meter        string `json:"meter"` // "core-hours"
	Name         string `json:"name"`
	Unit         string `json:"unit"`
	price.Charge        // its fields stand beside the others in JSON
}

// PlanEndpoint is an endpoint's part of a plan: limits when prepaid, a charge
// when paid per use.
type PlanEndpoint struct {
	Identifier    string           `json:"identifier"`
	Mode          Mode             `json:"mode"`
	Limits        map[string]int64 `json:"limits,omitempty"`
	*price.Charge                  // its fields stand beside the others in JSON
}

// Scan reads the JSON column.
func (c *PlanContent) Scan(src any) error { return scanJSON(src, c) }

// Windows lists the names of limit windows from the shortest to the longest.
var Windows = []string{"second", "minute", "hour", "day", "month", "year"}

// Metered returns the endpoints that are paid per use.
func (c PlanContent) Metered() []PlanEndpoint {
	var out []PlanEndpoint
	for _, e := range c.Endpoints {
		if e.Mode == PayPerUse && e.Charge != nil {
			out = append(out, e)
		}
	}
	return out
}

// Endpoint returns the plan's part for the identifier.
func (c PlanContent) Endpoint(identifier string) (PlanEndpoint, bool) {
	i := slices.IndexFunc(c.Endpoints, func(e PlanEndpoint) bool { return e.Identifier == identifier })
	if i < 0 {
		return PlanEndpoint{}, false
	}
	return c.Endpoints[i], true
}

// Listing is a product with what its page shows beside it.
type Listing struct {
	Product   Product
	Endpoints []Endpoint
	Plans     []Plan
	// Items are the numbers that connectors know what is priced by. They are
	// read for those who ask by number (Browse, Look).
	Items []Item
}

// ItemID is the number of something of the product; 0 of what has none.
func (l Listing) ItemID(kind ItemKind, identifier string) int64 {
	for _, i := range l.Items {
		if i.Kind == kind && i.Identifier == identifier {
			return i.ID
		}
	}
	return 0
}

// Offer is a plan that can be ordered now.
type Offer struct {
	Product  Product
	Plan     Plan
	Revision Revision
}

func scanJSON(src, dst any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), dst)
	case []byte:
		return json.Unmarshal(v, dst)
	}
	return json.Unmarshal([]byte("{}"), dst)
}
