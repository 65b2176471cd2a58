package store_test

import (
	"io/fs"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/migrations"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
)

// migrator moves a database between versions.
func migrator(t *testing.T, db *store.DB) *goose.Provider {
	t.Helper()
	files, err := fs.Sub(migrations.Files, db.Name())
	require.NoError(t, err)
	dialect := goose.DialectSQLite3
	if db.Name() == "postgres" {
		dialect = goose.DialectPostgres
	}
	p, err := goose.NewProvider(dialect, db.Writer().DB, files)
	require.NoError(t, err)
	return p
}

// TestMigrate_opensProductTypesAndKeepsWhatIsThere fills the version that knew
// one product type, comes forward, goes back, and comes forward again.
func TestMigrate_opensProductTypesAndKeepsWhatIsThere(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db *store.DB) {
		ctx, now := t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		_, err := migrator(t, db).UpTo(ctx, 7)
		require.NoError(t, err)
		exec := func(query string, args ...any) error {
			_, err := db.Writer().ExecContext(ctx, db.Writer().Rebind(query), args...)
			return err
		}
		product := func(id int, kind string) error {
			return exec(`INSERT INTO product (id, marketplace_id, vendor_id, sku, type, name, category, short_description, status, created_at, updated_at)
				VALUES (?, 1, 1, ?, ?, 'Lagoon', 'maps', 'Maps', 'draft', ?, ?)`, id, kind, kind, now, now)
		}
		require.NoError(t, exec(`INSERT INTO marketplace (id, name, host, sandbox, currency, tax_percent, created_at) VALUES (1, 'M', '*', TRUE, 'EUR', '0', ?)`, now))
		require.NoError(t, exec(`INSERT INTO organization (id, marketplace_id, kind, name, email, created_at) VALUES (1, 1, 'vendor', 'V', 'v@x.test', ?)`, now))
		require.NoError(t, product(1, "api"))
		require.NoError(t, exec(`INSERT INTO endpoint (id, marketplace_id, product_id, identifier, name, method, path, created_at) VALUES (1, 1, 1, 'a', 'A', 'GET', '/a', ?)`, now))
		require.Error(t, product(2, "box"), "the old version knows no such type")

		_, err = migrator(t, db).UpTo(ctx, 8)
		require.NoError(t, err)
		_, err = migrator(t, db).DownTo(ctx, 7)
		require.NoError(t, err)
		require.Error(t, product(2, "box"), "and back")
		_, err = migrator(t, db).Up(ctx)
		require.NoError(t, err)
		require.NoError(t, product(2, "box"))
		var kept struct {
			Name, Configuration string
			Policy              string `db:"drift_policy"`
		}
		require.NoError(t, db.Writer().GetContext(ctx, &kept, `SELECT name, configuration, drift_policy FROM product WHERE id = 1`))
		require.Equal(t, "Lagoon {} report", kept.Name+" "+kept.Configuration+" "+kept.Policy)
		require.Error(t, exec(`UPDATE product SET drift_policy = 'ignore'`), "the lists are still checked")
		require.Error(t, exec(`UPDATE product SET status = 'gone'`))
		require.Error(t, exec(`DELETE FROM product WHERE id = 1`), "its endpoint still refers to it")
		if db.Name() == "sqlite" {
			require.Empty(t, pragma(t, db, "foreign_key_check"))
			require.Equal(t, []string{"ok"}, pragma(t, db, "integrity_check"))
		}
	})
}

// pragma returns the first column of what SQLite says.
func pragma(t *testing.T, db *store.DB, name string) []string {
	t.Helper()
	rows, err := db.Writer().QueryContext(t.Context(), "PRAGMA "+name)
	require.NoError(t, err)
	defer rows.Close()
	var out []string
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		text := ""
		values[0] = &text
		for i := 1; i < len(values); i++ {
			values[i] = new(any)
		}
		require.NoError(t, rows.Scan(values...))
		out = append(out, text)
	}
	require.NoError(t, rows.Err())
	return out
}
