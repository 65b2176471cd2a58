// Package plugintest has what the tests of a plugin need besides its cloud: the
// marketplace's side of a call, and a look at what came of it. The battery of
// all promises is plugins/sdk/conformance, the broken line plugins/faultline.
package plugintest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Raw is v as a document.
func Raw(t testing.TB, v any) json.RawMessage {
	t.Helper()
	out, err := json.Marshal(v)
	require.NoError(t, err)
	return out
}

// Call makes the call of the operation's name ("provision", "update",
// "suspend", "resume", "deprovision") once, and drops its result.
func Call(ctx context.Context, p sdk.Provider, operation string, req sdk.Request) error {
	var err error
	switch operation {
	case "provision":
		_, err = p.Provision(ctx, req, nil)
	case "update":
		_, err = p.Update(ctx, req, nil)
	case "suspend":
		err = p.Suspend(ctx, req)
	case "resume":
		err = p.Resume(ctx, req)
	case "deprovision":
		err = p.Deprovision(ctx, req, nil)
	default:
		err = errors.New("there is no operation " + operation)
	}
	return err
}

// Settled repeats a call while it says "not yet", as the marketplace does, with
// the pauses that it asks for but none longer than pause. When ctx ends it
// returns the last answer.
func Settled(ctx context.Context, pause time.Duration, call func(context.Context) error) error {
	for {
		err := call(ctx)
		e, ok := errors.AsType[*sdk.Error](err)
		if !ok || e.Code != sdk.CodeNotYet {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(min(e.RetryAfter, pause)):
		}
	}
}

// Credential is the result's credential of that name; a test without it fails.
func Credential(t testing.TB, r sdk.Result, name string) sdk.Credential {
	t.Helper()
	for _, c := range r.Credentials {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no credential %q", name)
	return sdk.Credential{}
}

// Log keeps what a provider logs, for a test to look at. It is safe for
// concurrent use; the zero value is ready.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write keeps p.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns all so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
