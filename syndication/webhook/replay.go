package webhook

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Replay sends a delivery again now, whatever became of it: the same id and
// body with a fresh signature, to the endpoint's present address. When it fails
// the schedule goes on where it stood; a dead one is dead again. One that is
// about to make its first attempt stays as it is.
func (s *Service) Replay(ctx context.Context, actor account.Actor, id int64) (Delivery, error) {
	if err := actor.Need(account.ReplayDeliveries); err != nil {
		return Delivery{}, err
	}
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		d, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("delivery", d.OwnerID); err != nil {
			return err
		}
		if _, err := receiving(ctx, tx, d.EndpointID); err != nil {
			return err
		}
		if d.Status == Pending && d.Attempts == 0 {
			return nil
		}
		if err := s.sendAgain(ctx, tx, []int64{d.ID}); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "delivery.replay", Entity: "delivery", EntityID: d.ID,
			Before: map[string]Status{"status": d.Status}, After: map[string]Status{"status": Pending}})
	})
	if err != nil {
		return Delivery{}, err
	}
	return s.Delivery(ctx, actor, id)
}

// receiving returns the endpoint, which must still exist and be enabled.
func receiving(ctx context.Context, tx *store.Tx, id int64) (Endpoint, error) {
	e, err := endpointByID(ctx, tx, id)
	switch {
	case err != nil:
		return e, err
	case e.DeletedAt != nil:
		return e, fault.New(fault.Precondition, "The endpoint was deleted; nothing can be sent to it any more.").With("endpoint", id)
	case !e.Enabled:
		return e, fault.New(fault.Precondition, "The endpoint is disabled. Enable it first; what waits is sent then.").With("endpoint", id)
	}
	return e, nil
}

// sendAgain makes deliveries due now.
func (s *Service) sendAgain(ctx context.Context, tx *store.Tx, ids []int64) error {
	_, err := tx.ExecIn(ctx, `UPDATE webhook_delivery SET status = ?, replayed = ?, next_attempt_at = ? WHERE marketplace_id = ? AND id IN (?)`,
		Pending, true, s.db.Clock().Now(), tx.Marketplace(), ids)
	return err
}

// ReplayInput says which deliveries of an endpoint to send again: those that
// were made from Since until before Until, in the marketplace's time.
type ReplayInput struct {
	EndpointID int64
	Status     Status     // "": whatever became of them
	Since      *time.Time // nil: from the first
	Until      *time.Time // nil: to the last
}

// Validate reports every wrong field.
func (in ReplayInput) Validate() error {
	var c fault.Check
	c.That(in.EndpointID > 0, "endpointId", "Name the endpoint whose deliveries are sent again.")
	c.That(in.Status == "" || in.Status != Pending && slices.Contains(Statuses, in.Status), "status",
		fmt.Sprintf("Use one of: %v; what is pending is sent anyway.", []Status{Delivered, Dead, Superseded}))
	c.That(in.Since != nil || in.Until != nil || in.Status != "", "since", "Say since when, or which status; else all that was ever sent would be sent again.")
	c.That(in.Since == nil || in.Until == nil || in.Since.Before(*in.Until), "until", "The end must be after the beginning.")
	return c.Err()
}

// ReplayMany sends deliveries again and returns how many. Tests are left out.
func (s *Service) ReplayMany(ctx context.Context, actor account.Actor, in ReplayInput) (int, error) {
	if err := cmp.Or(actor.Need(account.ReplayDeliveries), in.Validate()); err != nil {
		return 0, err
	}
	var until int64
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		e, err := receiving(ctx, tx, in.EndpointID)
		if err != nil {
			return err
		}
		if err := actor.NeedOwn("endpoint", e.OrganizationID); err != nil {
			return err
		}
		if err := tx.Get(ctx, "delivery", &until, `SELECT COALESCE(MAX(id), 0) FROM webhook_delivery WHERE marketplace_id = ?`, tx.Marketplace()); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "endpoint.replay", Entity: "endpoint", EntityID: e.ID, After: in})
	})
	total := 0
	for after := int64(0); err == nil && after < until; {
		var n int
		n, after, err = s.replayBatch(ctx, actor.MarketplaceID, in, after, until)
		total += n
	}
	return total, err
}

// replayBatch sends the next of them again, in a transaction of its own so that
// a long list stands in nobody's way. It returns where to go on.
func (s *Service) replayBatch(ctx context.Context, marketplace int64, in ReplayInput, after, until int64) (n int, last int64, err error) {
	err = s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		where, args := in.where(tx.Marketplace(), after, until)
		var ids []int64
		if err := tx.Select(ctx, &ids, `SELECT id FROM webhook_delivery`+where+` ORDER BY id LIMIT ?`, append(args, rowsAtOnce)...); err != nil {
			return err
		}
		if n = len(ids); n == 0 {
			last = math.MaxInt64
			return nil
		}
		last = ids[n-1]
		return s.sendAgain(ctx, tx, ids)
	})
	return n, last, err
}

func (in ReplayInput) where(marketplace, after, until int64) (string, []any) {
	where, args := ` WHERE marketplace_id = ? AND endpoint_id = ? AND id > ? AND id <= ? AND event_id IS NOT NULL AND status <> 'pending'`,
		[]any{marketplace, in.EndpointID, after, until}
	if in.Status != "" {
		where, args = where+` AND status = ?`, append(args, in.Status)
	}
	if in.Since != nil {
		where, args = where+` AND created_at >= ?`, append(args, *in.Since)
	}
	if in.Until != nil {
		where, args = where+` AND created_at < ?`, append(args, *in.Until)
	}
	return where, args
}
