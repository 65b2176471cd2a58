package pricelist

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with price lists.
type Service struct {
	db *store.DB
}

// New returns the service.
func New(db *store.DB) *Service { return &Service{db: db} }

// Set says what the reseller asks for a plan from now on: new orders get it at
// once, what was sold keeps its price until it renews.
func (s *Service) Set(ctx context.Context, actor account.Actor, in Input) (Entry, error) {
	if err := actor.Need(account.ManageStorefront); err != nil {
		return Entry{}, err
	}
	if err := in.Validate(); err != nil {
		return Entry{}, err
	}
	var e Entry
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		reseller, err := account.ResellerFor(ctx, tx, actor, in.ResellerID)
		if err != nil {
			return err
		}
		if err := lockForSale(ctx, tx, in.PlanID); err != nil {
			return err
		}
		p, err := insert(ctx, tx, Price{ResellerID: reseller, PlanID: in.PlanID, Rule: in.Rule, SetBy: actor.Audit().Name})
		if err != nil {
			return err
		}
		if err := derive(ctx, tx, p); err != nil {
			return err
		}
		if e, err = entry(ctx, tx, reseller, in.PlanID, &p); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "resellerPrice.set", Entity: "plan", EntityID: in.PlanID, After: p})
	})
	return e, err
}

// lockForSale locks the product of a plan that resellers may sell.
func lockForSale(ctx context.Context, tx *store.Tx, plan int64) error {
	pl, err := catalog.PlanByID(ctx, tx, plan)
	if err != nil {
		return err
	}
	p, err := catalog.LockProduct(ctx, tx, pl.ProductID)
	if err == nil && p.Status != catalog.Published {
		err = fault.New(fault.NotFound, "There is no such plan.")
	}
	return err
}

// Revised derives what every reseller sells from a plan's new revision
// (catalog.RevisedFunc).
func (s *Service) Revised(ctx context.Context, tx *store.Tx, plan catalog.Plan) error {
	all, err := ofPlan(ctx, tx, plan.ID)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := derive(ctx, tx, p); err != nil {
			return err
		}
	}
	return nil
}

// derive writes the revision that follows from a rule.
func derive(ctx context.Context, tx *store.Tx, p Price) error {
	source, err := catalog.PlanSoldBy(ctx, tx, p.PlanID, supplier)
	if err != nil {
		return err
	}
	return catalog.Derive(ctx, tx, catalog.Derived{Source: source.Revision, ResellerID: p.ResellerID,
		Content: p.Apply(source.Revision.Content), Excluded: p.Kind == Excluded || source.Revision.Excluded})
}

// supplier is whom every reseller buys from: the marketplace. Of a chain with
// more levels each level's supplier would be found here, and derived first.
const supplier = 0

// List returns the reseller's price list: every plan that it may sell, newest
// first. An operator names the reseller; all others read their own.
func (s *Service) List(ctx context.Context, actor account.Actor, reseller int64, req page.Request) (page.Page[Entry], error) {
	var out page.Page[Entry]
	err := s.view(ctx, actor, reseller, func(tx *store.Tx, reseller int64) error {
		before, err := req.Before()
		if err != nil {
			return err
		}
		rules, err := ofReseller(ctx, tx, reseller)
		if err != nil {
			return err
		}
		ids, err := forSale(ctx, tx, before, req.Size()+1)
		if err != nil {
			return err
		}
		entries := make([]Entry, len(ids))
		for i, id := range ids {
			if entries[i], err = entry(ctx, tx, reseller, id, rules[id]); err != nil {
				return err
			}
		}
		out = page.Cut(req, entries, func(e Entry) int64 { return e.Buys.ID })
		return nil
	})
	return out, err
}

// Get returns one plan of the reseller's price list.
func (s *Service) Get(ctx context.Context, actor account.Actor, reseller, plan int64) (Entry, error) {
	var e Entry
	err := s.view(ctx, actor, reseller, func(tx *store.Tx, reseller int64) error {
		rules, err := ofReseller(ctx, tx, reseller)
		if err != nil {
			return err
		}
		if e, err = entry(ctx, tx, reseller, plan, rules[plan]); err == nil && e.Product.Status != catalog.Published {
			err = fault.New(fault.NotFound, "There is no such plan.")
		}
		return err
	})
	return e, err
}

// History returns every rule that the reseller set for a plan, newest first.
func (s *Service) History(ctx context.Context, actor account.Actor, reseller, plan int64) ([]Price, error) {
	var all []Price
	err := s.view(ctx, actor, reseller, func(tx *store.Tx, reseller int64) (err error) {
		all, err = history(ctx, tx, reseller, plan)
		return err
	})
	return all, err
}

func entry(ctx context.Context, tx *store.Tx, reseller, plan int64, rule *Price) (e Entry, err error) {
	e.Rule = rule
	if e.Buys, err = catalog.PlanSoldBy(ctx, tx, plan, supplier); err != nil {
		return Entry{}, err
	}
	if e.Sells, err = catalog.PlanSoldBy(ctx, tx, plan, reseller); err != nil {
		return Entry{}, err
	}
	e.Product, err = catalog.ProductByID(ctx, tx, e.Buys.ProductID)
	return e, err
}

// view reads for the reseller that the actor is, or that an operator names.
func (s *Service) view(ctx context.Context, actor account.Actor, reseller int64, fn func(tx *store.Tx, reseller int64) error) error {
	if err := actor.Need(account.ManageStorefront); err != nil {
		return err
	}
	return s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		id, err := account.ResellerFor(ctx, tx, actor, reseller)
		if err != nil {
			return err
		}
		return fn(tx, id)
	})
}
