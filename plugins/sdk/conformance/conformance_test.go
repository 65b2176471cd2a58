package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func subject(t *testing.T, p sdk.Provider) conformance.Subject {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"file": filepath.Join(t.TempDir(), "cloud.json")})
	require.NoError(t, err)
	return conformance.Subject{
		Provider: p,
		Subscription: sdk.Subscription{
			ID: 1, Settings: settings, Product: json.RawMessage(`{}`),
			Plan: json.RawMessage(`{"size":1}`), Parameters: json.RawMessage(`{}`),
		},
		OtherPlan:   json.RawMessage(`{"size":2}`),
		InvalidPlan: json.RawMessage(`{"size":0}`),
		Cuts:        2,
	}
}

// blind is an example that finds nothing wrong.
type blind struct{ *example.Provider }

func (blind) Validate(context.Context, sdk.Check) ([]sdk.Problem, error) { return nil, nil }

func TestVerify_tellsEachOutcomeInTheBatterysOrder(t *testing.T) {
	t.Parallel()
	var told []string
	report := conformance.Verify(t.Context(), subject(t, blind{&example.Provider{}}), func(o conformance.Outcome) {
		told = append(told, o.Check.ID)
	})
	var all []string
	for _, c := range conformance.Battery() {
		all = append(all, c.ID)
	}
	require.Equal(t, all, told)
	require.False(t, report.OK())
	require.Equal(t, 1, report.Count(conformance.Fail))
	require.Equal(t, 1, report.Count(conformance.NotOffered), "without a way to make usage none can be judged")
}

func TestVerify_leavesNothingBehind(t *testing.T) {
	t.Parallel()
	s := subject(t, &example.Provider{})
	require.True(t, conformance.Verify(t.Context(), s, nil).OK())
	owned, err := s.Provider.Inventory(t.Context(), s.Subscription.Settings)
	require.NoError(t, err)
	require.Empty(t, owned)
}

func TestVerify_endsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	report := conformance.Verify(ctx, subject(t, &example.Provider{}), func(o conformance.Outcome) {
		if o.Check.ID == "conflict" {
			cancel()
		}
	})
	require.Equal(t, "conflict", report.Outcomes[len(report.Outcomes)-1].Check.ID)
}

// mute cannot even say what it is.
type mute struct{ *example.Provider }

func (mute) Describe(context.Context) (sdk.Description, error) {
	return sdk.Description{}, errors.New("no tongue")
}

func TestVerify_withoutHandshakeAsksNothingElse(t *testing.T) {
	t.Parallel()
	report := conformance.Verify(t.Context(), subject(t, mute{&example.Provider{}}), nil)
	require.Equal(t, 1, report.Count(conformance.Fail))
	require.Equal(t, len(conformance.Battery())-1, report.Count(conformance.NotOffered))
	require.Equal(t, "no tongue", report.Outcomes[0].Why)
	require.Equal(t, "the plugin did not answer", report.Outcomes[1].Why)
}

func TestReport_isATableWithALineACheck(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	battery := conformance.Battery()
	require.NoError(t, conformance.Report{
		Plugin: sdk.Description{Name: "acme", Version: "1.2.3"},
		Outcomes: []conformance.Outcome{
			{Check: battery[0], Verdict: conformance.Pass, Took: 12_345_678},
			{Check: battery[1], Verdict: conformance.Fail, Why: "two\nlines"},
			{Check: battery[2], Verdict: conformance.NotOffered, Why: "why"},
		},
	}.Write(&text))
	require.Equal(t, `CHECK             RESULT       TIME  REMARK
handshake         pass         12ms  
schemas valid     FAIL         0s    two lines
health is honest  not offered  -     why

acme 1.2.3: 1 passed, 1 failed, 1 not offered
`, text.String())
}

// TestSubject runs the battery as a Go test over the defect that the
// environment names; by itself, over the example as it is.
func TestSubject(t *testing.T) {
	if os.Getenv("DEFECT") == "blind" {
		conformance.Run(t, subject(t, blind{&example.Provider{}}))
		return
	}
	conformance.Run(t, subject(t, &example.Provider{}))
}

func TestRun_failsTheSubtestOfTheCheck(t *testing.T) {
	t.Parallel()
	c := exec.Command(os.Args[0], "-test.run=^TestSubject$")
	c.Env = append(os.Environ(), "DEFECT=blind")
	out, err := c.CombinedOutput()
	require.Error(t, err, "the battery passed")
	require.Contains(t, string(out), "--- FAIL: TestSubject/validate_names_the_field")
	require.Equal(t, 2, strings.Count(string(out), "--- FAIL"), string(out))
}
