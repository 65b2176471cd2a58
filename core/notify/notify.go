// Package notify writes to people: it turns what happened into mails to the
// customer, the vendor or the operators, and sends each until it is accepted.
package notify

import (
	"time"

	"github.com/fondaco/fondaco/core/notify/mail"
)

// Status is where a mail stands.
type Status string

// The statuses.
const (
	Pending Status = "pending" // to be sent, or sent again
	Sent    Status = "sent"    // the mail server has it
	Failed  Status = "failed"  // given up; Error says why
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{Pending, Sent, Failed}

// Mail is one mail to one recipient, as it was written when its event was
// told. Body is its text part. No secret is ever in it.
type Mail struct {
	ID        int64      `db:"id"`
	EventID   int64      `db:"event_id"`
	Kind      mail.Kind  `db:"kind"`
	Recipient string     `db:"recipient"`
	Subject   string     `db:"subject"`
	Body      string     `db:"body"`
	Status    Status     `db:"status"`
	Error     string     `db:"error"`
	CreatedAt time.Time  `db:"created_at"`
	SentAt    *time.Time `db:"sent_at"`
}

// letter is a mail before it is written.
type letter struct {
	kind mail.Kind
	data mail.Data
}
