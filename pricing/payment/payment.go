// Package payment owns the payments of invoices: one at a time per invoice,
// charged once at the gateway whatever crashes, and never a card number kept.
package payment

import (
	"time"

	"github.com/fondaco/fondaco/pricing/money"
)

// Status is where a payment stands. It begins pending and moves once.
type Status string

// The statuses. An invoice has at most one payment that is pending or succeeded.
const (
	Pending   Status = "pending"   // the gateway was asked, its answer is not known yet
	Succeeded Status = "succeeded" // charged; the invoice is paid
	Declined  Status = "declined"  // refused; the invoice can be paid with another card
	Abandoned Status = "abandoned" // never reached the gateway; nothing was charged
)

// Payment is one try to pay an invoice. Of the card it knows the last four
// digits and the expiry.
type Payment struct {
	ID         int64         `db:"id"`
	InvoiceID  int64         `db:"invoice_id"`
	Gateway    string        `db:"gateway"`
	Status     Status        `db:"status"`
	Currency   string        `db:"currency"`
	Amount     money.Decimal `db:"amount"`
	CardLast4  string        `db:"card_last4"`
	CardExpiry string        `db:"card_expiry"` // "12/2030", or "" when it was not given
	Reference  string        `db:"reference"`   // the gateway's, "" until it answered
	Message    string        `db:"message"`     // why it was declined or abandoned, for the person
	CreatedAt  time.Time     `db:"created_at"`
	FinishedAt *time.Time    `db:"finished_at"`
}
