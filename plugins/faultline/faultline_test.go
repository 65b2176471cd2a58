package faultline_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// world is a cloud that counts its effects.
type world struct {
	url     string
	client  *http.Client
	effects atomic.Int64
}

func setup(t *testing.T) (*world, *faultline.Line) {
	t.Helper()
	w := &world{}
	line := faultline.New(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.effects.Add(1) }))
	server := httptest.NewServer(line)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 50 * time.Millisecond}
	return w, line
}

// call asks the cloud once; an answer that is not empty is no success.
func (w *world) call() error {
	r, err := w.client.Get(w.url)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err == nil && (r.StatusCode != http.StatusOK || len(body) > 0) {
		err = errors.New(r.Status + string(body))
	}
	return err
}

func TestLine_faultsDoAsTheySay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault   faultline.Fault
		effects int64 // of three calls, the second of which breaks
		third   bool  // passes
	}{
		{faultline.CutBefore, 1, false}, {faultline.CutAfter, 2, false}, {faultline.Status500, 2, true},
		{faultline.Status429, 2, true}, {faultline.Garbage, 3, true}, {faultline.Silence, 3, true},
	} {
		t.Run(string(c.fault), func(t *testing.T) {
			t.Parallel()
			w, line := setup(t)
			line.Break(2, c.fault)
			require.NoError(t, w.call())
			require.Error(t, w.call())
			require.Equal(t, c.third, w.call() == nil)
			require.Equal(t, c.effects, w.effects.Load())
			require.True(t, line.Mend())
			require.NoError(t, w.call())
			require.False(t, line.Mend(), "nothing broke since")
		})
	}
}

func TestLine_killsTheProcessAtTheCall(t *testing.T) {
	t.Parallel()
	for fault, effects := range map[faultline.Fault]int64{faultline.KillBefore: 0, faultline.KillAfter: 1} {
		w, line := setup(t)
		var killed atomic.Int64
		killed.Store(-1)
		line.OnKill(func() { killed.Store(w.effects.Load()) })
		line.Break(1, fault)
		require.Error(t, w.call())
		require.Equal(t, effects, killed.Load(), fault)
		require.NoError(t, w.call(), "a new process gets through")
	}
}

// TestMatrix_triesEveryCallWithEveryFault counts what a two-call operation
// goes through: two points and a whole run for each fault.
func TestMatrix_triesEveryCallWithEveryFault(t *testing.T) {
	t.Parallel()
	var worlds, checks atomic.Int64
	faultline.Matrix(t, faultline.Config[*world]{
		Setup: func(t *testing.T) (*world, *faultline.Line) { worlds.Add(1); return setup(t) },
		Operations: []faultline.Operation[*world]{{
			Name: "twice", AtLeast: 2,
			Run: func(w *world) error {
				for range 2 {
					if err := w.call(); err != nil {
						return sdk.Transient(err, "The cloud did not answer.")
					}
				}
				return nil
			},
			Check: func(t *testing.T, w *world) { checks.Add(1); require.GreaterOrEqual(t, w.effects.Load(), int64(2)) },
		}},
	})
	require.EqualValues(t, 3*len(faultline.Faults()), worlds.Load())
	require.Equal(t, worlds.Load(), checks.Load())
}

func TestTo_passesOnToAServer(t *testing.T) {
	t.Parallel()
	w, _ := setup(t)
	target, err := http.NewRequestWithContext(context.Background(), http.MethodGet, w.url, nil)
	require.NoError(t, err)
	transport := &http.Transport{DisableKeepAlives: true}
	answer := httptest.NewRecorder()
	faultline.To(target.URL, transport).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/x", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	require.EqualValues(t, 1, w.effects.Load())
}
