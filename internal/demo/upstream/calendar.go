package upstream

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

func (u *upstream) holidays() routes {
	return routes{
		"GET /years/{country}/{year}": listHolidays,
		"GET /workdays/{country}":     countWorkdays,
	}
}

type holiday struct {
	Date string `json:"date"`
	Name string `json:"name"`
}

// easter is Easter Sunday by the Gregorian computus (Meeus/Jones/Butcher).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

func holidayName(key string) string {
	name := map[string]string{
		"01-01": "New Year", "01-06": "Epiphany", "05-01": "Labour Day", "08-15": "Assumption", "11-01": "All Saints", "12-08": "Immaculate Conception",
		"12-24": "Christmas Eve", "12-25": "Christmas", "12-26": "Second Day of Christmas", "-3": "Maundy Thursday", "-2": "Good Friday", "1": "Easter Monday",
		"39": "Ascension", "50": "Whit Monday", "60": "Corpus Christi",
	}[key]
	if name == "" {
		return "National holiday"
	}
	return name
}

// holidaysOf lists a country's holidays of a year by date.
func holidaysOf(c country, year int) []holiday {
	var list []holiday
	for _, date := range strings.Fields(c.fixed) {
		list = append(list, holiday{fmt.Sprintf("%04d-%s", year, date), holidayName(date)})
	}
	for _, days := range strings.Fields(c.movable) {
		n, err := strconv.Atoi(days)
		if err != nil {
			continue
		}
		list = append(list, holiday{easter(year).AddDate(0, 0, n).Format(time.DateOnly), holidayName(days)})
	}
	slices.SortFunc(list, func(a, b holiday) int { return strings.Compare(a.Date, b.Date) })
	return list
}

func pathCountry(r *http.Request) (country, error) {
	c, ok := countryOf(r.PathValue("country"))
	if !ok {
		return c, fault.Newf(fault.NotFound, "The country %q is not covered.", r.PathValue("country"))
	}
	return c, nil
}

func listHolidays(r *http.Request) (any, error) {
	c, err := pathCountry(r)
	if err != nil {
		return nil, err
	}
	year, err := strconv.Atoi(r.PathValue("year"))
	if err != nil || year < 1990 || year > 2100 {
		return nil, fault.Newf(fault.NotFound, "There are holidays from 1990 to 2100, not for %q.", r.PathValue("year"))
	}
	return map[string]any{"country": c.code, "year": year, "holidays": holidaysOf(c, year)}, nil
}

func countWorkdays(r *http.Request) (any, error) {
	c, err := pathCountry(r)
	if err != nil {
		return nil, err
	}
	from, errFrom := time.Parse(time.DateOnly, r.URL.Query().Get("from"))
	to, errTo := time.Parse(time.DateOnly, r.URL.Query().Get("to"))
	if errFrom != nil || errTo != nil || to.Before(from) || to.Sub(from) > 5*366*24*time.Hour {
		return nil, fault.InvalidField("from and to", "from and to have to be dates such as 2027-04-01, in order and at most five years apart.")
	}
	return map[string]any{"country": c.code, "from": from.Format(time.DateOnly), "to": to.Format(time.DateOnly), "workdays": workdays(c, from, to)}, nil
}

// workdays counts Monday to Friday without holidays, both ends included.
func workdays(c country, from, to time.Time) int {
	free := make(map[string]bool)
	for year := from.Year(); year <= to.Year(); year++ {
		for _, h := range holidaysOf(c, year) {
			free[h.Date] = true
		}
	}
	n := 0
	for t := from; !t.After(to); t = t.AddDate(0, 0, 1) {
		if t.Weekday() != time.Saturday && t.Weekday() != time.Sunday && !free[t.Format(time.DateOnly)] {
			n++
		}
	}
	return n
}
