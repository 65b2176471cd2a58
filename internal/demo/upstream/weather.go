package upstream

import (
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

type weather struct {
	At           time.Time `json:"at"`
	TemperatureC float64   `json:"temperatureC"`
	WindKmh      float64   `json:"windKmh"`
	Humidity     int       `json:"humidity"`
	Sky          string    `json:"sky"`
}

func skyAt(p point, t time.Time) string {
	skies := []string{"clear", "partly cloudy", "cloudy", "rain", "fog"}
	return skies[pick(len(skies), fmt.Sprintf("%.1f,%.1f", p.Lat, p.Lon), t.Unix()/(6*3600))]
}

// weatherAt is a climate of latitude, season and hour with some noise.
func weatherAt(p point, t time.Time) weather {
	season := -math.Cos(2 * math.Pi * float64(t.YearDay()-15) / 365)
	hour := -math.Cos(2 * math.Pi * (float64(t.Hour()) + p.Lon/15 - 3) / 24)
	noise := float64(pick(40, p, t.Unix()/3600))/10 - 2
	return weather{
		At: t.UTC(), Sky: skyAt(p, t),
		TemperatureC: tenths(14 - (math.Abs(p.Lat)-45)*0.6 + 9*season + 4*hour + noise),
		WindKmh:      tenths(6 + float64(pick(300, p, "wind", t.Unix()/3600))/10),
		Humidity:     45 + pick(50, p, "humidity", t.Unix()/3600),
	}
}

func (u *upstream) weather() routes {
	return routes{
		"GET /current": func(r *http.Request) (any, error) {
			p, err := queryPoint(r)
			return weatherAt(p, u.clock.Now().Truncate(10*time.Minute)), err
		},
		"GET /forecast/hourly":    u.hourly,
		"GET /forecast/daily":     u.daily,
		"GET /warnings/{country}": u.warnings,
	}
}

func (u *upstream) hourly(r *http.Request) (any, error) {
	p, err := queryPoint(r)
	if err != nil {
		return nil, err
	}
	n, err := integer(r, "hours", 1, 72, 24)
	if err != nil {
		return nil, err
	}
	hours := make([]weather, n)
	for i := range hours {
		hours[i] = weatherAt(p, u.clock.Now().Truncate(time.Hour).Add(time.Duration(i+1)*time.Hour))
	}
	return map[string]any{"hours": hours}, nil
}

func (u *upstream) daily(r *http.Request) (any, error) {
	p, err := queryPoint(r)
	if err != nil {
		return nil, err
	}
	n, err := integer(r, "days", 1, 10, 5)
	if err != nil {
		return nil, err
	}
	days := make([]map[string]any, n)
	for i := range days {
		start := u.clock.Now().Truncate(24*time.Hour).AddDate(0, 0, i)
		days[i] = dayAt(p, start)
	}
	return map[string]any{"days": days}, nil
}

func dayAt(p point, start time.Time) map[string]any {
	low, high := math.Inf(1), math.Inf(-1)
	for h := range 24 {
		c := weatherAt(p, start.Add(time.Duration(h)*time.Hour)).TemperatureC
		low, high = min(low, c), max(high, c)
	}
	sky, rain := skyAt(p, start.Add(12*time.Hour)), 0.0
	if sky == "rain" {
		rain = float64(1+pick(180, p, start.Unix())) / 10
	}
	return map[string]any{"date": start.Format(time.DateOnly), "minC": low, "maxC": high, "rainMm": rain, "sky": sky}
}

func (u *upstream) warnings(r *http.Request) (any, error) {
	c, ok := countryOf(r.PathValue("country"))
	if !ok {
		return nil, fault.Newf(fault.NotFound, "The country %q is not covered.", strings.ToUpper(r.PathValue("country")))
	}
	today := u.clock.Now().Truncate(24 * time.Hour)
	list := []map[string]any{}
	levels, events := []string{"red", "orange", "yellow"}, []string{"Storm surge", "Strong wind", "Fog", "Black ice"}
	for i, level := range levels[pick(3, c.code, today):] {
		list = append(list, map[string]any{
			"level": level, "event": events[pick(len(events), c.code, today, i)], "region": "Coast", "until": today.Add(time.Duration(24+6*i) * time.Hour),
		})
	}
	return map[string]any{"country": c.code, "warnings": list}, nil
}
