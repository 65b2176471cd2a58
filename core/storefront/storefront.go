// Package storefront owns a reseller's own face of the marketplace: its host
// name, its look, and how much of a shop it is.
package storefront

import (
	"time"
)

// Mode is how much of a shop a storefront is.
type Mode string

// The modes; the first is what a reseller without a storefront has.
const (
	Standard Mode = "standard" // shows prices and takes orders
	Listing  Mode = "listing"  // shows prices; the reseller orders for its customers
	Showcase Mode = "showcase" // shows products, neither prices nor orders
)

// Modes lists them; the schema checks the same.
var Modes = []Mode{Standard, Listing, Showcase}

// ShowsPrices reports whether anybody may see what a plan costs.
func (m Mode) ShowsPrices() bool { return m != Showcase }

// TakesOrders reports whether customers may order by themselves.
func (m Mode) TakesOrders() bool { return m == Standard }

// Storefront is a reseller's face of its marketplace. The zero Storefront is
// the marketplace's own.
type Storefront struct {
	ID         int64     `db:"id"`
	ResellerID int64     `db:"reseller_id"`
	Host       string    `db:"host"` // without port
	Name       string    `db:"name"`
	Mode       Mode      `db:"mode"`
	Contact    string    `db:"contact"` // the e-mail address that customers write to
	Accent     string    `db:"accent"`  // "#0f6b66"; "" is the marketplace's
	AccentDark string    `db:"accent_dark"`
	LogoType   string    `db:"logo_type"` // "" has none
	CreatedAt  time.Time `db:"created_at"`
	UpdatedAt  time.Time `db:"updated_at"`
}
