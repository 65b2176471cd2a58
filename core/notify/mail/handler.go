package mail

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// Handler serves pages to read the kept messages: "/" lists them, "/3" shows
// one, "/3.eml" is its source, "/3.html" its HTML part. Its links are
// relative; mount it under a path that ends in a slash.
func (s *Sink) Handler() http.Handler {
	pages := template.Must(template.ParseFS(templates, "templates/sink.html"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		show(w, pages, "list", s.Messages())
	})
	mux.HandleFunc("GET /{file}", func(w http.ResponseWriter, r *http.Request) {
		name, form, _ := strings.Cut(r.PathValue("file"), ".")
		number, _ := strconv.Atoi(name) // what is no number is not found
		received, err := s.Message(number)
		switch {
		case err != nil:
			w.WriteHeader(http.StatusNotFound)
			show(w, pages, "missing", fault.As(err).Message)
		case form == "":
			show(w, pages, "message", received)
		case form == "eml":
			w.Header().Set("Content-Type", "message/rfc822")
			w.Header().Set("X-Content-Type-Options", "nosniff")
			_, _ = w.Write(received.EML)
		case form == "html" && received.Message.HTML != "":
			secure(w)
			_, _ = w.Write([]byte(received.Message.HTML))
		default:
			w.WriteHeader(http.StatusNotFound)
			show(w, pages, "missing", "A message has the forms .eml and .html.")
		}
	})
	return mux
}

func show(w http.ResponseWriter, pages *template.Template, name string, data any) {
	secure(w)
	_ = pages.ExecuteTemplate(w, name, data) // the reader has gone
}

// secure lets a page run no script and load nothing: a message may hold the
// words of anybody.
func secure(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
}
