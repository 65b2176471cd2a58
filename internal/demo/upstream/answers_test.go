package upstream_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUpstream_givesTheSameAnswerAtTheSameTime(t *testing.T) {
	t.Parallel()
	one, two := setup(t), setup(t)
	for _, p := range one.products {
		for _, e := range p.Endpoints {
			_, first := one.call(t, p, e.Method, e.Example.Path, e.Example.Body, p.AuthHeader)
			_, second := two.call(t, p, e.Method, e.Example.Path, e.Example.Body, p.AuthHeader)
			require.Equal(t, string(first), string(second), "%s %s", p.SKU, e.Identifier)
		}
	}
}

func TestShop_sellsWhatWasPutOnSale(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.product(t, "lagoon-shop")
	e, ok := p.Endpoint("create-item")
	require.True(t, ok)
	resp, _ := b.call(t, p, "POST", "/items", e.Example.Body, p.AuthHeader)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	require.Equal(t, "/lagoon-shop/items/241", resp.Header.Get("Location"))
	require.Equal(t, map[string]any{"amount": "48.00", "currency": "EUR"}, b.get(t, "lagoon-shop", "/items/241")["price"])
	list := b.get(t, "lagoon-shop", "/items?limit=1")
	require.EqualValues(t, 241, list["total"])
	require.Equal(t, "Small blue goblet", list["items"].([]any)[0].(map[string]any)["name"], "newest first")

	resp, answer := b.call(t, p, "POST", "/orders", `{"lines":[{"itemId":241,"quantity":2}]}`, p.AuthHeader)
	require.Equal(t, http.StatusCreated, resp.StatusCode)
	var order map[string]any
	require.NoError(t, json.Unmarshal(answer, &order))
	require.Equal(t, map[string]any{"amount": "96.00", "currency": "EUR"}, order["total"])
	require.Equal(t, order, b.get(t, "lagoon-shop", "/orders/"+order["id"].(string)))
}

func TestShop_pagesAndFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	seen := make(map[float64]bool)
	for offset := 0; offset < 300; offset += 50 {
		for _, i := range b.get(t, "lagoon-shop", "/items?limit=50&offset="+strconv.Itoa(offset))["items"].([]any) {
			seen[i.(map[string]any)["id"].(float64)] = true
		}
	}
	require.Len(t, seen, 240)
	require.EqualValues(t, 60, b.get(t, "lagoon-shop", "/items?category=lace")["total"])
	require.EqualValues(t, 6, b.get(t, "lagoon-shop", "/items?workshop=fornace-tre-oche")["total"])
	require.Empty(t, b.get(t, "lagoon-shop", "/items?q=submarine")["items"])
}

func TestTides_turnThreeOrFourTimesADay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for d := 1; d <= 28; d++ {
		extremes := b.get(t, "lagoon-tides", "/stations/salute/extremes?date="+time.Date(2026, 2, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))["extremes"].([]any)
		require.GreaterOrEqual(t, len(extremes), 1, "day %d", d)
		require.LessOrEqual(t, len(extremes), 5, "day %d", d)
		for i, e := range extremes[1:] {
			require.NotEqual(t, extremes[i].(map[string]any)["kind"], e.(map[string]any)["kind"])
		}
	}
	before := b.get(t, "lagoon-tides", "/stations/salute/level")
	require.Equal(t, "2026-11-03T08:00:00Z", before["at"])
	b.clock.Advance(3 * time.Hour)
	require.NotEqual(t, before["levelCm"], b.get(t, "lagoon-tides", "/stations/salute/level")["levelCm"])
}

func TestVATCheck_knowsCheckDigits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for number, reason := range map[string]any{"IT01234567897": nil, "IT01234567898": "check digit", "IT123": "form", "DE136695976": nil, "DE136695975": "check digit", "GB123456789": nil, "ATU12345678": nil} {
		got := b.get(t, "vat-check", "/numbers/"+number)
		require.Equal(t, reason == nil, got["valid"], number)
		require.Equal(t, reason, got["reason"], number)
		require.Equal(t, reason == nil, got["name"] != nil, number)
	}
}

func TestExchangeRates_convertExactlyAndSkipWeekends(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, "2026-11-02", b.get(t, "exchange-rates", "/latest")["date"], "before 15:15 UTC the day before")
	b.clock.Advance(8 * time.Hour)
	require.Equal(t, "2026-11-03", b.get(t, "exchange-rates", "/latest")["date"])
	require.Equal(t, "2024-05-31", b.get(t, "exchange-rates", "/days/2024-06-02")["date"], "a Sunday")
	got := b.get(t, "exchange-rates", "/convert?amount=125.005&from=EUR&to=EUR")
	require.Equal(t, map[string]any{"amount": "125.01", "currency": "EUR"}, got["result"])
	require.Len(t, b.get(t, "exchange-rates", "/latest?base=CHF")["rates"], 31)
}

func TestHolidays_knowEasterAndWorkdays(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for year, monday := range map[string]string{"2024": "2024-04-01", "2025": "2025-04-21", "2027": "2027-03-29", "2038": "2038-04-26"} {
		require.Contains(t, b.get(t, "holidays", "/years/IT/"+year)["holidays"], map[string]any{"date": monday, "name": "Easter Monday"})
	}
	// April 2027 has 22 weekdays; the 25th is a Sunday and Easter was in March.
	require.EqualValues(t, 22, b.get(t, "holidays", "/workdays/IT?from=2027-04-01&to=2027-04-30")["workdays"])
	require.EqualValues(t, 20, b.get(t, "holidays", "/workdays/DE?from=2026-04-01&to=2026-04-30")["workdays"])
}

func TestGeocoding_findsTownsByName(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.get(t, "geocoding", "/search?q=Nordstrand+4,+Husum&limit=2")["matches"].([]any)
	require.Len(t, got, 2)
	require.Equal(t, "Nordstrand 4, 25813 Husum, DE", got[0].(map[string]any)["label"])
	require.InDelta(t, 54.4858, got[0].(map[string]any)["lat"], 0.05)
	near := b.get(t, "geocoding", "/reverse?lat=45.43&lon=12.33")["matches"].([]any)
	require.Contains(t, near[0].(map[string]any)["label"], "Venezia, IT")
}

func TestRoutes_areLongerThanTheCrowFlies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	got := b.get(t, "routes", "/route?from=54.4858,9.0524&to=54.3233,10.1228&mode=bicycle")
	require.InDelta(t, 89, got["km"], 3) // 71 km through the air
	require.InDelta(t, got["km"].(float64)/17*60, got["minutes"], 1)
}
