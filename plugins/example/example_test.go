package example_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
	"github.com/fondaco/fondaco/plugins/trial"
)

func subject(t *testing.T) conformance.Subject {
	t.Helper()
	settings, err := json.Marshal(map[string]string{"file": filepath.Join(t.TempDir(), "cloud.json")})
	require.NoError(t, err)
	return conformance.Subject{
		Subscription: sdk.Subscription{
			ID: 100, Settings: settings, Product: json.RawMessage(`{}`),
			Plan: json.RawMessage(`{"size":1}`), Parameters: json.RawMessage(`{}`),
		},
		OtherPlan:   json.RawMessage(`{"size":2}`),
		InvalidPlan: json.RawMessage(`{"size":0}`),
	}
}

func TestExample_conforms(t *testing.T) {
	t.Parallel()
	s := subject(t)
	s.Provider = &example.Provider{}
	conformance.Run(t, s)
}

func TestExample_conformsAsAnExecutableThatIsKilled(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "./cmd/fondaco-plugin-example")
	build.Stderr = os.Stderr
	require.NoError(t, build.Run())
	p, err := trial.Start(t.Context(), trial.Config{Path: filepath.Join(dir, "fondaco-plugin-example")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Stop(context.Background())) })
	conformance.Run(t, p.Subject(subject(t)))
}

// TestUsage_countsWhatStoodHowLong buys two litres, moves to three, and ends.
func TestUsage_countsWhatStoodHowLong(t *testing.T) {
	t.Parallel()
	p, sub := &example.Provider{}, subject(t).Subscription
	do := func(key, plan string, call func(context.Context, sdk.Request, sdk.Progress) error) {
		sub.Plan = json.RawMessage(plan)
		require.NoError(t, call(t.Context(), sdk.Request{Key: key, Subscription: sub}, func(int, int, string) {}))
	}
	put := func(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
		_, err := p.Update(ctx, req, progress)
		return err
	}
	do("1", `{"size":2}`, put)
	do("2", `{"size":3}`, put)
	do("3", `{"size":3}`, p.Deprovision)
	begun := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	example.SetSpans(t, sub.Settings, begun, begun.Add(90*time.Minute), begun.Add(4*time.Hour))

	for _, c := range []struct {
		from, to time.Duration
		want     string
	}{
		{0, time.Hour, "2.000000"}, {time.Hour, 2 * time.Hour, "2.500000"}, {2 * time.Hour, 24 * time.Hour, "6.000000"},
		{-5 * time.Hour, 24 * time.Hour, "10.500000"}, {4 * time.Hour, 5 * time.Hour, ""},
	} {
		used, err := p.CollectUsage(t.Context(), sub, begun.Add(c.from), begun.Add(c.to))
		require.NoError(t, err)
		if c.want == "" {
			require.Empty(t, used)
			continue
		}
		require.Len(t, used, 1)
		require.Equal(t, c.want, used[0].Quantity)
		require.Equal(t, begun.Add(c.from), used[0].At)
	}
}
