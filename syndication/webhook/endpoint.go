package webhook

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/syndication/webhook/send"
)

// Recipient is whom an endpoint tells, and so of what.
type Recipient string

// The recipients.
const (
	ToPlatform Recipient = "platform" // the operator, of everything
	ToVendor   Recipient = "vendor"   // of the subscriptions that it sold
	ToProduct  Recipient = "product"  // the product's vendor, of the product's subscriptions
	ToReseller Recipient = "reseller" // of what it resold
	ToCustomer Recipient = "customer" // of its own
)

// Recipients lists them; the schema checks the same.
var Recipients = []Recipient{ToPlatform, ToVendor, ToProduct, ToReseller, ToCustomer}

// Format is how an event is written.
type Format string

// The formats.
const (
	Connector         Format = "connector"          // the connector contract's notification
	CloudEvents       Format = "cloudevents"        // that, in a CloudEvents 1.0 document
	CloudEventsBinary Format = "cloudevents-binary" // that, with CloudEvents 1.0 headers
)

// Formats lists them; the schema checks the same.
var Formats = []Format{Connector, CloudEvents, CloudEventsBinary}

// entities are what a recipient is told of.
func (r Recipient) entities() []string {
	switch r {
	case ToPlatform:
		return []string{event.Subscription, event.Invoice, event.ProductVersion, event.User, event.Cart}
	case ToReseller, ToCustomer:
		return []string{event.Subscription, event.Invoice}
	}
	return []string{event.Subscription}
}

// Endpoint is an address that events go to. Times are real, but for CreatedAt.
type Endpoint struct {
	ID             int64      `db:"id"`
	MarketplaceID  int64      `db:"marketplace_id"`
	Recipient      Recipient  `db:"recipient"`
	OrganizationID int64      `db:"organization_id"` // the owner; 0: the marketplace's operator
	ProductID      int64      `db:"product_id"`      // of ToProduct
	URL            string     `db:"url"`
	Description    string     `db:"description"`
	Format         Format     `db:"format"`
	Secret         []byte     `db:"secret"`          // sealed
	PreviousSecret []byte     `db:"previous_secret"` // sealed; signs beside Secret until PreviousUntil
	PreviousUntil  *time.Time `db:"previous_until"`
	Enabled        bool       `db:"enabled"` // what happens while it is not, waits
	DisabledReason string     `db:"disabled_reason"`
	DisabledAt     *time.Time `db:"disabled_at"`
	FailingSince   *time.Time `db:"failing_since"` // nil: the last attempt arrived
	Failures       int        `db:"failures"`      // in a row
	CreatedAt      time.Time  `db:"created_at"`
	DeletedAt      *time.Time `db:"deleted_at"`
}

// sealEndpoint is the purpose that secrets of endpoints are sealed for, but for
// those of products, which the catalog seals.
const sealEndpoint = "webhook.endpoint"

// purpose is what the endpoint's secrets are sealed for.
func (e Endpoint) purpose() string {
	if e.Recipient == ToProduct {
		return catalog.SealSyndication
	}
	return sealEndpoint
}

// shown is the endpoint without its secrets, for the audit trail.
func (e Endpoint) shown() Endpoint {
	e.Secret, e.PreviousSecret = nil, nil
	return e
}

// EndpointInput describes a new endpoint. An operator says whose it is; of
// others it is their own.
type EndpointInput struct {
	Recipient      Recipient // "": what the actor is
	OrganizationID int64
	ProductID      int64 // makes it the product's endpoint
	URL            string
	Description    string
	Format         Format      // "": Connector
	Secret         secret.Text // "": a new one is made

	allowPrivate bool
}

// Validate reports every wrong field.
func (in EndpointInput) Validate() error {
	var c fault.Check
	c.That(slices.Contains(Recipients, in.Recipient), "recipient", fmt.Sprintf("Use one of: %v.", Recipients))
	c.That((in.Recipient == ToProduct) == (in.ProductID != 0), "productId", "Name the product, for recipient product and for no other.")
	c.That((in.Recipient == ToPlatform || in.Recipient == ToProduct) == (in.OrganizationID == 0), "organizationId",
		"Name the organization, for recipients vendor, reseller and customer.")
	checkFields(&c, in.URL, in.Description, in.Format, in.Secret, in.allowPrivate)
	return c.Err()
}

// checkFields checks what can be changed of an endpoint.
func checkFields(c *fault.Check, url, description string, format Format, key secret.Text, allowPrivate bool) {
	c.Merge("", send.ValidateURL("url", url, allowPrivate))
	c.MaxLen("description", description, 200)
	c.That(slices.Contains(Formats, format), "format", fmt.Sprintf("Use one of: %v.", Formats))
	c.MaxLen("secret", key.Reveal(), 200)
}

// normal fills in what an actor need not say.
func (in EndpointInput) normal(actor account.Actor) EndpointInput {
	in.URL = strings.TrimSpace(in.URL)
	if in.Format == "" {
		in.Format = Connector
	}
	if in.Recipient == "" {
		in.Recipient = defaultRecipient(actor, in)
	}
	if !actor.SeesAll() && in.Recipient != ToProduct && in.Recipient != ToPlatform && in.OrganizationID == 0 {
		in.OrganizationID = actor.OrganizationID
	}
	return in
}

func defaultRecipient(actor account.Actor, in EndpointInput) Recipient {
	switch {
	case in.ProductID != 0:
		return ToProduct
	case actor.SeesAll():
		return ToPlatform
	}
	return Recipient(actor.Kind) // the three kinds of company have the same names
}

// EndpointChange changes an endpoint; what is nil stays.
type EndpointChange struct {
	URL         *string
	Description *string
	Format      *Format
	Enabled     *bool
}

// apply makes the changes on e and reports every wrong field.
func (in EndpointChange) apply(e *Endpoint, allowPrivate bool) error {
	if in.URL != nil {
		e.URL = strings.TrimSpace(*in.URL)
	}
	if in.Description != nil {
		e.Description = *in.Description
	}
	if in.Format != nil {
		e.Format = *in.Format
	}
	var c fault.Check
	checkFields(&c, e.URL, e.Description, e.Format, "", allowPrivate)
	return c.Err()
}

// RotateInput replaces an endpoint's secret. Both sign for KeepFor, so that the
// receiver can change over without losing an event.
type RotateInput struct {
	Secret  secret.Text   // "": a new one is made
	KeepFor time.Duration // DefaultKeep when 0
}

// How long a replaced secret stays valid.
const (
	DefaultKeep = 24 * time.Hour
	MaxKeep     = 30 * 24 * time.Hour
)

// Validate reports every wrong field.
func (in RotateInput) Validate() error {
	var c fault.Check
	c.MaxLen("secret", in.Secret.Reveal(), 200)
	c.That(in.KeepFor >= 0 && in.KeepFor <= MaxKeep, "keepHours", "Use 1 to 720 hours.")
	return c.Err()
}

// EndpointFilter narrows a list; zero values do not.
type EndpointFilter struct {
	ProductID int64
	Recipient Recipient
}

// Validate reports every wrong field.
func (f EndpointFilter) Validate() error {
	var c fault.Check
	c.That(f.ProductID >= 0, "productId", "Use the number of a product.")
	c.That(f.Recipient == "" || slices.Contains(Recipients, f.Recipient), "recipient", fmt.Sprintf("Use one of: %v.", Recipients))
	return c.Err()
}
