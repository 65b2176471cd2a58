package trial_test

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
	"github.com/fondaco/fondaco/plugins/trial"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// build compiles a plugin of testdata.
func build(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	c := exec.Command("go", "build", "-o", path, "./testdata/"+name)
	c.Stderr = os.Stderr
	require.NoError(t, c.Run())
	return path
}

func raw(text string) json.RawMessage { return json.RawMessage(text) }

// cloud is a file that an example plugin works with, as its sandbox.
type cloud struct{ file string }

func newCloud(t *testing.T) cloud {
	t.Helper()
	return cloud{filepath.Join(t.TempDir(), "cloud.json")}
}

func (c cloud) subject(t *testing.T) conformance.Subject {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"file": c.file, "password": "correct horse battery"})
	require.NoError(t, err)
	return conformance.Subject{
		Subscription: sdk.Subscription{ID: 1, Settings: settings, Product: raw(`{}`), Plan: raw(`{"size":1}`), Parameters: raw(`{}`)},
		OtherPlan:    raw(`{"size":2}`),
		InvalidPlan:  raw(`{"size":0}`),
		Use:          c.use,
		Patience:     20 * time.Second,
		Cuts:         4,
	}
}

// use lets the box's time have begun hours ago.
func (c cloud) use(context.Context, sdk.Subscription) (from, to time.Time, err error) {
	text, err := os.ReadFile(c.file)
	if err != nil {
		return from, to, err
	}
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		return from, to, err
	}
	to = time.Now().UTC().Truncate(time.Hour)
	spans := file["spans"].([]any)
	spans[len(spans)-1].(map[string]any)["from"] = to.Add(-3*time.Hour - 20*time.Minute)
	if text, err = json.Marshal(file); err != nil {
		return from, to, err
	}
	return to.Add(-4 * time.Hour), to, os.WriteFile(c.file, text, 0o600)
}

// start makes an executable ready to be tried.
func start(t *testing.T, path string) *trial.Plugin {
	t.Helper()
	p, err := trial.Start(t.Context(), trial.Config{Path: path, StartTimeout: 5 * time.Second})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(context.Background())) })
	return p
}

func table(t *testing.T, r conformance.Report) string {
	t.Helper()
	var text strings.Builder
	require.NoError(t, r.Write(&text))
	return text.String()
}

// TestTrial_findsEachDefectAndNoOther tries the example with one defect at a
// time: exactly the check that is about it fails.
func TestTrial_findsEachDefectAndNoOther(t *testing.T) {
	t.Parallel()
	binary := build(t, "bad")
	defects := map[string]struct{ check, why string }{
		"none":        {"", ""},
		"garbage":     {"handshake", "instead of a go-plugin handshake line"},
		"future":      {"handshake", "it speaks version 2 of the plugin protocol"},
		"silent":      {"handshake", "no handshake line on standard output in time"},
		"unversioned": {"handshake", "no semantic version"},
		"open-secret": {"schemas", "settings.password looks like a secret"},
		"misspelt":    {"schemas", "the plan schema"},
		"cheerful":    {"health", "nothing in them are said to work"},
		"blind":       {"validate", "nothing is said to be wrong"},
		"forgetful":   {"idempotent", "other credentials"},
		"careless":    {"conflict", `want "conflict"`},
		"strict":      {"deprovision-twice", "the third time, another key"},
		"adamant":     {"deprovision-nothing", "There never was a box."},
		"rekeying":    {"update", "Update changed the credentials"},
		"touchy":      {"suspend", "The box is locked already."},
		"optimist":    {"observe", `after nothing Observe says "active"`},
		"smug":        {"drift", `Observe says "active" with 0 differences`},
		"hoarder":     {"inventory", "after Deprovision the subscription is listed 1 times, want 0"},
		"needy":       {"orphan", "Which plan did it have?"},
		"nosy":        {"own", "Observe returned the box"},
		"overlapping": {"usage", "of litreHours the whole window has"},
		"dicing":      {"usage", "asked for twice, gave"},
		"halfway":     {"crash", "There is half a box already."},
		"racy":        {"concurrent", "gave different resources"},
		"deaf":        {"deadline", "work went on"},
		"talkative":   {"secrets", "the credential boxKey is in the plugin's output"},
		"parrot":      {"secrets", "settings.password"},
	}
	reports := tryAll(t, binary, slices.Collect(maps.Keys(defects)))
	tried := map[string]bool{}
	for defect, want := range defects {
		tried[want.check] = true
		t.Run(defect, func(t *testing.T) {
			report := reports[defect]
			for _, o := range report.Outcomes {
				if o.Check.ID == want.check {
					require.Equal(t, conformance.Fail, o.Verdict, table(t, report))
					require.Contains(t, o.Why, want.why)
				} else {
					require.NotEqual(t, conformance.Fail, o.Verdict, table(t, report))
				}
			}
			require.Equal(t, want.check == "", report.OK())
			if want.check != "handshake" || defect == "unversioned" {
				require.Zero(t, report.Count(conformance.NotOffered), table(t, report))
			}
		})
	}
	for _, c := range conformance.Battery() {
		require.True(t, tried[c.ID], "no defect is found by the check %s", c.ID)
	}
}

