package metric

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var june = period{time.Date(2026, 6, 1, 9, 30, 0, 0, time.UTC), time.Date(2026, 7, 1, 9, 30, 0, 0, time.UTC)}

// meter is a metric over its life, with what was booked so far.
type meter struct {
	metric catalog.Metric
	state  State
	booked []usage.Measure
}

func newMeter(f catalog.Function, at time.Time) *meter {
	return &meter{metric: catalog.Metric{Function: f, Counter: f == catalog.Increase || f == catalog.Value},
		state: State{SubscriptionID: 7, Meter: "m", BookedUntil: at}}
}

// at lets time pass to the instant and, with a reading, reads it.
func (m *meter) at(now time.Time, periods []period, q ...usage.Quantity) {
	m.state.Attempts++
	b := booking{metric: m.metric, state: &m.state, periods: periods, now: now}
	b.pass()
	for _, one := range q {
		b.read(one)
	}
	m.booked = append(m.booked, b.out...)
}

func (m *meter) sum(p period) (sum usage.Quantity) {
	for _, one := range m.booked {
		if !one.At.Before(p.Start) && one.At.Before(p.End) {
			sum += one.Quantity
		}
	}
	return sum
}

// life is how a level moves through a period: samples at whole minutes.
func life(t *rapid.T) []rating.Sample {
	out := []rating.Sample{{At: june.Start, Value: money.Int(rapid.Int64Range(0, 1000).Draw(t, "first"))}}
	for at := june.Start; len(out) < 40; {
		at = at.Add(time.Duration(rapid.IntRange(1, 72*60).Draw(t, "wait")) * time.Minute)
		if !at.Before(june.End) {
			break
		}
		out = append(out, rating.Sample{At: at, Value: money.Int(rapid.Int64Range(0, 1000).Draw(t, "level"))})
	}
	return out
}

func play(m *meter, samples []rating.Sample) {
	for _, s := range samples {
		q, _ := usage.FromDecimal(s.Value)
		m.at(s.At, []period{june}, q)
	}
	m.at(june.End.Add(5*time.Minute), []period{june})
}

func TestAverage_ofAPeriodIsTheAverageLevelAsItIsRated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := life(t)
		m := newMeter(catalog.Average, june.Start)
		play(m, samples)
		want, err := usage.FromDecimal(rating.GaugeAverage(samples, rating.Period{Start: june.Start, End: june.End}).Round(6))
		require.NoError(t, err)
		require.InDelta(t, float64(want), float64(m.sum(june)), 1, "within a millionth")
		ids := map[string]bool{}
		for _, one := range m.booked {
			require.False(t, ids[one.EventID], one.EventID)
			ids[one.EventID] = true
		}
	})
}

func TestPeak_ofAPeriodIsTheHighestLevelAsItIsRated(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := life(t)
		m := newMeter(catalog.Peak, june.Start)
		play(m, samples)
		want, err := usage.FromDecimal(rating.GaugePeak(samples, rating.Period{Start: june.Start, End: june.End}))
		require.NoError(t, err)
		require.Equal(t, want, m.sum(june))
	})
}

func TestIncrease_isAllGrowthAndARestartCountsFromZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newMeter(catalog.Increase, june.Start)
		at, value, want := june.Start, usage.Quantity(0), usage.Quantity(0)
		first := true
		for range rapid.IntRange(1, 30).Draw(t, "readings") {
			at = at.Add(time.Hour)
			next := usage.Quantity(rapid.Int64Range(0, 1000).Draw(t, "value"))
			switch {
			case first:
			case next < value:
				want += next
			default:
				want += next - value
			}
			first, value = false, next
			m.at(at, []period{june}, next)
		}
		require.Equal(t, want, m.sum(june))
	})
}

func TestValue_isTheHighestReadingOfEachPeriod(t *testing.T) {
	t.Parallel()
	july := period{june.End, june.End.AddDate(0, 1, 0)}
	m := newMeter(catalog.Value, june.Start)
	m.at(june.Start.Add(time.Hour), []period{june}, 40)
	m.at(june.Start.Add(2*time.Hour), []period{june}, 30) // corrected: nothing is taken back
	m.at(june.Start.Add(3*time.Hour), []period{june}, 55)
	m.at(june.End.Add(time.Minute), []period{june}, 60) // read before the bill
	m.at(july.Start.Add(time.Hour), []period{june, july}, 5)
	m.at(july.Start.Add(2*time.Hour), []period{july}, 9)
	require.Equal(t, usage.Quantity(60), m.sum(june))
	require.Equal(t, usage.Quantity(9), m.sum(july))
}

func TestGauge_goesOnIntoTheNextPeriod(t *testing.T) {
	t.Parallel()
	july := period{june.End, june.End.AddDate(0, 1, 0)}
	for f, want := range map[catalog.Function]usage.Quantity{catalog.Peak: 720_000, catalog.Average: 720_000} {
		m := newMeter(f, june.Start)
		m.at(june.Start, []period{june}, 720_000)
		m.at(june.End.Add(time.Minute), []period{june})
		m.at(july.Start.Add(time.Hour), []period{june, july})
		m.at(july.End.Add(time.Minute), []period{july})
		require.Equal(t, want, m.sum(june), f)
		require.InDelta(t, float64(want), float64(m.sum(july)), 1, f)
	}
}

func TestIncrease_ofAPeriodThatWaitsForItsBillIsInIt(t *testing.T) {
	t.Parallel()
	m := newMeter(catalog.Increase, june.Start)
	m.at(june.End.Add(-time.Hour), []period{june}, 100)
	m.at(june.End.Add(time.Minute), []period{june}, 130)
	require.Equal(t, usage.Quantity(30), m.sum(june))
}

func TestBackoff_growsAndStaysBounded(t *testing.T) {
	t.Parallel()
	require.Equal(t, 30*time.Second, backoff(1))
	require.Equal(t, 2*time.Minute, backoff(3))
	for n := range 100 {
		require.LessOrEqual(t, backoff(n+1), time.Hour)
		require.Positive(t, backoff(n+1))
	}
}

func TestPause_knowsEveryFrequency(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for _, f := range catalog.Frequencies {
		require.False(t, seen[Pause(f)], f)
		seen[Pause(f)] = true
	}
}
