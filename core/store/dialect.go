package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is everything the two databases do differently.
type dialect struct {
	name      string
	bind      int    // sqlx bind type
	forUpdate string // row lock; SQLite's transaction is already the only writer
	epoch     string // a timestamp as seconds since 1970
}

var (
	sqliteDialect   = dialect{name: "sqlite", bind: sqlx.QUESTION, epoch: "CAST(strftime('%%s', %s) AS INTEGER)"}
	postgresDialect = dialect{name: "postgres", bind: sqlx.DOLLAR, forUpdate: " FOR UPDATE", epoch: "EXTRACT(EPOCH FROM %s)"}
)

// sqlitePragmas: busy_timeout first, or the other pragmas can fail on a locked
// file. Times are integers in microseconds, so they compare and index exactly.
const sqlitePragmas = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
	"&_pragma=foreign_keys(1)&_pragma=temp_store(memory)&_pragma=cache_size(-32000)" +
	"&_time_integer_format=unix_micro&_inttotime=1&_timezone=UTC"

func openSQLite(ctx context.Context, cfg Config) (*DB, error) {
	path := strings.TrimPrefix(strings.TrimPrefix(cfg.URL, "sqlite:"), "//")
	base := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqlitePragmas
	write, err := sqlx.Open("sqlite", base+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open SQLite file %s: %w", path, err)
	}
	write.SetMaxOpenConns(1)
	if err := write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite file %s: %w", path, err), write.Close())
	}
	read, err := sqlx.Open("sqlite", base+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open SQLite file %s for reading: %w", path, err), write.Close())
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return &DB{dialect: sqliteDialect, clock: cfg.Clock, write: write, read: read, writes: newStatements(write), reads: newStatements(read)}, nil
}

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	pc, err := pgxpool.ParseConfig(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL URL: %w", err)
	}
	pc.MaxConns = int32(cfg.MaxConns)
	pc.AfterConnect = readTimesInUTC
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL at %s: %w", pc.ConnConfig.Host, err)
	}
	x := sqlx.NewDb(stdlib.OpenDBFromPool(pool), "pgx")
	return &DB{dialect: postgresDialect, clock: cfg.Clock, write: x, read: x, pool: pool}, nil
}

// readTimesInUTC makes timestamps come back in UTC whatever the server's zone.
func readTimesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// isUnique reports whether err is a unique violation of either database.
func isUnique(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
