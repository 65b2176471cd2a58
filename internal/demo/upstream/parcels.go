package upstream

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

type carrier struct {
	Key         string `json:"key"`
	Name        string `json:"name"`
	CodePattern string `json:"codePattern"`
}

func carriers() []carrier {
	names := []string{"Adria Express", "Brenta Post", "Corriere Dalmata", "Expreso Llevant", "Freccia Blu", "Giro Nord", "Lanterna", "Mistral Colis", "Rápido Minho", "Savinja Dostava", "Tramontana"}
	list := make([]carrier, len(names))
	for i, name := range names {
		key := strings.ToLower(strings.Fields(name)[0])
		list[i] = carrier{key, name, strings.ToUpper(key[:1]+key[len(key)-1:]) + "[0-9]{9}"}
	}
	list[0].CodePattern = "AD[0-9]{9}"
	return list
}

// carrierOf finds the carrier whose pattern the code has.
func carrierOf(code string) (carrier, error) {
	for _, c := range carriers() {
		if ok, err := regexp.MatchString("^"+c.CodePattern+"$", code); ok && err == nil {
			return c, nil
		}
	}
	return carrier{}, fault.Newf(fault.NotFound, "No carrier knows the code %q.", code)
}

type parcelEvent struct {
	At    time.Time `json:"at"`
	State string    `json:"state"`
	Place string    `json:"place"`
	Words string    `json:"words"`
}

func (u *upstream) parcels() routes {
	return routes{
		"GET /carriers":           func(*http.Request) (any, error) { return map[string]any{"carriers": carriers()}, nil },
		"GET /parcels/{code}":     u.trackParcel,
		"GET /parcels/{code}/eta": u.parcelETA,
		"POST /shipments":         announceShipment,
		"GET /labels/{code}":      parcelLabel,
	}
}

func (u *upstream) trackParcel(r *http.Request) (any, error) {
	code := r.PathValue("code")
	c, err := carrierOf(code)
	if err != nil {
		return nil, err
	}
	events := u.parcelEvents(code)
	return map[string]any{"code": code, "carrier": c.Key, "state": events[0].State, "events": events}, nil
}

// parcelEvents makes up a way through some depots that ends today, newest first.
func (u *upstream) parcelEvents(code string) []parcelEvent {
	states := []string{"announced", "collected", "in transit", "at depot", "out for delivery", "delivered"}
	words := []string{"Data received", "Picked up from sender", "Line haul", "Arrived at depot", "On the van", "Handed over"}
	places := []string{"Genova", "Piacenza", "Verona", "Padova", "Mestre", "Venezia"}
	n := 1 + pick(len(states), code)
	today := u.clock.Now().Truncate(24 * time.Hour)
	events := make([]parcelEvent, n)
	for i := range events {
		step := n - 1 - i
		at := today.Add(-time.Duration(i*9+pick(5, code, i)) * time.Hour)
		events[i] = parcelEvent{at, states[step], places[step], words[step]}
	}
	return events
}

func (u *upstream) parcelETA(r *http.Request) (any, error) {
	code := r.PathValue("code")
	if _, err := carrierOf(code); err != nil {
		return nil, err
	}
	hour := 8 + pick(10, code, "hour")
	on := u.clock.Now().AddDate(0, 0, pick(3, code, "days"))
	return map[string]any{
		"code": code, "date": on.Format(time.DateOnly), "probability": 0.7 + float64(pick(28, code))/100,
		"from": fmt.Sprintf("%02d:00", hour), "to": fmt.Sprintf("%02d:00", hour+2),
	}, nil
}

func announceShipment(r *http.Request) (any, error) {
	in, err := body[struct {
		From, To    string
		WeightGrams int
	}](r)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	c.Need("from", in.From)
	c.Need("to", in.To)
	c.That(in.WeightGrams >= 1 && in.WeightGrams <= 31500, "weightGrams", "The weight has to be from 1 to 31500 grams.")
	if err := c.Err(); err != nil {
		return nil, err
	}
	by := carriers()[pick(len(carriers()), in.From, in.To)]
	code := by.CodePattern[:2] + fmt.Sprintf("%09d", pick(1_000_000_000, in))
	return created{"/parcels/" + code, map[string]any{"code": code, "carrier": by.Key, "price": euro(390 + in.WeightGrams/20)}}, nil
}

func parcelLabel(r *http.Request) (any, error) {
	code := r.PathValue("code")
	c, err := carrierOf(code)
	if err != nil {
		return nil, err
	}
	return map[string]any{"code": code, "barcode": "*" + code + "*", "lines": []string{
		strings.ToUpper(c.Name), code, "To: Fondamenta dei Squeri " + fmt.Sprint(1+pick(300, code)), "30123 Venezia", "IT",
	}}, nil
}
