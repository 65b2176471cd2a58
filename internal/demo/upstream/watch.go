package upstream

import (
	"net/http"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

type monitor struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	URL   string `json:"url,omitempty"`
	State string `json:"state"`
}

func monitors() []monitor {
	return []monitor{
		{1, "Shop", "https://shop.example/", "up"},
		{2, "Booking", "https://booking.example/health", "up"},
		{3, "Nightly backup", "", "up"},
		{4, "Old mail server", "https://mail.example/", "down"},
	}
}

func (u *upstream) watch() routes {
	return routes{
		"GET /monitors":                func(*http.Request) (any, error) { return map[string]any{"monitors": monitors()}, nil },
		"GET /monitors/{id}/uptime":    u.uptime,
		"PUT /monitors/{id}/heartbeat": u.heartbeat,
	}
}

func findMonitor(r *http.Request) (monitor, error) {
	for _, m := range monitors() {
		if strconv.Itoa(m.ID) == r.PathValue("id") {
			return m, nil
		}
	}
	return monitor{}, fault.Newf(fault.NotFound, "There is no monitor %q.", r.PathValue("id"))
}

func (u *upstream) uptime(r *http.Request) (any, error) {
	m, err := findMonitor(r)
	if err != nil {
		return nil, err
	}
	today := u.clock.Now().Truncate(24 * time.Hour)
	days := make([]map[string]any, 30)
	for i := range days {
		on := today.AddDate(0, 0, i-len(days)).Format(time.DateOnly)
		share := 1.0
		if pick(9, m.ID, on) == 0 {
			share = 0.97 + float64(pick(30, m.ID, on, "share"))/1000
		}
		days[i] = map[string]any{"date": on, "share": share}
	}
	return map[string]any{"id": m.ID, "days": days}, nil
}

func (u *upstream) heartbeat(r *http.Request) (any, error) {
	m, err := findMonitor(r)
	if err != nil {
		return nil, err
	}
	in, err := body[struct{ Note string }](r)
	if err != nil {
		return nil, err
	}
	return map[string]any{"id": m.ID, "receivedAt": u.clock.Now(), "note": in.Note}, nil
}
