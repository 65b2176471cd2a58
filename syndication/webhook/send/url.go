package send

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

const maxURL = 2048

// ValidateURL checks the address of a receiver as a person entered it and
// returns an Invalid fault for field that says what to change, or nil. With
// allowPrivate (sandbox marketplaces) plain http and local addresses pass.
//
// It resolves no names: where a name leads is checked on every connection.
func ValidateURL(field, raw string, allowPrivate bool) error {
	if message := wrongURL(raw, allowPrivate); message != "" {
		return fault.InvalidField(field, message)
	}
	return nil
}

func wrongURL(raw string, allowPrivate bool) string {
	u, err := url.Parse(raw)
	switch {
	case strings.TrimSpace(raw) == "":
		return "Enter the address that receives the events, such as https://example.com/events."
	case len(raw) > maxURL:
		return "The address is too long: at most 2048 characters."
	case err != nil:
		return "This is not a valid address. Write it like https://example.com/events."
	case u.Scheme != "http" && u.Scheme != "https":
		return "The address must start with https://."
	case u.Scheme == "http" && !allowPrivate:
		return "The address must start with https://; plain http is allowed in a sandbox marketplace only."
	case u.Hostname() == "" || strings.ContainsAny(u.Hostname(), " %\\"):
		return "The address needs a host name, as in https://example.com/events."
	case u.User != nil:
		return "Take the user name and password out of the address; use the secret to check who is calling."
	case u.Fragment != "":
		return "Take the part after # out of the address."
	case !goodPort(u):
		return "The port must be a number from 1 to 65535."
	case !allowPrivate && localHost(u.Hostname()):
		return "The address must be reachable from the internet; local and private addresses are allowed in a sandbox marketplace only."
	}
	return ""
}

func goodPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	port, err := strconv.Atoi(u.Port())
	return err == nil && port >= 1 && port <= 65535
}

// localHost reports whether host is plainly not on the internet: an address
// that is not public or a name that is reserved for local use.
func localHost(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return !public(a)
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, suffix := range []string{"localhost", "local", "internal", "home.arpa"} {
		if host == suffix || strings.HasSuffix(host, "."+suffix) {
			return true
		}
	}
	return false
}
