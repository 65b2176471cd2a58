// Package provision makes real what was bought: it drives the plugins, one
// attempt at a time per subscription, and keeps what they made: resources,
// access endpoints and credentials.
package provision

import (
	"time"

	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Status is where an attempt stands.
type Status string

// The statuses.
const (
	Queued     Status = "queued"
	Running    Status = "running"
	Done       Status = "done"
	Failed     Status = "failed"
	Superseded Status = "superseded" // a termination made it pointless
)

// Statuses lists them; the schema checks the same.
var Statuses = []Status{Queued, Running, Done, Failed, Superseded}

// Attempt is one wish to change the outside world. Its id is the idempotency
// key that the plugin sees, over all tries.
type Attempt struct {
	ID             int64                  `db:"id"`
	SubscriptionID int64                  `db:"subscription_id"`
	Operation      subscription.Operation `db:"operation"`
	Status         Status                 `db:"status"`
	Cloud          string                 `db:"cloud"`
	Priority       Priority               `db:"priority"`
	Tries          int                    `db:"tries"`
	Step           int                    `db:"step"`
	Steps          int                    `db:"steps"`
	StepText       string                 `db:"step_text"`
	Error          string                 `db:"error"`
	CancelledBy    string                 `db:"cancelled_by"` // who wants it stopped
	Version        int                    `db:"version"`      // grows with every change
	CreatedAt      time.Time              `db:"created_at"`
	StartedAt      *time.Time             `db:"started_at"`
	CallingSince   *time.Time             `db:"calling_since"` // while a plugin is at it
	FinishedAt     *time.Time             `db:"finished_at"`
}

// Open reports whether the attempt is still to be worked.
func (a Attempt) Open() bool { return a.Status == Queued || a.Status == Running }

// Endpoint is an address the customer uses.
type Endpoint struct {
	Identifier string `db:"identifier"`
	Method     string `db:"method"`
	URL        string `db:"url"`
}

// Credential is something the customer needs for access. Value is clear only
// in the answer to Credentials.
type Credential struct {
	Name   string      `db:"name"`
	Label  string      `db:"label"`
	Secret bool        `db:"is_secret"`
	Sealed []byte      `db:"value_sealed"`
	Value  secret.Text `db:"-"`
}

// Plugins finds a plugin by name; plugins/host satisfies it.
type Plugins interface {
	Provider(name string) (sdk.Provider, error)
	// Names lists them in order.
	Names() []string
}
