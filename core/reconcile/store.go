package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

const selectDrift = `SELECT d.id, d.provider_id, p.name AS provider, d.subscription_id, d.kind, d.subject, d.want, d.have, d.first_seen,
	d.last_seen, d.acknowledged_by, d.action, d.actions, d.next_action_at, d.note, d.resolved_at, d.resolution
	FROM drift d JOIN provider p ON p.id = d.provider_id WHERE d.marketplace_id = ?`

func insertDrift(ctx context.Context, tx *store.Tx, d Drift) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO drift (marketplace_id, provider_id, subscription_id, kind, subject, want, have, first_seen, last_seen,
		action, resolution) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '')`,
		tx.Marketplace(), d.ProviderID, d.SubscriptionID, d.Kind, d.Subject, d.Want, d.Have, tx.Now(), tx.Now())
}

// saveDrift writes what changes in a drift's life.
func saveDrift(ctx context.Context, tx *store.Tx, d Drift) error {
	_, err := tx.Exec(ctx, `UPDATE drift SET want = ?, have = ?, last_seen = ?, acknowledged_by = ?, action = ?, actions = ?, next_action_at = ?,
		note = ?, resolved_at = ?, resolution = ? WHERE marketplace_id = ? AND id = ?`,
		d.Want, d.Have, d.LastSeen, d.AcknowledgedBy, d.Action, d.Actions, d.NextActionAt, d.Note, d.ResolvedAt, d.Resolution, tx.Marketplace(), d.ID)
	return err
}

// seenAgain notes that drifts are still so.
func seenAgain(ctx context.Context, tx *store.Tx, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	var touched []int64
	return tx.SelectIn(ctx, &touched, `UPDATE drift SET last_seen = ? WHERE marketplace_id = ? AND id IN (?) RETURNING id`, tx.Now(), tx.Marketplace(), ids)
}

func lockDrift(ctx context.Context, tx *store.Tx, id int64) (d Drift, err error) {
	if forUpdate := tx.ForUpdate(); forUpdate != "" {
		var locked int64
		if err := tx.Get(ctx, "drift", &locked, `SELECT id FROM drift WHERE marketplace_id = ? AND id = ?`+forUpdate, tx.Marketplace(), id); err != nil {
			return d, err
		}
	}
	return d, tx.Get(ctx, "drift", &d, selectDrift+` AND d.id = ?`, tx.Marketplace(), id)
}

// openDrifts reads what is open about the subscriptions, by subscription.
func openDrifts(ctx context.Context, tx *store.Tx, subs []int64) (map[int64][]Drift, error) {
	out := map[int64][]Drift{}
	if len(subs) == 0 {
		return out, nil
	}
	var rows []Drift
	err := tx.SelectIn(ctx, &rows, selectDrift+` AND d.subscription_id IN (?) AND d.resolved_at IS NULL AND d.kind <> ? ORDER BY d.id`,
		tx.Marketplace(), subs, Orphaned)
	for _, d := range rows {
		out[d.SubscriptionID] = append(out[d.SubscriptionID], d)
	}
	return out, err
}

// driftsOfGone reads what is open about subscriptions of a provider that are
// terminated; not what is left of them.
func driftsOfGone(ctx context.Context, tx *store.Tx, provider int64) (all []Drift, err error) {
	return all, tx.Select(ctx, &all, selectDrift+` AND d.provider_id = ? AND d.resolved_at IS NULL AND d.kind <> ?
		AND EXISTS (SELECT 1 FROM subscription s WHERE s.marketplace_id = d.marketplace_id AND s.id = d.subscription_id AND s.status = ?)`,
		tx.Marketplace(), provider, Orphaned, subscription.Terminated)
}

// openOrphans reads the open orphans of a provider, by the number in the mark.
func openOrphans(ctx context.Context, tx *store.Tx, provider int64) (map[int64]Drift, error) {
	var rows []Drift
	err := tx.Select(ctx, &rows, selectDrift+` AND d.provider_id = ? AND d.resolved_at IS NULL AND d.kind = ?`, tx.Marketplace(), provider, Orphaned)
	out := make(map[int64]Drift, len(rows))
	for _, d := range rows {
		out[d.SubscriptionID] = d
	}
	return out, err
}

func drifts(ctx context.Context, tx *store.Tx, f Filter, req page.Request) (page.Page[Drift], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Drift]{}, err
	}
	where, args := ` AND d.id < ?`, []any{tx.Marketplace(), before}
	if f.Open {
		where += ` AND d.resolved_at IS NULL`
	}
	if f.Kind != "" {
		where, args = where+` AND d.kind = ?`, append(args, f.Kind)
	}
	if f.ProviderID != 0 {
		where, args = where+` AND d.provider_id = ?`, append(args, f.ProviderID)
	}
	if f.SubscriptionID != 0 {
		where, args = where+` AND d.subscription_id = ?`, append(args, f.SubscriptionID)
	}
	if f.ProductID != 0 {
		where += ` AND d.subscription_id IN (SELECT id FROM subscription WHERE marketplace_id = d.marketplace_id AND product_id = ?)`
		args = append(args, f.ProductID)
	}
	var rows []Drift
	err = tx.Select(ctx, &rows, selectDrift+where+` ORDER BY d.id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(d Drift) int64 { return d.ID }), err
}

