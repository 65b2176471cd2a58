package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// Tx is an open transaction in one marketplace. It is used by one goroutine
// and is dead when the function that received it returns.
type Tx struct {
	db          *DB
	q           querier
	sqlTx       *sql.Tx // SQLite
	pgTx        pgx.Tx  // PostgreSQL
	marketplace int64
	now         time.Time
	readOnly    bool
}

// querier is what sqlx.Tx (SQLite) and sqlx.Conn (PostgreSQL) have in common.
type querier interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	GetContext(context.Context, any, string, ...any) error
	SelectContext(context.Context, any, string, ...any) error
}

// InTx runs fn in a read-write transaction of the marketplace and commits when
// fn returns nil. Any error or panic rolls everything back.
func (db *DB) InTx(ctx context.Context, marketplace int64, fn func(tx *Tx) error) error {
	tx := &Tx{db: db, marketplace: marketplace}
	if db.pool != nil {
		return db.inPostgres(ctx, tx, pgx.TxOptions{}, fn)
	}
	return db.inSQLite(ctx, db.writes, tx, fn)
}

// View runs fn in a read-only transaction: one consistent picture, and on
// SQLite it never waits for the writer.
func (db *DB) View(ctx context.Context, marketplace int64, fn func(tx *Tx) error) error {
	tx := &Tx{db: db, marketplace: marketplace, readOnly: true}
	if db.pool != nil {
		return db.inPostgres(ctx, tx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, fn)
	}
	return db.inSQLite(ctx, db.reads, tx, fn)
}

func (db *DB) inSQLite(ctx context.Context, st *statements, tx *Tx, fn func(*Tx) error) error {
	x, err := st.db.BeginTxx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = x.Rollback() }() // after Commit it does nothing
	p := &preparing{Tx: x, statements: st}
	tx.q, tx.sqlTx = p, x.Tx
	if err := run(ctx, tx, fn); err != nil {
		return err
	}
	if err := x.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	st.learn(ctx, p.met)
	return nil
}

// inPostgres begins the transaction on the raw connection below database/sql,
// so that our statements and the job queue's share it.
func (db *DB) inPostgres(ctx context.Context, tx *Tx, opts pgx.TxOptions, fn func(*Tx) error) error {
	conn, err := db.write.Connx(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer conn.Close()
	var raw *pgx.Conn
	if err := conn.Raw(func(dc any) error { raw = dc.(*stdlib.Conn).Conn(); return nil }); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	p, err := raw.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = p.Rollback(context.WithoutCancel(ctx)) }() // after Commit it does nothing
	tx.q, tx.pgTx = conn, p
	if err := run(ctx, tx, fn); err != nil {
		return err
	}
	if err := p.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func run(ctx context.Context, tx *Tx, fn func(*Tx) error) error {
	offset, err := tx.offset(ctx)
	if err != nil {
		return err
	}
	tx.now = clock.Normal(tx.db.clock.Now().Add(offset))
	return fn(tx)
}

// Marketplace returns the scope; every query on a marketplace's table carries it.
func (tx *Tx) Marketplace() int64 { return tx.marketplace }

// Within returns the same transaction in a marketplace that was made in it.
// Only founding a marketplace needs it.
func (tx *Tx) Within(marketplace int64) *Tx {
	inside := *tx
	inside.marketplace = marketplace
	return &inside
}

// Now returns the marketplace's time when the transaction began.
func (tx *Tx) Now() time.Time { return tx.now }

// SQLTx returns SQLite's transaction, for the job queue; nil on PostgreSQL.
func (tx *Tx) SQLTx() *sql.Tx { return tx.sqlTx }

// PgxTx returns PostgreSQL's transaction, for the job queue; nil on SQLite.
func (tx *Tx) PgxTx() pgx.Tx { return tx.pgTx }

// ForUpdate is appended to a SELECT whose row will be changed. In a View it is
// empty: nothing can be changed there, and PostgreSQL would refuse.
func (tx *Tx) ForUpdate() string {
	if tx.readOnly {
		return ""
	}
	return tx.db.dialect.forUpdate
}

// Epoch returns an expression for a timestamp column of the job queue's own
// tables as whole seconds since 1970.
func (tx *Tx) Epoch(column string) string { return fmt.Sprintf(tx.db.dialect.epoch, column) }

// Get reads one row into dst. No row is a NotFound fault that names what.
func (tx *Tx) Get(ctx context.Context, what string, dst any, query string, args ...any) error {
	err := tx.q.GetContext(ctx, dst, tx.rebind(query), args...)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.Newf(fault.NotFound, "There is no such %s.", what)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", what, err)
	}
	return nil
}

// Select reads all rows into dst, a pointer to a slice.
func (tx *Tx) Select(ctx context.Context, dst any, query string, args ...any) error {
	if err := tx.q.SelectContext(ctx, dst, tx.rebind(query), args...); err != nil {
		return fmt.Errorf("select: %w", err)
	}
	return nil
}

// SelectIn is Select for a query with one or more `IN (?)` and slice arguments.
func (tx *Tx) SelectIn(ctx context.Context, dst any, query string, args ...any) error {
	query, flat, err := sqlx.In(query, args...)
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	return tx.Select(ctx, dst, query, flat...)
}

// Exec runs a statement and returns the number of rows it changed. A unique
// violation is a Conflict fault; see IsTaken.
func (tx *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	res, err := tx.q.ExecContext(ctx, tx.rebind(query), args...)
	if err != nil {
		return 0, writeErr(err)
	}
	return res.RowsAffected()
}

// ExecIn is Exec for a statement with one or more `IN (?)` and slice arguments.
func (tx *Tx) ExecIn(ctx context.Context, query string, args ...any) (int64, error) {
	query, flat, err := sqlx.In(query, args...)
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return tx.Exec(ctx, query, flat...)
}

// Insert runs an `INSERT … RETURNING id` and returns the new id.
func (tx *Tx) Insert(ctx context.Context, query string, args ...any) (int64, error) {
	var id int64
	if err := tx.q.GetContext(ctx, &id, tx.rebind(query+" RETURNING id"), args...); err != nil {
		return 0, writeErr(err)
	}
	return id, nil
}

func (tx *Tx) rebind(query string) string { return sqlx.Rebind(tx.db.dialect.bind, query) }

func writeErr(err error) error {
	if isUnique(err) {
		return fault.New(fault.Conflict, "This exists already.").With("unique", true).Because(err)
	}
	return fmt.Errorf("write: %w", err)
}

// IsTaken reports whether err is a unique violation. On PostgreSQL the
// transaction is dead after one, so check first and keep this for races.
func IsTaken(err error) bool { return isUnique(err) }

func joinErr(errs ...error) error { return errors.Join(errs...) }
