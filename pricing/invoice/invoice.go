// Package invoice owns bills: what a period costs, the invoice that says so
// and never changes afterwards, and the run that writes what is missing.
package invoice

import (
	"encoding/json"
	"time"

	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

// Status is where the payment of an invoice stands. An issued invoice itself
// never changes; only this does.
type Status string

// The statuses.
const (
	Unpaid    Status = "unpaid"
	Paid      Status = "paid"
	Cancelled Status = "cancelled" // given up before anything was used
	Draft     Status = "draft"     // not issued yet; its customer does not see it
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{Unpaid, Paid, Cancelled, Draft}

// Invoice is an issued bill. A negative total is a credit note.
type Invoice struct {
	ID             int64         `db:"id"`
	CustomerID     int64         `db:"customer_id"`
	SubscriptionID int64         `db:"subscription_id"`
	Number         string        `db:"number"`
	Status         Status        `db:"status"`
	Currency       string        `db:"currency"`
	Net            money.Decimal `db:"net"`
	TaxPercent     money.Decimal `db:"tax_percent"`
	TaxText        string        `db:"tax_text"`
	Tax            money.Decimal `db:"tax"`
	Total          money.Decimal `db:"total"`
	Snapshot       Snapshot      `db:"snapshot"`
	IssuedAt       time.Time     `db:"issued_at"`
	DueAt          time.Time     `db:"due_at"`
	PaidAt         *time.Time    `db:"paid_at"`
	// SelfBilledBy is the seller whose pro-forma invoice it is; nil: the
	// marketplace bills and collects.
	SelfBilledBy *int64 `db:"self_billed_by"`
	// Reference is that of the payment, when somebody recorded one.
	Reference string `db:"reference"`
	// Type and OrderID are those of the order it belongs to; one without an
	// order bills a period.
	Type    order.Type `db:"type"`
	OrderID int64      `db:"order_id"`
	Lines   []Line     `db:"-"` // read by Get only
}

// Line is one position, with the price revision and arithmetic that made it.
type Line struct {
	ID          int64         `db:"id"`
	Position    int           `db:"position"`
	RevisionID  int64         `db:"plan_revision_id"`
	Kind        rating.Kind   `db:"kind"`
	Meter       string        `db:"meter"`
	Description string        `db:"description"`
	Quantity    money.Decimal `db:"quantity"`
	UnitPrice   money.Decimal `db:"unit_price"`
	Amount      money.Decimal `db:"amount"`
	PeriodStart *time.Time    `db:"period_start"`
	PeriodEnd   *time.Time    `db:"period_end"`
	Explanation Explanation   `db:"explanation"`
	// Identifier, Unit, Tags and PlatformCost are a vendor's, of a line of its
	// own.
	Identifier   string         `db:"identifier"`
	Unit         string         `db:"unit"`
	Tags         Tags           `db:"tags"`
	PlatformCost *money.Decimal `db:"platform_cost"`
}

// Explanation is rating.Explanation as it is stored.
type Explanation struct{ rating.Explanation }

// Scan reads the JSON column.
func (e *Explanation) Scan(src any) error { return scan(src, &e.Explanation) }

// Snapshot is what else stands on the invoice, as it was when it was issued.
type Snapshot struct {
	Marketplace Party  `json:"marketplace"`
	Customer    Party  `json:"customer"`
	Seller      *Party `json:"seller,omitempty"` // who collects a pro-forma invoice
	Vendor      string `json:"vendor"`
	Product     string `json:"product"`
	Plan        string `json:"plan"`
}

// Party is a company on the invoice.
type Party struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	VATID   string `json:"vatId"`
	Email   string `json:"email"`
}

// Scan reads the JSON column.
func (s *Snapshot) Scan(src any) error { return scan(src, s) }

func scan(src, dst any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), dst)
	case []byte:
		return json.Unmarshal(v, dst)
	}
	return nil
}

// PaymentTerm is how long after its issue an invoice is due (T20).
const PaymentTerm = 48 * time.Hour

// BilledPeriod records that a period has been billed. Stale says that usage
// arrived for it afterwards; Free that its usage costs nothing (a trial).
type BilledPeriod struct {
	ID             int64     `db:"id"`
	SubscriptionID int64     `db:"subscription_id"`
	RevisionID     int64     `db:"plan_revision_id"`
	Start          time.Time `db:"period_start"`
	End            time.Time `db:"period_end"`
	Free           bool      `db:"free"`
}
