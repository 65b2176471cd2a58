package conformance

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Verdict is how a check ended.
type Verdict string

// The verdicts.
const (
	Pass       Verdict = "pass"
	Fail       Verdict = "FAIL"
	NotOffered Verdict = "not offered" // the plugin, or the subject, has not what it takes
)

// Outcome is one check's.
type Outcome struct {
	Check   Check
	Verdict Verdict
	Why     string // of a failure or an omission; else what was seen, or ""
	Took    time.Duration
}

// Report is the outcome of the whole battery.
type Report struct {
	Plugin   sdk.Description // zero when it did not answer
	Outcomes []Outcome
}

// Count tells how many checks ended so.
func (r Report) Count(v Verdict) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Verdict == v {
			n++
		}
	}
	return n
}

// OK reports whether nothing failed.
func (r Report) OK() bool { return r.Count(Fail) == 0 }

// Write prints the report as a table with one line a check, and a last line
// that sums it up.
func (r Report) Write(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "CHECK\tRESULT\tTIME\tREMARK")
	for _, o := range r.Outcomes {
		took := "-"
		if o.Verdict != NotOffered {
			took = o.Took.Round(time.Millisecond).String()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", o.Check.Name, o.Verdict, took, strings.Join(strings.Fields(o.Why), " "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\n%s: %d passed, %d failed, %d not offered\n", r.title(), r.Count(Pass), r.Count(Fail), r.Count(NotOffered))
	return err
}

func (r Report) title() string {
	if r.Plugin.Name == "" {
		return "the plugin"
	}
	return r.Plugin.Name + " " + r.Plugin.Version
}
