package sandbox_test

import (
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/kong/sandbox"
)

// limited is one route with a key and a limit for consumer 12.
func (b *bundle) limited(config string) (pluginID string) {
	b.must("PUT", "/services/s", `{"url":"`+b.upstream.URL+`"}`)
	b.must("PUT", "/routes/r", `{"service":{"name":"s"},"paths":["/r"]}`)
	b.must("POST", "/services/s/plugins", `{"name":"key-auth"}`)
	b.must("PUT", "/consumers/12", `{}`)
	b.must("POST", "/consumers/12/key-auth", `{"key":"k"}`)
	return b.limit(config)
}

func (b *bundle) limit(config string) string {
	p := b.must("POST", "/plugins", `{"name":"rate-limiting","route":{"name":"r"},"consumer":{"username":"12"},"config":`+config+`}`)
	return p["id"].(string)
}

func (b *bundle) remaining(window string) int {
	b.t.Helper()
	n, err := strconv.Atoi(b.call("/r", "apikey", "k").header.Get("X-RateLimit-Remaining-" + window))
	require.NoError(b.t, err)
	return n
}

func TestRateLimit_countsOverCalendarWindows(t *testing.T) {
	t.Parallel()
	for window, wait := range map[string]time.Duration{
		"second": time.Second, "minute": 38 * time.Second, "hour": 51 * time.Minute, "day": 51 * time.Minute,
		"month": 694238 * time.Second, "year": 40 * 24 * time.Hour,
	} {
		b := setup(t)
		b.limited(`{"` + window + `":2}`)
		require.Equal(t, 200, b.call("/r", "apikey", "k").status, window)
		require.Equal(t, 200, b.call("/r", "apikey", "k").status, window)
		require.Equal(t, 429, b.call("/r", "apikey", "k").status, window)
		b.clock.Advance(wait)
		require.Equal(t, 200, b.call("/r", "apikey", "k").status, window)
	}
}

func TestRateLimit_tellsTheTightestOfSeveralWindows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.limited(`{"minute":2,"month":10}`)
	h := b.call("/r", "apikey", "k").header
	require.Equal(t, []string{"1", "9", "2", "38"}, []string{
		h.Get("X-RateLimit-Remaining-Minute"), h.Get("X-RateLimit-Remaining-Month"), h.Get("RateLimit-Limit"), h.Get("RateLimit-Reset"),
	})
	b.call("/r", "apikey", "k")
	r := b.call("/r", "apikey", "k")
	require.Equal(t, 429, r.status)
	require.Equal(t, "38", r.header.Get("Retry-After"))
	require.Equal(t, "8", r.header.Get("X-RateLimit-Remaining-Month"), "a refused call is not counted")
}

func TestRateLimit_keepsWhatWasUsedWhenTheLimitMoves(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.limited(`{"month":5,"policy":"cluster"}`)
	for range 5 {
		b.call("/r", "apikey", "k")
	}
	require.Equal(t, 429, b.call("/r", "apikey", "k").status)
	b.must("PATCH", "/plugins/"+id, `{"config":{"month":8}}`)
	require.Equal(t, 2, b.remaining("Month"))
	b.must("DELETE", "/plugins/"+id, "")
	b.limit(`{"month":8,"policy":"cluster"}`)
	require.Equal(t, 1, b.remaining("Month"))
	b.must("POST", "/consumers/12/key-auth", `{"key":"k2"}`)
	require.Equal(t, "0", b.call("/r", "apikey", "k2").header.Get("X-RateLimit-Remaining-Month"), "it counts per consumer")
}

func TestRateLimit_neverOverAdmitsUnderConcurrency(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.limited(`{"month":50}`)
	var admitted atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if b.call("/r", "apikey", "k").status == 200 {
					admitted.Add(1)
				}
			}
		})
	}
	wg.Wait()
	require.EqualValues(t, 50, admitted.Load())
}

func TestPropagationDelay_holdsRoutesBackAndKeysNot(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.PropagationDelay = 150 * time.Millisecond })
	b.limited(`{"month":5}`)
	require.Equal(t, 404, b.call("/r", "apikey", "k").status)
	require.Eventually(t, func() bool { return b.call("/r", "apikey", "k").status == 200 }, 5*time.Second, 10*time.Millisecond)
	b.must("POST", "/consumers/12/key-auth", `{"key":"k2"}`)
	require.Equal(t, 200, b.call("/r", "apikey", "k2").status)
}
