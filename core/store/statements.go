package store

import (
	"context"
	"database/sql"
	"sync"

	"github.com/jmoiron/sqlx"
)

// statementsKept bounds how many queries stay prepared.
const statementsKept = 1000

// statements keeps queries prepared on SQLite's connections, because preparing
// one costs more than running it. PostgreSQL's driver does the same by itself.
//
// A query is run as it is the first time and prepared after its transaction
// ended: preparing needs a connection, and a transaction that waited for one
// while it held the only one would wait for ever. From then on each connection
// prepares it for itself when it first meets it.
type statements struct {
	db *sqlx.DB

	mu    sync.RWMutex
	known map[string]*sqlx.Stmt
}

func newStatements(db *sqlx.DB) *statements {
	return &statements{db: db, known: map[string]*sqlx.Stmt{}}
}

func (s *statements) find(query string) *sqlx.Stmt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.known[query]
}

// learn prepares queries that a transaction ran, which has ended. What cannot
// be prepared is run as it is the next time, too.
func (s *statements) learn(ctx context.Context, queries []string) {
	for _, query := range queries {
		s.mu.RLock()
		_, known := s.known[query]
		full := len(s.known) >= statementsKept
		s.mu.RUnlock()
		if known || full {
			continue
		}
		prepared, err := s.db.PreparexContext(ctx, query)
		if err != nil {
			continue
		}
		s.mu.Lock()
		if _, known := s.known[query]; known {
			_ = prepared.Close() // somebody was faster
		} else {
			s.known[query] = prepared
		}
		s.mu.Unlock()
	}
}

// preparing is a SQLite transaction that runs prepared queries.
type preparing struct {
	*sqlx.Tx
	statements *statements
	met        []string // queries that are not prepared yet
}

// statement returns the query prepared for this transaction; nil when it is not
// yet.
func (p *preparing) statement(ctx context.Context, query string) *sqlx.Stmt {
	known := p.statements.find(query)
	if known == nil {
		p.met = append(p.met, query)
		return nil
	}
	return p.StmtxContext(ctx, known)
}

// GetContext is sqlx.Tx's with a prepared query.
func (p *preparing) GetContext(ctx context.Context, dst any, query string, args ...any) error {
	if s := p.statement(ctx, query); s != nil {
		return s.GetContext(ctx, dst, args...)
	}
	return p.Tx.GetContext(ctx, dst, query, args...)
}

// SelectContext is sqlx.Tx's with a prepared query.
func (p *preparing) SelectContext(ctx context.Context, dst any, query string, args ...any) error {
	if s := p.statement(ctx, query); s != nil {
		return s.SelectContext(ctx, dst, args...)
	}
	return p.Tx.SelectContext(ctx, dst, query, args...)
}

// ExecContext is sqlx.Tx's with a prepared query.
func (p *preparing) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := p.statement(ctx, query); s != nil {
		return s.ExecContext(ctx, args...)
	}
	return p.Tx.ExecContext(ctx, query, args...)
}
