package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Problems collects what is wrong, by field. The zero value is ready to use.
type Problems []sdk.Problem

// That adds a problem of the field unless ok.
func (p *Problems) That(ok bool, field, format string, args ...any) {
	if !ok {
		*p = append(*p, sdk.Problem{Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// Decode reads a document and reports whether it was there and readable. What
// is there and cannot be read is a problem of the field that is wrong, named
// from the document on: "plan.limits.cores".
func (p *Problems) Decode(name string, raw json.RawMessage, into any) bool {
	return p.DecodeSaying(name, raw, into, func(got string) string { return "This cannot be a " + got + "." })
}

// DecodeSaying is Decode with words of the caller's own for a value of a wrong
// type. got is what stands there: "string", "bool", "number 1.5".
func (p *Problems) DecodeSaying(name string, raw json.RawMessage, into any, words func(got string) string) bool {
	if Blank(raw) {
		return false
	}
	err := json.Unmarshal(raw, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		p.That(false, strings.TrimSuffix(name+"."+wrong.Field, "."), "%s", words(wrong.Value))
		return false
	}
	p.That(err == nil, name, "This is not a JSON object.")
	return err == nil
}

// Address reads the address of a field and reports whether it is a full one of
// HTTP; when it is not, that is a problem, with an example of a good one. The
// result is nil only where raw cannot be read at all.
func (p *Problems) Address(field, raw, example string) (u *url.URL, ok bool) {
	u, err := url.Parse(raw)
	ok = err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
	p.That(ok, field, "Give a full address such as %s.", example)
	return u, ok
}

// Sentence is the problems in one line.
func (p Problems) Sentence() string {
	parts := make([]string, len(p))
	for i, one := range p {
		parts[i] = one.Field + ": " + one.Message
	}
	return strings.Join(parts, " ")
}

// Err is the problems as a permanent error, nil when there are none.
func (p Problems) Err() error {
	if len(p) > 0 {
		return sdk.Permanent("%s", p.Sentence())
	}
	return nil
}

// Blank tells whether a document is absent: empty, or null.
func Blank(raw json.RawMessage) bool {
	t := bytes.TrimSpace(raw)
	return len(t) == 0 || string(t) == "null"
}
