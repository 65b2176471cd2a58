package sdk

import (
	"errors"
	"fmt"
	"time"
)

// Code says how the marketplace goes on after an error.
type Code string

// The codes. An error without a code counts as CodeTransient.
const (
	// CodePermanent: retrying is pointless; stop and tell people why.
	CodePermanent Code = "permanent"
	// CodeConflict: the idempotency key was used with other content.
	CodeConflict Code = "conflict"
	// CodeNotYet: under way; ask again after RetryAfter.
	CodeNotYet Code = "not_yet"
	// CodeTransient: the other side did not answer well; retry with back-off.
	CodeTransient Code = "transient"
)

// Error is an error with a code and a message fit for customer and operator:
// it holds no secret.
type Error struct {
	Code       Code
	Message    string
	RetryAfter time.Duration // with CodeNotYet
	Cause      error         // for the log; does not cross the process
}

// Error gives code, message and cause.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Permanent returns a CodePermanent error.
func Permanent(format string, args ...any) error {
	return &Error{Code: CodePermanent, Message: fmt.Sprintf(format, args...)}
}

// Conflict returns a CodeConflict error.
func Conflict(format string, args ...any) error {
	return &Error{Code: CodeConflict, Message: fmt.Sprintf(format, args...)}
}

// NotYet returns a CodeNotYet error: call again after d.
func NotYet(d time.Duration, format string, args ...any) error {
	return &Error{Code: CodeNotYet, Message: fmt.Sprintf(format, args...), RetryAfter: d}
}

// Transient returns a CodeTransient error around its cause.
func Transient(cause error, format string, args ...any) error {
	return &Error{Code: CodeTransient, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// MessageOf returns the part of err that is for people: the message of an Error,
// otherwise of any other error, which may hold anything.
func MessageOf(err error, otherwise string) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Message
	}
	return otherwise
}

// CodeOf returns err's code: CodeTransient when it has none, "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return CodeTransient
}
