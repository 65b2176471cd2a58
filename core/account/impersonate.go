package account

import (
	"context"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// impersonationResolution bounds how often the trail says that somebody acts
// for somebody else; each change they make is in it anyway, with both names.
const impersonationResolution = time.Hour

// ActFor returns the person of the id as somebody for whom the actor acts: with
// that person's rights, but for those over tokens, and with both names in the
// audit trail. Operators cannot act for each other.
func (s *Service) ActFor(ctx context.Context, actor Actor, user int64) (Actor, error) {
	if err := actor.Need(Impersonate); err != nil {
		return Actor{}, err
	}
	var other Actor
	said := false
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if other, err = actorByID(ctx, tx, user); err != nil {
			return err
		}
		said, err = saidLately(ctx, tx, actor.UserID, user)
		return err
	})
	if err != nil {
		return Actor{}, err
	}
	if other.Kind == Operator {
		return Actor{}, fault.New(fault.Forbidden, "Operators cannot act for each other.")
	}
	other.Behind = &Operating{UserID: actor.UserID, Name: actor.Audit().Name}
	if said {
		return other, nil
	}
	return other, s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: impersonated, Entity: "user", EntityID: user,
			After: map[string]string{"user": strconv.FormatInt(user, 10), "name": other.Name, "organization": other.Organization}})
	})
}

// impersonated is the trail's word for ActFor.
const impersonated = "user.impersonate"

func saidLately(ctx context.Context, tx *store.Tx, by, user int64) (bool, error) {
	var n int
	err := tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM audit_entry WHERE marketplace_id = ? AND entity = 'user' AND entity_id = ?
		AND action = ? AND actor_id = ? AND happened_at > ?`, tx.Marketplace(), user, impersonated, by, tx.Now().Add(-impersonationResolution))
	return n > 0, err
}
