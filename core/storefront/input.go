package storefront

import (
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// Input is a storefront as its reseller wants it.
type Input struct {
	// ResellerID is whose storefront it is when an operator writes it; 0: the
	// actor's.
	ResellerID int64
	Host       string
	Name       string
	Mode       Mode // "" is standard
	Contact    string
	Accent     string // "" is the marketplace's
	AccentDark string // "" is made from Accent
	// Logo replaces the logo when it is not nil; an empty one removes it.
	Logo *[]byte
}

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func (in Input) normal() Input {
	in.Host = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(in.Host), "."))
	in.Name, in.Contact = strings.TrimSpace(in.Name), strings.TrimSpace(in.Contact)
	in.Accent, in.AccentDark = strings.ToLower(in.Accent), strings.ToLower(in.AccentDark)
	if in.Mode == "" {
		in.Mode = Standard
	}
	return in
}

// Validate reports every wrong field.
func (in Input) Validate() error {
	in = in.normal()
	var c fault.Check
	if c.Need("host", in.Host) {
		c.That(validHost(in.Host), "host", "Use a host name of your own without port, such as cloud.example.com.")
	}
	if c.Need("name", in.Name) {
		c.MaxLen("name", in.Name, 60)
	}
	c.That(slices.Contains(Modes, in.Mode), "mode", "Use standard, listing or showcase.")
	if c.Need("contact", in.Contact) {
		a, err := mail.ParseAddress(in.Contact)
		c.That(err == nil && a.Address == in.Contact && len(in.Contact) <= 254, "contact", "This is not an e-mail address.")
	}
	in.checkAccent(&c)
	return c.Err()
}

// validHost wants a name with a dot: no address, and no name that a machine
// answers to by itself.
func validHost(host string) bool {
	if len(host) > 253 || net.ParseIP(host) != nil || !strings.Contains(host, ".") {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if !hostLabel.MatchString(label) {
			return false
		}
	}
	return true
}
