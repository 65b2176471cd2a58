// Package storetest gives a test a migrated database of its own: SQLite
// always, PostgreSQL as well when FONDACO_TEST_PG names a server. With
// FONDACO_REQUIRE_SERVICES=1 (CI) a missing server is a failure, not a skip.
package storetest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

// Each runs the test on every database this machine has.
func Each(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachWithClock(t, clock.System{}, run)
}

// EachWithClock is Each with a clock of the test's own.
func EachWithClock(t *testing.T, c clock.Clock, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, dbURL string) { run(t, open(t, dbURL, c)) })
}

// EachURL is Each for tests that open the database themselves: the URL is of
// a migrated database that nobody else uses.
func EachURL(t *testing.T, run func(t *testing.T, dbURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, SQLiteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		run(t, PostgresURL(t))
	})
}

// EachEmpty is Each with databases that nobody has migrated yet.
func EachEmpty(t *testing.T, run func(t *testing.T, db *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, open(t, filepath.Join(t.TempDir(), "empty.db"), clock.System{}))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		needPostgres(t)
		run(t, open(t, postgresDatabase(t, "template1"), clock.System{}))
	})
}

func open(t *testing.T, dbURL string, c clock.Clock) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Config{URL: dbURL, Clock: c, MaxConns: 8})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// SQLiteURL copies the migrated template into the test's folder.
func SQLiteURL(t *testing.T) string {
	t.Helper()
	template, err := sqliteTemplate()
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "test.db")
	require.NoError(t, os.WriteFile(path, template, 0o600))
	return path
}

// sqliteTemplate migrates once per test binary; a copy is a hundred times
// faster than a migration.
var sqliteTemplate = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "fondaco-template")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := migrated(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func migrated(ctx context.Context, dbURL string) error {
	db, err := store.Open(ctx, store.Config{URL: dbURL})
	if err != nil {
		return err
	}
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, db); err != nil {
		return err
	}
	return db.Close() // closing checkpoints the write-ahead log into the file
}

// PostgresURL creates a database from the migrated template, dropped after
// the test. Without a server it skips, or fails where services are required.
func PostgresURL(t *testing.T) string {
	t.Helper()
	needPostgres(t)
	template, err := postgresTemplate()
	require.NoError(t, err)
	return postgresDatabase(t, template)
}

// needPostgres skips without a server, or fails where services are required.
func needPostgres(t *testing.T) {
	t.Helper()
	if os.Getenv("FONDACO_TEST_PG") != "" {
		return
	}
	if os.Getenv("FONDACO_REQUIRE_SERVICES") != "" {
		t.Fatal("FONDACO_REQUIRE_SERVICES is set, but FONDACO_TEST_PG names no PostgreSQL server")
	}
	t.Skip("no PostgreSQL: set FONDACO_TEST_PG=postgres://user:password@host/postgres, or run make test-services")
}

// postgresDatabase is a copy of the template, dropped after the test.
func postgresDatabase(t *testing.T, template string) string {
	t.Helper()
	name := "fondaco_" + random()
	require.NoError(t, admin(t.Context(), fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s", name, template)))
	t.Cleanup(func() {
		require.NoError(t, admin(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"))
	})
	return withDatabase(os.Getenv("FONDACO_TEST_PG"), name)
}

var postgresTemplate = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	name := "fondaco_template_" + random()
	if err := admin(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return name, migrated(ctx, withDatabase(os.Getenv("FONDACO_TEST_PG"), name))
})

func admin(ctx context.Context, statement string) error {
	conn, err := pgx.Connect(ctx, os.Getenv("FONDACO_TEST_PG"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return strings.Replace(server, "/postgres", "/"+name, 1)
	}
	u.Path = "/" + name
	return u.String()
}

func random() string {
	b := make([]byte, 6)
	rand.Read(b)
	return hex.EncodeToString(b)
}