// tryAll tries the binary under each name, several at once: most of the time
// a trial waits for nothing to happen.
func tryAll(t *testing.T, binary string, names []string) map[string]conformance.Report {
	t.Helper()
	const atOnce = 6
	turn := make(chan struct{}, atOnce)
	reports := make([]conformance.Report, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		path := filepath.Join(t.TempDir(), "fondaco-plugin-"+name)
		require.NoError(t, os.Symlink(binary, path))
		subject, plugin := newCloud(t).subject(t), start(t, path)
		wg.Go(func() {
			turn <- struct{}{}
			reports[i] = conformance.Verify(t.Context(), plugin.Subject(subject), nil)
			<-turn
		})
	}
	wg.Wait()
	all := map[string]conformance.Report{}
	for i, name := range names {
		all[name] = reports[i]
	}
	return all
}

// TestTrial_takesPluginsWithoutOurServe has the documented handshake spoken by
// a plugin that knows nothing but the document.
func TestTrial_takesPluginsWithoutOurServe(t *testing.T) {
	t.Parallel()
	settings, err := json.Marshal(map[string]string{"folder": t.TempDir()})
	require.NoError(t, err)
	plugin := start(t, build(t, "foreign"))
	report := conformance.Verify(t.Context(), plugin.Subject(conformance.Subject{
		Subscription: sdk.Subscription{ID: 1, Settings: settings, Product: raw(`{}`), Plan: raw(`{"size":1}`), Parameters: raw(`{}`)},
		OtherPlan:    raw(`{"size":2}`),
		InvalidPlan:  raw(`{"size":0}`),
	}), nil)
	require.True(t, report.OK(), table(t, report))
	require.Equal(t, "foreign", report.Plugin.Name)
	require.Equal(t, 12, report.Count(conformance.Pass), table(t, report))
	require.Equal(t, 8, report.Count(conformance.NotOffered), table(t, report))
}

func TestTrial_endsTheProcess(t *testing.T) {
	t.Parallel()
	path := build(t, "foreign")
	p, err := trial.Start(t.Context(), trial.Config{Path: path})
	require.NoError(t, err)
	s := p.Subject(conformance.Subject{})
	_, err = s.Provider.Describe(t.Context())
	require.NoError(t, err)
	begun := time.Now()
	require.NoError(t, p.Stop(t.Context()))
	require.Less(t, time.Since(begun), 1500*time.Millisecond, "it did not end when it was asked to")
	require.Contains(t, p.Output(), "plugin stopped")
}

func TestStart_wantsOnePlugin(t *testing.T) {
	t.Parallel()
	for _, cfg := range []trial.Config{{}, {Bundled: "kong", Path: "x"}, {Path: "does-not-exist"}} {
		_, err := trial.Start(t.Context(), cfg)
		require.True(t, fault.Is(err, fault.Invalid), "%v: %v", cfg, err)
	}
}
