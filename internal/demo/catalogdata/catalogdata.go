// Package catalogdata is the demo's catalog: five vendors and their products,
// APIs with endpoints and example requests, clouds with quantities and meters,
// what vendors set up themselves, and plans, as embedded files. See README.md.
package catalogdata

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"gopkg.in/yaml.v3"
)

//go:embed vendors.yaml products/*.yaml clouds/*.yaml services/*.yaml openapi/*
var files embed.FS

// Vendor is a company that sells in the demo.
type Vendor struct {
	Key         string `yaml:"key" json:"key"` // what Product.Vendor refers to
	Name        string `yaml:"name" json:"name"`
	ContactName string `yaml:"contactName" json:"contactName"`
	Email       string `yaml:"email" json:"email"`
	Country     string `yaml:"country" json:"country"` // ISO 3166-1 alpha-2
	City        string `yaml:"city" json:"city"`
	Address     string `yaml:"address" json:"address"`
	Postcode    string `yaml:"postcode" json:"postcode"`
	VATNumber   string `yaml:"vatNumber" json:"vatNumber"`
	Website     string `yaml:"website" json:"website"`
	About       string `yaml:"about" json:"about"`
}

// Product is one product with everything that its vendor would enter.
type Product struct {
	SKU              string     `yaml:"sku" json:"sku"`
	Vendor           string     `yaml:"vendor" json:"vendor"` // Vendor.Key
	Name             string     `yaml:"name" json:"name"`
	Category         string     `yaml:"category" json:"category"`
	ShortDescription string     `yaml:"shortDescription" json:"shortDescription"`
	Description      string     `yaml:"description" json:"description"` // plain paragraphs, an empty line between them
	Features         []string   `yaml:"features" json:"features"`
	FAQ              []Question `yaml:"faq" json:"faq"`
	AuthHeader       Header     `yaml:"authHeader" json:"authHeader"` // what the upstream wants from the gateway
	Endpoints        []Endpoint `yaml:"endpoints" json:"endpoints"`
	Plans            []Plan     `yaml:"plans" json:"plans"`

	// OpenAPI is the name of the product's document, "" when its endpoints
	// were entered by hand.
	OpenAPI string `yaml:"openapi" json:"openapi"`
	// Document is that document, nil when there is none.
	Document []byte `yaml:"-" json:"-"`
}

// Question is one entry of a FAQ.
type Question struct {
	Question string `yaml:"question" json:"question"`
	Answer   string `yaml:"answer" json:"answer"`
}

// Header is an HTTP header. The values here are no secrets: they only open the
// demo's own upstream.
type Header struct {
	Name  string `yaml:"name" json:"name"`
	Value string `yaml:"value" json:"value"`
}

// Endpoint is one endpoint that is sold. Of a product with a document only
// Identifier and Example are in the file; the rest is what the importer proposes.
type Endpoint struct {
	Identifier  string  `yaml:"identifier" json:"identifier"`
	Method      string  `yaml:"method" json:"method"`
	Path        string  `yaml:"path" json:"path"`
	Name        string  `yaml:"name" json:"name"`
	Description string  `yaml:"description" json:"description"`
	Example     Example `yaml:"example" json:"example"`
}

// Example is a request that the endpoint answers with success.
type Example struct {
	Path string `yaml:"path" json:"path"` // filled in, with its query: "/items?limit=3"
	Body string `yaml:"body" json:"body"` // JSON, or ""
}

// Plan has exactly the shape of the REST API's POST /products/{id}/plans.
// Prices are decimal strings in Currency.
type Plan struct {
	Name           string         `yaml:"name" json:"name"`
	Currency       string         `yaml:"currency" json:"currency"`
	SetupPrice     string         `yaml:"setupPrice" json:"setupPrice"`
	RecurringPrice string         `yaml:"recurringPrice" json:"recurringPrice"`
	PeriodMonths   int            `yaml:"periodMonths" json:"periodMonths"`
	Timing         string         `yaml:"timing" json:"timing"` // "prepaid" or "postpaid"
	Anchor         string         `yaml:"anchor" json:"anchor"` // "anniversary" or "calendar"
	AutoRenew      bool           `yaml:"autoRenew" json:"autoRenew"`
	TrialDays      int            `yaml:"trialDays" json:"trialDays"`
	Endpoints      []PlanEndpoint `yaml:"endpoints" json:"endpoints"`
}

