package upstream

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

type town struct {
	name, postcode, country string
	at                      point
}

func towns() []town {
	return []town{
		{"Venezia", "30125", "IT", point{45.4372, 12.3346}},
		{"Genova", "16121", "IT", point{44.4056, 8.9463}},
		{"Trieste", "34121", "IT", point{45.6495, 13.7768}},
		{"Husum", "25813", "DE", point{54.4858, 9.0524}},
		{"Kiel", "24103", "DE", point{54.3233, 10.1228}},
		{"Hamburg", "20457", "DE", point{53.5511, 9.9937}},
		{"Amsterdam", "1018", "NL", point{52.3676, 4.9041}},
		{"Utrecht", "3511", "NL", point{52.0907, 5.1214}},
		{"Wien", "1010", "AT", point{48.2082, 16.3738}},
		{"Ljubljana", "1000", "SI", point{46.0569, 14.5058}},
		{"Marseille", "13002", "FR", point{43.2965, 5.3698}},
		{"Lisboa", "1100", "PT", point{38.7223, -9.1393}},
		{"København", "1050", "DK", point{55.6761, 12.5683}},
	}
}

type match struct {
	Label      string  `json:"label"`
	Lat        float64 `json:"lat"`
	Lon        float64 `json:"lon"`
	Confidence float64 `json:"confidence"`
}

type matches struct {
	Matches []match `json:"matches"`
}

func (u *upstream) geocoding() routes {
	return routes{
		"GET /search":           searchAddress,
		"GET /reverse":          reverseAddress,
		"GET /suggest":          suggestAddress,
		"POST /batch":           batchAddresses,
		"GET /countries/{code}": coverage,
	}
}

// locate puts an address into the town it names, or into one that depends on
// its letters, with less confidence.
func locate(address, country string, limit int) matches {
	street := strings.TrimSpace(strings.Split(address, ",")[0])
	list := []match{}
	for _, t := range towns() {
		if country != "" && t.country != country {
			continue
		}
		confidence := 0.2 + float64(pick(30, address, t.name))/100
		if strings.Contains(strings.ToLower(address), strings.ToLower(t.name)) {
			confidence = 0.95
		}
		list = append(list, match{
			Label:      fmt.Sprintf("%s, %s %s, %s", street, t.postcode, t.name, t.country),
			Lat:        t.at.Lat + float64(pick(400, street, "lat")-200)/1e4,
			Lon:        t.at.Lon + float64(pick(400, street, "lon")-200)/1e4,
			Confidence: confidence,
		})
	}
	slices.SortStableFunc(list, func(a, b match) int {
		if a.Confidence > b.Confidence {
			return -1
		}
		return 1
	})
	return matches{list[:min(limit, len(list))]}
}

func searchAddress(r *http.Request) (any, error) {
	q, err := needed(r, "q")
	if err != nil {
		return nil, err
	}
	limit, err := integer(r, "limit", 1, 10, 3)
	return locate(q, r.URL.Query().Get("country"), limit), err
}

func reverseAddress(r *http.Request) (any, error) {
	p, err := queryPoint(r)
	if err != nil {
		return nil, err
	}
	t := slices.MinFunc(towns(), func(a, b town) int { return int(a.at.km(p) - b.at.km(p)) })
	streets := []string{"Via del Porto", "Deichweg", "Hafenstraat", "Campo San Polo", "Rue du Phare"}
	label := fmt.Sprintf("%s %d, %s %s, %s", streets[pick(len(streets), p)], 1+pick(90, p, "number"), t.postcode, t.name, t.country)
	confidence := 0.9
	if t.at.km(p) > 20 {
		confidence = 0.3
	}
	return matches{[]match{{label, p.Lat, p.Lon, confidence}}}, nil
}

func suggestAddress(r *http.Request) (any, error) {
	q, err := needed(r, "q")
	if err != nil {
		return nil, err
	}
	list := []string{}
	for i, t := range towns()[:5] {
		list = append(list, fmt.Sprintf("%s %d, %s", q, 1+pick(80, q, i), t.name))
	}
	return map[string]any{"suggestions": list}, nil
}

func batchAddresses(r *http.Request) (any, error) {
	in, err := body[struct{ Addresses []string }](r)
	if err != nil {
		return nil, err
	}
	if len(in.Addresses) < 1 || len(in.Addresses) > 100 {
		return nil, fault.InvalidField("addresses", "A batch has 1 to 100 addresses.")
	}
	results := make([]matches, len(in.Addresses))
	for i, a := range in.Addresses {
		results[i] = locate(a, "", 1)
	}
	return map[string]any{"results": results}, nil
}

func coverage(r *http.Request) (any, error) {
	c, ok := countryOf(r.PathValue("code"))
	if !ok {
		return nil, fault.Newf(fault.NotFound, "The country %q is not covered.", r.PathValue("code"))
	}
	return map[string]any{
		"code": c.code, "name": c.name, "renewed": fmt.Sprintf("2026-%02d-01", 1+pick(10, c.code)),
		"streets": 0.95 + float64(pick(5, c.code, "s"))/100, "houseNumbers": 0.8 + float64(pick(18, c.code, "n"))/100,
	}, nil
}

func (u *upstream) ways() routes {
	return routes{"GET /route": findWay, "POST /table": wayTable}
}

type way struct {
	Km      float64 `json:"km"`
	Minutes float64 `json:"minutes"`
}

// between lengthens the crow's flight by a quarter, as roads do on average.
func between(from, to point, mode string) (way, error) {
	speed, ok := map[string]float64{"foot": 5, "bicycle": 17, "van": 62, "": 62}[mode]
	if !ok {
		return way{}, fault.InvalidField("mode", "The mode has to be foot, bicycle or van.")
	}
	km := from.km(to) * 1.25
	return way{tenths(km), tenths(km / speed * 60)}, nil
}

func findWay(r *http.Request) (any, error) {
	q := r.URL.Query()
	from, err := parsePoint(q.Get("from"), "from")
	if err != nil {
		return nil, err
	}
	to, err := parsePoint(q.Get("to"), "to")
	if err != nil {
		return nil, err
	}
	w, err := between(from, to, q.Get("mode"))
	if err != nil {
		return nil, err
	}
	middle := point{(from.Lat + to.Lat) / 2, (from.Lon + to.Lon) / 2}
	return map[string]any{"km": w.Km, "minutes": w.Minutes, "points": []point{from, middle, to}, "turns": []map[string]any{
		{"text": "Follow the dike", "km": tenths(w.Km * .4)}, {"text": "Turn left at the lock", "km": tenths(w.Km * .6)}, {"text": "You have arrived", "km": 0},
	}}, nil
}

func wayTable(r *http.Request) (any, error) {
	in, err := body[struct {
		Points []string
		Mode   string
	}](r)
	if err != nil {
		return nil, err
	}
	if len(in.Points) < 2 || len(in.Points) > 25 {
		return nil, fault.InvalidField("points", "A table has 2 to 25 points.")
	}
	points := make([]point, len(in.Points))
	for i, s := range in.Points {
		if points[i], err = parsePoint(s, fmt.Sprintf("points[%d]", i)); err != nil {
			return nil, err
		}
	}
	table := make([][]way, len(points))
	for i, from := range points {
		for _, to := range points {
			w, err := between(from, to, in.Mode)
			if err != nil {
				return nil, err
			}
			table[i] = append(table[i], w)
		}
	}
	return map[string]any{"table": table}, nil
}
