// Package provision makes real what was bought: it drives the plugins, one
// attempt at a time per subscription, and keeps what they made: resources,
// access endpoints and credentials.
package provision

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
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
	Superseded Status = "superseded" // a termination made it pointless before it began
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
	Tries          int                    `db:"tries"`
	Step           int                    `db:"step"`
	Steps          int                    `db:"steps"`
	StepText       string                 `db:"step_text"`
	Error          string                 `db:"error"`
	CreatedAt      time.Time              `db:"created_at"`
	StartedAt      *time.Time             `db:"started_at"`
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

// Provider is a configured instance of a plugin: one gateway, one cloud.
type Provider struct {
	ID          int64        `db:"id"`
	Name        string       `db:"name"`
	Plugin      string       `db:"plugin"`
	ProductType catalog.Type `db:"product_type"`
	Settings    []byte       `db:"settings_sealed"`
	CreatedAt   time.Time    `db:"created_at"`
}

// ProviderInput configures a provider. Settings follow the plugin's schema and
// are kept sealed. Without IngestSecret it is that of the settings; a provider
// that sends no logs needs none.
type ProviderInput struct {
	Name         string
	Plugin       string
	ProductType  catalog.Type
	Settings     json.RawMessage
	IngestSecret secret.Text // what its gateway sends with its logs
}

// Validate reports every wrong field.
func (in ProviderInput) Validate() error {
	var c fault.Check
	c.Need("name", in.Name)
	c.Need("plugin", in.Plugin)
	var object map[string]any
	c.That(json.Unmarshal(in.Settings, &object) == nil, "settings", "Settings are a JSON object.")
	c.That(slices.Contains(catalog.Types, in.ProductType), "productType", fmt.Sprintf("Use one of: %v.", catalog.Types))
	c.That(len(in.IngestSecret.Reveal()) >= 16, "settings.ingestSecret", "Use at least 16 characters.")
	return c.Err()
}

// withIngestSecret fills in the secret from the settings, or a random one that
// nobody knows.
func (in ProviderInput) withIngestSecret() ProviderInput {
	var settings struct {
		IngestSecret secret.Text `json:"ingestSecret"`
	}
	if in.IngestSecret == "" && json.Unmarshal(in.Settings, &settings) == nil {
		in.IngestSecret = settings.IngestSecret
	}
	if in.IngestSecret == "" {
		in.IngestSecret = secret.NewToken("")
	}
	return in
}

// Plugins finds a plugin by name; plugins/host satisfies it.
type Plugins interface {
	Provider(name string) (sdk.Provider, error)
}

// productDocument is what a plugin is told about a product of type api.
type productDocument struct {
	ID        int64              `json:"id"`
	SKU       string             `json:"sku"`
	Name      string             `json:"name"`
	API       apiDocument        `json:"api"`
	Endpoints []catalog.Endpoint `json:"endpoints"`
}

type apiDocument struct {
	UpstreamURL string          `json:"upstreamUrl"`
	AuthHeader  *headerDocument `json:"authHeader,omitempty"`
}

type headerDocument struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// planDocument is what a plugin is told about a plan.
type planDocument struct {
	ID        int64                  `json:"id"`
	Name      string                 `json:"name"`
	Endpoints []catalog.PlanEndpoint `json:"endpoints"`
}
