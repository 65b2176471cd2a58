package connector

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
)

// failure is the body of an error. ErrorHolders is never null: a client would
// fall over it. Errors is the form of before 2018, which costs nothing.
type failure struct {
	ErrorHolders []errorHolder `json:"errorHolders"`
	Errors       []string      `json:"errors"`
}

type errorHolder struct {
	Key         string            `json:"key"`
	Error       string            `json:"error"`
	ExtraFields map[string]string `json:"extraFields"`
	RequestID   string            `json:"requestId,omitempty"`
}

// keyed is an error with a key of the contract's own.
type keyed struct {
	key   string
	extra map[string]string
	error
}

func (e *keyed) Unwrap() error { return e.error }

// withKey gives err one of the contract's keys; extra is name and value in
// turns.
func withKey(key string, err error, extra ...string) error {
	fields := map[string]string{}
	for i := 0; i+1 < len(extra); i += 2 {
		fields[extra[i]] = extra[i+1]
	}
	return &keyed{key: key, extra: fields, error: err}
}

// disabled is the answer to what this marketplace does not do.
func disabled(message string) error {
	return withKey("feature.disabled", fault.New(fault.Invalid, message))
}

// fail answers the request with the error, and writes what the caller does not
// see to the log.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	id := problem.RequestID(r.Context())
	problem.Log(r.Context(), s.log, err)
	document := problem.Of(err, id)
	raw, _ := encode(failureOf(err, document)) // strings only
	h := w.Header()
	h.Set("Content-Type", contentTypeJSON)
	h.Set("Cache-Control", "no-store")
	h.Set("CMW-Request-Id", id)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	if document.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="fondaco"`) // not Basic: browsers would ask for a password
	}
	w.WriteHeader(document.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw) // the client has gone: nobody is left to tell
	}
}

// failureOf has a holder for every wrong field, or one for the message.
func failureOf(err error, d problem.Document) failure {
	var out failure
	add := func(key, message string, extra map[string]string) {
		out.ErrorHolders = append(out.ErrorHolders, errorHolder{Key: key, Error: message, ExtraFields: extra, RequestID: d.RequestID})
		out.Errors = append(out.Errors, message)
	}
	if k, ok := errors.AsType[*keyed](err); ok {
		add(k.key, d.Detail, k.extra)
		return out
	}
	for _, f := range d.Errors {
		add(slug(f.Message), f.Message, map[string]string{"field": f.Name})
	}
	if len(out.Errors) == 0 {
		add(slug(d.Detail), d.Detail, map[string]string{})
	}
	return out
}

var notSlug = regexp.MustCompile(`[^a-z0-9]+`)

// slug is a message as a key: lower case, hyphens.
func slug(message string) string {
	s := strings.Trim(notSlug.ReplaceAllString(strings.ToLower(message), "-"), "-")
	return s[:min(len(s), 100)]
}
