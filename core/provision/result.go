package provision

import (
	"context"

	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// checkResult refuses what cannot be kept: things without a name, or twice.
func checkResult(res sdk.Result) error {
	seen := map[[3]string]bool{}
	once := func(what, a, b string) error {
		k := [3]string{what, a, b}
		if a == "" || (what == "resource" && b == "") || seen[k] {
			return sdk.Permanent("The plugin returned a %s without a name, or twice (%q %q).", what, Tidy(a), Tidy(b))
		}
		seen[k] = true
		return nil
	}
	for _, r := range res.Resources {
		if err := once("resource", r.Kind, r.ID); err != nil {
			return err
		}
	}
	for _, e := range res.Endpoints {
		if err := once("address", e.Identifier, ""); err != nil {
			return err
		}
	}
	for _, c := range res.Credentials {
		if err := once("credential", c.Name, ""); err != nil {
			return err
		}
	}
	return nil
}

// checkOwner refuses a result that names what belongs to another subscription
// of the provider: nothing of it is kept, or one customer would get another's
// access.
func checkOwner(ctx context.Context, tx *store.Tx, sub subscription.Subscription, res sdk.Result) error {
	for _, r := range res.Resources {
		var owners []int64
		err := tx.Select(ctx, &owners, `SELECT r.subscription_id FROM resource r JOIN subscription s ON s.id = r.subscription_id
			WHERE r.marketplace_id = ? AND r.kind = ? AND r.external_id = ? AND r.subscription_id <> ? AND s.provider_id = ? LIMIT 1`,
			tx.Marketplace(), r.Kind, r.ID, sub.ID, sub.ProviderID)
		if err != nil {
			return err
		}
		if len(owners) > 0 {
			return sdk.Permanent("The plugin returns another tenant's resource: the %s %s belongs to subscription %d. Nothing of its answer was kept.",
				Tidy(r.Kind), Tidy(r.ID), owners[0])
		}
	}
	return nil
}

// resourcesOf returns what the last successful calls made, by subscription.
func resourcesOf(ctx context.Context, tx *store.Tx, subs ...int64) (map[int64][]sdk.Resource, error) {
	out := make(map[int64][]sdk.Resource, len(subs))
	if len(subs) == 0 {
		return out, nil
	}
	var rows []struct {
		Subscription int64  `db:"subscription_id"`
		Kind         string `db:"kind"`
		ID           string `db:"external_id"`
		Name         string `db:"name"`
	}
	err := tx.SelectIn(ctx, &rows, `SELECT subscription_id, kind, external_id, name FROM resource
		WHERE marketplace_id = ? AND subscription_id IN (?) ORDER BY id`, tx.Marketplace(), subs)
	for _, r := range rows {
		out[r.Subscription] = append(out[r.Subscription], sdk.Resource{Kind: r.Kind, ID: r.ID, Name: r.Name})
	}
	return out, err
}

// replaceResult stores what exists now in place of what existed before.
func (s *Service) replaceResult(ctx context.Context, tx *store.Tx, owner subscription.Subscription, res sdk.Result) error {
	if err := checkOwner(ctx, tx, owner, res); err != nil {
		return err
	}
	sub := owner.ID
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
	return subscription.Touch(ctx, tx, sub)
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

func (s *Service) sealed(value string) []byte { return s.box.Seal(sealCredential, secret.Text(value)) }
