package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

const selectAttempt = `SELECT id, subscription_id, operation, status, cloud, priority, tries, step, steps, step_text, error,
	cancelled_by, version, created_at, started_at, calling_since, finished_at FROM provision_attempt WHERE marketplace_id = ?`

func insertAttempt(ctx context.Context, tx *store.Tx, sub int64, op subscription.Operation, cloud string, p Priority) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO provision_attempt (marketplace_id, subscription_id, operation, status, cloud, priority, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), sub, op, Queued, cloud, p, tx.Now())
}

func attemptByID(ctx context.Context, tx *store.Tx, id int64) (a Attempt, err error) {
	return a, tx.Get(ctx, "provisioning attempt", &a, selectAttempt+` AND id = ?`, tx.Marketplace(), id)
}

// lockAttempt reads an attempt that will be changed in this transaction. Its
// subscription is locked before it, in the order in which a termination takes
// them: otherwise two could wait for each other for ever.
func lockAttempt(ctx context.Context, tx *store.Tx, id int64) (a Attempt, err error) {
	var sub int64
	err = tx.Get(ctx, "provisioning attempt", &sub, `SELECT id FROM subscription WHERE marketplace_id = ? AND id =
		(SELECT subscription_id FROM provision_attempt WHERE marketplace_id = ? AND id = ?)`+tx.ForUpdate(), tx.Marketplace(), tx.Marketplace(), id)
	if err != nil {
		return a, err
	}
	return a, tx.Get(ctx, "provisioning attempt", &a, selectAttempt+` AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id)
}

// attempts returns the newest attempts of a subscription, newest first.
func attempts(ctx context.Context, tx *store.Tx, sub int64, limit int) (all []Attempt, err error) {
	return all, tx.Select(ctx, &all, selectAttempt+` AND subscription_id = ? ORDER BY id DESC LIMIT ?`, tx.Marketplace(), sub, limit)
}

// waiting counts the attempts of the subscription that must be over before a.
func waiting(ctx context.Context, tx *store.Tx, a Attempt) (n int, err error) {
	return n, tx.Get(ctx, "count", &n, `SELECT COUNT(*) FROM provision_attempt WHERE marketplace_id = ? AND subscription_id = ?
		AND id < ? AND status IN (?, ?)`, tx.Marketplace(), a.SubscriptionID, a.ID, Queued, Running)
}

// supersede ends what no plugin is at: what has not begun, and what waits for
// its next try.
func supersede(ctx context.Context, tx *store.Tx, sub int64) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET status = ?, finished_at = ?, version = version + 1
		WHERE marketplace_id = ? AND subscription_id = ? AND status IN (?, ?) AND calling_since IS NULL`,
		Superseded, tx.Now(), tx.Marketplace(), sub, Queued, Running)
	return err
}

// drop ends an attempt whose subscription is over, since nothing but its
// removal is done any more, and reports whether it did.
func drop(ctx context.Context, tx *store.Tx, a Attempt) (bool, error) {
	if a.Operation == subscription.Deprovision {
		return false, nil
	}
	sub, err := subscription.ByID(ctx, tx, a.SubscriptionID)
	if err != nil || sub.Alive() {
		return false, err
	}
	now := tx.Now()
	a.Status, a.FinishedAt, a.CallingSince = Superseded, &now, nil
	return true, saveAttempt(ctx, tx, a)
}

func saveAttempt(ctx context.Context, tx *store.Tx, a Attempt) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET status = ?, tries = ?, error = ?, cancelled_by = ?, started_at = ?,
		calling_since = ?, finished_at = ?, version = version + 1 WHERE marketplace_id = ? AND id = ?`,
		a.Status, a.Tries, a.Error, a.CancelledBy, a.StartedAt, a.CallingSince, a.FinishedAt, tx.Marketplace(), a.ID)
	return err
}

// saveWait says why an open attempt does not go on, if that is not said yet.
func saveWait(ctx context.Context, tx *store.Tx, id int64, why string) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET error = ?, version = version + 1
		WHERE marketplace_id = ? AND id = ? AND status IN (?, ?) AND error <> ?`, why, tx.Marketplace(), id, Queued, Running, why)
	return err
}

