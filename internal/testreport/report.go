package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build output
	Test       string
	Output     string
	Key, Value string // of an attribute that a test set
}

// report turns events into text for people.
type report struct {
	w       io.Writer
	output  map[string][]string // by package and test, until it is known how it ended
	skipped map[string][]name   // by reason
	facts   []fact              // what tests found out, such as how many cut points they tried
	passed  int
	failed  []name
}

// fact is an attribute of a test (testing.T.Attr).
type fact struct {
	name
	key, value string
}

// name is a test in a package.
type name struct{ pkg, test string }

// String leaves the module out.
func (n name) String() string { return n.folder() + "." + n.test }

func (n name) folder() string { return strings.TrimPrefix(n.pkg, "github.com/fondaco/fondaco/") }

func newReport(w io.Writer) *report {
	return &report{w: w, output: map[string][]string{}, skipped: map[string][]name{}}
}

// read takes events until r ends. A line that is none is shown as it is.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				r.take(e)
			} else {
				fmt.Fprintf(r.w, "%s", line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.w, e.Output)
	case "output":
		if e.Test == "" {
			r.packageOutput(e.Output)
			return
		}
		r.output[key] = append(r.output[key], e.Output)
	case "pass":
		if e.Test != "" {
			r.passed++
		}
		delete(r.output, key)
	case "skip":
		if e.Test != "" {
			reason := skipReason(r.output[key])
			r.skipped[reason] = append(r.skipped[reason], name{e.Package, e.Test})
		}
		delete(r.output, key)
	case "attr":
		r.facts = append(r.facts, fact{name{e.Package, e.Test}, e.Key, e.Value})
	case "fail":
		r.fail(e, key)
	}
}

// packageOutput prints what go test says of a package itself, such as
// "ok <package> 0.3s" or a panic, without the lines that repeat it.
func (r *report) packageOutput(line string) {
	switch {
	case line == "PASS\n", line == "FAIL\n", strings.Contains(line, "[no test files]"), strings.HasPrefix(line, "coverage: "):
	default:
		fmt.Fprint(r.w, line)
	}
}

func (r *report) fail(e event, key string) {
	if e.Test == "" {
		return
	}
	r.failed = append(r.failed, name{e.Package, e.Test})
	for _, line := range r.output[key] {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.w, line)
		}
	}
	delete(r.output, key)
}

// location is what testing puts before a message: "    file_test.go:12: ".
var location = regexp.MustCompile(`^\s+\S+\.go:\d+: `)

// skipReason returns the first line a test gave for skipping.
func skipReason(output []string) string {
	for _, line := range output {
		if location.MatchString(line) {
			return strings.TrimSpace(location.ReplaceAllString(line, ""))
		}
	}
	return "no reason given"
}

// summary says how many tests ran and, in plain words, what did not.
func (r *report) summary() {
	for key, lines := range r.output { // cut off by a panic or a timeout
		fmt.Fprintf(r.w, "--- did not end: %s\n%s", key, strings.Join(lines, ""))
	}
	fmt.Fprintf(r.w, "\n%d tests passed, %d failed, %d skipped.\n", r.passed, len(r.failed), r.skippedCount())
	for _, name := range r.failed {
		fmt.Fprintf(r.w, "  failed: %s\n", name)
	}
	for _, f := range r.facts {
		fmt.Fprintf(r.w, "  %s: %s of %s\n", f.key, f.value, f.name)
	}
	if len(r.skipped) == 0 {
		return
	}
	fmt.Fprintln(r.w, "Skipped, and why:")
	reasons := slices.SortedFunc(maps.Keys(r.skipped), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(r.skipped[b]), len(r.skipped[a])), cmp.Compare(a, b))
	})
	for _, reason := range reasons {
		fmt.Fprintf(r.w, "  %d: %s\n     in %s\n", len(r.skipped[reason]), reason, where(r.skipped[reason]))
	}
}

func (r *report) skippedCount() int {
	n := 0
	for _, names := range r.skipped {
		n += len(names)
	}
	return n
}

// where names single tests, or the packages when there are many.
func where(tests []name) string {
	places := map[string]bool{}
	for _, test := range tests {
		if len(tests) > 3 {
			places[test.folder()] = true
		} else {
			places[test.String()] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(places)), ", ")
}
