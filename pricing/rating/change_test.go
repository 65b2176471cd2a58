package rating_test

import (
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

// change is from Basic to Pro on 10 May 2009 at noon.
func change(anchor price.Anchor, before, after string) rating.Change {
	return rating.Change{
		OldName: "Basic", NewName: "Pro",
		Old:    price.Terms{Currency: "EUR", RecurringPrice: dec(before), Anchor: anchor},
		New:    price.Terms{Currency: "EUR", RecurringPrice: dec(after), Anchor: anchor, SetupPrice: dec("99")},
		Period: month("2009-05-01"), At: day("2009-05-10T12:00Z"),
	}
}

func lines(t *testing.T, c rating.Change) []rating.Line {
	t.Helper()
	out, err := rating.PlanChange(c)
	require.NoError(t, err)
	return out
}

func TestPlanChange_inACalendarMonthRefundsAndChargesByTheSecond(t *testing.T) {
	t.Parallel()
	got := lines(t, change(price.Calendar, "31", "3100"))
	require.Equal(t, [][3]string{
		{"refund", "-21.50", "−31.00 × 1857600/2678400 = −21.50"},
		{"upgrade", "2150.00", "3100.00 × 1857600/2678400 = 2150.00"},
	}, bill(got))
	require.Equal(t, "Refund (Basic)", got[0].Description)
	require.Equal(t, "Application upgrade (Basic to Pro)", got[1].Description)
	require.Equal(t, day("2009-05-10T12:00Z"), got[0].PeriodStart)

	joined := change(price.Calendar, "31", "3100")
	joined.Period.Start = day("2009-05-08T09:00Z")
	require.Equal(t, bill(got), bill(lines(t, joined)), "a month joined late is still measured whole")
	require.Equal(t, []string{"upgrade"}, kinds(lines(t, change(price.Calendar, "0", "31"))), "nothing to refund of a free plan")
}

func TestPlanChange_onAnAnniversaryChargesTheDifferenceByStartedHours(t *testing.T) {
	t.Parallel()
	c := change(price.Anniversary, "31", "3131")
	require.Equal(t, [][3]string{{"upgrade", "2150.00", "3100.00 × 516/744 = 2150.00"}}, bill(lines(t, c)))
	c.At = c.At.Add(-time.Second)
	require.Equal(t, "3100.00 × 517/744 ≈ 2154.17", lines(t, c)[0].Explanation.Formula)
}

func TestPlanChange_toAnotherLengthComparesPricesOfOnePeriod(t *testing.T) {
	t.Parallel()
	c := change(price.Anniversary, "10", "240")
	c.New.PeriodMonths = 12
	require.Equal(t, "10.00 × 516/744 ≈ 6.94", lines(t, c)[0].Explanation.Formula, "240 a year is 20 a month")
}

func TestPlanChange_returnsNothingOnADowngradeUnlessTheMarketplaceRefunds(t *testing.T) {
	t.Parallel()
	for _, anchor := range []price.Anchor{price.Calendar, price.Anniversary} {
		c := change(anchor, "310", "31")
		require.Empty(t, lines(t, c))
		c.RefundDowngrade = true
		require.Equal(t, "-193.50", net(lines(t, c)).String())
		require.Empty(t, lines(t, change(anchor, "31", "31.00")), "same price, nothing due")
	}
}

func TestPlanChange_refusesAnotherCurrencyAndATimeOutsideThePeriod(t *testing.T) {
	t.Parallel()
	c := change(price.Calendar, "1", "2")
	c.New.Currency = "USD"
	_, err := rating.PlanChange(c)
	require.ErrorContains(t, err, "USD")
	require.True(t, fault.Is(err, fault.Invalid))
	c = change(price.Calendar, "1", "2")
	c.At = c.Period.End
	_, err = rating.PlanChange(c)
	require.ErrorContains(t, err, "outside of the period")
}

func TestQuantityChange_chargesOnlyWhatIsAdded(t *testing.T) {
	t.Parallel()
	r := rating.Resize{
		Meter: "vm", Name: "Virtual machines", Terms: price.Terms{Currency: "EUR"}, UnitPrice: dec("10"),
		Old: dec("2"), New: dec("5"), Period: month("2026-06-01"), At: day("2026-06-23T12:00Z"),
	}
	got, err := rating.QuantityChange(r)
	require.NoError(t, err)
	require.Equal(t, [][3]string{{"upgrade", "7.50", "30.00 × 180/720 = 7.50"}}, bill(got))
	require.Equal(t, "Virtual machines (2 to 5)", got[0].Description)
	require.Contains(t, got[0].Explanation.Notes[0], "3 more at 10.00")
	joined := r
	joined.Terms.Anchor, joined.Period.Start = price.Calendar, day("2026-06-20")
	late, err := rating.QuantityChange(joined)
	require.NoError(t, err)
	require.Equal(t, bill(got), bill(late), "a month joined late is still measured whole")
	r.New = dec("1")
	got, err = rating.QuantityChange(r)
	require.NoError(t, err)
	require.Empty(t, got, "less takes effect at the next period")
}
