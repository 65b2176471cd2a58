package kong

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// settings are the provider instance's.
type settings struct {
	AdminURL        string `json:"adminUrl"`
	AdminToken      string `json:"adminToken"`
	ProxyURL        string `json:"proxyUrl"`
	IngestURL       string `json:"ingestUrl"`
	IngestSecret    string `json:"ingestSecret"`
	RateLimitPolicy string `json:"rateLimitPolicy"`
	Redis           *redis `json:"redis"`
}

type redis struct {
	Host     string `json:"host"`
	Port     int    `json:"port"`
	Database int    `json:"database"`
	Username string `json:"username"`
	Password string `json:"password"`
	SSL      bool   `json:"ssl"`
}

// product is the vendor's API.
type product struct {
	ID   int64  `json:"id"`
	SKU  string `json:"sku"`
	Name string `json:"name"`
	API  struct {
		UpstreamURL string      `json:"upstreamUrl"`
		AuthHeader  *authHeader `json:"authHeader"`
	} `json:"api"`
	Endpoints []endpoint `json:"endpoints"`
}

type authHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type endpoint struct {
	Identifier string `json:"identifier"`
	Name       string `json:"name"`
	Method     string `json:"method"`
	Path       string `json:"path"`
}

// plan is what the customer bought.
type plan struct {
	ID        int64          `json:"id"`
	Name      string         `json:"name"`
	Endpoints []planEndpoint `json:"endpoints"`
}

type planEndpoint struct {
	Identifier string            `json:"identifier"`
	Mode       string            `json:"mode"`
	Limits     map[string]*int64 `json:"limits"`
}

// sale is a subscription's documents, read.
type sale struct {
	id       int64
	settings settings
	product  product
	plan     plan
}

// periods are the windows of a limit, shortest first.
func periods() []string { return []string{"second", "minute", "hour", "day", "month", "year"} }

func methods() []string {
	return []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
}

