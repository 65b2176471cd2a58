package store

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jmoiron/sqlx"
)

// Platform is the scope of work that belongs to no marketplace: signing in
// before the marketplace is known, migrations, listing marketplaces.
const Platform int64 = 0

// Config says which database to open.
type Config struct {
	// URL is a file path (or "sqlite:path") for SQLite, or a
	// "postgres://…" URL.
	URL string
	// Clock is the machine's time; marketplaces with a sandbox clock are
	// offset from it. Default clock.System.
	Clock clock.Clock
	// MaxConns bounds PostgreSQL connections. Default 20.
	MaxConns int
}

// DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect dialect
	clock   clock.Clock
	write   *sqlx.DB      // SQLite: the one writer; PostgreSQL: the pool
	read    *sqlx.DB      // SQLite: query-only readers; PostgreSQL: the pool
	pool    *pgxpool.Pool // PostgreSQL only
	writes  *statements   // SQLite only: of write
	reads   *statements   // SQLite only: of read
	sandbox sync.Map      // marketplace id -> bool, never changes once set
}

// Open opens the database and checks that it answers. It does not migrate.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 20
	}
	if strings.HasPrefix(cfg.URL, "postgres://") || strings.HasPrefix(cfg.URL, "postgresql://") {
		return openPostgres(ctx, cfg)
	}
	return openSQLite(ctx, cfg)
}

// Close closes all connections.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = joinErr(err, db.read.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	return err
}

// Ping reports whether the database answers a query.
func (db *DB) Ping(ctx context.Context) error {
	var one int
	if err := db.read.GetContext(ctx, &one, `SELECT 1`); err != nil {
		return fmt.Errorf("database does not answer: %w", err)
	}
	return nil
}

// Clock returns the machine's clock, without any marketplace's offset.
func (db *DB) Clock() clock.Clock { return db.clock }

// Postgres reports whether the database is PostgreSQL, and gives its pool for
// the job queue. Only ground packages ask.
func (db *DB) Postgres() (*pgxpool.Pool, bool) { return db.pool, db.pool != nil }

// Writer gives the writer connection to the job queue and migrations, which
// share it. Only ground packages ask.
func (db *DB) Writer() *sqlx.DB { return db.write }

// Name returns "sqlite" or "postgres".
func (db *DB) Name() string { return db.dialect.name }
