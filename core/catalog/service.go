package catalog

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with the catalog.
type Service struct {
	db       *store.DB
	events   *event.Log
	box      *secret.Box
	kinds    Kinds
	provider ProviderFunc
	vendor   func() (vendorSchemas, error)
	revised  RevisedFunc
	follow   SyndicationFunc
}

// SyndicationFunc is told of every product that was made or changed, in the
// same transaction, and keeps the product's endpoint for events in step.
type SyndicationFunc func(ctx context.Context, tx *store.Tx, p Product) error

// ProviderFunc fails when there is no provider of the name for the type; ""
// names the first one.
type ProviderFunc func(ctx context.Context, tx *store.Tx, t Type, name string) error

// RevisedFunc is told, in the same transaction, that the vendor gave a plan a
// new revision.
type RevisedFunc func(ctx context.Context, tx *store.Tx, plan Plan) error

// Config is what the service needs; all of it but what says so.
type Config struct {
	DB     *store.DB
	Events *event.Log
	Box    *secret.Box
	// Kinds knows the product types beside the built-in one.
	Kinds Kinds
	// Provider checks the provider that a plan names.
	Provider ProviderFunc
	// Revised derives what resellers sell from a new revision. Optional.
	Revised RevisedFunc
	// Syndication follows the products' endpoints for events. Optional.
	Syndication SyndicationFunc
}

// New returns the service.
func New(cfg Config) *Service {
	if cfg.Revised == nil {
		cfg.Revised = func(context.Context, *store.Tx, Plan) error { return nil }
	}
	if cfg.Syndication == nil {
		cfg.Syndication = func(context.Context, *store.Tx, Product) error { return nil }
	}
	return &Service{db: cfg.DB, events: cfg.Events, box: cfg.Box, kinds: cfg.Kinds, provider: cfg.Provider, revised: cfg.Revised,
		follow: cfg.Syndication, vendor: sync.OnceValues(parseVendorSchemas)}
}

// Purposes that a product's secrets are sealed for. SealSyndication is also
// that of the product's endpoint for events, which has the same secret.
const (
	sealHeader        = "product.authHeader"
	SealSyndication   = "product.syndication"
	sealConfiguration = "product.configuration"
)

// CreateProduct adds a draft. The SKU must be new to the marketplace.
func (s *Service) CreateProduct(ctx context.Context, actor account.Actor, in ProductInput) (Product, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return Product{}, err
	}
	if in.VendorID == 0 || !actor.SeesAll() {
		in.VendorID = actor.OrganizationID
	}
	var p Product
	var err error
	if in.kind, in.wrongType, err = s.kindNamed(ctx, in.Type); err != nil {
		return Product{}, err
	}
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		p, err = s.createProduct(ctx, tx, actor, in)
		return err
	})
	return p, err
}

func (s *Service) createProduct(ctx context.Context, tx *store.Tx, actor account.Actor, in ProductInput) (Product, error) {
	if err := s.check(ctx, tx, &in); err != nil {
		return Product{}, err
	}
	if _, err := productBySKU(ctx, tx, in.SKU); err == nil {
		return Product{}, taken("sku", fmt.Sprintf("There is already a product with the SKU %q; choose another.", in.SKU))
	}
	p := Product{VendorID: in.VendorID, SKU: in.SKU, Type: in.Type, Status: Draft, DriftPolicy: ReportDrift}
	s.fill(&p, in)
	id, err := insertProduct(ctx, tx, p)
	if store.IsTaken(err) {
		return Product{}, taken("sku", fmt.Sprintf("There is already a product with the SKU %q; choose another.", in.SKU))
	}
	if err != nil {
		return Product{}, err
	}
	if p, err = ProductByID(ctx, tx, id); err != nil {
		return Product{}, err
	}
	if err := keepProductItems(ctx, tx, p); err != nil {
		return Product{}, err
	}
	if err := s.follow(ctx, tx, p); err != nil {
		return Product{}, err
	}
	return p, s.record(ctx, tx, actor, "product.create", nil, &p)
}

// UpdateProduct changes a product's description and integration. Type and SKU
// stay as they are; empty secrets are kept.
func (s *Service) UpdateProduct(ctx context.Context, actor account.Actor, id int64, in ProductInput) (Product, error) {
	p, err := s.own(ctx, actor, id)
	if err != nil {
		return Product{}, err
	}
	if in.kind, _, err = s.kindNamed(ctx, p.Type); err != nil {
		return Product{}, err
	}
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if p, err = s.lockOwn(ctx, tx, actor, id); err != nil {
			return err
		}
		before := p
		if in.SKU != "" && in.SKU != p.SKU {
			return fault.InvalidField("sku", "The SKU never changes: addresses and invoices refer to it.")
		}
		in.SKU, in.Type = p.SKU, p.Type
		if in.Configuration, err = s.keepSecrets(p, in); err != nil {
			return err
		}
		if err := s.check(ctx, tx, &in); err != nil {
			return err
		}
		s.fill(&p, in)
		if err := updateProduct(ctx, tx, p); err != nil {
			return err
		}
		if err := keepProductItems(ctx, tx, p); err != nil {
			return err
		}
		if err := s.follow(ctx, tx, p); err != nil {
			return err
		}
		return s.record(ctx, tx, actor, "product.update", &before, &p)
	})
	return p, err
}

// check validates the input by the rules of the marketplace.
func (s *Service) check(ctx context.Context, tx *store.Tx, in *ProductInput) error {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return err
	}
	in.allowPrivate = m.ReachesPrivate()
	return in.Validate()
}

