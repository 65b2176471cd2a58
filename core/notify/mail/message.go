// Package mail holds the messages the marketplace sends to people: their words,
// and the two ways to send them (SMTP and a sink for the demo).
package mail

import (
	"context"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/fondaco/fondaco/core/fault"
	gomail "github.com/wneessen/go-mail"
)

// Sender sends one message. It answers fault.Invalid when trying again cannot
// help (a wrong message, a refused recipient) and fault.Unavailable when it can.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Address is a person or role that sends or gets mail. Name may be empty.
type Address struct {
	Name  string
	Email string
}

// String writes the address as in a header: "Ada <ada@example.com>".
func (a Address) String() string { return a.header().String() }

// header is the address with a name that survives: net/mail leaves a backslash
// in an encoded name as it is, and readers then refuse the whole header.
func (a Address) header() *mail.Address {
	return &mail.Address{Name: strings.ReplaceAll(a.Name, `\`, "/"), Address: a.Email}
}

// Message is one mail to one recipient. HTML may be empty.
type Message struct {
	ID      string // "order-12-received", or with its own "@domain"; the Message-ID
	From    Address
	To      Address
	Subject string
	Text    string
	HTML    string
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,120}(@[A-Za-z0-9.-]{1,120})?$`)

const (
	maxSubject = 200
	maxName    = 200
)

// Validate reports every wrong field as an Invalid fault. What becomes a header
// may hold no control characters, so that no value can add a header.
func (m Message) Validate() error {
	var c fault.Check
	c.That(idPattern.MatchString(m.ID), "id", "Use letters, digits, dots and dashes, as in order-12-received.")
	m.From.check(c.At("from"))
	m.To.check(c.At("to"))
	if c.Need("subject", m.Subject) && c.MaxLen("subject", m.Subject, maxSubject) {
		c.That(oneLine(m.Subject), "subject", "The subject must be one line without control characters.")
	}
	c.Need("text", m.Text)
	return c.Err()
}

func (a Address) check(c *fault.Check) {
	if c.MaxLen("name", a.Name, maxName) {
		c.That(oneLine(a.Name), "name", "The name must be one line without control characters.")
	}
	parsed, err := mail.ParseAddress(a.Email)
	bare := err == nil && parsed.Name == "" && parsed.Address == a.Email && oneLine(a.Email)
	c.That(bare, "email", "Enter an e-mail address such as name@example.com.")
}

// oneLine reports whether s holds no control, format or line separator characters.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, unprintable) && strings.ToValidUTF8(s, "") == s
}

// unprintable finds what can break a line or turn its direction.
func unprintable(r rune) bool {
	return unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Bidi_Control)
}

// encode turns a valid message into its MIME form.
func (m Message) encode(at time.Time) (*gomail.Msg, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(m.From.header())
	msg.ToMailAddress(m.To.header())
	msg.Subject(m.Subject)
	msg.SetDateWithValue(at)
	msg.SetMessageIDWithValue(m.messageID())
	// Answering machines shall not answer.
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return msg, nil
}

func (m Message) messageID() string {
	if strings.Contains(m.ID, "@") {
		return m.ID
	}
	_, domain, _ := strings.Cut(m.From.Email, "@")
	return m.ID + "@" + domain
}
