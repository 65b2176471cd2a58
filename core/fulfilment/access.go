package fulfilment

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// Access returns all that gives access to a subscription the actor may see.
// The values of credentials are in it only for who may reveal them, its
// customer and operators, and that they looked is kept in the audit trail.
func (s *Service) Access(ctx context.Context, actor account.Actor, id int64) (Access, error) {
	a, err := s.Masked(ctx, actor, id)
	if err != nil {
		return Access{}, err
	}
	revealed, err := s.Credentials(ctx, actor, id)
	switch {
	case fault.Is(err, fault.Forbidden), fault.Is(err, fault.NotFound):
		return a, nil // a vendor or a reseller: as masked
	case err != nil:
		return Access{}, err
	}
	a.Credentials = revealed
	return a, nil
}

// Masked is Access without any value, and without a trace.
func (s *Service) Masked(ctx context.Context, actor account.Actor, id int64) (Access, error) {
	var a Access
	var sub subscription.Subscription
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if sub, err = subscription.Visible(ctx, tx, actor, id); err != nil || !sub.VendorProvisioned() {
			return err
		}
		a, err = accessOf(ctx, tx, id)
		return err
	})
	if err != nil || sub.VendorProvisioned() {
		return a, err
	}
	return s.provisioned(ctx, actor, id)
}

// provisioned is what a plugin made.
func (s *Service) provisioned(ctx context.Context, actor account.Actor, id int64) (Access, error) {
	a := Access{Instructions: Text{}}
	all, err := s.provision.Access(ctx, actor, id)
	for _, e := range all {
		a.Endpoints = append(a.Endpoints, Endpoint{Identifier: e.Identifier, Method: e.Method, URL: e.URL})
	}
	return a, err
}

// Credentials opens the credentials of the actor's own subscription. Vendors
// never see them, not even those that they gave. That somebody looked is kept
// in the audit trail.
func (s *Service) Credentials(ctx context.Context, actor account.Actor, id int64) ([]Credential, error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return nil, err
	}
	sub, err := s.subs.Get(ctx, actor, id)
	if err != nil {
		return nil, err
	}
	if !sub.VendorProvisioned() {
		return s.made(ctx, actor, id)
	}
	if err := actor.NeedOwn("subscription", sub.CustomerID); err != nil {
		return nil, err
	}
	var given []sealedCredential
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if given, err = credentialsOf(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "credential.reveal", Entity: "subscription", EntityID: id})
	})
	if err != nil {
		return nil, err
	}
	return s.opened(given)
}

// made are the credentials that a plugin made, opened.
func (s *Service) made(ctx context.Context, actor account.Actor, id int64) ([]Credential, error) {
	all, err := s.provision.Credentials(ctx, actor, id)
	out := make([]Credential, len(all))
	for i, c := range all {
		out[i] = Credential{Name: c.Name, Label: c.Label, Secret: c.Secret, Value: c.Value}
	}
	return out, err
}

func (s *Service) opened(given []sealedCredential) ([]Credential, error) {
	out := make([]Credential, len(given))
	for i, g := range given {
		value, err := s.box.Open(sealCredential, g.Sealed)
		if err != nil {
			return nil, err
		}
		out[i] = g.shown(value)
	}
	return out, nil
}

// shown is the credential with a value, or without one.
func (g sealedCredential) shown(value secret.Text) Credential {
	return Credential{Name: g.Name, Secret: true, Value: value, Description: Text(g.Description), Weight: g.Weight}
}
