package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

const selectAttempt = `SELECT id, subscription_id, operation, status, tries, step, steps, step_text, error, created_at, started_at, finished_at
	FROM provision_attempt WHERE marketplace_id = ?`

func insertAttempt(ctx context.Context, tx *store.Tx, sub int64, op subscription.Operation) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO provision_attempt (marketplace_id, subscription_id, operation, status, created_at) VALUES (?, ?, ?, ?, ?)`,
		tx.Marketplace(), sub, op, Queued, tx.Now())
}

func lockAttempt(ctx context.Context, tx *store.Tx, id int64) (a Attempt, err error) {
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

func supersede(ctx context.Context, tx *store.Tx, sub int64) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET status = ?, finished_at = ? WHERE marketplace_id = ? AND subscription_id = ? AND status = ?`,
		Superseded, tx.Now(), tx.Marketplace(), sub, Queued)
	return err
}

func saveAttempt(ctx context.Context, tx *store.Tx, a Attempt) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET status = ?, tries = ?, error = ?, started_at = ?, finished_at = ?
		WHERE marketplace_id = ? AND id = ?`, a.Status, a.Tries, a.Error, a.StartedAt, a.FinishedAt, tx.Marketplace(), a.ID)
	return err
}

func saveStep(ctx context.Context, tx *store.Tx, id int64, step, steps int, text string) error {
	_, err := tx.Exec(ctx, `UPDATE provision_attempt SET step = ?, steps = ?, step_text = ? WHERE marketplace_id = ? AND id = ?`,
		step, steps, text, tx.Marketplace(), id)
	return err
}

func resourcesOf(ctx context.Context, tx *store.Tx, sub int64) ([]sdk.Resource, error) {
	var rows []struct {
		Kind string `db:"kind"`
		ID   string `db:"external_id"`
		Name string `db:"name"`
	}
	err := tx.Select(ctx, &rows, `SELECT kind, external_id, name FROM resource WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
	out := make([]sdk.Resource, len(rows))
	for i, r := range rows {
		out[i] = sdk.Resource{Kind: r.Kind, ID: r.ID, Name: r.Name}
	}
	return out, err
}

// replaceResult stores what exists now in place of what existed before.
func (s *Service) replaceResult(ctx context.Context, tx *store.Tx, sub int64, res sdk.Result) error {
	if err := clearResult(ctx, tx, sub); err != nil {
		return err
	}
	for _, r := range res.Resources {
		if _, err := tx.Exec(ctx, `INSERT INTO resource (marketplace_id, subscription_id, kind, external_id, name) VALUES (?, ?, ?, ?, ?)`,
			tx.Marketplace(), sub, r.Kind, r.ID, r.Name); err != nil {
			return err
		}
	}
	for _, e := range res.Endpoints {
		if _, err := tx.Exec(ctx, `INSERT INTO access_endpoint (marketplace_id, subscription_id, identifier, method, url) VALUES (?, ?, ?, ?, ?)`,
			tx.Marketplace(), sub, e.Identifier, e.Method, e.URL); err != nil {
			return err
		}
	}
	for _, c := range res.Credentials {
		if _, err := tx.Exec(ctx, `INSERT INTO credential (marketplace_id, subscription_id, name, label, is_secret, value_sealed) VALUES (?, ?, ?, ?, ?, ?)
			ON CONFLICT (marketplace_id, subscription_id, name) DO UPDATE SET label = excluded.label, is_secret = excluded.is_secret,
			value_sealed = excluded.value_sealed`,
			tx.Marketplace(), sub, c.Name, c.Label, c.Secret, s.sealed(c.Value)); err != nil {
			return err
		}
	}
	return nil
}

func clearResult(ctx context.Context, tx *store.Tx, sub int64) error {
	for _, table := range []string{"resource", "access_endpoint"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE marketplace_id = ? AND subscription_id = ?`, tx.Marketplace(), sub); err != nil {
			return err
		}
	}
	return nil
}

func clearCredentials(ctx context.Context, tx *store.Tx, sub int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM credential WHERE marketplace_id = ? AND subscription_id = ?`, tx.Marketplace(), sub)
	return err
}

func endpointsOf(ctx context.Context, tx *store.Tx, sub int64) (all []Endpoint, err error) {
	return all, tx.Select(ctx, &all, `SELECT identifier, method, url FROM access_endpoint WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
}

func credentialsOf(ctx context.Context, tx *store.Tx, sub int64) (all []Credential, err error) {
	return all, tx.Select(ctx, &all, `SELECT name, label, is_secret, value_sealed FROM credential WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
}

const selectProvider = `SELECT id, name, plugin, product_type, settings_sealed, created_at FROM provider WHERE marketplace_id = ?`

func saveProvider(ctx context.Context, tx *store.Tx, in ProviderInput, sealed []byte, ingestHash string) error {
	_, err := tx.Exec(ctx, `INSERT INTO provider (marketplace_id, name, plugin, product_type, settings_sealed, ingest_hash, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (marketplace_id, name) DO UPDATE SET plugin = excluded.plugin,
		product_type = excluded.product_type, settings_sealed = excluded.settings_sealed, ingest_hash = excluded.ingest_hash`,
		tx.Marketplace(), in.Name, in.Plugin, in.ProductType, sealed, ingestHash, tx.Now())
	return err
}

func providerByName(ctx context.Context, tx *store.Tx, name string) (p Provider, err error) {
	return p, tx.Get(ctx, "provider", &p, selectProvider+` AND name = ?`, tx.Marketplace(), name)
}

func providerByID(ctx context.Context, tx *store.Tx, id int64) (p Provider, err error) {
	return p, tx.Get(ctx, "provider", &p, selectProvider+` AND id = ?`, tx.Marketplace(), id)
}

func providers(ctx context.Context, tx *store.Tx) (all []Provider, err error) {
	return all, tx.Select(ctx, &all, selectProvider+` ORDER BY id`, tx.Marketplace())
}

func providerFor(ctx context.Context, tx *store.Tx, t catalog.Type) (id int64, err error) {
	return id, tx.Get(ctx, "provider", &id, `SELECT id FROM provider WHERE marketplace_id = ? AND product_type = ? ORDER BY id LIMIT 1`, tx.Marketplace(), t)
}

func providerByIngest(ctx context.Context, tx *store.Tx, hash string) (marketplace, provider int64, err error) {
	var row struct {
		Marketplace int64 `db:"marketplace_id"`
		ID          int64 `db:"id"`
	}
	err = tx.Get(ctx, "gateway", &row, `SELECT marketplace_id, id FROM provider WHERE ingest_hash = ?`, hash)
	return row.Marketplace, row.ID, err
}
