// Package account owns marketplaces, organizations, the people in them, how
// they prove who they are, and the one policy of who may do what.
package account

import (
	"net/mail"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
)

// Kind is what an organization is in its marketplace.
type Kind string

// The kinds. System is no organization: it is the marketplace acting by itself.
const (
	Operator Kind = "operator"
	Vendor   Kind = "vendor"
	Customer Kind = "customer"
	Reseller Kind = "reseller"
	System   Kind = "system"
)

// Kinds lists the kinds an organization can have; the schema checks the same.
var Kinds = []Kind{Operator, Vendor, Customer, Reseller}

// Role is what a person may do within the organization.
type Role string

// The roles.
const (
	Admin  Role = "admin"
	Member Role = "member"
)

// Marketplace is the tenant: its own host name, catalog, customers and clock.
type Marketplace struct {
	ID           int64         `db:"id"`
	Name         string        `db:"name"`
	Host         string        `db:"host"`
	Sandbox      bool          `db:"sandbox"`
	Currency     string        `db:"currency"`
	TaxPercent   money.Decimal `db:"tax_percent"` // 22 for 22 %
	TaxText      string        `db:"tax_text"`    // printed on invoices when the rate is 0
	Address      string        `db:"address"`
	VATID        string        `db:"vat_id"`
	SupportEmail string        `db:"support_email"`
	Overdue
	// AllowPrivateTargets lets webhooks go to addresses inside the network.
	AllowPrivateTargets bool      `db:"allow_private_targets"`
	CreatedAt           time.Time `db:"created_at"`
}

// ReachesPrivate reports whether the marketplace may call addresses that are
// not on the open internet: a sandbox, or one that was allowed to.
func (m Marketplace) ReachesPrivate() bool { return m.Sandbox || m.AllowPrivateTargets }

// Overdue says what an unpaid invoice comes to, in days; nil: nothing.
type Overdue struct {
	// StopDays after its due date the subscription is suspended, EndDays after
	// that it ends.
	StopDays *int `db:"overdue_stop_days"`
	EndDays  *int `db:"overdue_end_days"`
	// FirstPaymentDays after the due date of a first invoice that was never
	// paid the order is given up.
	FirstPaymentDays *int `db:"first_payment_days"`
}

// Organization is a company on a marketplace.
type Organization struct {
	ID         int64     `db:"id"`
	Kind       Kind      `db:"kind"`
	Name       string    `db:"name"`
	Email      string    `db:"email"`
	Address    string    `db:"address"`
	VATID      string    `db:"vat_id"`
	ResellerID *int64    `db:"reseller_id"` // whose customer it is; nil: the marketplace's own
	CreatedAt  time.Time `db:"created_at"`
}

// Reseller is whose customer it is, 0 when it is the marketplace's own.
func (o Organization) Reseller() int64 {
	if o.ResellerID == nil {
		return 0
	}
	return *o.ResellerID
}

// User is a person in one organization.
type User struct {
	ID             int64     `db:"id"`
	OrganizationID int64     `db:"organization_id"`
	Email          string    `db:"email"`
	Name           string    `db:"name"`
	Role           Role      `db:"role"`
	CreatedAt      time.Time `db:"created_at"`
}

// Token is an API token as it is listed: its secret is shown only once, when
// it is made.
type Token struct {
	ID         int64      `db:"id"`
	Name       string     `db:"name"`
	CreatedAt  time.Time  `db:"created_at"`
	LastUsedAt *time.Time `db:"last_used_at"`
	RevokedAt  *time.Time `db:"revoked_at"`
}

// MarketplaceInput describes a new marketplace.
type MarketplaceInput struct {
	Name         string
	Host         string // host name without port; "*" answers on every host
	Sandbox      bool
	Currency     string
	TaxPercent   money.Decimal
	TaxText      string
	Address      string
	VATID        string
	SupportEmail string
	Overdue      Overdue
	// AllowPrivateTargets lets webhooks go to addresses inside the network.
	AllowPrivateTargets bool
}

// Validate reports every wrong field.
func (in MarketplaceInput) Validate() error {
	var c fault.Check
	c.Need("name", in.Name)
	c.Need("host", in.Host)
	c.That(money.ValidCurrency(in.Currency), "currency", "Use an ISO 4217 code such as EUR.")
	c.That(in.TaxPercent.Sign() >= 0, "taxPercent", "A tax rate cannot be negative.")
	c.Merge("overdue", in.Overdue.Validate())
	return c.Err()
}

// OrganizationInput describes a new organization.
type OrganizationInput struct {
	Kind    Kind
	Name    string
	Email   string
	Address string
	VATID   string
	// ResellerID is whose customer a new customer becomes; 0: the marketplace's.
	ResellerID int64
}

// Validate reports every wrong field.
func (in OrganizationInput) Validate() error {
	var c fault.Check
	c.That(in.Kind == Operator || in.Kind == Vendor || in.Kind == Customer || in.Kind == Reseller,
		"kind", "Use operator, vendor, customer or reseller.")
	c.Need("name", in.Name)
	c.MaxLen("name", in.Name, 200)
	c.That(validEmail(in.Email), "email", "This is not an e-mail address.")
	return c.Err()
}

// UserInput describes a new person.
type UserInput struct {
	OrganizationID int64
	Email          string
	Name           string
	Password       string
	Role           Role
}

// MinPassword is the shortest password in characters.
const MinPassword = 10

// Validate reports every wrong field.
func (in UserInput) Validate() error {
	var c fault.Check
	c.That(validEmail(in.Email), "email", "This is not an e-mail address.")
	c.Need("name", in.Name)
	c.MaxLen("name", in.Name, 200)
	c.That(len([]rune(in.Password)) >= MinPassword, "password", "Use at least 10 characters.")
	c.That(in.Role == Admin || in.Role == Member, "role", "Use admin or member.")
	return c.Err()
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func normalEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
