package usage_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/stretchr/testify/require"
)

func TestWindowAt_isThePartOfTheCalendarInUTC(t *testing.T) {
	rome := time.FixedZone("Rome", 2*60*60)
	at := time.Date(2028, 3, 1, 1, 30, 15, 500, rome) // 29 February, 23:30:15 UTC
	day := func(y int, m time.Month, d, h, min, s int) time.Time {
		return time.Date(y, m, d, h, min, s, 0, time.UTC)
	}
	for window, want := range map[string][2]time.Time{
		"second": {day(2028, 2, 29, 23, 30, 15), day(2028, 2, 29, 23, 30, 16)},
		"minute": {day(2028, 2, 29, 23, 30, 0), day(2028, 2, 29, 23, 31, 0)},
		"hour":   {day(2028, 2, 29, 23, 0, 0), day(2028, 3, 1, 0, 0, 0)},
		"day":    {day(2028, 2, 29, 0, 0, 0), day(2028, 3, 1, 0, 0, 0)},
		"month":  {day(2028, 2, 1, 0, 0, 0), day(2028, 3, 1, 0, 0, 0)},
		"year":   {day(2028, 1, 1, 0, 0, 0), day(2029, 1, 1, 0, 0, 0)},
	} {
		start, end := usage.WindowAt(window, at)
		require.Equal(t, want, [2]time.Time{start, end}, window)
	}
	for _, window := range catalog.Windows {
		start, end := usage.WindowAt(window, at)
		require.True(t, start.Before(end), window)
	}
}

func TestLimit_neverHasLessThanNothingLeft(t *testing.T) {
	require.Equal(t, usage.Units(2), usage.Limit{Allowed: 5, Used: usage.Units(3)}.Remaining())
	require.Zero(t, usage.Limit{Allowed: 5, Used: usage.Units(9)}.Remaining())
}
