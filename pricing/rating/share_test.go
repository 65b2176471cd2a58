package rating_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

func TestRenewal_ofAFewHoursCostsAWholePeriodAtAnyTimeOfTheDay(t *testing.T) {
	t.Parallel()
	terms := price.Terms{Currency: "EUR", RecurringPrice: money.Int(29)}
	seats := rating.Bought{Parameter: "seats", Name: "Seats", Quantity: money.Int(2), UnitPrice: money.Int(3)}
	for _, hour := range []int{0, 12, 23} {
		start := time.Date(2026, time.November, 25, hour, 30, 0, 0, time.UTC)
		lines := rating.Renewal(terms, rating.Period{Start: start, End: start.Add(2 * time.Hour)}, seats)
		require.Len(t, lines, 2)
		require.Equal(t, "29.00", lines[0].Amount.String(), "at %d:30", hour)
		require.Equal(t, "6.00", lines[1].Amount.String(), "at %d:30", hour)
	}
}
