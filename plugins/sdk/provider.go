package sdk

import (
	"context"
	"encoding/json"
	"time"
)

// Provider is what a plugin implements. Every mutating call is idempotent by
// Request.Key: the same key with the same content gives the same result,
// however often and however interrupted; the same key with other content is
// refused with CodeConflict.
type Provider interface {
	Lifecycle
	Inspector
}

// Lifecycle is the part of a plugin that changes the world.
type Lifecycle interface {
	// Provision makes what the subscription bought exist, exactly once, and
	// returns it once it works.
	Provision(ctx context.Context, req Request, progress Progress) (Result, error)
	// Update moves an existing subscription to the request's plan and
	// parameters. Credentials stay as they are.
	Update(ctx context.Context, req Request, progress Progress) (Result, error)
	// Suspend blocks use and keeps everything.
	Suspend(ctx context.Context, req Request) error
	// Resume ends a suspension.
	Resume(ctx context.Context, req Request) error
	// Deprovision removes everything of the subscription; what is gone
	// already is no error.
	Deprovision(ctx context.Context, req Request, progress Progress) error
}

// Inspector is the part of a plugin that only looks.
type Inspector interface {
	// Describe says what the plugin is. It needs no settings and no network.
	Describe(ctx context.Context) (Description, error)
	// Validate checks settings, product, plan and parameters before anything
	// is sold, and, when Current is set, whether what exists can become that;
	// problems come back as fields, not as an error.
	Validate(ctx context.Context, check Check) ([]Problem, error)
	// Observe says what really exists for the subscription now.
	Observe(ctx context.Context, sub Subscription) (Observation, error)
	// Inventory lists everything in the foreign system that carries this
	// installation's mark, by subscription, without asking the marketplace's
	// database: what is there and known to nobody is an orphan, which
	// Deprovision with the subscription's ID and the settings alone removes.
	// Plugins without the ability CanInventory return none.
	Inventory(ctx context.Context, settings json.RawMessage) ([]Owned, error)
	// CollectUsage returns what was used in [From, To). Plugins whose usage
	// arrives on another way (a log stream) return none.
	CollectUsage(ctx context.Context, sub Subscription, from, to time.Time) ([]Usage, error)
	// Health asks whether the settings work: reachable, credentials good.
	Health(ctx context.Context, settings json.RawMessage) (Health, error)
}

// Progress reports "step of total: text" to the person who waits. It never
// blocks and may be called from one goroutine at a time.
type Progress func(step, total int, text string)

// OrSilent returns p, or one that reports to nobody when p is nil.
func (p Progress) OrSilent() Progress {
	if p == nil {
		return func(int, int, string) {}
	}
	return p
}

// Request is one mutating call.
type Request struct {
	// Key is the idempotency key; it stays the same over retries.
	Key string
	// Subscription is the desired state.
	Subscription Subscription
}

// Subscription is everything a plugin needs to know about one sale. The four
// JSON documents follow the schemas in the plugin's Description.
type Subscription struct {
	// ID is the marketplace's number for it: positive, 32-bit safe.
	ID int64
	// Settings of the provider instance, secrets in clear.
	Settings json.RawMessage
	// Product, Plan and Parameters as sold.
	Product    json.RawMessage
	Plan       json.RawMessage
	Parameters json.RawMessage
	// Resources are those returned by the last successful call.
	Resources []Resource
}

// Check is what Validate looks at.
type Check struct {
	// Subscription is what is to be sold. Only Settings are set when an
	// operator saves them.
	Subscription Subscription
	// Current is what exists now, when an existing subscription is to become
	// Subscription; nil for a new sale.
	Current *Subscription
}

// Owned is what was found of one subscription, told by its mark alone.
type Owned struct {
	SubscriptionID int64
	Resources      []Resource
}

// Resource is one foreign object that belongs to the subscription.
type Resource struct {
	Kind string `json:"kind"` // "consumer", "project"
	ID   string `json:"id"`   // the foreign system's id
	Name string `json:"name"`
}

// Credential is handed to the customer; Secret ones are stored encrypted and
// shown on request.
type Credential struct {
	Name   string // "apiKey"
	Label  string // "Gateway key"
	Value  string
	Secret bool
}

// Endpoint is an address the customer uses.
type Endpoint struct {
	Identifier string `json:"identifier"`
	Method     string `json:"method"` // "" when it has none
	URL        string `json:"url"`
}

// Result is what exists after Provision or Update.
type Result struct {
	Resources   []Resource
	Credentials []Credential
	Endpoints   []Endpoint
}

// Problem is one wrong field of Validate's input: its path under "settings",
// "product", "plan" or "parameters", and a sentence that says what to do.
type Problem struct {
	Field   string
	Message string
}

// State is what Observe saw as a whole.
type State string

// The states of an observation.
const (
	StateAbsent    State = "absent"    // nothing of it exists
	StateActive    State = "active"    // exists and works
	StateSuspended State = "suspended" // exists and is blocked
	StatePartial   State = "partial"   // exists in part; Differences say what is off
)

// Observation is the honest picture of the foreign side.
type Observation struct {
	State       State
	Resources   []Resource
	Differences []Difference
}

// Difference is one thing that is not as sold.
type Difference struct {
	Kind    string // "missing", "extra", "changed"
	Subject string // "limit month of get-items"
	Want    string
	Have    string
}

// Usage is a measured quantity. EventID is unique and stable for the plugin's
// instance, so that a window that is collected twice counts once.
type Usage struct {
	EventID  string
	Meter    string
	Quantity string // decimal
	At       time.Time
}

// Health is the answer to "do these settings work".
type Health struct {
	OK      bool
	Message string // "Kong 3.9.3 at http://...": for the operator
}

// Description says what a plugin is.
type Description struct {
	Name         string // "kong"
	Version      string // semantic version of the plugin
	ProductTypes []string
	// JSON Schemas (2020-12); secrets are marked "writeOnly": true.
	SettingsSchema   json.RawMessage
	ProductSchema    json.RawMessage
	PlanSchema       json.RawMessage
	ParametersSchema json.RawMessage
	Meters           []Meter
	Abilities        []Ability
}

// Meter is a quantity the plugin can measure.
type Meter struct {
	Name string
	Unit string
}

// Ability is an optional call the plugin really supports.
type Ability string

// The abilities.
const (
	CanUpdate       Ability = "update"
	CanSuspend      Ability = "suspend"
	CanObserve      Ability = "observe"
	CanCollectUsage Ability = "collectUsage"
	CanInventory    Ability = "inventory"
)
