package webhook

import (
	"cmp"
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// Endpoints lists the actor's endpoints, newest first; all of them for
// operators.
func (s *Service) Endpoints(ctx context.Context, actor account.Actor, f EndpointFilter, req page.Request) (page.Page[Endpoint], error) {
	if err := cmp.Or(actor.Need(account.ManageEndpoints), f.Validate()); err != nil {
		return page.Page[Endpoint]{}, err
	}
	var out page.Page[Endpoint]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = listEndpoints(ctx, tx, actor, f, req)
		return err
	})
	return out, err
}

// Endpoint returns one of the actor's endpoints.
func (s *Service) Endpoint(ctx context.Context, actor account.Actor, id int64) (Endpoint, error) {
	var out Endpoint
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = own(actor, func() (Endpoint, error) { return endpointByID(ctx, tx, id) })
		return err
	})
	return out, err
}

// own reads an endpoint that the actor may manage.
func own(actor account.Actor, read func() (Endpoint, error)) (Endpoint, error) {
	if err := actor.Need(account.ManageEndpoints); err != nil {
		return Endpoint{}, err
	}
	e, err := read()
	if err != nil {
		return Endpoint{}, err
	}
	if e.DeletedAt != nil {
		return Endpoint{}, fault.New(fault.NotFound, "There is no such endpoint.")
	}
	return e, actor.NeedOwn("endpoint", e.OrganizationID)
}

// CreateEndpoint adds an endpoint and returns its secret, which is not shown
// again. A product has one endpoint of its own.
func (s *Service) CreateEndpoint(ctx context.Context, actor account.Actor, in EndpointInput) (Endpoint, secret.Text, error) {
	if err := actor.Need(account.ManageEndpoints); err != nil {
		return Endpoint{}, "", err
	}
	in = in.normal(actor)
	in.Secret = cmp.Or(in.Secret, sign.NewSecret())
	var out Endpoint
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		in.allowPrivate = m.ReachesPrivate()
		if err := in.Validate(); err != nil {
			return err
		}
		e := Endpoint{Recipient: in.Recipient, OrganizationID: in.OrganizationID, ProductID: in.ProductID, URL: in.URL,
			Description: in.Description, Format: in.Format}
		e.Secret = s.box.Seal(e.purpose(), in.Secret)
		if err := s.assign(ctx, tx, actor, &e); err != nil {
			return err
		}
		if out, err = s.add(ctx, tx, e); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "endpoint.create", Entity: "endpoint", EntityID: out.ID, After: out.shown()})
	})
	return out, in.Secret, err
}

// assign checks that the actor may give the endpoint to its owner, and makes
// it the product's when it is of a product.
func (s *Service) assign(ctx context.Context, tx *store.Tx, actor account.Actor, e *Endpoint) error {
	switch e.Recipient {
	case ToPlatform:
		return actor.Need(account.SeeWorkspace)
	case ToProduct:
		return s.assignProduct(ctx, tx, actor, e)
	}
	if err := actor.NeedOwn("organization", e.OrganizationID); err != nil {
		return err
	}
	o, err := account.OrganizationByID(ctx, tx, e.OrganizationID)
	if err != nil {
		return err
	}
	if string(o.Kind) != string(e.Recipient) {
		return fault.InvalidField("recipient", o.Name+" is a "+string(o.Kind)+", and not a "+string(e.Recipient)+".")
	}
	return nil
}

func (s *Service) assignProduct(ctx context.Context, tx *store.Tx, actor account.Actor, e *Endpoint) error {
	p, err := catalog.ProductByID(ctx, tx, e.ProductID)
	if err != nil {
		return err
	}
	if err := actor.NeedOwn("product", p.VendorID); err != nil {
		return err
	}
	if p.SyndicationURL != "" {
		return fault.Newf(fault.Conflict, "%s has an endpoint already; change that one.", p.Name).With("product", p.ID)
	}
	e.OrganizationID = p.VendorID
	return catalog.SetSyndication(ctx, tx, p.ID, e.URL, e.Secret)
}

func (s *Service) add(ctx context.Context, tx *store.Tx, e Endpoint) (Endpoint, error) {
	id, err := insertEndpoint(ctx, tx, e)
	if err != nil {
		return Endpoint{}, err
	}
	return endpointByID(ctx, tx, id)
}

// UpdateEndpoint changes an endpoint. A mended address holds for what waits,
// too; enabling sends it.
func (s *Service) UpdateEndpoint(ctx context.Context, actor account.Actor, id int64, in EndpointChange) (Endpoint, error) {
	return s.change(ctx, actor, id, "endpoint.update", func(tx *store.Tx, e *Endpoint) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		if in.Enabled != nil {
			s.enable(e, *in.Enabled)
		}
		return in.apply(e, m.ReachesPrivate())
	})
}

