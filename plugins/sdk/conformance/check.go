package conformance

import (
	"context"
	"slices"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Check is one promise of the contract, put to the test.
type Check struct {
	ID      string // "crash": stable, for machines
	Name    string // "crash at any point converges": the line of the table
	Promise string // what a plugin does to pass, in a sentence

	offered func(*run) string // why it is left out; "" when it is not
	test    func(context.Context, *run) error
}

// Battery lists all checks in the order in which they run.
func Battery() []Check {
	return slices.Concat(firstWords(), oneSale(), whatIsThere(), underStress(), []Check{
		{"secrets", "no secrets in logs", "Neither a setting that is writeOnly nor a secret credential is in what the plugin writes or says.", always, secrets},
	})
}

// firstWords are what can be asked before anything is sold.
func firstWords() []Check {
	return []Check{
		{"handshake", "handshake", "The plugin starts, answers Describe, and says its name, semantic version and product types.", always, handshake},
		{"schemas", "schemas valid", "The four documents are JSON Schema 2020-12, take what is sold, and mark secrets as writeOnly.", always, schemas},
		{"health", "health is honest", "Health is well with settings that work, and not with empty ones.", always, health},
		{"validate", "validate names the field", "Validate finds nothing wrong with what is right, settings alone included, and names the field that is wrong.", needsInvalidPlan, validate},
	}
}

// oneSale is the life of one subscription.
func oneSale() []Check {
	return []Check{
		{"idempotent", "idempotent by key", "Provision called again with the same key gives the same result.", always, idempotent},
		{"conflict", "same key, different content refused", "A used key with other content is refused with the code conflict.", needsOther, conflict},
		{"deprovision-twice", "deprovision twice", "Removing what is gone is no error, with the same key or another.", always, deprovisionTwice},
		{"deprovision-nothing", "deprovision of what never was", "Removing what never existed is no error.", always, deprovisionNothing},
		{"update", "update keeps credentials", "Update moves to the other plan, may be repeated, and leaves the credentials.", needs(sdk.CanUpdate, needsOther), update},
		{"suspend", "suspend and resume repeatable", "Suspend and resume may be repeated and do what they say.", needs(sdk.CanSuspend, always), suspend},
	}
}

// whatIsThere is about the plugin's honesty.
func whatIsThere() []Check {
	return []Check{
		{"observe", "observe tells what exists", "Observe says absent, then active, then absent again.", needs(sdk.CanObserve, always), observe},
		{"drift", "observe honest after an outside change", "Observe sees what was changed behind the plugin's back, and says what.", needs(sdk.CanObserve, needsChange), drift},
		{"inventory", "inventory lists what exists", "Inventory lists a subscription once while it exists, and not before or after.", needs(sdk.CanInventory, always), inventory},
		{"orphan", "orphans can be removed", "Deprovision works with the subscription's number and the settings alone.", needs(sdk.CanInventory, always), orphan},
		{"own", "returns only own resources", "What is returned for one subscription is none of another's.", always, own},
		{"usage", "usage windows neither overlap nor gap", "Usage of adjacent windows adds up to the whole, with unique event ids, the same at every call.", needs(sdk.CanCollectUsage, always), usage},
	}
}

// underStress is about what goes wrong.
func underStress() []Check {
	return []Check{
		{"crash", "crash at any point converges", "However an operation is interrupted, a retry with the same key ends in exactly one tenant, or none.", always, crash},
		{"concurrent", "same request at once is one tenant", "The same request several times at once ends in one tenant.", always, concurrent},
		{"deadline", "deadlines honoured", "A call ends with its deadline, and nothing goes on after it.", always, deadline},
	}
}

func always(*run) string { return "" }

func needs(a sdk.Ability, more func(*run) string) func(*run) string {
	return func(r *run) string {
		if !slices.Contains(r.description.Abilities, a) {
			return "the plugin has not the ability " + string(a)
		}
		return more(r)
	}
}

func needsInvalidPlan(r *run) string {
	if r.InvalidPlan == nil {
		return "no invalid plan is given"
	}
	return ""
}

func needsOther(r *run) string {
	if !r.changed() {
		return "neither another plan nor other parameters are given"
	}
	return ""
}

func needsChange(r *run) string {
	if r.Tamper == nil && !r.changed() {
		return "no way to tamper and no other plan are given"
	}
	return ""
}
