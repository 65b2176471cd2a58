package fulfilment

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// EndpointInput is an address that a vendor gives. No category means APP.
type EndpointInput struct {
	URL         string
	Category    Category
	Description string
}

// CredentialInput is a credential that a vendor gives. Its key is unique to
// the subscription.
type CredentialInput struct {
	Key         string
	Value       secret.Text
	Description Text
	Weight      int
}

// Bounds of what a vendor may give for a subscription.
const (
	mostEndpoints   = 50
	mostCredentials = 100
	mostLanguages   = 50
	longestURL      = 2000
	longestKey      = 125
	longestText     = 20_000
	longestValue    = 64 << 10
)

var languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z]{2,4})?$`)

// endpoints completes and checks addresses. An address may be http only where
// everything is a trial: in a sandbox.
func endpoints(ins []EndpointInput, sandbox bool) ([]EndpointInput, error) {
	var c fault.Check
	all, app := slices.Clone(ins), len(ins) == 0
	c.That(len(all) <= mostEndpoints, "endpoints", fmt.Sprintf("At most %d addresses.", mostEndpoints))
	for i := range all {
		if all[i].Category == "" {
			all[i].Category = App
		}
		app = app || all[i].Category == App
		all[i].check(c.At("endpoints[%d]", i), sandbox)
	}
	c.That(app, "endpoints", "One of the addresses has the category APP: where the product is used.")
	return all, c.Err()
}

func (in EndpointInput) check(c *fault.Check, sandbox bool) {
	if c.Need("url", in.URL) && c.MaxLen("url", in.URL, longestURL) {
		u, err := url.Parse(in.URL)
		c.That(err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http" && sandbox), "url",
			"Give a full address that begins with https://.")
	}
	c.That(slices.Contains(Categories, in.Category), "category", "Use APP, PASSWORD_RESET, DOCUMENTATION or VIDEO.")
	c.MaxLen("description", in.Description, 1000)
}

func checkText(c *fault.Check, field string, t Text) {
	c.That(len(t) <= mostLanguages, field, fmt.Sprintf("At most %d languages.", mostLanguages))
	for language, text := range t {
		c.That(languageForm.MatchString(language), field, fmt.Sprintf("%q is no language; write en, it or de-CH.", language))
		c.MaxLen(field, text, longestText)
	}
}

func checkCredentials(ins []CredentialInput) error {
	var c fault.Check
	c.That(len(ins) <= mostCredentials, "credentials", fmt.Sprintf("At most %d credentials.", mostCredentials))
	seen := map[string]bool{}
	for i, in := range ins {
		at := c.At("credentials[%d]", i)
		if at.Need("key", in.Key) {
			at.MaxLen("key", in.Key, longestKey)
			at.That(!seen[in.Key], "key", fmt.Sprintf("%q stands twice.", in.Key))
		}
		seen[in.Key] = true
		at.That(len(in.Value) <= longestValue, "value", "At most 64 KiB.")
		checkText(at, "description", in.Description)
	}
	return c.Err()
}