var (
	skuPattern    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*$`)
	headerPattern = regexp.MustCompile("^[A-Za-z0-9_-]+$") // narrower than HTTP: what Kong takes
)

// parse reads the documents and says what is wrong with those that are given.
func parse(sub sdk.Subscription) (sale, document.Problems) {
	s := sale{id: sub.ID}
	var p document.Problems
	if p.Decode("settings", sub.Settings, &s.settings) {
		s.settings.check(&p)
	}
	hasProduct := p.Decode("product", sub.Product, &s.product)
	if hasProduct {
		s.product.check(&p)
	}
	if p.Decode("plan", sub.Plan, &s.plan) {
		s.plan.check(&p, s.product, hasProduct)
	}
	var parameters map[string]any
	p.Decode("parameters", sub.Parameters, &parameters)
	return s, p
}

// complete is parse for calls that change something: everything must be there.
func complete(sub sdk.Subscription) (sale, error) {
	s, p := parse(sub)
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the gateway are missing.")
	p.That(!document.Blank(sub.Product), "product", "The product is missing.")
	p.That(!document.Blank(sub.Plan), "plan", "The plan is missing.")
	if err := p.Err(); err != nil {
		return s, err
	}
	if len(s.plan.Endpoints) == 0 {
		s.plan.openAll(s.product)
	}
	return s, nil
}

// identified is parse for calls that only need to know whose objects they
// are: faults in product and plan must not stand in the way of removing.
func identified(sub sdk.Subscription) (sale, error) {
	s, p := parse(sdk.Subscription{ID: sub.ID, Settings: sub.Settings})
	p.That(sub.ID > 0, "id", "The subscription has no number.")
	p.That(!document.Blank(sub.Settings), "settings", "The settings of the gateway are missing.")
	var ignored document.Problems
	ignored.Decode("product", sub.Product, &s.product)
	return s, p.Err()
}

func (s *settings) check(p *document.Problems) {
	webURL(p, "settings.adminUrl", s.AdminURL)
	webURL(p, "settings.proxyUrl", s.ProxyURL)
	webURL(p, "settings.ingestUrl", s.IngestURL)
	p.That(s.IngestSecret != "", "settings.ingestSecret", "Set a secret that Kong sends with its logs.")
	p.That(!strings.ContainsFunc(s.IngestSecret+s.AdminToken, isControl), "settings.ingestSecret", "Secrets cannot contain line breaks or other control characters.")
	if s.RateLimitPolicy == "" {
		s.RateLimitPolicy = "cluster"
	}
	p.That(slices.Contains([]string{"cluster", "redis", "local"}, s.RateLimitPolicy), "settings.rateLimitPolicy", "Choose cluster, redis or local.")
	p.That(s.RateLimitPolicy != "redis" || s.Redis != nil && s.Redis.Host != "", "settings.redis.host", "The policy redis needs the host of a Redis.")
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func webURL(p *document.Problems, field, raw string) *url.URL {
	u, ok := p.Address(field, raw, "https://api.example.com")
	p.That(!ok || u.RawQuery == "" && u.Fragment == "", field, "The address cannot have a query or a fragment.")
	return u
}

func (d *product) check(p *document.Problems) {
	p.That(d.ID > 0, "product.id", "The product has no number.")
	p.That(skuPattern.MatchString(d.SKU), "product.sku", "Use letters, digits, hyphen, dot, underscore and tilde, as it becomes part of an address.")
	u := webURL(p, "product.api.upstreamUrl", d.API.UpstreamURL)
	p.That(u == nil || u.User == nil, "product.api.upstreamUrl", "The address cannot hold a user name; use the authentication header.")
	p.That(u == nil || !strings.Contains(u.EscapedPath(), "$("), "product.api.upstreamUrl", `The path cannot contain "$(".`)
	d.API.AuthHeader.check(p)
	p.That(len(d.Endpoints) > 0, "product.endpoints", "List at least one endpoint.")
	seen, served := map[string]bool{}, map[string]bool{}
	for i, e := range d.Endpoints {
		at := fmt.Sprintf("product.endpoints[%d]", i)
		p.That(e.Identifier != "" && len(e.Identifier) <= 100, at+".identifier", "Give an identifier of 1 to 100 characters.")
		p.That(!seen[e.Identifier], at+".identifier", "There is another endpoint %q.", e.Identifier)
		p.That(slices.Contains(methods(), e.Method), at+".method", "Use one of %s.", strings.Join(methods(), ", "))
		_, err := parsePath(e.Path)
		p.That(err == nil, at+".path", "%v", err)
		same := e.Method + " " + paramPattern.ReplaceAllString(e.Path, "{}")
		p.That(!served[same], at+".path", "Another endpoint has this method and path.")
		seen[e.Identifier], served[same] = true, true
	}
}

func (h *authHeader) check(p *document.Problems) {
	if h == nil || h.Name == "" && h.Value == "" {
		return
	}
	const field = "product.api.authHeader"
	p.That(headerPattern.MatchString(h.Name), field+".name", "Use letters, digits, hyphen and underscore.")
	reserved := []string{"apikey", "host", "connection", "content-length", "transfer-encoding", "x-consumer-groups"}
	p.That(!slices.Contains(reserved, strings.ToLower(h.Name)), field+".name", "The gateway uses this header itself; choose another.")
	p.That(h.Value != "", field+".value", "Give the value that the upstream checks.")
	p.That(!strings.ContainsFunc(h.Value, isControl), field+".value", "It cannot contain line breaks or other control characters.")
	p.That(!strings.Contains(h.Value, "$(") && !strings.HasPrefix(h.Value, ":"), field+".value", `It cannot contain "$(" or begin with ":", which mean something to Kong.`)
}

func (d *plan) check(p *document.Problems, pr product, known bool) {
	seen := map[string]bool{}
	for i, e := range d.Endpoints {
		at := fmt.Sprintf("plan.endpoints[%d]", i)
		exists := slices.ContainsFunc(pr.Endpoints, func(o endpoint) bool { return o.Identifier == e.Identifier })
		p.That(exists || !known, at+".identifier", "The product has no endpoint %q.", e.Identifier)
		p.That(!seen[e.Identifier], at+".identifier", "The plan lists %q twice.", e.Identifier)
		seen[e.Identifier] = true
		p.That(slices.Contains([]string{"prepaid", "included", "payPerUse"}, e.Mode), at+".mode", "Choose prepaid, included or payPerUse.")
		p.That(e.Mode != "prepaid" || len(e.limits()) > 0, at+".limits", "A prepaid endpoint needs at least one limit.")
		e.checkLimits(p, at+".limits")
	}
}

func (e planEndpoint) checkLimits(p *document.Problems, field string) {
	for _, name := range slices.Sorted(maps.Keys(e.Limits)) {
		n := e.Limits[name]
		p.That(slices.Contains(periods(), name), field+"."+name, "Use one of %s.", strings.Join(periods(), ", "))
		p.That(n == nil || *n > 0, field+"."+name, "A limit must be at least 1.")
	}
	low, lowName := int64(0), ""
	for _, name := range periods() {
		if n := e.Limits[name]; n != nil {
			p.That(*n >= low, field+"."+name, "The limit for a %s (%d) cannot be lower than that for a %s (%d).", name, *n, lowName, low)
			low, lowName = *n, name
		}
	}
}

// limits are the windows that are set.
func (e planEndpoint) limits() map[string]int64 {
	out := map[string]int64{}
	for name, n := range e.Limits {
		if n != nil {
			out[name] = *n
		}
	}
	return out
}

// openAll makes a plan that lists no endpoint, such as a flat one, open all
// of the product's.
func (d *plan) openAll(pr product) {
	for _, e := range pr.Endpoints {
		d.Endpoints = append(d.Endpoints, planEndpoint{Identifier: e.Identifier, Mode: "payPerUse"})
	}
}
