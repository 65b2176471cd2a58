package rating

import (
	"slices"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
)

// Sample is the level of a gauge (active users, GB stored) from At on, until
// the next sample.
type Sample struct {
	At    time.Time
	Value money.Decimal
}

// GaugeAverage returns the average level over the period, read at the start of
// each of its hours; before the first sample the level is 0. An empty period
// has the average 0.
func GaugeAverage(samples []Sample, p Period) money.Decimal {
	samples = inOrder(samples)
	var sum, level money.Decimal
	var hours int64
	for at := p.Start; at.Before(p.End); at = at.Add(time.Hour) {
		for len(samples) > 0 && !samples[0].At.After(at) {
			level, samples = samples[0].Value, samples[1:]
		}
		sum = sum.Add(level)
		hours++
	}
	return sum.Quo(money.Int(max(hours, 1)))
}

// GaugePeak returns the highest level in force during the period, and 0 when
// none was above it.
func GaugePeak(samples []Sample, p Period) money.Decimal {
	var level, peak money.Decimal
	for _, s := range inOrder(samples) {
		if !s.At.Before(p.End) {
			break
		}
		if s.At.After(p.Start) {
			peak = money.Max(peak, level)
		}
		level = s.Value
	}
	if !p.Start.Before(p.End) {
		return money.Decimal{}
	}
	return money.Max(peak, level)
}

// inOrder returns the samples by time; of several at one time only the last.
func inOrder(samples []Sample) []Sample {
	out := slices.Clone(samples)
	slices.Reverse(out)
	slices.SortStableFunc(out, func(a, b Sample) int { return a.At.Compare(b.At) })
	return slices.CompactFunc(out, func(a, b Sample) bool { return a.At.Equal(b.At) })
}
