package upstream

import (
	"math"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

type station struct {
	Key       string  `json:"key"`
	Name      string  `json:"name"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	FloodCM   int     `json:"floodCm"`
	lag       time.Duration
}

func stations() []station {
	return []station{
		{"salute", "Punta della Salute", 45.4308, 12.3363, 110, 0},
		{"lido", "Diga Lido", 45.4188, 12.4267, 130, -45 * time.Minute},
		{"chioggia", "Chioggia Vigo", 45.2233, 12.2806, 105, -20 * time.Minute},
		{"burano", "Burano", 45.4854, 12.4167, 100, 40 * time.Minute},
	}
}

type level struct {
	Station string    `json:"station"`
	At      time.Time `json:"at"`
	LevelCM int       `json:"levelCm"`
	State   string    `json:"state"`
}

// at is the tide from its four largest parts, with made-up phases.
func (s station) at(t time.Time) level {
	hours := t.Add(-s.lag).Sub(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).Hours()
	wave := func(amplitude, period float64) float64 { return amplitude * math.Sin(2*math.Pi*hours/period) }
	cm := int(math.Round(38 + wave(24, 12.4206) + wave(14, 12) + wave(17, 23.9345) + wave(5, 25.8193)))
	state := "normal"
	switch {
	case cm >= s.FloodCM:
		state = "flood"
	case cm >= 80:
		state = "high"
	case cm <= 0:
		state = "low"
	}
	return level{s.Key, t.UTC(), cm, state}
}

func (u *upstream) tides() routes {
	return routes{
		"GET /stations":                    func(*http.Request) (any, error) { return map[string]any{"stations": stations()}, nil },
		"GET /stations/{station}/level":    u.tideLevel,
		"GET /stations/{station}/forecast": u.tideForecast,
		"GET /stations/{station}/extremes": u.tideExtremes,
	}
}

func findStation(r *http.Request) (station, error) {
	for _, s := range stations() {
		if s.Key == r.PathValue("station") {
			return s, nil
		}
	}
	return station{}, fault.Newf(fault.NotFound, "There is no gauge %q; see the list of gauges.", r.PathValue("station"))
}

func (u *upstream) tideLevel(r *http.Request) (any, error) {
	s, err := findStation(r)
	if err != nil {
		return nil, err
	}
	t := u.clock.Now().Truncate(5 * time.Minute)
	if at := r.URL.Query().Get("at"); at != "" {
		if t, err = time.Parse(time.RFC3339, at); err != nil {
			return nil, fault.InvalidField("at", "The parameter \"at\" has to be a time such as 2026-11-03T08:00:00Z.")
		}
	}
	return s.at(t), nil
}

func (u *upstream) tideForecast(r *http.Request) (any, error) {
	s, err := findStation(r)
	if err != nil {
		return nil, err
	}
	days, err := integer(r, "days", 1, 7, 2)
	if err != nil {
		return nil, err
	}
	levels := make([]level, 24*days)
	start := u.clock.Now().Truncate(time.Hour)
	for i := range levels {
		levels[i] = s.at(start.Add(time.Duration(i) * time.Hour))
	}
	return map[string]any{"station": s.Key, "levels": levels}, nil
}

type extreme struct {
	At      time.Time `json:"at"`
	LevelCM int       `json:"levelCm"`
	Kind    string    `json:"kind"`
}

func (u *upstream) tideExtremes(r *http.Request) (any, error) {
	s, err := findStation(r)
	if err != nil {
		return nil, err
	}
	start, err := day(r.URL.Query().Get("date"), "date", u.clock.Now())
	if err != nil {
		return nil, err
	}
	return map[string]any{"station": s.Key, "extremes": s.extremes(start)}, nil
}

// extremes walks the day in steps of ten minutes and keeps the turns.
func (s station) extremes(start time.Time) []extreme {
	const step = 10 * time.Minute
	list := []extreme{}
	rising := s.at(start).LevelCM > s.at(start.Add(-step)).LevelCM
	for t := start; t.Before(start.Add(24 * time.Hour)); t = t.Add(step) {
		here, next := s.at(t), s.at(t.Add(step))
		if next.LevelCM == here.LevelCM || (next.LevelCM > here.LevelCM) == rising {
			continue
		}
		kind := map[bool]string{true: "high", false: "low"}[rising]
		list = append(list, extreme{t, here.LevelCM, kind})
		rising = !rising
	}
	return list
}
