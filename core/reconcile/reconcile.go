// Package reconcile compares what was sold with what really exists, in every
// cloud and gateway: it records what drifted apart, and mends or bills it by
// the product's policy.
package reconcile

import "time"

// Kind is how something differs from what was sold.
type Kind string

// The kinds.
const (
	Missing  Kind = "missing"  // sold and not there
	Extra    Kind = "extra"    // there and not sold
	Changed  Kind = "changed"  // there, and not as sold
	Orphaned Kind = "orphaned" // ours by its mark, and of no living subscription
)

// Kinds lists them; the schema checks the same.
var Kinds = []Kind{Missing, Extra, Changed, Orphaned}

// Action is what is being done about a drift.
type Action string

// The actions.
const (
	NoAction     Action = ""
	RepairAction Action = "repair" // made as sold again
	BillAction   Action = "bill"   // the subscription grows to what runs
	RemoveAction Action = "remove" // an orphan
)

// Actions lists them; the schema checks the same.
var Actions = []Action{NoAction, RepairAction, BillAction, RemoveAction}

// Resolution is how a drift ended.
type Resolution string

// The resolutions.
const (
	Unresolved Resolution = ""
	Repaired   Resolution = "repaired"
	Vanished   Resolution = "vanished" // by itself, or by somebody outside
	Billed     Resolution = "billed"
	Removed    Resolution = "removed"
)

// Resolutions lists them; the schema checks the same.
var Resolutions = []Resolution{Unresolved, Repaired, Vanished, Billed, Removed}

// resolutions says how a drift ended that is gone, by what was done about it.
var resolutions = map[Action]Resolution{NoAction: Vanished, RepairAction: Repaired, BillAction: Billed, RemoveAction: Removed}

// Drift is one difference between what was sold and what exists. It is open
// until the difference is gone.
type Drift struct {
	ID             int64      `db:"id"`
	ProviderID     int64      `db:"provider_id"`
	Provider       string     `db:"provider"`
	SubscriptionID int64      `db:"subscription_id"` // of an orphan: the number in its mark
	Kind           Kind       `db:"kind"`
	Subject        string     `db:"subject"` // "cores", "limit month of get-items"
	Want           string     `db:"want"`
	Have           string     `db:"have"`
	FirstSeen      time.Time  `db:"first_seen"`
	LastSeen       time.Time  `db:"last_seen"`
	AcknowledgedBy string     `db:"acknowledged_by"` // who said to leave it as it is
	Action         Action     `db:"action"`
	Actions        int        `db:"actions"` // how often something was done about it
	NextActionAt   *time.Time `db:"next_action_at"`
	Note           string     `db:"note"` // what came of the last action
	ResolvedAt     *time.Time `db:"resolved_at"`
	Resolution     Resolution `db:"resolution"`
}

// Open reports whether it is still so.
func (d Drift) Open() bool { return d.ResolvedAt == nil }

// Run is one comparison: of all providers, of one, or of one subscription.
type Run struct {
	ID             int64      `db:"id"`
	ProviderID     *int64     `db:"provider_id"`
	SubscriptionID *int64     `db:"subscription_id"`
	StartedBy      string     `db:"started_by"`
	StartedAt      time.Time  `db:"started_at"`
	FinishedAt     *time.Time `db:"finished_at"`
	Checked        int        `db:"checked"`  // subscriptions that were looked at
	Found          int        `db:"found"`    // drifts seen for the first time
	Resolved       int        `db:"resolved"` // drifts that were gone
	Repaired       int        `db:"repaired"` // repairs that were started
	Failed         int        `db:"failed"`   // subscriptions that could not be looked at
	LastError      string     `db:"last_error"`
}

// Scope says what a run compares; the zero value is everything.
type Scope struct {
	ProviderID     int64
	SubscriptionID int64
}

// Filter narrows a list of drifts; zero values do not.
type Filter struct {
	Open           bool // only what is still so
	Kind           Kind
	ProviderID     int64
	SubscriptionID int64
	ProductID      int64 // orphans are of none
}
