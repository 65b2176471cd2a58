package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const events = `{"Action":"run","Package":"github.com/fondaco/fondaco/core/page","Test":"TestA"}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Test":"TestA","Output":"noise of a test that passes\n"}
{"Action":"attr","Package":"github.com/fondaco/fondaco/core/page","Test":"TestA","Key":"cutPoints","Value":"12"}
{"Action":"pass","Package":"github.com/fondaco/fondaco/core/page","Test":"TestA","Elapsed":0}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Test":"TestB/postgres","Output":"    storetest.go:107: no PostgreSQL: run make test-services\n"}
{"Action":"skip","Package":"github.com/fondaco/fondaco/core/page","Test":"TestB/postgres","Elapsed":0}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Test":"TestC","Output":"    page_test.go:9: want 1, got 2\n"}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Test":"TestC","Output":"--- FAIL: TestC (0.00s)\n"}
{"Action":"fail","Package":"github.com/fondaco/fondaco/core/page","Test":"TestC","Elapsed":0}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Output":"FAIL\n"}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/page","Output":"FAIL\tgithub.com/fondaco/fondaco/core/page\t0.003s\n"}
{"Action":"fail","Package":"github.com/fondaco/fondaco/core/page","Elapsed":0.003}
{"Action":"output","Package":"github.com/fondaco/fondaco/core/clock","Output":"ok  \tgithub.com/fondaco/fondaco/core/clock\t0.002s\n"}
{"ImportPath":"x","Action":"build-output","Output":"x.go:1:1: syntax error\n"}
not an event
`

func TestReport_showsWhatGoTestShowsAndWhatWasSkipped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := newReport(&out)
	require.NoError(t, r.read(strings.NewReader(events)))
	r.summary()
	require.Equal(t, `    page_test.go:9: want 1, got 2
--- FAIL: TestC (0.00s)
FAIL	github.com/fondaco/fondaco/core/page	0.003s
ok  	github.com/fondaco/fondaco/core/clock	0.002s
x.go:1:1: syntax error
not an event

1 tests passed, 1 failed, 1 skipped.
  failed: core/page.TestC
  cutPoints: 12 of core/page.TestA
Skipped, and why:
  1: no PostgreSQL: run make test-services
     in core/page.TestB/postgres
`, out.String())
}

func TestReport_namesPackagesWhenManyAreSkipped(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := newReport(&out)
	for _, test := range []string{"TestA", "TestB", "TestC/deep/er", "TestD"} {
		r.take(event{Action: "skip", Package: "github.com/fondaco/fondaco/core/page", Test: test})
	}
	r.summary()
	require.Contains(t, out.String(), "4: no reason given\n     in core/page\n")
}

func TestReport_showsATestThatDidNotEnd(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := newReport(&out)
	r.take(event{Action: "output", Package: "p", Test: "TestHang", Output: "panic: test timed out after 1s\n"})
	r.summary()
	require.Contains(t, out.String(), "did not end: p TestHang\npanic: test timed out")
}
