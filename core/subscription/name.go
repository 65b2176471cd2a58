package subscription

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// SetName gives the subscription a name, of at most 255 characters. The
// customer's goes before the vendor's: once there is one, another's is accepted
// and changes nothing. A customer who takes the name away leaves the choice to
// the vendor again. No event tells of a name.
func (s *Service) SetName(ctx context.Context, actor account.Actor, id int64, name string) (Subscription, error) {
	name = strings.TrimSpace(name)
	var c fault.Check
	c.MaxLen("name", name, 255)
	if err := c.Err(); err != nil {
		return Subscription{}, err
	}
	return s.change(ctx, actor, id, account.NameSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		customer := actor.Owns(sub.CustomerID) // or who acts for it
		stays := customer && name != ""
		if sub.NamedByCustomer && !customer || sub.Name == name && sub.NamedByCustomer == stays {
			return nil
		}
		before := sub.Name
		sub.Name, sub.NamedByCustomer = name, stays
		if err := Save(ctx, tx, *sub); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription.setName", Entity: "subscription", EntityID: id,
			Before: map[string]string{"name": before}, After: map[string]string{"name": name}})
	})
}
