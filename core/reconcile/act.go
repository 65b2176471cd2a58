package reconcile

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// billing is a subscription that grows to what runs, and why.
type billing struct {
	stood  standing        // how it stood when that was seen
	change json.RawMessage // the quantities that grow, and nothing else
	drifts []Drift
}

// act does about the open drifts of a subscription what the product's policy
// says: a repair, or a resize, once for all of them. Those that were left as
// they are on purpose, and those that were acted on a moment ago or too often,
// wait for a person.
func (r *recording) act(ctx context.Context, l look, open []Drift) error {
	policy, err := r.policy(ctx, l.target.Subscription.ProductID)
	if err != nil || policy == catalog.ReportDrift {
		return err
	}
	var repairs, grow []Drift
	for _, d := range open {
		if !r.due(d) {
			continue
		}
		switch decide(policy, l.target.Subscription.Parameters, d) {
		case RepairAction:
			repairs = append(repairs, d)
		case BillAction:
			grow = append(grow, d)
		}
	}
	if len(grow) > 0 {
		return r.grow(ctx, l.stood, grow)
	}
	if len(repairs) > 0 {
		return r.repair(ctx, l.stood, repairs)
	}
	return nil
}

// policy is what is done about the product's drifts.
func (r *recording) policy(ctx context.Context, product int64) (catalog.DriftPolicy, error) {
	if p, known := r.policies[product]; known {
		return p, nil
	}
	p, err := catalog.ProductByID(ctx, r.tx, product)
	r.policies[product] = p.DriftPolicy
	return p.DriftPolicy, err
}

func (r *recording) due(d Drift) bool {
	return d.ID != 0 && d.Kind != Orphaned && d.AcknowledgedBy == "" && d.Actions < maxActions &&
		(d.NextActionAt == nil || !d.NextActionAt.After(r.tx.Now()))
}

// decide says what the policy, which is not to report only, does about a drift.
func decide(policy catalog.DriftPolicy, parameters string, d Drift) Action {
	if policy == catalog.RepairDrift {
		return RepairAction
	}
	want, have, bought := quantity(parameters, d.Subject, d.Want, d.Have)
	switch {
	case !bought:
		return NoAction
	case have < want:
		return RepairAction
	case have > want:
		return BillAction
	}
	return NoAction
}

// repair queues a repair, unless the subscription is being changed: its row is
// locked and looked at again, so that none is queued behind a termination.
func (r *recording) repair(ctx context.Context, stood standing, drifts []Drift) error {
	sub, err := subscription.Lock(ctx, r.tx, stood.ID)
	if err != nil {
		return err
	}
	stand, err := standings(ctx, r.tx, []int64{sub.ID})
	if err != nil || stand[sub.ID] != stood {
		return err
	}
	if _, err := r.s.cfg.Provision.Queue(ctx, r.tx, sub, subscription.Repair, provision.ForReconciliation); err != nil {
		return err
	}
	r.tally.repaired++
	return r.acted(ctx, RepairAction, drifts)
}

func (r *recording) acted(ctx context.Context, a Action, drifts []Drift) error {
	for _, d := range drifts {
		d.act(a, r.tx.Now())
		if err := saveDrift(ctx, r.tx, d); err != nil {
			return err
		}
	}
	return nil
}

// grow notes a resize, which is made after the commit: it is a transaction of
// its own, with an invoice.
func (r *recording) grow(ctx context.Context, stood standing, drifts []Drift) error {
	quantities := map[string]int64{}
	for _, d := range drifts {
		_, quantities[d.Subject], _ = quantity(stood.Parameters, d.Subject, d.Want, d.Have)
	}
	change, err := json.Marshal(quantities)
	if err != nil {
		return fmt.Errorf("what grows of subscription %d: %w", stood.ID, err)
	}
	r.bills = append(r.bills, billing{stood, change, drifts})
	return r.acted(ctx, BillAction, drifts)
}

// bill makes the resizes of a batch. One that is refused is noted with its
// drifts, for a person to see; lost in a crash, it is made by a later run. What
// was changed since it was seen is left to that, too.
func (s *Service) bill(ctx context.Context, marketplace int64, bills []billing) error {
	var failed error
	for _, b := range bills {
		same, err := s.stillStands(ctx, marketplace, b.stood)
		if err == nil && same {
			_, err = s.cfg.Subscriptions.Resize(ctx, account.SystemActor(marketplace), b.stood.ID, b.change)
		}
		if err == nil {
			continue
		}
		note := provision.Tidy(fault.As(err).Message)
		for _, d := range b.drifts {
			failed = errors.Join(failed, s.note(ctx, marketplace, d.ID, note))
		}
	}
	return failed
}

func (s *Service) stillStands(ctx context.Context, marketplace int64, stood standing) (same bool, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		stand, err := standings(ctx, tx, []int64{stood.ID})
		same = stand[stood.ID] == stood
		return err
	})
	return same, err
}

func (s *Service) note(ctx context.Context, marketplace, drift int64, note string) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		d, err := lockDrift(ctx, tx, drift)
		if err != nil {
			return err
		}
		d.Note = note
		return saveDrift(ctx, tx, d)
	})
}