const selectRun = `SELECT id, provider_id, subscription_id, started_by, started_at, finished_at, checked, found, resolved, repaired, failed, last_error
	FROM reconcile_run WHERE marketplace_id = ?`

func insertRun(ctx context.Context, tx *store.Tx, scope Scope, by string) (int64, error) {
	orNil := func(id int64) any {
		if id == 0 {
			return nil
		}
		return id
	}
	return tx.Insert(ctx, `INSERT INTO reconcile_run (marketplace_id, provider_id, subscription_id, started_by, started_at) VALUES (?, ?, ?, ?, ?)`,
		tx.Marketplace(), orNil(scope.ProviderID), orNil(scope.SubscriptionID), by, tx.Now())
}

func runByID(ctx context.Context, tx *store.Tx, id int64) (r Run, err error) {
	return r, tx.Get(ctx, "reconciliation", &r, selectRun+` AND id = ?`, tx.Marketplace(), id)
}

func runs(ctx context.Context, tx *store.Tx, req page.Request) (page.Page[Run], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Run]{}, err
	}
	var rows []Run
	err = tx.Select(ctx, &rows, selectRun+` AND id < ? ORDER BY id DESC LIMIT ?`, tx.Marketplace(), before, req.Size()+1)
	return page.Cut(req, rows, func(r Run) int64 { return r.ID }), err
}

// lastFull returns when everything was last compared, and whether that is
// still going on.
func lastFull(ctx context.Context, tx *store.Tx) (at time.Time, going bool, err error) {
	var rows []Run
	err = tx.Select(ctx, &rows, selectRun+` AND provider_id IS NULL AND subscription_id IS NULL ORDER BY id DESC LIMIT 1`, tx.Marketplace())
	if err != nil || len(rows) == 0 {
		return time.Time{}, false, err
	}
	return rows[0].StartedAt, rows[0].FinishedAt == nil, nil
}

// tally adds to a run's counts.
type tally struct {
	checked, found, resolved, repaired, failed int
	lastError                                  string
}

func addToRun(ctx context.Context, tx *store.Tx, run int64, t tally) error {
	_, err := tx.Exec(ctx, `UPDATE reconcile_run SET checked = checked + ?, found = found + ?, resolved = resolved + ?, repaired = repaired + ?,
		failed = failed + ?, last_error = CASE WHEN ? = '' THEN last_error ELSE ? END WHERE marketplace_id = ? AND id = ?`,
		t.checked, t.found, t.resolved, t.repaired, t.failed, t.lastError, t.lastError, tx.Marketplace(), run)
	return err
}

// part is one provider's share of a run.
type part struct {
	ID         int64      `db:"id"`
	RunID      int64      `db:"run_id"`
	ProviderID int64      `db:"provider_id"`
	After      int64      `db:"after_id"`
	FinishedAt *time.Time `db:"finished_at"`
}

func insertPart(ctx context.Context, tx *store.Tx, run, provider int64) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO reconcile_part (marketplace_id, run_id, provider_id) VALUES (?, ?, ?)`, tx.Marketplace(), run, provider)
}

func partByID(ctx context.Context, tx *store.Tx, id int64) (p part, err error) {
	return p, tx.Get(ctx, "part of a reconciliation", &p, `SELECT id, run_id, provider_id, after_id, finished_at FROM reconcile_part
		WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
}

func moveOn(ctx context.Context, tx *store.Tx, p part, after int64) error {
	_, err := tx.Exec(ctx, `UPDATE reconcile_part SET after_id = ? WHERE marketplace_id = ? AND id = ?`, after, tx.Marketplace(), p.ID)
	return err
}

// finishPart reports whether the part was the last of its run.
func finishPart(ctx context.Context, tx *store.Tx, p part) (last bool, err error) {
	var run int64 // locked, so that of two last parts one sees the other
	if err := tx.Get(ctx, "reconciliation", &run, `SELECT id FROM reconcile_run WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), p.RunID); err != nil {
		return false, err
	}
	if _, err := tx.Exec(ctx, `UPDATE reconcile_part SET finished_at = ? WHERE marketplace_id = ? AND id = ?`, tx.Now(), tx.Marketplace(), p.ID); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE reconcile_run SET finished_at = ? WHERE marketplace_id = ? AND id = ? AND finished_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM reconcile_part p WHERE p.run_id = reconcile_run.id AND p.finished_at IS NULL)`,
		tx.Now(), tx.Marketplace(), p.RunID)
	return n > 0, err
}

