package usage

import (
	"slices"
	"time"
)

// longAgo is how old time is that is asked for in whole days, not in hours:
// catching up a month takes fifty calls instead of seven hundred.
const longAgo = 48 * time.Hour

// windows cuts the time from from up to now at full hours of UTC and at the
// edges (of billing periods), and at full days where it is long ago. The last
// hour, which is not over, is left out, unless last is set: then it ends now.
// Whatever the calls, windows that follow each other neither overlap nor leave
// a gap.
func windows(from, now time.Time, edges []time.Time, last bool) []span {
	var all []span
	for at := from; ; {
		step := time.Hour
		if now.Sub(at) > longAgo {
			step = 24 * time.Hour
		}
		next := at.Truncate(step).Add(step)
		for _, e := range edges {
			if e.After(at) && e.Before(next) {
				next = e
			}
		}
		if next.After(now) {
			if last && at.Before(now) {
				all = append(all, span{at, now})
			}
			return all
		}
		all = append(all, span{at, next})
		at = next
	}
}

// due reports whether there is a window that is over.
func due(from, now time.Time, edges []time.Time) bool {
	return !from.Truncate(time.Hour).Add(time.Hour).After(now) ||
		slices.ContainsFunc(edges, func(e time.Time) bool { return e.After(from) && !e.After(now) })
}
