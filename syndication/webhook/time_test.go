package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

// hourly is a schedule that keeps a failed delivery waiting.
func hourly(_ send.Attempt, n int) (time.Duration, bool) { return time.Hour, n < 3 }

func TestDelivery_inAnAdvancedSandboxIsSignedWithRealTimeAndShownInItsOwn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShopWith(t, db, true, hourly)
		s.start(t)
		ahead := time.Now().AddDate(0, 2, 0)
		require.NoError(t, db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) error { return tx.MoveClock(t.Context(), ahead) }))
		r := newReceiver(t, func(n int, _ got) int {
			if n == 1 {
				return http.StatusInternalServerError
			}
			return http.StatusNoContent
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		require.Eventually(t, func() bool {
			all := s.deliveries(t, webhook.Filter{})
			return len(all) == 1 && all[0].Attempts == 1
		}, 20*time.Second, 20*time.Millisecond)
		d, err := s.webhook.Delivery(t.Context(), s.vendor, s.deliveries(t, webhook.Filter{})[0].ID)
		require.NoError(t, err)
		require.Equal(t, webhook.Pending, d.Status)
		require.WithinDuration(t, ahead.Add(time.Hour), *d.NextAttemptAt, time.Minute)
		require.WithinDuration(t, ahead, d.Log[0].SentAt, time.Minute)
		first := r.requests()[0]
		require.NoError(t, sign.VerifyStandard(first.header, []byte(first.body), time.Now(), theSecret))
		require.Contains(t, first.body, d.CreatedAt.Format(`"date":"2006-01-02T`))

		// Somebody need not wait for the hour.
		_, err = s.webhook.Replay(t.Context(), s.vendor, d.ID)
		require.NoError(t, err)
		require.Equal(t, 2, s.settled(t, 1)[0].Attempts)
		require.Equal(t, webhook.Delivered, s.settled(t, 1)[0].Status)
	})
}

// A process that was killed leaves its job as running; the next one takes it up.
func TestDelivery_underWayWhenTheServerWasKilledIsMadeAfterItsRestart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShop(t, db, true)
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		s.exec(t, `UPDATE river_job SET state = 'running', attempt = 1`)
		if _, pg := db.Postgres(); pg { // there the queue's rescue does this, after its time
			s.exec(t, `UPDATE river_job SET state = 'available'`)
		}
		s.start(t)
		require.Equal(t, webhook.Delivered, s.settled(t, 1)[0].Status)
		require.Len(t, r.requests(), 1)
	})
}
