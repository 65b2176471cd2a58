package reconcile

import (
	"cmp"
	"encoding/json"
	"strconv"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// finding is one difference as it was seen.
type finding struct {
	kind       Kind
	subject    string
	want, have string
}

// place is what makes two findings the same drift.
type place struct {
	kind    Kind
	subject string
}

func (f finding) place() place { return place{f.kind, f.subject} }

// expected is the state in which a subscription's things should be.
func expected(s subscription.Status) sdk.State {
	switch s {
	case subscription.Suspended:
		return sdk.StateSuspended
	case subscription.Terminated:
		return sdk.StateAbsent
	}
	return sdk.StateActive
}

// compare says how what was seen differs from what should be.
func compare(status subscription.Status, seen sdk.Observation) []finding {
	want := expected(status)
	if want == sdk.StateAbsent {
		return remains(seen)
	}
	var all []finding
	known := map[place]bool{}
	add := func(f finding) {
		if !known[f.place()] {
			known[f.place()] = true
			all = append(all, f)
		}
	}
	for _, d := range seen.Differences {
		add(finding{kindOf(d.Kind), cmp.Or(provision.Tidy(d.Subject), "resource"), provision.Tidy(d.Want), provision.Tidy(d.Have)})
	}
	switch {
	case seen.State == want:
	case seen.State == sdk.StateAbsent:
		if len(all) == 0 {
			add(finding{Missing, "subscription", string(want), string(seen.State)})
		}
	case seen.State == sdk.StatePartial:
		if len(all) == 0 {
			add(finding{Changed, "state", string(want), string(seen.State)})
		}
	default: // blocked instead of usable, or the other way
		add(finding{Changed, "state", string(want), string(seen.State)})
	}
	return all
}

// remains are what is left of a subscription that is over.
func remains(seen sdk.Observation) []finding {
	if seen.State == sdk.StateAbsent {
		return nil
	}
	return []finding{{Orphaned, orphanSubject, "", describe(seen.Resources)}}
}

func kindOf(k string) Kind {
	switch k := Kind(k); k {
	case Missing, Extra:
		return k
	}
	return Changed
}

// quantity reads a finding about a bought quantity: its subject is a whole
// number among the parameters.
func quantity(parameters string, subject, want, have string) (wanted, had int64, ok bool) {
	var bought map[string]json.RawMessage
	if json.Unmarshal([]byte(parameters), &bought) != nil {
		return 0, 0, false
	}
	if _, err := strconv.ParseInt(string(bought[subject]), 10, 64); err != nil {
		return 0, 0, false
	}
	wanted, err := strconv.ParseInt(want, 10, 64)
	if err != nil {
		return 0, 0, false
	}
	had, err = strconv.ParseInt(have, 10, 64)
	return wanted, had, err == nil
}
