package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// CreatePlan adds a plan with its first revision. Its name must be new to the
// product.
func (s *Service) CreatePlan(ctx context.Context, actor account.Actor, product int64, in PlanInput) (Plan, error) {
	in.Name = strings.TrimSpace(in.Name)
	kind, err := s.kindFor(ctx, actor, product)
	if err != nil {
		return Plan{}, err
	}
	var plan Plan
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := s.lockOwn(ctx, tx, actor, product)
		if err != nil {
			return err
		}
		if err := s.checkPlan(ctx, tx, p, kind, in, 0); err != nil {
			return err
		}
		id, err := insertPlan(ctx, tx, p.ID, in)
		if err != nil {
			return err
		}
		if err := revise(ctx, tx, p.ID, Revision{PlanID: id, Content: in.content(kind)}); err != nil {
			return err
		}
		if plan, err = PlanByID(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "plan.create", Entity: "plan", EntityID: id, After: plan})
	})
	return plan, err
}

// RevisePlan adds a revision: new orders and renewals get it; what was bought
// stays as it was bought.
func (s *Service) RevisePlan(ctx context.Context, actor account.Actor, id int64, in PlanInput) (Plan, error) {
	in.Name = strings.TrimSpace(in.Name)
	plan, err := s.Plan(ctx, actor, id)
	if err != nil {
		return Plan{}, err
	}
	kind, err := s.kindFor(ctx, actor, plan.ProductID)
	if err != nil {
		return Plan{}, err
	}
	err = s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := PlanByID(ctx, tx, id)
		if err != nil {
			return err
		}
		p, err := s.lockOwn(ctx, tx, actor, before.ProductID)
		if err != nil {
			return err
		}
		if in.Name == "" {
			in.Name = before.Name
		}
		if err := s.checkPlan(ctx, tx, p, kind, in, id); err != nil {
			return err
		}
		if err := revise(ctx, tx, p.ID, Revision{PlanID: id, Content: in.content(kind)}); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE plan SET name = ?, identifier = ?, position = ?, hidden = ? WHERE marketplace_id = ? AND id = ?`,
			in.Name, in.identifier(), in.Position, in.Hidden, tx.Marketplace(), id); err != nil {
			return err
		}
		if plan, err = PlanByID(ctx, tx, id); err != nil {
			return err
		}
		if err := s.revised(ctx, tx, plan); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "plan.revise", Entity: "plan", EntityID: id, Before: before, After: plan})
	})
	return plan, err
}

// HidePlan takes a plan off the storefront, or puts it back: who has its number
// may still order it, and what was sold stays.
func (s *Service) HidePlan(ctx context.Context, actor account.Actor, id int64, hidden bool) (Plan, error) {
	var plan Plan
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := s.lockPlan(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		plan = before
		plan.Hidden = hidden
		if _, err := tx.Exec(ctx, `UPDATE plan SET hidden = ? WHERE marketplace_id = ? AND id = ?`, hidden, tx.Marketplace(), id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "plan.hide", Entity: "plan", EntityID: id, Before: before, After: plan})
	})
	return plan, err
}

// lockPlan locks one of the actor's plans with its product.
func (s *Service) lockPlan(ctx context.Context, tx *store.Tx, actor account.Actor, id int64) (Plan, error) {
	plan, err := PlanByID(ctx, tx, id)
	if err != nil {
		return Plan{}, err
	}
	if _, err := s.lockOwn(ctx, tx, actor, plan.ProductID); err != nil {
		return Plan{}, err
	}
	return PlanByID(ctx, tx, id)
}

// kindFor returns the kind of one of the actor's products.
func (s *Service) kindFor(ctx context.Context, actor account.Actor, product int64) (Kind, error) {
	p, err := s.own(ctx, actor, product)
	if err != nil {
		return Kind{}, err
	}
	return s.KindOf(ctx, p)
}

func (s *Service) checkPlan(ctx context.Context, tx *store.Tx, p Product, k Kind, in PlanInput, except int64) error {
	var c fault.Check
	if p.Type == API {
		known, err := EndpointsOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		c.Merge("", in.Validate(known))
	} else {
		c.Merge("", in.ValidateFor(k))
	}
	if in.Provider != "" {
		err := s.provider(ctx, tx, p.Type, in.Provider)
		if err != nil && !fault.Is(err, fault.Precondition) {
			return err
		}
		c.Merge("provider", err)
	}
	if err := c.Err(); err != nil {
		return err
	}
	plans, err := PlansOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	for _, other := range plans[p.ID] {
		if other.ID != except && strings.EqualFold(other.Name, in.Name) {
			return taken("name", fmt.Sprintf("The product already has a plan %q; choose another name.", other.Name))
		}
	}
	return nil
}
