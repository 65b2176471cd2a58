package fulfilment

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fondaco/fondaco/core/store"
)

// sealedCredential is a credential as it is kept.
type sealedCredential struct {
	Name        string `db:"name"`
	Sealed      []byte `db:"value_sealed"`
	Description words  `db:"description"`
	Weight      int    `db:"weight"`
}

// words is a Text in a JSON column.
type words Text

// Scan reads the column.
func (w *words) Scan(src any) error {
	switch v := src.(type) {
	case string:
		return json.Unmarshal([]byte(v), w)
	case []byte:
		return json.Unmarshal(v, w)
	}
	return fmt.Errorf("a text by language in a column of %T", src)
}

// accessOf reads what a vendor gave, without values.
func accessOf(ctx context.Context, tx *store.Tx, sub int64) (a Access, err error) {
	err = tx.Select(ctx, &a.Endpoints, `SELECT id, url, category, description FROM fulfilment_endpoint
		WHERE marketplace_id = ? AND subscription_id = ? ORDER BY id`, tx.Marketplace(), sub)
	if err != nil {
		return a, err
	}
	if a.Instructions, err = instructionsOf(ctx, tx, sub); err != nil {
		return a, err
	}
	given, err := credentialsOf(ctx, tx, sub)
	for _, g := range given {
		a.Credentials = append(a.Credentials, g.shown(""))
	}
	return a, err
}

func instructionsOf(ctx context.Context, tx *store.Tx, sub int64) (Text, error) {
	var rows []struct {
		Language string `db:"language"`
		Text     string `db:"text"`
	}
	err := tx.Select(ctx, &rows, `SELECT language, text FROM fulfilment_instruction WHERE marketplace_id = ? AND subscription_id = ?`, tx.Marketplace(), sub)
	out := make(Text, len(rows))
	for _, r := range rows {
		out[r.Language] = r.Text
	}
	return out, err
}

func credentialsOf(ctx context.Context, tx *store.Tx, sub int64) (all []sealedCredential, err error) {
	return all, tx.Select(ctx, &all, `SELECT name, value_sealed, description, weight FROM fulfilment_credential
		WHERE marketplace_id = ? AND subscription_id = ? ORDER BY weight, id`, tx.Marketplace(), sub)
}

func replaceEndpoints(ctx context.Context, tx *store.Tx, sub int64, all []EndpointInput) error {
	if err := remove(ctx, tx, "fulfilment_endpoint", sub); err != nil {
		return err
	}
	for _, e := range all {
		if _, err := tx.Exec(ctx, `INSERT INTO fulfilment_endpoint (marketplace_id, subscription_id, url, category, description) VALUES (?, ?, ?, ?, ?)`,
			tx.Marketplace(), sub, e.URL, e.Category, e.Description); err != nil {
			return err
		}
	}
	return nil
}

func replaceInstructions(ctx context.Context, tx *store.Tx, sub int64, byLanguage map[string]string) error {
	if err := remove(ctx, tx, "fulfilment_instruction", sub); err != nil {
		return err
	}
	for language, text := range byLanguage {
		if _, err := tx.Exec(ctx, `INSERT INTO fulfilment_instruction (marketplace_id, subscription_id, language, text) VALUES (?, ?, ?, ?)`,
			tx.Marketplace(), sub, language, text); err != nil {
			return err
		}
	}
	return nil
}

func replaceCredentials(ctx context.Context, tx *store.Tx, sub int64, all []sealedCredential) error {
	if err := remove(ctx, tx, "fulfilment_credential", sub); err != nil {
		return err
	}
	for _, c := range all {
		description, err := json.Marshal(c.Description)
		if err != nil {
			return fmt.Errorf("credential %s: %w", c.Name, err)
		}
		if _, err := tx.Exec(ctx, `INSERT INTO fulfilment_credential (marketplace_id, subscription_id, name, value_sealed, description, weight)
			VALUES (?, ?, ?, ?, ?, ?)`, tx.Marketplace(), sub, c.Name, c.Sealed, string(description), c.Weight); err != nil {
			return err
		}
	}
	return nil
}

// clearAll removes everything that was given for a subscription.
func clearAll(ctx context.Context, tx *store.Tx, sub int64) error {
	for _, table := range []string{"fulfilment_endpoint", "fulfilment_instruction", "fulfilment_credential"} {
		if err := remove(ctx, tx, table, sub); err != nil {
			return err
		}
	}
	return nil
}

func remove(ctx context.Context, tx *store.Tx, table string, sub int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE marketplace_id = ? AND subscription_id = ?`, tx.Marketplace(), sub)
	return err
}
