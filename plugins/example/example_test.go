package example_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
)

func subject(t *testing.T, h *host.Host) conformance.Subject {
	t.Helper()
	t.Cleanup(func() { require.NoError(t, h.Stop(context.Background())) })
	p, err := h.Provider("example")
	require.NoError(t, err)
	settings, err := json.Marshal(map[string]string{"file": filepath.Join(t.TempDir(), "cloud.json")})
	require.NoError(t, err)
	return conformance.Subject{
		Provider: p,
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
	h := host.Static(map[string]sdk.Provider{"example": &example.Provider{}})
	conformance.Run(t, subject(t, h))
}

func TestExample_conformsAsAnExecutableInThePluginFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", dir, "./cmd/fondaco-plugin-example")
	build.Stderr = os.Stderr
	require.NoError(t, build.Run())
	h, err := host.New(host.Config{Dir: dir, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	require.NoError(t, h.Start(t.Context()))
	conformance.Run(t, subject(t, h))
}
