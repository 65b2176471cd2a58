package catalog

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// ProductInput is a vendor's description of a product. In an update no
// DriftPolicy, and secrets that are left out, leave things as they are.
type ProductInput struct {
	VendorID          int64 // operators only; a vendor's own otherwise
	Name              string
	SKU               string
	Type              Type
	Category          string
	ShortDescription  string
	Description       string
	Content           Content
	UpstreamURL       string
	AuthHeaderName    string
	AuthHeaderValue   secret.Text
	SyndicationURL    string
	SyndicationSecret secret.Text
	// Configuration follows the ProductSchema of the type.
	Configuration json.RawMessage
	DriftPolicy   DriftPolicy
	// SubscriptionApproval makes orders wait for approval.
	SubscriptionApproval bool

	allowPrivate bool   // see account.Marketplace.ReachesPrivate
	kind         Kind   // of the type, when it is known
	wrongType    string // says what to use instead of a type that does not exist
}

var (
	skuForm        = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)
	identifierForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	headerForm     = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	paramForm      = regexp.MustCompile(`^\{[A-Za-z_][A-Za-z0-9_-]*\}$`)
)

// Methods lists the HTTP methods an endpoint can have.
var Methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Validate reports every wrong field, but for those of the configuration,
// which the service compares with the plugin's schema.
func (in ProductInput) Validate() error {
	var c fault.Check
	if c.Need("name", in.Name) {
		c.MaxLen("name", in.Name, 100)
	}
	if c.Need("sku", in.SKU) {
		c.That(skuForm.MatchString(in.SKU), "sku", "Use lower-case letters, digits and dashes, such as lagoon-maps.")
	}
	if c.Need("type", string(in.Type)) {
		c.That(in.wrongType == "", "type", in.wrongType)
	}
	c.Need("category", in.Category)
	c.MaxLen("category", in.Category, 60)
	c.MaxLen("shortDescription", in.ShortDescription, 200)
	c.MaxLen("description", in.Description, 20_000)
	c.That(in.DriftPolicy == "" || slices.Contains(DriftPolicies, in.DriftPolicy), "driftPolicy", fmt.Sprintf("Use one of: %v.", DriftPolicies))
	if in.Type == API || in.Type == "" || in.wrongType != "" {
		in.checkAPI(&c)
	} else {
		in.checkConfigured(&c)
	}
	if in.SyndicationURL != "" {
		checkURL(&c, "syndicationEndpoint.url", in.SyndicationURL, in.allowPrivate)
	}
	return c.Err()
}

// checkAPI checks what only an API has.
func (in ProductInput) checkAPI(c *fault.Check) {
	if c.Need("api.upstreamUrl", in.UpstreamURL) {
		checkURL(c, "api.upstreamUrl", in.UpstreamURL, in.allowPrivate)
	}
	in.checkHeader(c)
	c.That(emptyDocument(in.Configuration), "configuration", "An API has no configuration; describe it under api.")
}

// checkConfigured checks what a product has whose plugin gives a schema.
func (in ProductInput) checkConfigured(c *fault.Check) {
	c.That(in.UpstreamURL == "" && in.AuthHeaderName == "" && in.AuthHeaderValue == "", "api",
		fmt.Sprintf("A product of type %s has no upstream; that is for type api.", in.Type))
	if in.kind.ProductSchema == nil {
		return
	}
	var by fault.Check
	in.kind.ProductSchema.Check(&by, "configuration", in.Configuration)
	if by.OK() && in.kind.Type.VendorProvisioned() {
		in.checkDefinition(&by)
	}
	c.Merge("", by.Err())
}

// checkDefinition checks what the vendor says of a product beyond its schema.
func (in ProductInput) checkDefinition(c *fault.Check) {
	d, err := Product{Type: in.Type, Configuration: string(in.Configuration)}.Definition()
	if err != nil {
		c.Add("configuration", "Write a JSON object: {…}.")
		return
	}
	d.check(c.At("configuration"), in.SyndicationURL, in.allowPrivate)
}

// emptyDocument reports whether nothing is in a JSON document.
func emptyDocument(doc json.RawMessage) bool {
	text := strings.Join(strings.Fields(string(doc)), "")
	return text == "" || text == "{}" || text == "null"
}

func (in ProductInput) checkHeader(c *fault.Check) {
	value := in.AuthHeaderValue.Reveal()
	if in.AuthHeaderName == "" {
		c.That(value == "", "api.authHeader.name", "Name the header that carries this value.")
		return
	}
	c.That(headerForm.MatchString(in.AuthHeaderName), "api.authHeader.name", "This is not an HTTP header name.")
	c.That(!strings.ContainsAny(value, "\r\n\x00"), "api.authHeader.value", "A header value has no line breaks.")
}

// checkURL refuses what could not be called, and addresses of this machine or
// network outside a sandbox (names are checked again when they are resolved).
func checkURL(c *fault.Check, field, raw string, allowPrivate bool) {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		c.Add(field, "Give a full URL such as https://api.example.com/v1.")
		return
	}
	c.That(u.User == nil, field, "Put no user name or password into the URL; use the authentication header.")
	c.That(u.Fragment == "", field, "A URL that is called has no #fragment.")
	c.That(allowPrivate || !privateHost(u.Hostname()), field, "This address is inside a private network; use one that can be reached from outside.")
}

func privateHost(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()
}

// EndpointInput is one HTTP operation to be sold.
type EndpointInput struct {
	Identifier  string
	Name        string
	Description string
	Method      string
	Path        string
}

func (in EndpointInput) normal() EndpointInput {
	in.Method = strings.ToUpper(strings.TrimSpace(in.Method))
	in.Path = strings.TrimSpace(in.Path)
	if in.Name == "" {
		in.Name = in.Method + " " + in.Path
	}
	return in
}

// Validate reports every wrong field.
func (in EndpointInput) Validate() error {
	var c fault.Check
	if c.Need("identifier", in.Identifier) {
		c.That(identifierForm.MatchString(in.Identifier), "identifier",
			"Use letters, digits, dots, dashes and underscores, at most 100, starting with a letter or digit.")
	}
	c.MaxLen("name", in.Name, 200)
	c.MaxLen("description", in.Description, 4000)
	c.That(slices.Contains(Methods, in.Method), "method", "Use one of: "+strings.Join(Methods, ", ")+".")
	checkPath(&c, in.Path)
	return c.Err()
}

func checkPath(c *fault.Check, path string) {
	if !strings.HasPrefix(path, "/") {
		c.Add("path", "A path starts with a slash, such as /items/{id}.")
		return
	}
	c.That(!strings.ContainsAny(path, "?# \t\r\n"), "path", "A path has no query, fragment or spaces.")
	c.MaxLen("path", path, 1000)
	seen := map[string]bool{}
	for segment := range strings.SplitSeq(path, "/") {
		if !strings.ContainsAny(segment, "{}") {
			continue
		}
		if !paramForm.MatchString(segment) {
			c.Addf("path", "%q is not a parameter; a parameter is a whole segment such as {id}.", segment)
		} else if seen[segment] {
			c.Addf("path", "The parameter %s stands twice in the path.", segment)
		}
		seen[segment] = true
	}
}
