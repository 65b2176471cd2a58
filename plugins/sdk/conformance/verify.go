package conformance

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Verify runs the battery and hands each outcome to told, which may be nil, as
// soon as it is known. It ends early, with what it has, when ctx does.
func Verify(ctx context.Context, s Subject, told func(Outcome)) Report {
	b := newBattery(s)
	for i, c := range Battery() {
		if ctx.Err() != nil {
			break
		}
		o := b.judge(ctx, i, c)
		if told != nil {
			told(o)
		}
	}
	return b.report
}

// Run runs the battery as a Go test with one subtest a check.
func Run(t *testing.T, s Subject) {
	t.Helper()
	b := newBattery(s)
	for i, c := range Battery() {
		t.Run(c.Name, func(t *testing.T) {
			o := b.judge(t.Context(), i, c)
			switch {
			case o.Verdict == NotOffered:
				t.Skip(o.Why)
			case o.Verdict == Fail:
				t.Fatalf("%s\n%s", o.Why, c.Promise)
			case o.Why != "":
				t.Log(o.Why)
			}
		})
	}
}

// battery is one run over one subject.
type battery struct {
	subject Subject
	seen    *seen
	tag     string // makes the keys of this run its own
	report  Report
	passed  map[string]bool

	answered bool // it could say what it is
}

func newBattery(s Subject) *battery {
	s.setDefaults()
	b := &battery{subject: s, seen: newSeen(), tag: rand.Text()[:10], passed: map[string]bool{}}
	b.subject.Provider = &listener{Provider: s.Provider, seen: b.seen}
	return b
}

// judge runs the nth check with subscriptions of its own.
func (b *battery) judge(ctx context.Context, n int, c Check) Outcome {
	r := &run{Subject: b.subject, battery: b, description: b.report.Plugin}
	r.Subscription.ID += int64(2 * n)
	begun := time.Now()
	o := Outcome{Check: c, Verdict: Pass}
	switch why := r.leftOut(c); {
	case why != "":
		o.Verdict, o.Why = NotOffered, why
	default:
		err := c.test(ctx, r)
		r.tidy(ctx)
		o.Why, o.Took = r.remark, time.Since(begun)
		switch {
		case errors.Is(err, errNothingToJudge):
			o.Verdict = NotOffered
		case err != nil:
			o.Verdict, o.Why = Fail, err.Error()
		}
	}
	b.passed[c.ID] = o.Verdict == Pass
	b.report.Outcomes = append(b.report.Outcomes, o)
	return o
}

// leftOut says why a check is not run; without a handshake none of the others
// is.
func (r *run) leftOut(c Check) string {
	if c.ID != "handshake" && !r.battery.answered {
		return "the plugin did not answer"
	}
	return c.offered(r)
}

// run is one check with subscriptions of its own.
type run struct {
	Subject
	battery     *battery
	description sdk.Description
	remark      string // of a check that passes
	made        []sdk.Subscription
}

// observes reports whether Observe may be believed: a plugin that fails that
// check is not told the same once more by all the others.
func (r *run) observes() bool { return r.battery.passed["observe"] }

// lists is the same for Inventory.
func (r *run) lists() bool { return r.battery.passed["inventory"] }