// Modes of a plan's endpoint.
const (
	Prepaid   = "prepaid"   // Limits hold
	PayPerUse = "payPerUse" // Tiers price each request
)

// PlanEndpoint is what a plan says about one endpoint.
type PlanEndpoint struct {
	Identifier string         `yaml:"identifier" json:"identifier"`
	Mode       string         `yaml:"mode" json:"mode"`
	Limits     map[string]int `yaml:"limits" json:"limits,omitempty"` // calls by second, minute, hour, day, month or year
	Tiers      []Tier         `yaml:"tiers" json:"tiers,omitempty"`   // graduated, rising
}

// Tier prices the requests up to UpTo; the last has none.
type Tier struct {
	UpTo      *int   `yaml:"upTo" json:"upTo"`
	UnitPrice string `yaml:"unitPrice" json:"unitPrice"`
	FlatPrice string `yaml:"flatPrice" json:"flatPrice,omitempty"`
}

// Vendors returns the demo's vendors.
func Vendors() ([]Vendor, error) {
	var vendors []Vendor
	return vendors, read("vendors.yaml", &vendors)
}

// Products returns the demo's products in the order of their SKUs, checked,
// with the endpoints of their documents.
func Products() ([]Product, error) {
	vendors, err := Vendors()
	if err != nil {
		return nil, err
	}
	names, err := fs.Glob(files, "products/*.yaml")
	if err != nil {
		return nil, err
	}
	products := make([]Product, 0, len(names))
	for _, name := range names {
		p, err := load(name)
		if err != nil {
			return nil, err
		}
		if err := p.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !slices.ContainsFunc(vendors, func(v Vendor) bool { return v.Key == p.Vendor }) {
			return nil, fmt.Errorf("%s: no vendor %q in vendors.yaml", name, p.Vendor)
		}
		products = append(products, p)
	}
	return products, nil
}

// load reads one product and, when it has a document, imports it.
func load(name string) (Product, error) {
	var p Product
	if err := read(name, &p); err != nil {
		return p, err
	}
	if p.OpenAPI == "" {
		return p, nil
	}
	var err error
	if p.Document, err = files.ReadFile("openapi/" + p.OpenAPI); err != nil {
		return p, fmt.Errorf("%s: %w", name, err)
	}
	imported, err := openapi.Import(p.Document)
	if err != nil {
		return p, fmt.Errorf("openapi/%s: %w", p.OpenAPI, err)
	}
	return p, p.complete(imported.Proposed)
}

// complete fills the picked endpoints from what the document proposes.
func (p *Product) complete(proposed []openapi.Endpoint) error {
	for i := range p.Endpoints {
		e := &p.Endpoints[i]
		at := slices.IndexFunc(proposed, func(from openapi.Endpoint) bool { return from.Identifier == e.Identifier })
		if at < 0 {
			return fmt.Errorf("%s: openapi/%s proposes no endpoint %q", p.SKU, p.OpenAPI, e.Identifier)
		}
		from := proposed[at]
		e.Method, e.Path, e.Name, e.Description = from.Method, from.Path, from.Name, from.Description
	}
	return nil
}

// Endpoint returns the endpoint with the identifier and whether there is one.
func (p Product) Endpoint(identifier string) (Endpoint, bool) {
	i := slices.IndexFunc(p.Endpoints, func(e Endpoint) bool { return e.Identifier == identifier })
	if i < 0 {
		return Endpoint{}, false
	}
	return p.Endpoints[i], true
}

// read decodes an embedded YAML file; a field that is not known is an error.
func read(name string, into any) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
