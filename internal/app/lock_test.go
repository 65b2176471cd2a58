package app_test

import (
	"testing"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// TestCancel_andATerminationNeverWaitForEachOther holds a termination between
// its two locks while the same attempt is cancelled. SQLite has one writer, so
// it is of PostgreSQL only.
func TestCancel_andATerminationNeverWaitForEachOther(t *testing.T) {
	t.Parallel()
	plugin := newClouds()
	b := setupWith(t, storetest.PostgresURL(t), plugin)
	b.provider(provision.ProviderInput{MaxInFlight: 1})
	plan := b.planOn("slow")
	defer plugin.block("slow")()
	running := b.place(plan)
	b.until("it runs", func() bool { return b.attempt(running).CallingSince != nil })
	queued := b.place(plan)

	cancelled := make(chan error, 1)
	require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
		if _, err := subscription.Lock(b.ctx, tx, queued); err != nil {
			return err
		}
		go func() {
			_, err := b.Provision.Cancel(b.ctx, b.operator, b.attempt(queued).ID)
			cancelled <- err
		}()
		b.until("the cancel waits", func() bool { return b.waitingForLocks() > 0 })
		_, err := tx.Exec(b.ctx, `UPDATE provision_attempt SET version = version + 1 WHERE marketplace_id = ? AND subscription_id = ?`, b.market.ID, queued)
		return err
	}))
	require.NoError(t, <-cancelled)
	require.Equal(t, provision.Failed, b.attempt(queued).Status)
}

// waitingForLocks counts who waits for a row of the test's own database.
func (b *testBundle) waitingForLocks() (n int) {
	b.t.Helper()
	require.NoError(b.t, b.DB.View(b.ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Get(b.ctx, "count", &n, `SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`)
	}))
	return n
}
