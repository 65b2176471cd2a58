package rating_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

func TestGauge_readsTheLevelAtEachHour(t *testing.T) {
	t.Parallel()
	start := day("2026-06-01")
	p := rating.Period{Start: start, End: start.Add(4 * time.Hour)}
	at := func(minutes int, v string) rating.Sample {
		return rating.Sample{At: start.Add(time.Duration(minutes) * time.Minute), Value: dec(v)}
	}
	for _, c := range []struct {
		name          string
		samples       []rating.Sample
		average, peak string
	}{
		{"none", nil, "0", "0"},
		{"in force before the period", []rating.Sample{at(-600, "8")}, "8", "8"},
		{"starts in the period", []rating.Sample{at(60, "8")}, "6", "8"},
		{"a spike within one hour", []rating.Sample{at(0, "2"), at(61, "90"), at(119, "2")}, "2", "90"},
		{"out of order, last of one time wins", []rating.Sample{at(120, "9"), at(0, "1"), at(120, "3")}, "2", "3"},
		{"after the end", []rating.Sample{at(0, "1"), at(240, "99")}, "1", "1"},
		{"lower at once at the start", []rating.Sample{at(-60, "50"), at(0, "1")}, "1", "1"},
	} {
		require.Equal(t, c.average, rating.GaugeAverage(c.samples, p).String(), c.name)
		require.Equal(t, c.peak, rating.GaugePeak(c.samples, p).String(), c.name)
	}
	none := rating.Period{Start: start, End: start}
	require.Equal(t, "0", rating.GaugeAverage([]rating.Sample{at(-1, "5")}, none).String())
	require.Equal(t, "0", rating.GaugePeak([]rating.Sample{at(-1, "5")}, none).String())
}
