package fulfilment

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// SetEndpoints gives the customer the addresses, in place of those given
// before; none takes them away. The connector is told nothing of what came
// from it.
func (s *Service) SetEndpoints(ctx context.Context, actor account.Actor, id int64, ins []EndpointInput) error {
	return s.give(ctx, actor, id, "fulfilment.setEndpoints", len(ins), func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		if err != nil {
			return err
		}
		all, err := endpoints(ins, m.Sandbox)
		if err != nil {
			return err
		}
		return replaceEndpoints(ctx, tx, id, all)
	})
}

// SetInstructions gives the customer instructions by language, in place of
// those given before.
func (s *Service) SetInstructions(ctx context.Context, actor account.Actor, id int64, byLanguage map[string]string) error {
	return s.give(ctx, actor, id, "fulfilment.setInstructions", len(byLanguage), func(tx *store.Tx) error {
		var c fault.Check
		checkText(&c, "instructions", byLanguage)
		if err := c.Err(); err != nil {
			return err
		}
		return replaceInstructions(ctx, tx, id, byLanguage)
	})
}

// SetCredentials gives the customer credentials, in place of those given
// before. Their values are sealed; nobody but the customer reads them again.
func (s *Service) SetCredentials(ctx context.Context, actor account.Actor, id int64, ins []CredentialInput) error {
	return s.give(ctx, actor, id, "fulfilment.setCredentials", len(ins), func(tx *store.Tx) error {
		if err := checkCredentials(ins); err != nil {
			return err
		}
		all := make([]sealedCredential, len(ins))
		for i, in := range ins {
			all[i] = sealedCredential{Name: in.Key, Sealed: s.box.Seal(sealCredential, in.Value), Description: words(in.Description), Weight: in.Weight}
		}
		return replaceCredentials(ctx, tx, id, all)
	})
}

// give replaces something on a subscription that is not over. The trail keeps
// how many were given, and nothing of what.
func (s *Service) give(ctx context.Context, actor account.Actor, id int64, action string, n int, replace func(tx *store.Tx) error) error {
	return s.change(ctx, actor, id, func(tx *store.Tx, sub subscription.Subscription) error {
		if sub.Gone() {
			return fault.New(fault.Conflict, "The subscription has ended; its customer has no access any more.").With("subscription", id)
		}
		if err := replace(tx); err != nil {
			return err
		}
		if err := subscription.Touch(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: action, Entity: "subscription", EntityID: id,
			After: map[string]int{"given": n}})
	})
}
