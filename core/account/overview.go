package account

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// ListOrganizations lists the companies of the marketplace for operators,
// newest first; kind "" means all.
func (s *Service) ListOrganizations(ctx context.Context, actor Actor, kind Kind, req page.Request) (page.Page[Organization], error) {
	if err := actor.Need(SeeWorkspace); err != nil {
		return page.Page[Organization]{}, err
	}
	if kind != "" && !slices.Contains(Kinds, kind) {
		return page.Page[Organization]{}, fault.InvalidField("kind", fmt.Sprintf("Use one of: %v.", Kinds))
	}
	var out page.Page[Organization]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = organizations(ctx, tx, organizationFilter{kind: kind}, req)
		return err
	})
	return out, err
}

// organizationFilter narrows a list; zero values do not.
type organizationFilter struct {
	kind     Kind
	reseller int64 // only its customers
}

func organizations(ctx context.Context, tx *store.Tx, f organizationFilter, req page.Request) (page.Page[Organization], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Organization]{}, err
	}
	where, args := ` AND id < ?`, []any{tx.Marketplace(), before}
	if f.kind != "" {
		where, args = where+` AND kind = ?`, append(args, f.kind)
	}
	if f.reseller != 0 {
		where, args = where+` AND reseller_id = ?`, append(args, f.reseller)
	}
	var rows []Organization
	err = tx.Select(ctx, &rows, `SELECT id, kind, name, email, address, vat_id, reseller_id, created_at FROM organization
		WHERE marketplace_id = ?`+where+` ORDER BY id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(o Organization) int64 { return o.ID }), err
}

// People lists the persons of an organization, for operators and for itself,
// in the order they joined.
func (s *Service) People(ctx context.Context, actor Actor, organization int64) ([]User, error) {
	if _, err := s.Organization(ctx, actor, organization); err != nil {
		return nil, err
	}
	var all []User
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		all, err = peopleOf(ctx, tx, organization)
		return err
	})
	return all, err
}

func peopleOf(ctx context.Context, tx *store.Tx, organization int64) (all []User, err error) {
	return all, tx.Select(ctx, &all, selectUser+` WHERE marketplace_id = ? AND organization_id = ? ORDER BY id`, tx.Marketplace(), organization)
}

// Events returns what happened that concerns the actor's organization, newest
// first: what it bought, resold, or what was bought of it. Operators see everything.
func (s *Service) Events(ctx context.Context, actor Actor, subscription int64, req page.Request) (page.Page[event.Event], error) {
	f := concerning(actor, subscription)
	var out page.Page[event.Event]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = event.List(ctx, tx, f, req)
		return err
	})
	return out, err
}

// concerning narrows events to those of the actor's organization.
func concerning(actor Actor, subscription int64) event.Filter {
	f := event.Filter{SubscriptionID: subscription}
	if !actor.SeesAll() {
		f.PartyID = actor.OrganizationID
	}
	return f
}

// EventsSince returns what Events returns, but what came after the event of
// that id, oldest first, for those who follow along; at most 200 at a time.
func (s *Service) EventsSince(ctx context.Context, actor Actor, subscription, after int64, entities ...string) (all []event.Event, err error) {
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		all, err = event.Since(ctx, tx, concerning(actor, subscription), after, 200, entities...)
		return err
	})
	return all, err
}

// NewestEvent returns the id of the newest event of the actor's marketplace,
// from where one can follow.
func (s *Service) NewestEvent(ctx context.Context, actor Actor) (id int64, err error) {
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		id, err = event.Newest(ctx, tx)
		return err
	})
	return id, err
}

// AuditTrail returns who changed what, newest first, for those who may read it.
func (s *Service) AuditTrail(ctx context.Context, actor Actor, f audit.Filter, req page.Request) (page.Page[audit.Record], error) {
	if err := actor.Need(ReadAudit); err != nil {
		return page.Page[audit.Record]{}, err
	}
	f.Entity = strings.TrimSpace(f.Entity)
	var out page.Page[audit.Record]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = audit.Search(ctx, tx, f, req)
		return err
	})
	return out, err
}
