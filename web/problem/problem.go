// Package problem is how every HTTP face of the system answers an error: one
// mapping from fault codes to status codes, one body (RFC 9457), the request
// id that the person tells us, and the middleware that makes them so.
package problem

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
)

// ContentType is the media type of a problem (RFC 9457).
const ContentType = "application/problem+json"

// Document is the body of an error answer. Errors names every wrong field by
// its path in what was sent.
type Document struct {
	Type      string        `json:"type" doc:"Address of the description of this kind of problem." example:"/docs#problem-invalid"`
	Title     string        `json:"title" doc:"The kind of problem in words; always the same for a code." example:"The input is wrong"`
	Status    int           `json:"status" doc:"The HTTP status code." example:"422"`
	Detail    string        `json:"detail" doc:"What happened this time and what to do." example:"2 fields need correction."`
	Code      fault.Code    `json:"code" doc:"One of nine codes for programs." enum:"invalid,unauthenticated,forbidden,not_found,conflict,precondition,limited,unavailable,internal" example:"invalid"`
	RequestID string        `json:"requestId" doc:"Tell us this when you ask for help; it is in X-Request-Id too."`
	Errors    []fault.Field `json:"errors,omitempty" doc:"Every wrong field." nullable:"false"`
}

// kinds are what stands in a Document for each code.
var kinds = map[fault.Code]struct {
	status int
	title  string
}{
	fault.Invalid:         {http.StatusUnprocessableEntity, "The input is wrong"},
	fault.Unauthenticated: {http.StatusUnauthorized, "Nobody is signed in"},
	fault.Forbidden:       {http.StatusForbidden, "Not allowed"},
	fault.NotFound:        {http.StatusNotFound, "Not found"},
	fault.Conflict:        {http.StatusConflict, "Conflict with what exists"},
	fault.Precondition:    {http.StatusConflict, "Something else must happen first"},
	fault.Limited:         {http.StatusTooManyRequests, "Too much"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "Another system did not answer"},
	fault.Internal:        {http.StatusInternalServerError, "Our mistake"},
}

// Codes lists the codes in the order in which they are documented.
var Codes = []fault.Code{fault.Invalid, fault.Unauthenticated, fault.Forbidden, fault.NotFound, fault.Conflict,
	fault.Precondition, fault.Limited, fault.Unavailable, fault.Internal}

// Status returns the HTTP status of a code; 500 for one that is unknown.
func Status(code fault.Code) int {
	if k, ok := kinds[code]; ok {
		return k.status
	}
	return http.StatusInternalServerError
}

// Title returns what a code means in words.
func Title(code fault.Code) string { return kinds[code].title }

// New returns the document of a code with its usual status.
func New(code fault.Code, detail, requestID string, fields ...fault.Field) Document {
	return Document{Type: "/docs#problem-" + string(code), Title: Title(code), Status: Status(code), Detail: detail,
		Code: code, RequestID: requestID, Errors: fields}
}

// statusError is an error with a finer status than its code's own.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

// WithStatus returns err so that Of answers it with the status.
func WithStatus(status int, err error) error { return &statusError{status: status, err: err} }

// Of returns the document of an error. An error that is no fault becomes
// Internal and says nothing but the request id.
func Of(err error, requestID string) Document {
	e := fault.As(err)
	if e.Code == fault.Internal {
		e = fault.As(nil)
	}
	d := New(e.Code, e.Message, requestID, e.Fields...)
	if s, ok := errors.AsType[*statusError](err); ok && e.Code != fault.Internal {
		d.Status = s.status
	}
	return d
}

// Write answers the request with the document.
func Write(w http.ResponseWriter, d Document) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("Content-Length")
	if d.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="fondaco"`)
	}
	w.WriteHeader(d.Status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(d) // the client has gone: nobody is left to tell
}

// Fail answers the request with the error's document, and writes what the
// person does not see to the log.
func Fail(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	Log(r.Context(), log, err)
	Write(w, Of(err, RequestID(r.Context())))
}
