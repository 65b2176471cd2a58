package catalog

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
)

// Type is what kind of thing a product is; a plugin of that type makes it real.
// Types are open: beside API there are those that the plugins name.
type Type string

// The types that are built in. All others are named by plugins.
const (
	// API is an HTTP API behind a gateway (K rows).
	API Type = "api"
	// Syndicated is what the vendor's own connector sets up: it is told by
	// webhook and reports back (S rows).
	Syndicated Type = "syndicated"
	// VendorService is what people of the vendor do by hand and then report.
	VendorService Type = "service"
)

// VendorProvisioned reports whether the vendor, and no plugin of ours, makes a
// product of the type real.
func (t Type) VendorProvisioned() bool { return t == Syndicated || t == VendorService }

var typeForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Valid reports whether t can name a product type.
func (t Type) Valid() bool { return typeForm.MatchString(string(t)) }

// Kind is what is known of a product type: which plugin brings it, the schemas
// of its documents, and what it measures.
type Kind struct {
	Type   Type
	Plugin string // "" for API: any gateway's plugin
	Name   string // for people
	// Unavailable says why the plugin cannot be asked now; "" when it can. What
	// it said before is in the other fields; the schemas are nil when it never
	// answered.
	Unavailable string

	ProductSchema    *schema.Schema
	PlanSchema       *schema.Schema
	ParametersSchema *schema.Schema
	Meters           []Meter
	// Definition is the vendor's own description of the product; nil unless
	// KindOf was asked about a product that its vendor sets up.
	Definition *Definition

	seal sealer
}

// Meter is a quantity that a plugin measures.
type Meter struct {
	Name string `json:"name"`
	Unit string `json:"unit"`
}

// Meter returns the kind's meter of that name.
func (k Kind) Meter(name string) (Meter, bool) {
	for _, m := range k.Meters {
		if m.Name == name {
			return m, true
		}
	}
	return Meter{}, false
}

// Kinds knows the product types that plugins bring (core/provision). It asks
// them, so it is never called inside a transaction.
type Kinds interface {
	// Kind returns what is known of a type. A type that no plugin names is
	// NotFound; one whose plugin never answered is Unavailable.
	Kind(ctx context.Context, t Type) (Kind, error)
	// Kinds lists them by type, with those of plugins that do not answer.
	Kinds(ctx context.Context) ([]Kind, error)
}

// KindOf returns what is known of a product: what Kind says of its type, and of
// a product that its vendor sets up also what the vendor says of it.
func (s *Service) KindOf(ctx context.Context, p Product) (Kind, error) {
	k, err := s.Kind(ctx, p.Type)
	if err != nil || !p.Type.VendorProvisioned() {
		return k, err
	}
	return s.define(k, p)
}

// Kind returns what is known of a product type, the built-in ones included.
// Parameters and meters of products that vendors set up are those of each
// product: KindOf knows them.
func (s *Service) Kind(ctx context.Context, t Type) (Kind, error) {
	switch t {
	case API:
		return Kind{Type: API, Name: "HTTP API"}, nil
	case Syndicated:
		return s.vendorKind(Syndicated, "Syndicated product")
	case VendorService:
		return s.vendorKind(VendorService, "Service")
	}
	return s.kinds.Kind(ctx, t)
}

// Kinds lists the product types that can be sold here: the API first, what
// vendors set up themselves last.
func (s *Service) Kinds(ctx context.Context, actor account.Actor) ([]Kind, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return nil, err
	}
	var builtIn []Kind
	for _, t := range []Type{API, Syndicated, VendorService} {
		k, err := s.Kind(ctx, t)
		if err != nil {
			return nil, err
		}
		builtIn = append(builtIn, k)
	}
	others, err := s.kinds.Kinds(ctx)
	return slices.Concat(builtIn[:1], others, builtIn[1:]), err
}

// kindNamed is Kind for an input: of a type that does not exist it says what can
// be used instead. No type at all is no kind; Validate says so.
func (s *Service) kindNamed(ctx context.Context, t Type) (k Kind, wrong string, err error) {
	if t == "" {
		return Kind{}, "", nil
	}
	k, err = s.Kind(ctx, t)
	if !fault.Is(err, fault.NotFound) {
		return k, "", err
	}
	all, err := s.kinds.Kinds(ctx)
	names := []string{string(API)}
	for _, other := range all {
		if other.Type != "" {
			names = append(names, string(other.Type))
		}
	}
	names = append(names, string(Syndicated), string(VendorService))
	return Kind{}, fmt.Sprintf("Use one of: %s.", strings.Join(names, ", ")), err
}

// DriftPolicy is what is done when what exists is not what was sold.
type DriftPolicy string

// The policies; the first is the default.
const (
	ReportDrift DriftPolicy = "report" // it is shown, and somebody decides
	RepairDrift DriftPolicy = "repair" // what was sold is made real again
	BillDrift   DriftPolicy = "bill"   // what runs is billed
)

// DriftPolicies lists them; the schema checks the same.
var DriftPolicies = []DriftPolicy{ReportDrift, RepairDrift, BillDrift}
