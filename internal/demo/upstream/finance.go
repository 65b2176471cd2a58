package upstream

import (
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

func (u *upstream) vatCheck() routes {
	return routes{
		"GET /numbers/{number}": u.checkVAT,
		"GET /rates":            listVATRates,
		"GET /rates/{country}":  vatRatesOf,
	}
}

func (u *upstream) checkVAT(r *http.Request) (any, error) {
	number := strings.ToUpper(r.PathValue("number"))
	c, ok := countryOf(number[:min(2, len(number))])
	if !ok {
		return nil, fault.InvalidField("number", fmt.Sprintf("%q does not begin with the code of a country that is covered.", number))
	}
	reason := ""
	switch rest := number[2:]; {
	case !c.hasVATForm(rest):
		reason = "form"
	case !c.vatCheckDigit(rest):
		reason = "check digit"
	}
	answer := map[string]any{
		"number": number, "country": c.code, "valid": reason == "", "checkedAt": u.clock.Now(),
		"receipt": fmt.Sprintf("VC-%08X", pick(1<<32-1, number, u.clock.Now().Unix())),
	}
	if reason != "" {
		answer["reason"] = reason
	} else {
		answer["name"] = holder(number)
	}
	return answer, nil
}

func holder(number string) string {
	first := []string{"Squero", "Bricola", "Falkenburg", "Marisma", "Zeedijk", "Altana", "Barena"}
	second := []string{"Trading", "Services", "Foods", "Instruments", "Textiles"}
	return first[pick(len(first), number)] + " " + second[pick(len(second), number, 2)]
}

func vatRates(c country) map[string]any {
	return map[string]any{"country": c.code, "standard": c.vat, "reduced": c.reduced}
}

func listVATRates(*http.Request) (any, error) {
	list := []map[string]any{}
	for _, c := range countries() {
		list = append(list, vatRates(c))
	}
	return map[string]any{"rates": list}, nil
}

func vatRatesOf(r *http.Request) (any, error) {
	c, ok := countryOf(r.PathValue("country"))
	if !ok {
		return nil, fault.Newf(fault.NotFound, "The country %q is not covered.", r.PathValue("country"))
	}
	return vatRates(c), nil
}

func (u *upstream) exchangeRates() routes {
	return routes{
		"GET /latest":      u.latestRates,
		"GET /days/{date}": u.ratesOfDay,
		"GET /convert":     u.convert,
	}
}

// perEuro gives about what a euro costs, in ten-thousandths.
func perEuro() map[string]int64 {
	return map[string]int64{
		"EUR": 10000, "USD": 10850, "GBP": 8520, "CHF": 9510, "DKK": 74580, "SEK": 113500, "NOK": 116200, "CZK": 251800,
		"PLN": 42900, "HUF": 3965000, "RON": 49740, "BGN": 19558, "TRY": 371000, "JPY": 1638000, "CNY": 78300, "INR": 912000,
		"AUD": 16540, "CAD": 14820, "NZD": 18030, "SGD": 14540, "HKD": 84500, "KRW": 14930000, "BRL": 62300, "MXN": 213000,
		"ZAR": 198000, "THB": 367000, "IDR": 172000000, "MYR": 48300, "PHP": 624000, "ILS": 39600, "ISK": 1498000,
	}
}

// rate is what a euro costs on a day, to five digits behind the point, within
// 3 % of perEuro.
func rate(currency string, on time.Time) (*big.Rat, bool) {
	base, ok := perEuro()[currency]
	if !ok {
		return nil, false
	}
	if currency == "EUR" {
		return big.NewRat(1, 1), true
	}
	permille := int64(1000 + pick(61, currency, on.Format(time.DateOnly)) - 30)
	return big.NewRat(base*permille, 10_000_000), true
}

// bankingDay is the day itself, or the Friday before a weekend.
func bankingDay(t time.Time) time.Time {
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, -1)
	}
	return t
}

// latest is the last banking day whose rates are out.
func (u *upstream) latest() time.Time {
	return bankingDay(u.clock.Now().Add(-15*time.Hour - 15*time.Minute).Truncate(24 * time.Hour))
}

func table(base string, on time.Time) (any, error) {
	if base == "" {
		base = "EUR"
	}
	of, ok := rate(base, on)
	if !ok {
		return nil, fault.InvalidField("base", fmt.Sprintf("There are no rates for %q.", base))
	}
	rates := make(map[string]string)
	for currency := range perEuro() {
		r, _ := rate(currency, on)
		rates[currency] = new(big.Rat).Quo(r, of).FloatString(5)
	}
	return map[string]any{"base": base, "date": on.Format(time.DateOnly), "rates": rates}, nil
}

func (u *upstream) latestRates(r *http.Request) (any, error) {
	return table(r.URL.Query().Get("base"), u.latest())
}

func (u *upstream) ratesOfDay(r *http.Request) (any, error) {
	on, err := day(r.PathValue("date"), "date", u.clock.Now())
	if err != nil {
		return nil, err
	}
	if on.Before(time.Date(1999, 1, 4, 0, 0, 0, 0, time.UTC)) || on.After(u.clock.Now()) {
		return nil, fault.Newf(fault.NotFound, "There are rates from 1999-01-04 to today, not for %s.", on.Format(time.DateOnly))
	}
	return table(r.URL.Query().Get("base"), bankingDay(on))
}

var amountForm = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,6})?$`)

func (u *upstream) convert(r *http.Request) (any, error) {
	q := r.URL.Query()
	if !amountForm.MatchString(q.Get("amount")) {
		return nil, fault.InvalidField("amount", "The amount has to be written like 125.00.")
	}
	from, okFrom := rate(q.Get("from"), u.latest())
	to, okTo := rate(q.Get("to"), u.latest())
	if !okFrom || !okTo {
		return nil, fault.InvalidField("from and to", "from and to have to be currencies such as EUR and CHF.")
	}
	amount, _ := new(big.Rat).SetString(q.Get("amount"))
	applied := new(big.Rat).Quo(to, from)
	digits := 2
	if strings.Contains("JPY KRW HUF ISK IDR", q.Get("to")) {
		digits = 0
	}
	return map[string]any{
		"date": u.latest().Format(time.DateOnly), "rate": applied.FloatString(6),
		"from":   map[string]string{"amount": q.Get("amount"), "currency": q.Get("from")},
		"result": map[string]string{"amount": new(big.Rat).Mul(amount, applied).FloatString(digits), "currency": q.Get("to")},
	}, nil
}