func (s *Service) fill(p *Product, in ProductInput) {
	p.Name, p.Category, p.ShortDescription = in.Name, in.Category, in.ShortDescription
	p.Description, p.Content, p.UpstreamURL = in.Description, in.Content, in.UpstreamURL
	p.AuthHeaderName, p.SyndicationURL = in.AuthHeaderName, in.SyndicationURL
	if in.AuthHeaderValue != "" || in.AuthHeaderName == "" {
		p.AuthHeaderSealed = s.box.Seal(sealHeader, in.AuthHeaderValue)
	}
	if in.SyndicationSecret != "" || in.SyndicationURL == "" {
		p.SyndicationKey = s.box.Seal(SealSyndication, in.SyndicationSecret)
	}
	if in.DriftPolicy != "" {
		p.DriftPolicy = in.DriftPolicy
	}
	p.SubscriptionApproval = in.SubscriptionApproval
	s.configure(p, in)
}

// AuthHeader opens the value of the header that every request to the vendor
// carries.
func (s *Service) AuthHeader(p Product) (secret.Text, error) {
	return s.box.Open(sealHeader, p.AuthHeaderSealed)
}

// SyndicationSecret opens the secret that events to the vendor are signed with.
func (s *Service) SyndicationSecret(p Product) (secret.Text, error) {
	return s.box.Open(SealSyndication, p.SyndicationKey)
}

// AddEndpoints adds all the endpoints or none.
func (s *Service) AddEndpoints(ctx context.Context, actor account.Actor, product int64, ins []EndpointInput) ([]Endpoint, error) {
	var all []Endpoint
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := s.lockOwn(ctx, tx, actor, product)
		if err != nil {
			return err
		}
		have, err := EndpointsOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		if err := checkEndpoints(ins, have); err != nil {
			return err
		}
		for _, in := range ins {
			if _, err := insertEndpoint(ctx, tx, p.ID, in.normal()); err != nil {
				return err
			}
		}
		all, err = EndpointsOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "product.addEndpoints", Entity: "product", EntityID: p.ID, Before: have, After: all})
	})
	return all, err
}

func checkEndpoints(ins []EndpointInput, have []Endpoint) error {
	var c fault.Check
	c.That(len(ins) > 0, "endpoints", "Give at least one endpoint.")
	seen := map[string]bool{}
	for _, e := range have {
		seen[e.Identifier] = true
	}
	routes := map[string]string{}
	for _, e := range have {
		routes[e.Method+" "+e.Path] = e.Identifier
	}
	for i, in := range ins {
		in, at := in.normal(), c.At("endpoints[%d]", i)
		if err := in.Validate(); err != nil {
			for _, f := range fault.As(err).Fields {
				at.Add(f.Name, f.Message)
			}
		}
		at.That(!seen[in.Identifier], "identifier", fmt.Sprintf("The product already has an endpoint %q; identifiers are unique.", in.Identifier))
		seen[in.Identifier] = true
		route := in.Method + " " + in.Path
		at.That(routes[route] == "", "path", fmt.Sprintf("%s is already sold as %q.", route, routes[route]))
		routes[route] = in.Identifier
	}
	return c.Err()
}

// UpdateEndpoint changes an endpoint's texts, method or path. The identifier
// never changes.
func (s *Service) UpdateEndpoint(ctx context.Context, actor account.Actor, product int64, identifier string, in EndpointInput) (Endpoint, error) {
	if in.Identifier == "" {
		in.Identifier = identifier
	}
	in = in.normal()
	var out Endpoint
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := s.lockOwn(ctx, tx, actor, product)
		if err != nil {
			return err
		}
		all, err := EndpointsOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(e Endpoint) bool { return e.Identifier == identifier })
		if i < 0 {
			return fault.Newf(fault.NotFound, "The product has no endpoint %q.", identifier)
		}
		if in.Identifier != identifier {
			return fault.InvalidField("identifier", fmt.Sprintf("An identifier never changes: invoices and limits refer to it. It stays %q.", identifier))
		}
		if err := in.Validate(); err != nil {
			return err
		}
		before := all[i]
		out = before
		out.Name, out.Description, out.Method, out.Path = in.Name, in.Description, in.Method, in.Path
		if err := updateEndpoint(ctx, tx, before.ID, in); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "product.updateEndpoint", Entity: "product", EntityID: p.ID, Before: before, After: out})
	})
	return out, err
}

// own reads a product that the actor may change.
func (s *Service) own(ctx context.Context, actor account.Actor, id int64) (Product, error) {
	l, err := s.Product(ctx, actor, id)
	return l.Product, err
}

func (s *Service) lockOwn(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Product, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return Product{}, err
	}
	p, err := LockProduct(ctx, tx, id)
	if err != nil {
		return Product{}, err
	}
	return p, actor.NeedOwn("product", p.VendorID)
}

// record writes the change to the audit trail, without the sealed secrets.
func (s *Service) record(ctx context.Context, tx *store.Tx, actor account.Actor, action string, before, after *Product) error {
	return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "product", EntityID: after.ID,
		Before: public(before), After: public(after)})
}

func public(p *Product) any {
	if p == nil {
		return nil
	}
	q := *p
	q.AuthHeaderSealed, q.SyndicationKey, q.ConfigurationSealed = nil, nil, nil
	return q
}

func taken(field, message string) error {
	e := fault.New(fault.Conflict, message)
	e.Fields = []fault.Field{{Name: field, Message: message}}
	return e
}
