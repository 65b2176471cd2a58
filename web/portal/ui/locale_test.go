package ui_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/ui"
)

func TestMoney_isNeverRoundedAndAlwaysNamesItsCurrency(t *testing.T) {
	t.Parallel()
	l := ui.NewLocale("en", nil)
	for in, want := range map[string]string{
		"29.00 EUR": "€29.00", "EUR 29": "€29.00", "1234567.5 EUR": "€1,234,567.50", "12345678.00 EUR": "€12,345,678.00",
		"0.00045 EUR": "€0.00045", "1999999999.000000000001 EUR": "€1,999,999,999.000000000001",
		"1500 JPY": "¥1,500", "-2.90 EUR": "-€2.90", "0.0000000001 EUR": "0.0000000001 EUR",
		"nonsense": "nonsense", "12 XQQ": "12 XQQ", "x EUR": "x EUR", "": "",
	} {
		require.Equal(t, want, l.Money(in), in)
	}
}

func TestNum_groupsDigits(t *testing.T) {
	t.Parallel()
	en, it := ui.NewLocale("en", nil), ui.NewLocale("it", nil)
	require.Equal(t, "1,234,567", en.Num(1234567))
	require.Equal(t, "1,234.5", en.Num("1234.5"))
	require.Equal(t, "1.234.567", it.Num(int64(1234567)))
	require.Equal(t, "12.345,25", it.Num("12345.25"))
	require.Equal(t, "n/a", en.Num("n/a"))
	require.Equal(t, "1 call", en.Plural(1, "call", "calls"))
	require.Equal(t, "0 calls", en.Plural(0, "call", "calls"))
}

func TestTimes_standInTheReadersZoneWithUTCOnHover(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	require.NoError(t, err)
	at := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC)
	l := ui.NewLocale("en", nil)
	require.Equal(t, `<time datetime="2026-11-30T23:30:00Z" title="30 Nov 2026, 23:30:00 UTC">1 Dec 2026, 00:30</time>`, string(l.DateTime(rome, at)))
	require.Contains(t, string(l.Date(nil, at)), ">30 Nov 2026<")
	require.Contains(t, string(l.Date(nil, time.Time{})), "–")
}

func TestDurations_areWords(t *testing.T) {
	t.Parallel()
	l := ui.NewLocale("en", nil)
	for want, d := range map[string]time.Duration{
		"2 days 3 hours": 51*time.Hour + 20*time.Minute, "45 seconds": 45 * time.Second, "1 hour": time.Hour + 5*time.Second,
		"less than a second": time.Millisecond, "1 minute 1 second": 61 * time.Second,
	} {
		require.Equal(t, want, l.Duration(d))
	}
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	require.Equal(t, "3 hours ago", l.Ago(now, now.Add(-3*time.Hour)))
	require.Equal(t, "in 1 day", l.Ago(now, now.Add(25*time.Hour)))
	require.Equal(t, "just now", l.Ago(now, now.Add(10*time.Second)))
}
