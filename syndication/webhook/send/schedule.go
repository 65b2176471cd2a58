package send

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Attempts is how often a delivery is tried before it is given up.
const Attempts = 8

// MaxRetryAfter is the longest wait a receiver can ask for.
const MaxRetryAfter = 24 * time.Hour

// jitter is the largest part of a wait that is added to it at random.
const jitter = 0.1

// waits returns the time before the second, third, ... eighth attempt.
func waits() []time.Duration {
	return []time.Duration{
		5 * time.Second,
		5 * time.Minute,
		30 * time.Minute,
		2 * time.Hour,
		5 * time.Hour,
		10 * time.Hour,
		11 * time.Hour,
	}
}

// NextAttempt returns how long to wait after the n-th attempt (from 1) failed,
// with up to a tenth added by rnd, which returns numbers in [0, 1) as
// rand.Float64 does. It reports false when n was the last.
func NextAttempt(n int, rnd func() float64) (time.Duration, bool) {
	table := waits()
	if n > len(table) {
		return 0, false
	}
	base := table[max(n, 1)-1]
	return base + time.Duration(float64(base)*jitter*rnd()), true
}

// Wait is NextAttempt after the n-th attempt was a, and no earlier than the
// receiver asked for.
func (a Attempt) Wait(n int, rnd func() float64) (time.Duration, bool) {
	wait, more := NextAttempt(n, rnd)
	if more && a.RetryAfter != nil {
		wait = max(wait, *a.RetryAfter)
	}
	return wait, more
}

// retryAfter reads how long a receiver that is busy (429, 503) asks to be left
// alone: seconds, or a date that is compared with the receiver's own Date.
func retryAfter(status int, h http.Header, now time.Time) *time.Duration {
	if !slices.Contains([]int{http.StatusTooManyRequests, http.StatusServiceUnavailable}, status) {
		return nil
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		return new(min(time.Duration(seconds)*time.Second, MaxRetryAfter))
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return nil
	}
	if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
		now = theirs
	}
	return new(min(max(until.Sub(now), 0), MaxRetryAfter))
}
