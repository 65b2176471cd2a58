// Package store is the ground that data stands on: one way to open a
// transaction over SQLite or PostgreSQL, always for one marketplace and with
// that marketplace's time.
//
//	err := db.InTx(ctx, marketplaceID, func(tx *store.Tx) error {
//		return tx.Get(ctx, "subscription", &row, `SELECT … WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
//	})
//
// SQL is written once, with `?`, and rebound. What the two databases do
// differently is in dialect.go and nowhere else. No network call is made
// inside a transaction: it would hold SQLite's only writer.
package store
