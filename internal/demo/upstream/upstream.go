// Package upstream is the small but real API server behind the demo's
// products: it answers every endpoint of internal/demo/catalogdata under
// /{sku}/..., with data computed from the parameters. See README.md.
package upstream

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 64 << 10

// Header is an HTTP header that a product's upstream wants to see.
type Header struct{ Name, Value string }

// Config says how the upstream behaves. The zero value works.
type Config struct {
	// Clock is what "now" means in weather and tides; the machine's when nil.
	Clock clock.Clock
	// AuthHeader holds, by SKU, the header without which every call of that
	// product is answered with 401. A product that is not in it is open.
	AuthHeader map[string]Header
}

// upstream holds what the products share.
type upstream struct {
	clock clock.Clock
	auth  map[string]Header
	shop  *shop
}

// handler answers a request with a value to be sent as JSON, or with a fault.
type handler func(r *http.Request) (any, error)

// routes are a product's handlers by method and path below its SKU.
type routes map[string]handler

// created is a value that is answered with 201 and a Location.
type created struct {
	location string // below the SKU: "/items/7"
	value    any
}

// New returns the handler of all products. It starts nothing and can be served
// by any number of servers.
func New(cfg Config) http.Handler {
	u := &upstream{clock: cfg.Clock, auth: cfg.AuthHeader, shop: newShop()}
	if u.clock == nil {
		u.clock = clock.System{}
	}
	mux := http.NewServeMux()
	for sku, product := range u.products() {
		for pattern, h := range product {
			method, path, _ := strings.Cut(pattern, " ")
			mux.Handle(method+" /"+sku+path, u.serve(sku, h))
		}
	}
	mux.Handle("/", u.serve("", func(r *http.Request) (any, error) {
		return nil, fault.Newf(fault.NotFound, "Nothing answers %s %s.", r.Method, r.URL.Path)
	}))
	return mux
}

func (u *upstream) products() map[string]routes {
	return map[string]routes{
		"lagoon-shop":    u.shop.routes(),
		"lagoon-tides":   u.tides(),
		"vat-check":      u.vatCheck(),
		"geocoding":      u.geocoding(),
		"weather":        u.weather(),
		"routes":         u.ways(),
		"parcels":        u.parcels(),
		"exchange-rates": u.exchangeRates(),
		"document-ocr":   u.documents(),
		"sms":            u.messages(),
		"email-check":    u.addresses(),
		"image-resize":   u.images(),
		"holidays":       u.holidays(),
		"harbour-watch":  u.watch(),
	}
}

// serve checks the vendor's header, answers, and says in X-Served-For which
// consumer the gateway named.
func (u *upstream) serve(sku string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if consumer := r.Header.Get("X-Consumer-Username"); consumer != "" {
			w.Header().Set("X-Served-For", consumer)
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		value, err := any(nil), u.authenticate(sku, r)
		if err == nil {
			value, err = h(r)
		}
		if err != nil {
			writeError(w, err)
			return
		}
		writeValue(w, sku, value)
	})
}

// authenticate refuses what did not come through the gateway. For a path of no
// product the SKU is its first part.
func (u *upstream) authenticate(sku string, r *http.Request) error {
	if sku == "" {
		sku, _, _ = strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	}
	want, ok := u.auth[sku]
	if !ok || subtle.ConstantTimeCompare([]byte(r.Header.Get(want.Name)), []byte(want.Value)) == 1 {
		return nil
	}
	return fault.Newf(fault.Unauthenticated, "This API is served through the marketplace only: the header %s is missing or wrong.", want.Name)
}

func writeValue(w http.ResponseWriter, sku string, value any) {
	switch v := value.(type) {
	case nil:
		w.WriteHeader(http.StatusNoContent)
	case created:
		w.Header().Set("Location", "/"+sku+v.location)
		writeJSON(w, http.StatusCreated, v.value)
	default:
		writeJSON(w, http.StatusOK, v)
	}
}

func writeError(w http.ResponseWriter, err error) {
	e := fault.As(err)
	status := http.StatusInternalServerError
	switch e.Code {
	case fault.Invalid:
		status = http.StatusBadRequest
	case fault.Unauthenticated:
		status = http.StatusUnauthorized
	case fault.NotFound:
		status = http.StatusNotFound
	}
	writeJSON(w, status, map[string]any{"error": map[string]any{"code": e.Code, "message": e.Message}})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{"error":{"code":"internal","message":"The answer could not be written."}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // the caller is gone; nobody is left to tell
}
