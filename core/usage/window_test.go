package usage

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 24, 10, 17, 23, 456000, time.UTC)

// TestWindows_coverTimeExactlyOnceHoweverOftenTheyAreAskedFor collects at any
// instants, with edges of periods anywhere, and at the end for the last time.
func TestWindows_coverTimeExactlyOnceHoweverOftenTheyAreAskedFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var edges []time.Time
		for _, e := range rapid.SliceOfN(rapid.Int64Range(0, 90*24*3600*1_000_000), 0, 4).Draw(t, "edges") {
			edges = append(edges, start.Add(time.Duration(e)*time.Microsecond))
		}
		at, now := start, start
		pauses := rapid.SliceOfN(rapid.Int64Range(0, 20*24*3600*1_000_000), 1, 8).Draw(t, "pauses")
		for i, p := range pauses {
			now = now.Add(time.Duration(p) * time.Microsecond)
			last := i == len(pauses)-1
			all := windows(at, now, edges, last)
			require.Equal(t, !last && len(all) > 0 || last && due(at, now, edges), due(at, now, edges))
			for _, w := range all {
				require.Equal(t, at, w.from, "a gap, or an overlap")
				require.True(t, w.to.After(w.from))
				require.False(t, w.to.After(now), "it is not over")
				for _, e := range edges {
					require.False(t, e.After(w.from) && e.Before(w.to), "it holds the end of a period")
				}
				if !last {
					require.True(t, w.to.Equal(w.to.Truncate(time.Hour)) || contains(edges, w.to), "cut at %s", w.to)
				}
				at = w.to
			}
		}
		require.Equal(t, now, at, "time is left over")
	})
}

func contains(all []time.Time, t time.Time) bool {
	for _, e := range all {
		if e.Equal(t) {
			return true
		}
	}
	return false
}

func TestWindows_areHoursLatelyAndDaysLongAgo(t *testing.T) {
	t.Parallel()
	now := start.AddDate(0, 0, 10)
	all := windows(start, now, nil, false)
	require.Equal(t, 24*time.Hour, all[1].to.Sub(all[1].from))
	lastOne := all[len(all)-1]
	require.Equal(t, time.Hour, lastOne.to.Sub(lastOne.from))
	require.Equal(t, now.Truncate(time.Hour), lastOne.to)
}

func TestReadUsage_roundsHalfUpToSixDecimals(t *testing.T) {
	t.Parallel()
	w := span{start, start.Add(time.Hour)}
	facts, rounded, err := readUsage(12, w, []sdk.Usage{{EventID: "a", Meter: "coreHours", Quantity: "0.0000005", At: start}, {EventID: "b", Meter: "coreHours", Quantity: "2.5", At: start}})
	require.NoError(t, err)
	require.Equal(t, 1, rounded)
	require.Equal(t, []Quantity{1, 2_500_000}, []Quantity{facts[0].Quantity, facts[1].Quantity})
}

func TestReadUsage_refusesWhatCannotBeBooked(t *testing.T) {
	t.Parallel()
	w := span{start, start.Add(time.Hour)}
	good := sdk.Usage{EventID: "a", Meter: "coreHours", Quantity: "1", At: start}
	for why, change := range map[string]func(u *sdk.Usage){
		"no decimal number":  func(u *sdk.Usage) { u.Quantity = "much" },
		"out of range":       func(u *sdk.Usage) { u.Quantity = "-1" },
		"its id must have":   func(u *sdk.Usage) { u.EventID = "" },
		"names no meter":     func(u *sdk.Usage) { u.Meter = "\x00" },
		"outside the window": func(u *sdk.Usage) { u.At = w.to },
	} {
		u := good
		change(&u)
		_, _, err := readUsage(12, w, []sdk.Usage{u})
		require.ErrorContains(t, err, why)
	}
	_, _, err := readUsage(12, w, []sdk.Usage{good, good})
	require.ErrorContains(t, err, "twice")
}
