// Package jobs is background work that survives a crash: a job is inserted in
// the transaction of the change that needs it, and is worked, at least once,
// after the commit. It hides the queue library from the rest of the project.
package jobs

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// Queues. Each has its own workers, so that what is slow in one never holds up
// another. AddQueue opens further ones: one for each cloud.
const (
	Default = "default"
	// Deliver holds what was queued before webhooks had a loop of their own.
	Deliver = "deliver"
	// Provision holds what was queued before each cloud had a queue of its own.
	Provision = "provision"
)

// Args are a job's arguments: small, JSON, with the ids of its subject.
// Scope says in which marketplace it works.
type Args interface {
	Kind() string
	Scope() int64
}

// Options say when and where a job runs; the zero value means now, in the
// default queue.
type Options struct {
	Queue       string
	RunAt       time.Time // real time
	MaxAttempts int       // default 25
	Priority    int       // within its queue: 1 (default) goes first, 4 last
	Unique      bool      // not twice with equal arguments while one waits or runs
}

// Client inserts jobs and, once started, works them.
type Client struct {
	db      *store.DB
	log     *slog.Logger
	workers *river.Workers
	lite    *river.Client[*sql.Tx]
	pg      *river.Client[pgx.Tx]
	id      string // of this process among those that work the queue
	pulse   pulse

	loops     []Loop
	rounds    sync.WaitGroup
	endRounds context.CancelFunc // nil before Start

	mu     sync.Mutex
	queues map[string]river.QueueConfig
}

// New returns a client on the database. Register workers before Start.
func New(db *store.DB, log *slog.Logger) *Client {
	return &Client{db: db, log: log.With("component", "jobs"), workers: river.NewWorkers(), id: "fondaco-" + rand.Text(),
		queues: map[string]river.QueueConfig{Default: {MaxWorkers: 8}, Provision: {MaxWorkers: 8}, Deliver: {MaxWorkers: 2}}}
}

// Migrate brings the queue's own tables up to date.
func Migrate(ctx context.Context, db *store.DB) error {
	quiet := &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)}
	var err error
	if pool, ok := db.Postgres(); ok {
		err = migrate(ctx, func() (*rivermigrate.Migrator[pgx.Tx], error) { return rivermigrate.New(riverpgxv5.New(pool), quiet) })
	} else {
		err = migrate(ctx, func() (*rivermigrate.Migrator[*sql.Tx], error) {
			return rivermigrate.New(riversqlite.New(db.Writer().DB), quiet)
		})
	}
	if err != nil {
		return fmt.Errorf("migrate job queue: %w", err)
	}
	return nil
}

func migrate[T any](ctx context.Context, open func() (*rivermigrate.Migrator[T], error)) error {
	m, err := open()
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// Open prepares the client for Insert. After it no worker can be registered.
func (c *Client) Open() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	cfg := &river.Config{
		ID:      c.id,
		Logger:  slog.New(&errorsOnly{c.log.Handler()}),
		Workers: c.workers,
		Queues:  maps.Clone(c.queues),
		// A job starts within 100 ms of its commit on both databases.
		FetchCooldown:     10 * time.Millisecond,
		FetchPollInterval: 50 * time.Millisecond,
		// After a crash a job that was running is taken up again at once
		// when the database is ours alone (SQLite), or when its process has
		// shown no sign of life for a while; see pulse. These two are for
		// the rest: no job runs longer but those of RegisterLong.
		RescueStuckJobsAfter: 60 * time.Second,
		JobTimeout:           55 * time.Second,
		ErrorHandler:         &failures{c.log},
	}
	var err error
	if pool, ok := c.db.Postgres(); ok {
		c.pg, err = river.NewClient(riverpgxv5.New(pool), cfg)
	} else {
		c.lite, err = river.NewClient(riversqlite.New(c.db.Writer().DB), cfg)
	}
	if err != nil {
		return fmt.Errorf("open job queue: %w", err)
	}
	return nil
}

// AddQueue opens a queue with a number of workers, before or after Start. One
// that is open already stays as it is. On SQLite it waits for the transaction
// that is being written, so it is not called within one.
func (c *Client) AddQueue(name string, workers int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, open := c.queues[name]; open {
		return nil
	}
	cfg := river.QueueConfig{MaxWorkers: workers}
	var err error
	switch {
	case c.pg != nil:
		err = c.pg.Queues().Add(name, cfg)
	case c.lite != nil:
		err = c.lite.Queues().Add(name, cfg)
	}
	if err != nil {
		return fmt.Errorf("open the queue %s: %w", name, err)
	}
	c.queues[name] = cfg
	return nil
}

// Start begins to work jobs; Open first.
func (c *Client) Start(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx) // Stop ends it, in order
	if c.pg != nil {
		c.pulse.start(ctx, c)
		c.startLoops(ctx)
		return c.pg.Start(ctx)
	}
	if err := c.freeAbandoned(ctx); err != nil {
		return err
	}
	c.startLoops(ctx)
	return c.lite.Start(ctx)
}

// freeAbandoned makes jobs that were running when the last process died
// available again. A SQLite file has one process, so none of them is alive.
func (c *Client) freeAbandoned(ctx context.Context) error {
	return c.db.InTx(ctx, store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE river_job SET state = 'available' WHERE state = 'running'`)
		return err
	})
}

// Stop lets running jobs and rounds finish until ctx ends, then cancels them.
func (c *Client) Stop(ctx context.Context) error {
	c.stopLoops(ctx)
	var err error
	switch {
	case c.pg != nil:
		err = stop(ctx, c.pg)
		c.pulse.end()
	case c.lite != nil:
		err = stop(ctx, c.lite)
	}
	return err
}

func stop[T any](ctx context.Context, client *river.Client[T]) error {
	err := client.Stop(ctx)
	if err == nil || !errors.Is(err, ctx.Err()) {
		return err
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return client.StopAndCancel(grace)
}

// alive are the states of a job that waits or runs. What is over stays in the
// table for a day, and must not keep its like away.
func alive() []rivertype.JobState {
	return []rivertype.JobState{rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled}
}

// Insert queues a job in the transaction: it exists exactly if tx commits.
func (c *Client) Insert(ctx context.Context, tx *store.Tx, args Args, opts Options) error {
	o := &river.InsertOpts{Queue: opts.Queue, ScheduledAt: opts.RunAt, MaxAttempts: opts.MaxAttempts, Priority: opts.Priority}
	if opts.Unique {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: alive()}
	}
	var err error
	if c.pg != nil {
		_, err = c.pg.InsertTx(ctx, tx.PgxTx(), args, o)
	} else {
		_, err = c.lite.InsertTx(ctx, tx.SQLTx(), args, o)
	}
	if err != nil {
		return fmt.Errorf("insert job %s: %w", args.Kind(), err)
	}
	return nil
}
