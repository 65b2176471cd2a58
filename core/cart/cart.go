// Package cart owns what somebody means to order together: plans with their
// quantities, what they would cost, and the checkout that orders them.
package cart

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/money"
)

// Bounds of a cart: a checkout is one transaction for each order.
const (
	MaxItems    = 50
	MaxQuantity = 100
)

// Cart is what an organization means to order. CheckedOutAt is nil until all
// of it has been.
type Cart struct {
	ID           int64            `db:"id"`
	CustomerID   int64            `db:"customer_id"`
	ResellerID   *int64           `db:"reseller_id"` // who sells it; nil: the marketplace
	CreatedBy    int64            `db:"created_by"`
	Name         string           `db:"name"`
	Notes        string           `db:"notes"`
	Metadata     catalog.Metadata `db:"metadata"`
	CreatedAt    time.Time        `db:"created_at"`
	UpdatedAt    time.Time        `db:"updated_at"`
	CheckedOutAt *time.Time       `db:"checked_out_at"`
	Items        []Item           `db:"-"`
}

// Parties are the organizations whose cart it is.
func (c Cart) Parties() []int64 {
	if c.ResellerID == nil {
		return []int64{c.CustomerID}
	}
	return []int64{c.CustomerID, *c.ResellerID}
}

// Ordered reports whether any of the cart was ordered.
func (c Cart) Ordered() bool {
	for _, i := range c.Items {
		if len(i.Orders) > 0 {
			return true
		}
	}
	return c.CheckedOutAt != nil
}

// Item is a plan in a cart. Quantity counts how often it is ordered, Orders are
// those that were placed.
type Item struct {
	ID         int64            `db:"id"`
	CartID     int64            `db:"cart_id"`
	PlanID     int64            `db:"plan_id"`
	Quantity   int              `db:"quantity"`
	Parameters string           `db:"parameters"`
	Metadata   catalog.Metadata `db:"metadata"`
	Orders     []int64          `db:"-"`
}

// order is what is ordered of an item, once.
func (c Cart) order(i Item) order.Input {
	return order.Input{PlanID: i.PlanID, Parameters: json.RawMessage(i.Parameters), CustomerID: c.CustomerID}
}

// Input is a cart as it is put together.
type Input struct {
	Name     string
	Notes    string
	Metadata catalog.Metadata
	// CustomerID is for whom a reseller or an operator puts it together; 0: the
	// actor's own organization. It never changes.
	CustomerID int64
	Items      []ItemInput
}

// ItemInput is a plan that goes into a cart; a quantity of 0 is 1.
type ItemInput struct {
	PlanID     int64
	Quantity   int
	Parameters json.RawMessage
	Metadata   catalog.Metadata
}

func (in ItemInput) normal() ItemInput {
	if in.Quantity == 0 {
		in.Quantity = 1
	}
	if len(in.Parameters) == 0 {
		in.Parameters = json.RawMessage(`{}`)
	}
	return in
}

// Validate reports every wrong field.
func (in Input) Validate() error {
	var c fault.Check
	c.MaxLen("name", in.Name, 255)
	c.MaxLen("notes", in.Notes, 4000)
	c.Merge("metadata", in.Metadata.Validate())
	c.That(len(in.Items) <= MaxItems, "items", fmt.Sprintf("A cart holds at most %d plans.", MaxItems))
	for i, item := range in.Items {
		at := c.At("items[%d]", i)
		item = item.normal()
		at.Merge("", order.Input{PlanID: item.PlanID, Parameters: item.Parameters}.Validate())
		at.That(item.Quantity >= 1 && item.Quantity <= MaxQuantity, "quantity", fmt.Sprintf("Order 1 to %d at once.", MaxQuantity))
		at.Merge("metadata", item.Metadata.Validate())
	}
	return c.Err()
}

// Estimate is what a cart, or an item of it, costs now.
type Estimate struct {
	Items []Priced
	Net   money.Money
	Total money.Money
}

// Priced is an item with the quote of one of it, and what all of them cost.
type Priced struct {
	Item  Item
	Quote order.Quote
	Net   money.Money
	Total money.Money
}

// Failure is an item that could not be ordered, and why.
type Failure struct {
	Item Item
	Err  error
}
