package config

import (
	"regexp"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// Vendor says how vendors' own systems and the marketplace reach each other.
type Vendor struct {
	ConnectorPrefixes string        `key:"connectorPrefixes" name:"connector-prefixes" env:"FONDACO_CONNECTOR_PREFIXES" default:"/connector/api" placeholder:"PATHS" help:"Paths that connectors call (default: ${default}), separated by commas; the first is in the addresses that they are given. Connectors that were written for another path need it as an alias, such as /connector/api,/cmw."`
	CallbackTimeout   time.Duration `key:"callbackTimeout" name:"callback-timeout" env:"FONDACO_CALLBACK_TIMEOUT" default:"10s" placeholder:"TIME" help:"How long a customer waits for a vendor to say whether an order can be and which values there are, all answers together (default: ${default})."`
}

// prefixForm is a path from the root that does not end with a slash.
var prefixForm = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

func (v Vendor) check(c *fault.Check) {
	c.That(v.CallbackTimeout >= time.Second, names("callbackTimeout"), "Give at least 1s.")
	c.That(len(v.Prefixes()) > 0, names("connectorPrefixes"), "Give at least one path, such as /connector/api.")
	for _, p := range v.Prefixes() {
		c.That(prefixForm.MatchString(p), names("connectorPrefixes"), "Write paths as /connector/api: with a slash before each part and none at the end; separated by commas.")
		c.That(p != "/api" && !strings.HasPrefix(p+"/", "/api/v1/"), names("connectorPrefixes"), "The marketplace's own API is at /api/v1. Choose another path.")
	}
}

// Prefixes are the paths that connectors call.
func (v Vendor) Prefixes() []string {
	return strings.FieldsFunc(v.ConnectorPrefixes, func(r rune) bool { return r == ',' || r == ' ' })
}
