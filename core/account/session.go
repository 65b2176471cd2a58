package account

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// Sessions keeps browser sessions for the session library (it has the shape
// of scs.CtxStore). Tokens are stored hashed, so a read of the table lets
// nobody in.
type Sessions struct {
	db *store.DB
}

// NewSessions returns the store.
func NewSessions(db *store.DB) *Sessions { return &Sessions{db: db} }

// FindCtx returns the session's data; found is false when it is unknown or over.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Get(ctx, "session", &data, `SELECT data FROM session WHERE token_hash = ? AND expires_at > ?`,
			secret.Hash(secret.Text(token)), tx.Now())
	})
	if fault.Is(err, fault.NotFound) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// CommitCtx saves the session and sweeps away a few that are over.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO session (token_hash, marketplace_id, data, expires_at) VALUES (?, 0, ?, ?)
			ON CONFLICT (token_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
			secret.Hash(secret.Text(token)), data, expiry.UTC())
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session WHERE expires_at <= ? LIMIT 20)`, tx.Now())
		return err
	})
}

// DeleteCtx ends the session.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM session WHERE token_hash = ?`, secret.Hash(secret.Text(token)))
		return err
	})
}

// Find, Commit and Delete are the library's forms without a context.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context.
func (s *Sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