// EnableEndpoint sends again to an endpoint that was disabled, what waits first.
func (s *Service) EnableEndpoint(ctx context.Context, actor account.Actor, id int64) (Endpoint, error) {
	return s.change(ctx, actor, id, "endpoint.enable", func(_ *store.Tx, e *Endpoint) error {
		s.enable(e, true)
		return nil
	})
}

func (s *Service) enable(e *Endpoint, on bool) {
	if e.Enabled == on {
		return
	}
	e.Enabled, e.DisabledReason, e.DisabledAt = on, "", nil
	if !on {
		e.DisabledReason, e.DisabledAt = "Switched off by hand.", new(s.db.Clock().Now())
	}
	e.FailingSince, e.Failures = nil, 0
}

// RotateSecret gives an endpoint a new secret and returns it; it is not shown
// again. The one before it is valid for in.KeepFor.
func (s *Service) RotateSecret(ctx context.Context, actor account.Actor, id int64, in RotateInput) (Endpoint, secret.Text, error) {
	if err := in.Validate(); err != nil {
		return Endpoint{}, "", err
	}
	in.Secret, in.KeepFor = cmp.Or(in.Secret, sign.NewSecret()), cmp.Or(in.KeepFor, DefaultKeep)
	e, err := s.change(ctx, actor, id, "endpoint.rotateSecret", func(_ *store.Tx, e *Endpoint) error {
		e.PreviousSecret, e.PreviousUntil = e.Secret, new(s.db.Clock().Now().Add(in.KeepFor))
		e.Secret = s.box.Seal(e.purpose(), in.Secret)
		return nil
	})
	return e, in.Secret, err
}

// DeleteEndpoint ends an endpoint. What waits for it is given up; the log stays.
func (s *Service) DeleteEndpoint(ctx context.Context, actor account.Actor, id int64) error {
	_, err := s.change(ctx, actor, id, "endpoint.delete", func(tx *store.Tx, e *Endpoint) error {
		return s.remove(ctx, tx, e)
	})
	return err
}

func (s *Service) remove(ctx context.Context, tx *store.Tx, e *Endpoint) error {
	e.DeletedAt = new(tx.Now())
	return giveUp(ctx, tx, e.ID, "The endpoint was deleted.")
}

// change makes a change to one of the actor's endpoints, and to its product.
func (s *Service) change(ctx context.Context, actor account.Actor, id int64, action string, edit func(*store.Tx, *Endpoint) error) (Endpoint, error) {
	var out Endpoint
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		e, err := own(actor, func() (Endpoint, error) { return lockEndpoint(ctx, tx, id) })
		if err != nil {
			return err
		}
		before := e
		if err := edit(tx, &e); err != nil {
			return err
		}
		if err := saveEndpoint(ctx, tx, e); err != nil {
			return err
		}
		if err := followUp(ctx, tx, e); err != nil {
			return err
		}
		out = e
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "endpoint", EntityID: e.ID, Before: before.shown(), After: e.shown()})
	})
	return out, err
}

// followUp keeps the form of the product in step with its endpoint.
func followUp(ctx context.Context, tx *store.Tx, e Endpoint) error {
	switch {
	case e.Recipient != ToProduct:
		return nil
	case e.DeletedAt != nil:
		return catalog.SetSyndication(ctx, tx, e.ProductID, "", nil)
	}
	return catalog.SetSyndication(ctx, tx, e.ProductID, e.URL, e.Secret)
}

// Follow keeps a product's endpoint in step with the form of the product
// (catalog.Config.Syndication).
func (s *Service) Follow(ctx context.Context, tx *store.Tx, p catalog.Product) error {
	e, err := endpointOfProduct(ctx, tx, p.ID)
	switch {
	case fault.Is(err, fault.NotFound) && p.SyndicationURL == "":
		return nil
	case fault.Is(err, fault.NotFound):
		_, err = s.add(ctx, tx, Endpoint{Recipient: ToProduct, OrganizationID: p.VendorID, ProductID: p.ID, URL: p.SyndicationURL,
			Format: Connector, Secret: p.SyndicationKey})
		return err
	case err != nil:
		return err
	}
	e.URL, e.Secret = p.SyndicationURL, p.SyndicationKey
	if e.URL == "" {
		if err := s.remove(ctx, tx, &e); err != nil {
			return err
		}
	}
	return saveEndpoint(ctx, tx, e)
}
