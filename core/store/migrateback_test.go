package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/stretchr/testify/require"
)

// TestMigrate_eachWayBackEndsWhereItBegan compares the schema before each
// version with the one after the version came and went.
func TestMigrate_eachWayBackEndsWhereItBegan(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db *store.DB) {
		m := migrator(t, db)
		sources := m.ListSources()
		for _, source := range sources {
			before := schemaOf(t, db)
			_, err := m.UpTo(t.Context(), source.Version)
			require.NoError(t, err)
			_, err = m.DownTo(t.Context(), source.Version-1)
			require.NoError(t, err)
			require.Equal(t, before, schemaOf(t, db), "version %d", source.Version)
			_, err = m.UpTo(t.Context(), source.Version)
			require.NoError(t, err)
		}
		require.Greater(t, len(schemaOf(t, db)), 20)
	})
}

// schemaOf lists what the database checks and keeps: columns, constraints and
// indexes.
func schemaOf(t *testing.T, db *store.DB) []string {
	t.Helper()
	query := `SELECT name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' ORDER BY name`
	if db.Name() == "postgres" {
		query = `SELECT x FROM (
			SELECT table_name || '.' || column_name || ': ' || data_type || ' ' || is_nullable || ' ' || COALESCE(column_default, '') AS x
				FROM information_schema.columns WHERE table_schema = 'public'
			UNION ALL SELECT conrelid::regclass || ': ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace
			UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey%'
			) AS all_of_it WHERE x NOT LIKE '%goose_%' ORDER BY x`
	}
	var all []string
	require.NoError(t, db.Writer().SelectContext(t.Context(), &all, query))
	for i, text := range all {
		all[i] = strings.Join(strings.Fields(text), " ")
	}
	return all
}

// TestMigrate_attemptsGoForwardAndBackAndKeepTheirNumbers: an attempt's number
// is the key that a provider remembers it by, so none may be given twice.
func TestMigrate_attemptsGoForwardAndBackAndKeepTheirNumbers(t *testing.T) {
	storetest.EachEmpty(t, func(t *testing.T, db *store.DB) {
		ctx, now := t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
		m := migrator(t, db)
		_, err := m.UpTo(ctx, 8)
		require.NoError(t, err)
		for _, insert := range []string{
			`INSERT INTO marketplace (id, name, host, sandbox, currency, tax_percent, created_at) VALUES (1, 'M', '*', TRUE, 'EUR', '0', ?)`,
			`INSERT INTO organization (id, marketplace_id, kind, name, email, created_at) VALUES (1, 1, 'vendor', 'V', 'v@x.test', ?)`,
			`INSERT INTO provider (id, marketplace_id, name, plugin, product_type, settings_sealed, ingest_hash, created_at) VALUES (1, 1, 'p', 'p', 'api', 'x', 'h', ?)`,
			`INSERT INTO product (id, marketplace_id, vendor_id, sku, type, name, category, short_description, status, updated_at, created_at)
				VALUES (1, 1, 1, 's', 'api', 'P', 'c', 'd', 'draft', '2026-01-01', ?)`,
			`INSERT INTO plan (id, marketplace_id, product_id, name, created_at) VALUES (1, 1, 1, 'Basic', ?)`,
			`INSERT INTO plan_revision (id, marketplace_id, plan_id, number, content, created_at) VALUES (1, 1, 1, 1, '{}', ?)`,
			`INSERT INTO customer_order (id, marketplace_id, customer_id, placed_by, plan_revision_id, status, created_at) VALUES (1, 1, 1, 1, 1, 'confirmed', ?)`,
			`INSERT INTO subscription (id, marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status, auto_renew, created_at)
				VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 'active', TRUE, ?)`,
		} {
			_, err := db.Writer().ExecContext(ctx, db.Writer().Rebind(insert), now)
			require.NoError(t, err, insert)
		}
		attempt := func(operation string) (id int64, err error) {
			return id, db.Writer().GetContext(ctx, &id, db.Writer().Rebind(`INSERT INTO provision_attempt (marketplace_id, subscription_id, operation, status, created_at)
				VALUES (1, 1, ?, 'done', ?) RETURNING id`), operation, now)
		}
		first, err := attempt("provision")
		require.NoError(t, err)
		_, err = m.UpTo(ctx, 9)
		require.NoError(t, err)
		second, err := attempt("suspend")
		require.NoError(t, err)
		forgotten, err := attempt("repair")
		require.NoError(t, err)

		_, err = m.DownTo(ctx, 8)
		require.NoError(t, err)
		_, err = attempt("repair")
		require.Error(t, err, "the old version knows no repairs")
		require.Equal(t, []int64{first, second}, attemptIDs(t, db))
		_, err = m.Up(ctx)
		require.NoError(t, err)
		third, err := attempt("repair")
		require.NoError(t, err)
		require.Greater(t, third, forgotten)
		require.Equal(t, []int64{first, second, third}, attemptIDs(t, db))
	})
}

func attemptIDs(t *testing.T, db *store.DB) (ids []int64) {
	t.Helper()
	require.NoError(t, db.Writer().SelectContext(t.Context(), &ids, `SELECT id FROM provision_attempt ORDER BY id`))
	return ids
}
