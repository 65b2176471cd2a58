package rating_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPeriodAt_clampsFromTheOriginalDay(t *testing.T) {
	t.Parallel()
	terms, anchor := price.Terms{}, day("2026-01-31T08:30Z")
	var starts []string
	for n := range 6 {
		starts = append(starts, rating.PeriodAt(terms, anchor, n).Start.Format("2006-01-02T15:04"))
	}
	require.Equal(t, []string{"2026-01-31T08:30", "2026-02-28T08:30", "2026-03-31T08:30", "2026-04-30T08:30", "2026-05-31T08:30", "2026-06-30T08:30"}, starts)

	terms.PeriodMonths = 12
	leap := day("2024-02-29")
	require.Equal(t, day("2025-02-28"), rating.PeriodAt(terms, leap, 1).Start)
	require.Equal(t, day("2028-02-29"), rating.PeriodAt(terms, leap, 4).Start)
}

func TestPeriodAt_ofACalendarAnchorGoesToTheFirstOfTheMonth(t *testing.T) {
	t.Parallel()
	terms, anchor := price.Terms{Anchor: price.Calendar}, day("2009-02-05T17:30Z")
	require.Equal(t, rating.Period{Start: anchor, End: day("2009-03-01")}, rating.PeriodAt(terms, anchor, 0))
	require.Equal(t, month("2009-03-01"), rating.PeriodAt(terms, anchor, 1))
	rome := time.FixedZone("CET", 3600)
	require.Equal(t, day("2009-02-01"), rating.PeriodAt(terms, time.Date(2009, 2, 1, 0, 30, 0, 0, rome), 0).End, "months are UTC")
}

func TestBillingAnchor_isTheEndOfTheTrial(t *testing.T) {
	t.Parallel()
	require.Equal(t, day("2009-05-15"), rating.BillingAnchor(price.Terms{TrialDays: 14}, day("2009-05-01")))
	require.Equal(t, day("2009-05-01"), rating.BillingAnchor(price.Terms{}, day("2009-05-01")))
}

func TestPeriods_tileTimeWithoutGapOrOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		terms := price.Terms{
			PeriodMonths: rapid.IntRange(1, 24).Draw(t, "months"),
			Anchor:       rapid.SampledFrom([]price.Anchor{price.Anniversary, price.Calendar}).Draw(t, "anchor"),
		}
		anchor := time.Unix(rapid.Int64Range(0, 4_000_000_000).Draw(t, "start"), 0).UTC()
		n := rapid.IntRange(0, 60).Draw(t, "n")
		p := rating.PeriodAt(terms, anchor, n)
		require.True(t, p.Start.Before(p.End))
		require.Equal(t, p.End, rating.PeriodAt(terms, anchor, n+1).Start)
		require.Equal(t, rating.PeriodAt(terms, anchor, n+1), rating.Next(terms, anchor, p))
		require.Equal(t, anchor, rating.PeriodAt(terms, anchor, 0).Start)

		inside := p.Start.Add(time.Duration(rapid.Int64Range(0, int64(p.End.Sub(p.Start))-1).Draw(t, "inside")))
		found, q := rating.PeriodContaining(terms, anchor, inside)
		require.Equal(t, n, found)
		require.Equal(t, p, q)
		require.True(t, q.Contains(inside))
	})
}

func TestFractionOf_measuresEachBasis(t *testing.T) {
	t.Parallel()
	full := month("2024-02-01")
	part := rating.Period{Start: day("2024-02-05T13:15Z"), End: full.End}
	for basis, want := range map[rating.Basis]string{
		rating.Days: "25/29", rating.Hours: "587/696", rating.Seconds: "2112300/2505600", rating.Fixed30: "26/30",
	} {
		require.Equal(t, want, rating.FractionOf(basis, part, full).String(), basis)
	}
	require.Equal(t, "1/30", rating.FractionOf(rating.Fixed30, rating.Period{Start: day("2026-01-31"), End: day("2026-02-01")}, month("2026-01-01")).String())
	require.Equal(t, "0/1", rating.FractionOf(rating.Days, rating.Period{}, rating.Period{}).String())
}

func TestFractions_ofTheTwoPartsOfAPeriodMakeTheWhole(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		full := rating.PeriodAt(price.Terms{}, day("2024-01-31").AddDate(0, 0, rapid.IntRange(0, 900).Draw(t, "anchor")), 0)
		cut := full.Start.AddDate(0, 0, rapid.IntRange(0, 28).Draw(t, "cut"))
		for _, b := range []rating.Basis{rating.Days, rating.Hours, rating.Seconds, rating.Fixed30} {
			before := rating.FractionOf(b, rating.Period{Start: full.Start, End: cut}, full)
			after := rating.FractionOf(b, rating.Period{Start: cut, End: full.End}, full)
			require.Equal(t, before.Whole, before.Part+after.Part, b)
		}
	})
}
