package upstream

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// pick is a number below n that depends on nothing but the seed.
func pick(n int, seed ...any) int {
	h := fnv.New64a()
	for _, s := range seed {
		fmt.Fprint(h, s, "|")
	}
	// FNV's low bits change little between similar seeds; mix the high ones in.
	sum := h.Sum64()
	sum ^= sum >> 29
	sum *= 0xbf58476d1ce4e5b9
	sum ^= sum >> 32
	return int(sum % uint64(n)) //nolint:gosec // below n
}

// code is an id such as "msg-1f40c2" that depends on the seed only.
func code(prefix string, seed ...any) string {
	return fmt.Sprintf("%s-%06x", prefix, pick(1<<24, seed...))
}

// tenths cuts a measure to one digit.
func tenths(f float64) float64 { return math.Round(f*10) / 10 }

// body decodes a JSON body into a value.
func body[T any](r *http.Request) (T, error) {
	var in T
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return in, fault.InvalidField("body", "Send a JSON object of at most 64 KiB.").Because(err)
	}
	return in, nil
}

// needed returns a query parameter that must be there.
func needed(r *http.Request, name string) (string, error) {
	v := strings.TrimSpace(r.URL.Query().Get(name))
	if v == "" {
		return "", fault.InvalidField(name, fmt.Sprintf("The parameter %q is missing.", name))
	}
	return v, nil
}

// integer returns a query parameter from low to high, or otherwise when it is missing.
func integer(r *http.Request, name string, low, high, otherwise int) (int, error) {
	v := r.URL.Query().Get(name)
	if v == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < low || n > high {
		return 0, fault.InvalidField(name, fmt.Sprintf("The parameter %q has to be a whole number from %d to %d.", name, low, high))
	}
	return n, nil
}

// day reads a date, or today when it is missing.
func day(value, name string, today time.Time) (time.Time, error) {
	if value == "" {
		return today.Truncate(24 * time.Hour), nil
	}
	t, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return t, fault.InvalidField(name, fmt.Sprintf("%q has to be a date such as 2026-11-03.", name))
	}
	return t, nil
}

// point is a place on earth in degrees.
type point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// parsePoint reads "54.48,9.05".
func parsePoint(s, name string) (point, error) {
	lat, lon, _ := strings.Cut(s, ",")
	p := point{}
	var errLat, errLon error
	p.Lat, errLat = strconv.ParseFloat(strings.TrimSpace(lat), 64)
	p.Lon, errLon = strconv.ParseFloat(strings.TrimSpace(lon), 64)
	// Written so that "NaN" is refused too.
	if errLat != nil || errLon != nil || !(math.Abs(p.Lat) <= 90) || !(math.Abs(p.Lon) <= 180) {
		return p, fault.InvalidField(name, fmt.Sprintf("%s has to be a latitude from -90 to 90 and a longitude from -180 to 180.", name))
	}
	return p, nil
}

// queryPoint reads the parameters lat and lon.
func queryPoint(r *http.Request) (point, error) {
	q := r.URL.Query()
	return parsePoint(q.Get("lat")+","+q.Get("lon"), "lat and lon")
}

// km is the distance as the crow flies.
func (p point) km(to point) float64 {
	const radius, degree = 6371.0, math.Pi / 180
	dLat, dLon := (to.Lat-p.Lat)*degree, (to.Lon-p.Lon)*degree
	a := math.Pow(math.Sin(dLat/2), 2) + math.Cos(p.Lat*degree)*math.Cos(to.Lat*degree)*math.Pow(math.Sin(dLon/2), 2)
	return 2 * radius * math.Asin(math.Min(1, math.Sqrt(a)))
}
