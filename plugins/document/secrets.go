package document

import "strings"

// Secrets are values that no message may hold. Empty ones do not count.
type Secrets []string

// Scrub removes the secrets from a text of the other side, which may have
// repeated what it was sent.
func (s Secrets) Scrub(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "(secret)")
		}
	}
	return text
}
