package receiver

import (
	"embed"
	"encoding/json"
	"html/template"
	"io"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

const (
	maxBody    = 1 << 20
	maxControl = 4 << 10
)

//go:embed page.html
var pages embed.FS

var _ http.Handler = (*Receiver)(nil)

// ServeHTTP serves the receiver:
//
//	POST /hooks/{name}  receives a webhook: 204 (as does POST on any other path)
//	GET  /              a page of what came; for programs, /received
//	GET  /received      the same as {"items": […]}, the newest first
//	POST /control       {"failNext": 2}: answer 500 that many times
//
// Its page links relatively; mount it under a path that ends in a slash.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) { r.routes.ServeHTTP(w, req) }

func (r *Receiver) mux() http.Handler {
	page := template.Must(template.ParseFS(pages, "page.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{name}", r.receive)
	mux.HandleFunc("POST /{path...}", r.receive)
	mux.HandleFunc("POST /control", r.control)
	mux.HandleFunc("GET /received", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string][]Received{"items": append([]Received{}, r.Received()...)})
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, req *http.Request) {
		if !strings.Contains(req.Header.Get("Accept"), "text/html") {
			http.Redirect(w, req, "received", http.StatusSeeOther) // a program, not a person
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		_ = page.Execute(w, r.shown()) // the reader has gone
	})
	return mux
}

func (r *Receiver) receive(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		answer(w, http.StatusRequestEntityTooLarge, map[string]string{"error": "The body could not be read; it may have at most 1 MiB."})
		return
	}
	w.WriteHeader(r.take(req.PathValue("name"), req.URL.Path, req.Header, body))
}

func (r *Receiver) control(w http.ResponseWriter, req *http.Request) {
	var in struct {
		FailNext *int `json:"failNext"`
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxControl))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil || in.FailNext == nil || *in.FailNext < 0 {
		err := fault.InvalidField("failNext", `Send {"failNext": 2} to have the next two webhooks answered with 500.`)
		answer(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		return
	}
	r.FailNext(*in.FailNext)
	answer(w, http.StatusOK, map[string]int{"failNext": *in.FailNext})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the reader has gone
}

// row is a webhook as the page shows it.
type row struct {
	Received
	What     string // "CREATED subscription/12"
	CMW      string
	Standard string
}

func (r *Receiver) shown() []row {
	all := r.Received()
	rows := make([]row, len(all))
	for i, got := range all {
		var event struct{ Type, EntityURL string }
		_ = json.Unmarshal(got.Event, &event) // a body of another shape shows as it is
		rows[i] = row{Received: got, What: event.Type + " " + event.EntityURL,
			CMW: verdict(got, got.CMWSignatureValid), Standard: verdict(got, got.StandardSignatureValid)}
		if event.Type == "" {
			rows[i].What = "not an event"
		}
	}
	return rows
}

func verdict(got Received, valid bool) string {
	switch {
	case valid:
		return "valid"
	case !got.SecretKnown:
		return "no secret to check with"
	}
	return "not valid"
}
