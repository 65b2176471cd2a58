// Package pricelist owns what resellers ask: their rules for each plan, and the
// plan revisions that follow from them.
package pricelist

import (
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

// Price is a rule as a reseller set it. It never changes; the newest of a plan
// holds.
type Price struct {
	ID         int64 `db:"id"`
	ResellerID int64 `db:"reseller_id"`
	PlanID     int64 `db:"plan_id"`
	Rule
	SetBy     string    `db:"set_by"`
	CreatedAt time.Time `db:"created_at"`
}

// Input sets the price of a plan from now on.
type Input struct {
	PlanID int64
	// ResellerID is whose price it is when an operator sets it; 0: the actor's.
	ResellerID int64
	Rule
}

// Validate reports every wrong field.
func (in Input) Validate() error {
	var c fault.Check
	c.That(in.PlanID > 0, "planId", "Say which plan.")
	c.Merge("", in.Rule.Validate())
	return c.Err()
}

// Entry is a plan in a reseller's price list.
type Entry struct {
	Product catalog.Product
	// Buys is the plan at the price that the reseller pays, Sells at the one it
	// asks.
	Buys, Sells catalog.Plan
	// Rule is nil where the reseller sells at the price it pays.
	Rule *Price
}
