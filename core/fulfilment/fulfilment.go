// Package fulfilment is the vendor's side of what no plugin makes: it reports
// what was set up and removed, and gives the customer addresses, instructions
// and credentials.
package fulfilment

import (
	"maps"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// Status is what a vendor reports of a subscription.
type Status string

// The reports.
const (
	Deployed   Status = "deployed"   // the customer can use it
	Failed     Status = "failed"     // it could not be set up
	Undeployed Status = "undeployed" // everything was removed
)

// Reports lists them.
var Reports = []Status{Deployed, Failed, Undeployed}

// Report is what a vendor says of a subscription of its own.
type Report struct {
	Status  Status
	Message string // for people; why, when it failed
}

// Validate reports every wrong field.
func (r Report) Validate() error {
	var c fault.Check
	c.That(slices.Contains(Reports, r.Status), "status", "Use deployed, failed or undeployed.")
	c.MaxLen("message", r.Message, 2000)
	return c.Err()
}

// Category is what an address is for, as the connector contract writes it.
type Category string

// The categories.
const (
	App           Category = "APP" // where it is used
	PasswordReset Category = "PASSWORD_RESET"
	Documentation Category = "DOCUMENTATION"
	Video         Category = "VIDEO"
)

// Categories lists them; the schema checks the same.
var Categories = []Category{App, PasswordReset, Documentation, Video}

// Access is everything a customer needs to use a subscription, whoever made it.
type Access struct {
	Endpoints    []Endpoint
	Instructions Text
	Credentials  []Credential
}

// Endpoint is an address. Those of a plugin have an identifier and perhaps a
// method; those of a vendor have an id and a category.
type Endpoint struct {
	ID          int64    `db:"id"`
	URL         string   `db:"url"`
	Category    Category `db:"category"`
	Description string   `db:"description"`
	Identifier  string   `db:"-"`
	Method      string   `db:"-"`
}

// Credential is something the customer needs for access. Value is clear only
// where it is revealed.
type Credential struct {
	Name        string
	Label       string // for people; "" when Description or Name say it
	Secret      bool
	Value       secret.Text
	Description Text
	Weight      int // the lightest is shown first
}

// CredentialsFile is the name of a credential that is a file: its lines are
// shown as they are.
const CredentialsFile = "CredentialsFile"

// Title is what people call the credential.
func (c Credential) Title(language string) string {
	if c.Label != "" {
		return c.Label
	}
	if text := c.Description.In(language); text != "" {
		return text
	}
	return c.Name
}

// Text is a text by language ("en", "it-IT").
type Text map[string]string

// In is the text in the language, or in the nearest one there is: without the
// region, in English, in the first one.
func (t Text) In(language string) string {
	base, _, _ := strings.Cut(language, "-")
	for _, l := range append([]string{language, base, "en"}, slices.Sorted(maps.Keys(t))...) {
		if text, ok := t[l]; ok {
			return text
		}
	}
	return ""
}
