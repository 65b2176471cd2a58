package fault

import (
	"fmt"
	"strings"
)

// Check collects every wrong field of an input, so that a form is answered
// once with all of them.
//
//	var c fault.Check
//	c.Need("name", in.Name)
//	c.That(in.Months >= 1, "periodMonths", "The period must be at least 1 month.")
//	return c.Err()
type Check struct {
	prefix string
	fields *[]Field
}

func (c *Check) list() *[]Field {
	if c.fields == nil {
		c.fields = new([]Field)
	}
	return c.fields
}

// That records message for field unless ok.
func (c *Check) That(ok bool, field, message string) bool {
	if !ok {
		c.Add(field, message)
	}
	return ok
}

// Add records a wrong field.
func (c *Check) Add(field, message string) {
	l := c.list()
	*l = append(*l, Field{Name: c.prefix + field, Message: message})
}

// Addf is Add with a format.
func (c *Check) Addf(field, format string, args ...any) { c.Add(field, fmt.Sprintf(format, args...)) }

// Need records the field when value is blank and reports whether it was there.
func (c *Check) Need(field, value string) bool {
	return c.That(strings.TrimSpace(value) != "", field, "This is required.")
}

// MaxLen records the field when value is longer than limit characters.
func (c *Check) MaxLen(field, value string, limit int) bool {
	n := len([]rune(value))
	return c.That(n <= limit, field, fmt.Sprintf("At most %d characters; this has %d.", limit, n))
}

// At returns a Check that records into the same list with field names under
// prefix: c.At("tiers[%d]", 2) names "tiers[2].upTo".
func (c *Check) At(format string, args ...any) *Check {
	return &Check{prefix: c.prefix + fmt.Sprintf(format, args...) + ".", fields: c.list()}
}

// Merge records the fields of err under prefix ("" for none); an error without
// fields is recorded as the prefix's own.
func (c *Check) Merge(prefix string, err error) {
	if err == nil {
		return
	}
	e := As(err)
	if len(e.Fields) == 0 {
		c.Add(prefix, e.Message)
		return
	}
	for _, f := range e.Fields {
		name := strings.TrimPrefix(prefix+"."+f.Name, ".")
		c.Add(strings.TrimSuffix(name, "."), f.Message)
	}
}

// OK reports whether nothing was recorded.
func (c *Check) OK() bool { return c.fields == nil || len(*c.fields) == 0 }

// Err returns an Invalid fault with all recorded fields, or nil.
func (c *Check) Err() error {
	if c.OK() {
		return nil
	}
	return InvalidFields(*c.fields...)
}

// InvalidFields returns an Invalid fault for the given fields; the message
// repeats the first, for faces that show one line.
func InvalidFields(fields ...Field) *Error {
	e := New(Invalid, "Please correct the input.")
	e.Fields = fields
	if len(fields) == 1 {
		e.Message = fields[0].Message
	} else if len(fields) > 1 {
		e.Message = fmt.Sprintf("%d fields need correction.", len(fields))
	}
	return e
}

// InvalidField is InvalidFields for one.
func InvalidField(name, message string) *Error {
	return InvalidFields(Field{Name: name, Message: message})
}
