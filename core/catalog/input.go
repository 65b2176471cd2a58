package catalog

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/pricing/price"
)

// ProductInput is a vendor's description of a product. Nil pointers of an
// update leave things as they are.
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
	allowPrivate      bool // sandbox marketplaces may point at this machine
}

var (
	skuForm        = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)
	identifierForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	headerForm     = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
	paramForm      = regexp.MustCompile(`^\{[A-Za-z_][A-Za-z0-9_-]*\}$`)
)

// Methods lists the HTTP methods an endpoint can have.
var Methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

// Validate reports every wrong field.
func (in ProductInput) Validate() error {
	var c fault.Check
	if c.Need("name", in.Name) {
		c.MaxLen("name", in.Name, 100)
	}
	if c.Need("sku", in.SKU) {
		c.That(skuForm.MatchString(in.SKU), "sku", "Use lower-case letters, digits and dashes, such as lagoon-maps.")
	}
	c.That(slices.Contains(Types, in.Type), "type", fmt.Sprintf("Use one of: %v.", Types))
	c.Need("category", in.Category)
	c.MaxLen("category", in.Category, 60)
	c.MaxLen("shortDescription", in.ShortDescription, 200)
	c.MaxLen("description", in.Description, 20_000)
	if c.Need("api.upstreamUrl", in.UpstreamURL) {
		checkURL(&c, "api.upstreamUrl", in.UpstreamURL, in.allowPrivate)
	}
	in.checkHeader(&c)
	if in.SyndicationURL != "" {
		checkURL(&c, "syndicationEndpoint.url", in.SyndicationURL, in.allowPrivate)
	}
	return c.Err()
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

// PlanInput is a plan as the vendor prices it. A nil AutoRenew means true.
type PlanInput struct {
	Name      string
	Terms     price.Terms
	AutoRenew *bool
	Hidden    bool
	Position  int
	Endpoints []PlanEndpoint
}

func (in PlanInput) content() PlanContent {
	c := PlanContent{Terms: in.Terms.WithDefaults(), Endpoints: slices.Clone(in.Endpoints)}
	c.AutoRenew = in.AutoRenew == nil || *in.AutoRenew
	for i, e := range c.Endpoints {
		if e.Mode == PayPerUse && e.Charge != nil {
			full := e.Charge.WithDefaults()
			c.Endpoints[i].Charge = &full
		}
	}
	return c
}

// Validate reports every wrong field; known are the product's endpoints.
func (in PlanInput) Validate(known []Endpoint) error {
	var c fault.Check
	if c.Need("name", in.Name) {
		c.MaxLen("name", in.Name, 100)
	}
	c.Merge("", in.Terms.Validate())
	c.That(len(in.Endpoints) > 0, "endpoints", "A plan holds at least one endpoint.")
	seen := map[string]bool{}
	for i, e := range in.Endpoints {
		at := c.At("endpoints[%d]", i)
		at.That(slices.ContainsFunc(known, func(k Endpoint) bool { return k.Identifier == e.Identifier }),
			"identifier", fmt.Sprintf("The product has no endpoint %q; add it first.", e.Identifier))
		at.That(!seen[e.Identifier], "identifier", fmt.Sprintf("The endpoint %q stands twice in this plan.", e.Identifier))
		seen[e.Identifier] = true
		e.check(at)
	}
	return c.Err()
}

func (e PlanEndpoint) check(c *fault.Check) {
	switch e.Mode {
	case Prepaid:
		e.checkLimits(c)
		c.That(e.Charge == nil, "tiers", "A prepaid endpoint has limits, not prices; use payPerUse for prices.")
	case Included:
		c.That(len(e.Limits) == 0, "limits", "An included endpoint has no limits; use prepaid for limits.")
		c.That(e.Charge == nil, "tiers", "An included endpoint has no prices; use payPerUse for prices.")
	case PayPerUse:
		c.That(len(e.Limits) == 0, "limits", "A pay-per-use endpoint has prices, not limits; use prepaid for limits.")
		if e.Charge == nil {
			c.Add("tiers", "Give the price tiers, such as [{\"upTo\":10,\"unitPrice\":\"0.10\"},{\"unitPrice\":\"0.05\"}].")
			return
		}
		c.Merge("", e.Charge.Validate())
	default:
		c.Add("mode", "Use prepaid, included or payPerUse.")
	}
}

// checkLimits wants positive limits in known windows, and no longer window
// below a shorter one: it could never be reached.
func (e PlanEndpoint) checkLimits(c *fault.Check) {
	c.That(len(e.Limits) > 0, "limits", "Give at least one limit, such as {\"month\":1000}.")
	for window, limit := range e.Limits {
		c.That(slices.Contains(Windows, window), "limits."+window, "Use one of: "+strings.Join(Windows, ", ")+".")
		c.That(limit >= 1, "limits."+window, "A limit is at least 1.")
	}
	shorter, floor := "", int64(0)
	for _, window := range Windows {
		limit, ok := e.Limits[window]
		if !ok {
			continue
		}
		c.That(limit >= floor, "limits."+window, fmt.Sprintf("The %s limit must be at least the %s limit (%d).", window, shorter, floor))
		shorter, floor = window, limit
	}
}