func saveStep(ctx context.Context, tx *store.Tx, id int64, step, steps int, text string) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET step = ?, steps = ?, step_text = ?, version = version + 1 WHERE marketplace_id = ? AND id = ?`,
		step, steps, text, tx.Marketplace(), id)
	return err
}

const countOpen = `SELECT s.provider_id, a.cloud, COUNT(*) AS n FROM provision_attempt a
	JOIN subscription s ON s.id = a.subscription_id WHERE a.status IN (?, ?)`

// openAttempts counts what is not over in the marketplace, by lane.
func openAttempts(ctx context.Context, tx *store.Tx) (map[laneKey]int, error) {
	return counted(ctx, tx, ` AND a.marketplace_id = ?`, tx.Marketplace())
}

// allOpenAttempts counts it in all marketplaces.
func allOpenAttempts(ctx context.Context, tx *store.Tx) (map[laneKey]int, error) {
	return counted(ctx, tx, "")
}

func counted(ctx context.Context, tx *store.Tx, where string, args ...any) (map[laneKey]int, error) {
	var rows []struct {
		Provider int64  `db:"provider_id"`
		Cloud    string `db:"cloud"`
		N        int    `db:"n"`
	}
	err := tx.Select(ctx, &rows, countOpen+where+` GROUP BY s.provider_id, a.cloud`, append([]any{Queued, Running}, args...)...)
	out := make(map[laneKey]int, len(rows))
	for _, r := range rows {
		out[laneKey{r.Provider, r.Cloud}] = r.N
	}
	return out, err
}

func endpointsOf(ctx context.Context, tx *store.Tx, sub int64) (all []Endpoint, err error) {
	return all, tx.Select(ctx, &all, `SELECT identifier, method, url FROM access_endpoint WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
}

func credentialsOf(ctx context.Context, tx *store.Tx, sub int64) (all []Credential, err error) {
	return all, tx.Select(ctx, &all, `SELECT name, label, is_secret, value_sealed FROM credential WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
}

const selectProvider = `SELECT id, name, plugin, product_type, settings_sealed, max_in_flight, call_timeout_seconds,
	created_at FROM provider WHERE marketplace_id = ?`

func saveProvider(ctx context.Context, tx *store.Tx, in ProviderInput, sealed []byte, ingestHash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO provider (marketplace_id, name, plugin, product_type, settings_sealed, ingest_hash,
		max_in_flight, call_timeout_seconds, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (marketplace_id, name) DO UPDATE SET plugin = excluded.plugin, product_type = excluded.product_type,
		settings_sealed = excluded.settings_sealed, ingest_hash = CASE WHEN ? THEN provider.ingest_hash ELSE excluded.ingest_hash END,
		max_in_flight = CASE WHEN ? THEN provider.max_in_flight ELSE excluded.max_in_flight END,
		call_timeout_seconds = CASE WHEN ? THEN provider.call_timeout_seconds ELSE excluded.call_timeout_seconds END`,
		tx.Marketplace(), in.Name, in.Plugin, in.ProductType, sealed, ingestHash, in.MaxInFlight, in.CallTimeoutSeconds, tx.Now(),
		in.unsaid.ingestSecret, in.unsaid.maxInFlight, in.unsaid.callTimeout)
	return err
}

func providerByName(ctx context.Context, tx *store.Tx, name string) (p Provider, err error) {
	return p, tx.Get(ctx, "provider", &p, selectProvider+` AND name = ?`, tx.Marketplace(), name)
}

func providerByID(ctx context.Context, tx *store.Tx, id int64) (p Provider, err error) {
	return p, tx.Get(ctx, "provider", &p, selectProvider+` AND id = ?`, tx.Marketplace(), id)
}

// providerOf reads the provider of a subscription.
func providerOf(ctx context.Context, tx *store.Tx, sub int64) (p Provider, err error) {
	return p, tx.Get(ctx, "provider", &p, selectProvider+` AND id = (SELECT provider_id FROM subscription WHERE id = ?)`, tx.Marketplace(), sub)
}

func providers(ctx context.Context, tx *store.Tx) (all []Provider, err error) {
	return all, tx.Select(ctx, &all, selectProvider+` ORDER BY id`, tx.Marketplace())
}

// inUse reports whether a subscription that is not over was made with the
// provider.
func inUse(ctx context.Context, tx *store.Tx, provider int64) (bool, error) {
	var some []int64
	err := tx.Select(ctx, &some, `SELECT id FROM subscription WHERE marketplace_id = ? AND provider_id = ? AND status <> ? LIMIT 1`,
		tx.Marketplace(), provider, subscription.Terminated)
	return len(some) > 0, err
}

// providerFor finds the provider of the name, or the first one without a name.
func providerFor(ctx context.Context, tx *store.Tx, t catalog.Type, name string) (id int64, err error) {
	return id, tx.Get(ctx, "provider", &id, `SELECT id FROM provider WHERE marketplace_id = ? AND product_type = ?
		AND (name = ? OR ? = '') ORDER BY id LIMIT 1`, tx.Marketplace(), t, name, name)
}

func providerByIngest(ctx context.Context, tx *store.Tx, hash string) (marketplace, provider int64, err error) {
	var row struct {
		Marketplace int64 `db:"marketplace_id"`
		ID          int64 `db:"id"`
	}
	err = tx.Get(ctx, "gateway", &row, `SELECT marketplace_id, id FROM provider WHERE ingest_hash = ?`, hash)
	return row.Marketplace, row.ID, err
}
