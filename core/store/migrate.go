package store

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/fondaco/fondaco/migrations"
	"github.com/pressly/goose/v3"
)

// Migrate brings the schema up to the newest version. It is safe to run on
// every start, and by several processes at once on PostgreSQL.
func (db *DB) Migrate(ctx context.Context) error {
	d := goose.DialectSQLite3
	if db.pool != nil {
		d = goose.DialectPostgres
	}
	files, err := fs.Sub(migrations.Files, db.dialect.name)
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	unlock, err := db.migrationLock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	p, err := goose.NewProvider(d, db.write.DB, files, goose.WithSlog(slog.New(slog.DiscardHandler)))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// migrationLock keeps two processes from migrating one PostgreSQL at a time.
// SQLite's writer lock is enough.
func (db *DB) migrationLock(ctx context.Context) (func(), error) {
	if db.pool == nil {
		return func() {}, nil
	}
	conn, err := db.pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	const key = 7_023_417 // arbitrary, ours
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, key); err != nil {
		conn.Release()
		return nil, fmt.Errorf("migration lock: %w", err)
	}
	return func() {
		_, _ = conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, key)
		conn.Release()
	}, nil
}
