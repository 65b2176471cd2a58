package subscription

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// RenewInput says how far to renew: by a period, or by hours in a sandbox.
type RenewInput struct {
	Hours int // 0: a period
}

// Bounds of renewals.
const (
	MaxRenewHours = 366 * 24
	MaxAhead      = 12 // periods
)

// Validate reports every wrong field.
func (in RenewInput) Validate() error {
	var c fault.Check
	c.That(in.Hours >= 0 && in.Hours <= MaxRenewHours, "hours", fmt.Sprintf("Hours are from 1 to %d; leave them out to renew by a period.", MaxRenewHours))
	return c.Err()
}

// Renew bills an active subscription before its time, for its customer or, on
// its behalf, by its vendor: a trial becomes a paid subscription now, any other
// has its next period billed now. Hours, in a sandbox only, let the running
// period end that many hours from now, for the price of one.
func (s *Service) Renew(ctx context.Context, actor account.Actor, id int64, in RenewInput) (Subscription, error) {
	if err := in.Validate(); err != nil {
		return Subscription{}, err
	}
	return s.change(ctx, actor, id, account.RenewSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		if err := renewable(ctx, tx, *sub, in); err != nil {
			return err
		}
		return s.down.Renew(ctx, tx, actor, sub, in)
	})
}

func renewable(ctx context.Context, tx *store.Tx, sub Subscription, in RenewInput) error {
	if sub.Status != Active {
		return fault.Newf(fault.Conflict, "Only an active subscription can be renewed; this one is %s.", words[sub.Status]).With("subscription", sub.ID)
	}
	if in.Hours == 0 {
		if sub.RenewedAhead >= MaxAhead {
			return fault.Newf(fault.Conflict, "The subscription is renewed %d periods ahead already.", sub.RenewedAhead).With("subscription", sub.ID)
		}
		return nil
	}
	m, err := account.MarketplaceOf(ctx, tx)
	switch {
	case err != nil:
		return err
	case !m.Sandbox:
		return fault.InvalidField("hours", "Only a sandbox marketplace renews by hours.")
	case sub.RenewedAhead > 0:
		return fault.New(fault.Conflict, "The subscription is renewed ahead by a period; it cannot be renewed by hours as well.").With("subscription", sub.ID)
	}
	return nil
}
