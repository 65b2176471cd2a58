// Package fault is the one error type of the project: a code out of nine, a
// sentence for the person, the fields that were wrong, and the cause for the log.
package fault

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
)

// Code classifies an error for every face of the system (HTTP status, gRPC
// code, CLI exit). There are nine and no face invents another.
type Code string

// The nine codes.
const (
	Invalid         Code = "invalid"         // the input is wrong; Fields say where
	Unauthenticated Code = "unauthenticated" // nobody is known to be asking
	Forbidden       Code = "forbidden"       // somebody is, and may not
	NotFound        Code = "not_found"       // no such thing in the asker's sight
	Conflict        Code = "conflict"        // it exists, or its state forbids this
	Precondition    Code = "precondition"    // something else must happen first
	Limited         Code = "limited"         // too many, too large, try later
	Unavailable     Code = "unavailable"     // another system did not answer
	Internal        Code = "internal"        // our mistake; only the log knows more
)

// Field is one wrong input: its path as the caller wrote it
// ("plans[0].tiers[1].upTo") and a sentence that says what to do.
type Field struct {
	Name    string `json:"field"`
	Message string `json:"message"`
}

// Error is a fault with its code, the sentence a person reads, wrong fields,
// attributes for the log and an optional cause that never reaches the person.
type Error struct {
	Code    Code
	Message string
	Fields  []Field
	attrs   []slog.Attr
	cause   error
}

// New returns a fault with a message that is shown to the person.
func New(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// Newf is New with a format.
func Newf(code Code, format string, args ...any) *Error {
	return New(code, fmt.Sprintf(format, args...))
}

// With adds an attribute for the log ("subscription", 12).
func (e *Error) With(key string, value any) *Error {
	e.attrs = append(e.attrs, slog.Any(key, value))
	return e
}

// Because records the cause. The person never sees it.
func (e *Error) Because(cause error) *Error {
	e.cause = cause
	return e
}

// Error gives code, message, fields and cause: the log's form, not the person's.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Code, e.Message)
	for _, f := range e.Fields {
		fmt.Fprintf(&b, " [%s: %s]", f.Name, f.Message)
	}
	for _, a := range e.attrs {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
	}
	if e.cause != nil {
		fmt.Fprintf(&b, ": %v", e.cause)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// LogValue groups code, attributes and cause for slog.
func (e *Error) LogValue() slog.Value {
	attrs := append(slices.Clone(e.attrs), slog.String("code", string(e.Code)), slog.String("message", e.Message))
	for _, f := range e.Fields {
		attrs = append(attrs, slog.String("field."+f.Name, f.Message))
	}
	if e.cause != nil {
		attrs = append(attrs, slog.String("cause", e.cause.Error()))
	}
	return slog.GroupValue(attrs...)
}

// CodeOf returns the code of err: that of the nearest *Error in its chain,
// Internal for any other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return Internal
}

// Is reports whether err carries the code.
func Is(err error, code Code) bool { return err != nil && CodeOf(err) == code }

// As returns the nearest *Error in err's chain, or an Internal one that wraps
// err and says nothing about it to the person.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return New(Internal, "Something went wrong on our side. Please try again; if it happens again, tell us the request id.").Because(err)
}