// standing is how a subscription stood when it was looked at: what was seen of
// it counts only if it still stands like that.
type standing struct {
	ID         int64               `db:"id"`
	Status     subscription.Status `db:"status"`
	Revision   int64               `db:"plan_revision_id"`
	Parameters string              `db:"parameters"`
	Attempt    int64               `db:"attempt"` // the newest
	Open       int                 `db:"open"`    // attempts that are not over
}

const selectStanding = `SELECT s.id, s.status, s.plan_revision_id, s.parameters,
	COALESCE((SELECT MAX(a.id) FROM provision_attempt a WHERE a.marketplace_id = s.marketplace_id AND a.subscription_id = s.id), 0) AS attempt,
	(SELECT COUNT(*) FROM provision_attempt a WHERE a.marketplace_id = s.marketplace_id AND a.subscription_id = s.id
		AND a.status IN ('queued', 'running')) AS open
	FROM subscription s WHERE s.marketplace_id = ?`

// nextStandings reads the next subscriptions of a part that something should
// exist of, or nothing any more.
func nextStandings(ctx context.Context, tx *store.Tx, p part, run Run, terminatedSince time.Time, limit int) (all []standing, err error) {
	where, args := ` AND s.provider_id = ? AND s.id > ? AND (s.status IN (?, ?) OR (s.status = ? AND s.terminated_at >= ?))`,
		[]any{tx.Marketplace(), p.ProviderID, p.After, subscription.Active, subscription.Suspended, subscription.Terminated, terminatedSince}
	if run.SubscriptionID != nil {
		where, args = where+` AND s.id = ?`, append(args, *run.SubscriptionID)
	}
	return all, tx.Select(ctx, &all, selectStanding+where+` ORDER BY s.id LIMIT ?`, append(args, limit)...)
}

// standings reads how subscriptions stand now.
func standings(ctx context.Context, tx *store.Tx, ids []int64) (map[int64]standing, error) {
	var rows []standing
	err := tx.SelectIn(ctx, &rows, selectStanding+` AND s.id IN (?)`, tx.Marketplace(), ids)
	out := make(map[int64]standing, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

// owner is what is known of the number in a mark, in any marketplace of this
// installation: the numbers are one for all.
type owner struct {
	ID          int64               `db:"id"`
	Marketplace int64               `db:"marketplace_id"`
	Status      subscription.Status `db:"status"`
	Plugin      string              `db:"plugin"`
	EndedAt     *time.Time          `db:"finished_at"` // of its newest attempt
	Open        int                 `db:"open"`
}

// owners is asked without regard to marketplaces: several may share a cloud.
func owners(ctx context.Context, tx *store.Tx, ids []int64) (map[int64]owner, error) {
	var rows []owner
	err := tx.SelectIn(ctx, &rows, `SELECT s.id, s.marketplace_id, s.status, p.plugin, newest.finished_at, (SELECT COUNT(*) FROM provision_attempt a
		WHERE a.marketplace_id = s.marketplace_id AND a.subscription_id = s.id AND a.status IN ('queued', 'running')) AS open
		FROM subscription s JOIN provider p ON p.id = s.provider_id
		LEFT JOIN provision_attempt newest ON newest.id = (SELECT MAX(a.id) FROM provision_attempt a
			WHERE a.marketplace_id = s.marketplace_id AND a.subscription_id = s.id) WHERE s.id IN (?)`, ids)
	out := make(map[int64]owner, len(rows))
	for _, r := range rows {
		out[r.ID] = r
	}
	return out, err
}

func pluginOf(ctx context.Context, tx *store.Tx, provider int64) (plugin string, err error) {
	return plugin, tx.Get(ctx, "provider", &plugin, `SELECT plugin FROM provider WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), provider)
}

// providersIn lists the providers that a scope touches.
func providersIn(ctx context.Context, tx *store.Tx, scope Scope) (ids []int64, err error) {
	switch {
	case scope.SubscriptionID != 0:
		sub, err := subscription.ByID(ctx, tx, scope.SubscriptionID)
		if err == nil && sub.VendorProvisioned() {
			err = fault.New(fault.Conflict, "Its vendor sets this subscription up itself; there is no provider to compare with.").With("subscription", sub.ID)
		}
		return []int64{sub.ProviderID}, err
	case scope.ProviderID != 0:
		var id int64
		err := tx.Get(ctx, "provider", &id, `SELECT id FROM provider WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), scope.ProviderID)
		return []int64{id}, err
	}
	if err := tx.Select(ctx, &ids, `SELECT id FROM provider WHERE marketplace_id = ? ORDER BY id`, tx.Marketplace()); err != nil {
		return nil, fmt.Errorf("providers: %w", err)
	}
	return ids, nil
}
