package account

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// temporaryLogin is how long a token of LoginToken lives that is to expire.
const temporaryLogin = 24 * time.Hour

// sealedLogin is what lasting tokens are sealed for.
const sealedLogin = "api_token.sealed"

// loginName is what tokens of LoginToken are called in the list.
const loginName = "Connector login"

// LoginToken gives a program that signed in a token to go on with: one for a
// day, or the person's lasting one. That is made once and given again at each
// login, so a connector that logs in at every event revokes nothing of its
// siblings'. box keeps it, because it must be shown more than once.
func (s *Service) LoginToken(ctx context.Context, actor Actor, box *secret.Box, lasting bool) (secret.Text, error) {
	if err := actor.Need(ManageTokens); err != nil {
		return "", err
	}
	var text secret.Text
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if lasting {
			text, err = lastingToken(ctx, tx, actor.UserID, box)
			return err
		}
		text = secret.NewToken(tokenPrefix)
		now := s.db.Clock().Now()
		if err := forgetExpired(ctx, tx, actor.UserID, now); err != nil {
			return err
		}
		_, err = tx.Insert(ctx, `INSERT INTO api_token (marketplace_id, user_id, name, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
			tx.Marketplace(), actor.UserID, loginName, secret.Hash(text), tx.Now(), now.Add(temporaryLogin))
		return err
	})
	return text, err
}

func lastingToken(ctx context.Context, tx *store.Tx, user int64, box *secret.Box) (secret.Text, error) {
	var kept [][]byte
	err := tx.Select(ctx, &kept, `SELECT sealed FROM api_token WHERE marketplace_id = ? AND user_id = ? AND sealed IS NOT NULL
		AND revoked_at IS NULL ORDER BY id LIMIT 1`, tx.Marketplace(), user)
	if err != nil {
		return "", err
	}
	if len(kept) == 1 {
		return box.Open(sealedLogin, kept[0])
	}
	text := secret.NewToken(tokenPrefix)
	_, err = tx.Insert(ctx, `INSERT INTO api_token (marketplace_id, user_id, name, token_hash, created_at, sealed) VALUES (?, ?, ?, ?, ?, ?)`,
		tx.Marketplace(), user, loginName, secret.Hash(text), tx.Now(), box.Seal(sealedLogin, text))
	return text, err
}

// Logout ends a token at once. One that is not there is ended already.
func (s *Service) Logout(ctx context.Context, actor Actor, token secret.Text) error {
	return s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE api_token SET revoked_at = ? WHERE marketplace_id = ? AND user_id = ? AND token_hash = ? AND revoked_at IS NULL`,
			tx.Now(), tx.Marketplace(), actor.UserID, secret.Hash(token))
		return err
	})
}

// forgetExpired removes the tokens that a person's logins left behind.
func forgetExpired(ctx context.Context, tx *store.Tx, user int64, now time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM api_token WHERE marketplace_id = ? AND user_id = ? AND expires_at <= ?`, tx.Marketplace(), user, now)
	return err
}
