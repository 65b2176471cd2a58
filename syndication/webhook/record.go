package webhook

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
)

const (
	// recordAtOnce is how many outcomes one transaction writes at most.
	recordAtOnce = 1000
	// linger is how long the first outcome waits for others: one commit, which
	// waits for the disk, then serves them all.
	linger = 10 * time.Millisecond
	// fewestFailures in a row, over DisableAfter, disable an endpoint: those of
	// one whole schedule, so that a quiet one is not disabled by a bad minute.
	fewestFailures = send.Attempts
)

// record writes outcomes together as they come, until there are no more. An
// outcome is written before its delivery is let go; a process that dies in
// between sends it again, with the same id.
func (e *engine) record(ctx context.Context, results <-chan result) {
	for first := range results {
		batch := gather(first, results)
		slices.SortStableFunc(batch, func(a, b result) int { return cmp.Compare(a.drain.MarketplaceID, b.drain.MarketplaceID) })
		for len(batch) > 0 {
			market := batch[0].drain.MarketplaceID
			n := slices.IndexFunc(batch, func(r result) bool { return r.drain.MarketplaceID != market })
			if n < 0 {
				n = len(batch)
			}
			e.write(ctx, market, batch[:n])
			batch = batch[n:]
		}
	}
}

// gather takes what comes within linger.
func gather(first result, results <-chan result) []result {
	batch := []result{first}
	wait := time.NewTimer(linger)
	defer wait.Stop()
	for len(batch) < recordAtOnce {
		select {
		case r, more := <-results:
			if !more {
				return batch
			}
			batch = append(batch, r)
		case <-wait.C:
			return batch
		}
	}
	return batch
}

// write records outcomes of one marketplace together or, when that fails, each
// by itself, so that one that cannot be written holds up no other.
func (e *engine) write(ctx context.Context, marketplace int64, batch []result) {
	err := e.s.settle(ctx, marketplace, batch)
	if err != nil && len(batch) > 1 {
		for i := range batch {
			e.write(ctx, marketplace, batch[i:i+1])
		}
		return
	}
	if err != nil {
		e.s.log.ErrorContext(ctx, "an outcome could not be written; the delivery is sent again", "delivery", batch[0].ID, "error", err)
	}
	for _, r := range batch {
		if err == nil {
			e.s.told(ctx, r)
		}
		r.drain.settled(r.ID, err)
	}
}

func (s *Service) told(ctx context.Context, r result) {
	if r.after == Dead {
		s.log.WarnContext(ctx, "webhook given up", "delivery", r.ID, "attempts", r.number(), "status", r.attempt.StatusCode)
	}
	s.tried.WithLabelValues(string(r.after)).Inc()
}

// settle writes attempts and what becomes of their deliveries and endpoints.
func (s *Service) settle(ctx context.Context, marketplace int64, batch []result) error {
	return s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		if err := insertAttempts(ctx, tx, batch); err != nil {
			return err
		}
		if err := settleDelivered(ctx, tx, batch); err != nil {
			return err
		}
		for i := range batch {
			if batch[i].attempt.Outcome != send.Delivered {
				if err := s.settleFailed(ctx, tx, &batch[i]); err != nil {
					return err
				}
			}
		}
		return s.judge(ctx, tx, batch)
	})
}

// settleDelivered marks what arrived, those that are alike together.
func settleDelivered(ctx context.Context, tx *store.Tx, batch []result) error {
	type kind struct {
		url    string // when it went elsewhere than was planned
		number int
	}
	alike := map[kind][]int64{}
	for i, r := range batch {
		if r.attempt.Outcome != send.Delivered {
			continue
		}
		batch[i].after = Delivered
		k := kind{number: r.number()}
		if r.url != r.URL {
			k.url = r.url
		}
		alike[k] = append(alike[k], r.ID)
	}
	for k, ids := range alike {
		_, err := tx.ExecIn(ctx, `UPDATE webhook_delivery SET status = ?, url = COALESCE(NULLIF(?, ''), url), attempts = ?, replayed = ?,
			next_attempt_at = NULL, last_error = '', delivered_at = ? WHERE marketplace_id = ? AND id IN (?)`,
			Delivered, k.url, k.number, false, tx.Now(), tx.Marketplace(), ids)
		if err != nil {
			return err
		}
	}
	return nil
}

// settleFailed decides what becomes of a delivery that did not arrive.
func (s *Service) settleFailed(ctx context.Context, tx *store.Tx, r *result) error {
	newer, err := outdated(ctx, tx, r.Delivery)
	if err != nil {
		return err
	}
	var next *time.Time
	wait, more := s.cfg.Schedule(r.attempt, r.number())
	switch {
	case newer:
		r.after = Superseded
	case !more:
		r.after = Dead
	default:
		r.after, next = Pending, new(s.db.Clock().Now().Add(wait))
	}
	_, err = tx.Exec(ctx, `UPDATE webhook_delivery SET status = ?, url = ?, attempts = ?, replayed = ?, next_attempt_at = ?, last_error = ?
		WHERE marketplace_id = ? AND id = ? AND status IN ('pending', 'superseded')`,
		r.after, r.url, r.number(), false, next, r.attempt.Err, tx.Marketplace(), r.ID)
	return err
}

// outdated reports whether a newer event makes another try needless.
func outdated(ctx context.Context, tx *store.Tx, d Delivery) (bool, error) {
	if !d.supersedable() {
		return false, nil
	}
	var n int
	err := tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM webhook_delivery d WHERE d.marketplace_id = ? AND d.id = ? AND `+newerExists, tx.Marketplace(), d.ID)
	return n > 0, err
}

// supersede ends deliveries that newer events make needless.
func supersede(ctx context.Context, tx *store.Tx, ids []int64) error {
	_, err := tx.ExecIn(ctx, `UPDATE webhook_delivery SET status = ?, next_attempt_at = NULL WHERE marketplace_id = ? AND id IN (?) AND status = 'pending'`,
		Superseded, tx.Marketplace(), ids)
	return err
}

// judge notes which endpoints answer, and disables one that has done nothing
// but fail for days.
func (s *Service) judge(ctx context.Context, tx *store.Tx, batch []result) error {
	well, failures := map[int64]bool{}, map[int64]int{}
	for _, r := range batch {
		if r.attempt.Outcome == send.Delivered {
			well[r.EndpointID] = true
		} else {
			failures[r.EndpointID]++
		}
	}
	for id := range well {
		delete(failures, id)
		if err := arrived(ctx, tx, id); err != nil {
			return err
		}
	}
	for id, n := range failures {
		if err := s.failed(ctx, tx, id, n); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) failed(ctx context.Context, tx *store.Tx, endpoint int64, n int) error {
	e, err := lockEndpoint(ctx, tx, endpoint)
	if err != nil {
		return err
	}
	now := s.db.Clock().Now()
	e.Failures += n
	if e.FailingSince == nil {
		e.FailingSince = new(now)
	}
	if e.Enabled && e.Failures >= fewestFailures && now.Sub(*e.FailingSince) >= s.cfg.DisableAfter {
		e.Enabled, e.DisabledAt = false, new(now)
		e.DisabledReason = "Nothing arrived since " + e.FailingSince.UTC().Format("2 January 2006") + "."
		if err := s.disabled(ctx, tx, e); err != nil {
			return err
		}
	}
	return saveEndpoint(ctx, tx, e)
}

// disabled tells the owner, or the operators of the marketplace's own.
func (s *Service) disabled(ctx context.Context, tx *store.Tx, e Endpoint) error {
	s.log.WarnContext(ctx, "webhook endpoint disabled", "endpoint", e.ID, "failures", e.Failures, "since", *e.FailingSince)
	in := event.Input{Entity: event.Endpoint, EntityID: e.ID, Type: event.Modified, Topic: "webhook.endpointDisabled",
		Summary: "Webhooks to " + host(e.URL) + " are switched off: " + e.DisabledReason, Actor: audit.System,
		Data: map[string]any{"organizationId": e.OrganizationID, "receiver": host(e.URL), "reason": e.DisabledReason}}
	switch e.Recipient {
	case ToVendor, ToProduct:
		in.VendorID = e.OrganizationID
	case ToReseller:
		in.ResellerID = e.OrganizationID
	case ToCustomer:
		in.CustomerID = e.OrganizationID
	}
	return s.events.Append(ctx, tx, in)
}

// host is the part of an address that holds no token.
func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "the endpoint"
	}
	return u.Host
}
