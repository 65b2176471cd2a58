package webhook_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/stretchr/testify/require"
)

// impatient is a shop whose attempts time out soon and are not repeated.
func impatient(t *testing.T, run func(t *testing.T, s *shop)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		once := func(send.Attempt, int) (time.Duration, bool) { return 0, false }
		s := newShopOf(t, db, true, webhook.Config{Schedule: once}, time.Second)
		s.start(t)
		run(t, s)
	})
}

// serve is a receiver that answers as the handler does.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// hangs never answers, until the test ends.
func hangs(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	url := serve(t, func(http.ResponseWriter, *http.Request) { <-over })
	t.Cleanup(func() { close(over) })
	return url
}

func TestDelivery_survivesReceiversThatMisbehave(t *testing.T) {
	impatient(t, func(t *testing.T, s *shop) {
		elsewhere := newReceiver(t, nil)
		for name, c := range map[string]struct {
			url    string
			status webhook.Status
			code   int
			says   string
		}{
			"hangs": {hangs(t), webhook.Dead, 0, "No answer within"},
			"drops": {serve(t, func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					conn.Close()
				}
			}), webhook.Dead, 0, "closed without an answer"},
			"moved": {serve(t, func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, elsewhere.URL, http.StatusMovedPermanently)
			}), webhook.Dead, 301, "redirects are not followed"},
			"troubled": {serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }), webhook.Dead, 500, "500"},
			"talks": {serve(t, func(w http.ResponseWriter, _ *http.Request) { // a gigabyte, if anybody listened
				chunk := make([]byte, 1<<20)
				for range 1 << 10 {
					if _, err := w.Write(chunk); err != nil {
						return
					}
				}
			}), webhook.Delivered, 200, ""},
		} {
			_, sub := s.sell(t, name, c.url, theSecret)
			s.tell(t, sub, event.Created)
			d := s.of(t, sub, func(d webhook.Delivery) bool { return d.Status != webhook.Pending })
			require.Equal(t, c.status, d.Status, name)
			require.Contains(t, d.LastError, c.says, name)
			require.Equal(t, c.code, d.Log[0].StatusCode, name)
			require.LessOrEqual(t, len(d.Log[0].ResponseBody), 3*send.MaxResponse, name)
		}
		require.Empty(t, elsewhere.requests())
	})
}

// of waits until the newest delivery of the subscription is as wanted.
func (s *shop) of(t *testing.T, sub int64, wanted func(webhook.Delivery) bool) (d webhook.Delivery) {
	t.Helper()
	require.Eventually(t, func() bool {
		found, err := s.webhook.Deliveries(t.Context(), s.operator, webhook.Filter{SubscriptionID: sub}, page.Request{})
		if err != nil || len(found.Items) == 0 {
			return false
		}
		d, err = s.webhook.Delivery(t.Context(), s.operator, found.Items[0].ID)
		return err == nil && wanted(d)
	}, 20*time.Second, 20*time.Millisecond)
	return d
}

func TestDelivery_endpointsThatHangHoldUpNoOther(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		const timeout = time.Minute
		s := newShopOf(t, db, true, webhook.Config{Schedule: hourly, InFlight: 2}, timeout)
		well := newReceiver(t, nil)
		for i := range 3 { // more than may run at once beside each endpoint's own
			url := hangs(t)
			s.listen(t, s.vendor, webhook.EndpointInput{URL: url})
			_, stuck := s.sell(t, fmt.Sprintf("stuck-%d", i), url, theSecret)
			s.tell(t, stuck, event.Created)
		}
		_, sub := s.sell(t, "maps", well.URL, theSecret)
		s.start(t)
		require.Eventually(t, func() bool { return s.count(t, `SELECT COUNT(*) FROM event WHERE dispatched_at IS NULL`) == 0 }, 20*time.Second, 10*time.Millisecond)
		for range 20 {
			s.tell(t, sub, event.Modified)
		}
		require.Eventually(t, func() bool { return len(well.requests()) == 20 }, timeout/2, 10*time.Millisecond)
		require.NotZero(t, len(s.deliveries(t, webhook.Filter{Status: webhook.Pending})), "the others hang all the while")
	})
}

// A connector reads and changes the subscription before it answers. Were
// anything locked meanwhile, neither would ever end.
func TestDelivery_letsTheReceiverCallBackBeforeItAnswers(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		var failed atomic.Value
		var sub int64
		r := newReceiver(t, func(n int, _ got) int {
			err := s.db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) error {
				if _, err := tx.Exec(t.Context(), `UPDATE subscription SET name = 'seen' WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), sub); err != nil {
					return err
				}
				if n > 1 {
					return nil
				}
				return s.events.Append(t.Context(), tx, event.Input{Entity: event.Subscription, EntityID: sub, Type: event.Modified, Topic: "subscription.test",
					SubscriptionID: sub, Actor: s.vendor.Audit()})
			})
			if _, listed := s.webhook.Deliveries(t.Context(), s.vendor, webhook.Filter{SubscriptionID: sub}, page.Request{}); err == nil {
				err = listed
			}
			if err != nil {
				failed.Store(err)
			}
			return http.StatusNoContent
		})
		_, sub = s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		s.settled(t, 2)
		require.Nil(t, failed.Load())
		require.Equal(t, []string{"CREATED", "MODIFIED"}, r.types())
	})
}

func TestDelivery_aBusyReceiverIsLeftAloneAsLongAsItSays(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShopWith(t, db, true, func(a send.Attempt, n int) (time.Duration, bool) { return *a.RetryAfter, n < 3 })
		var first atomic.Int64
		r := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if first.CompareAndSwap(0, time.Now().UnixNano()) {
				w.Header().Set("Retry-After", "2")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		}))
		t.Cleanup(r.Close)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.start(t)
		s.tell(t, sub, event.Created)
		s.of(t, sub, func(d webhook.Delivery) bool { return d.Attempts == 1 })
		_, other := s.sell(t, "tides", r.URL, theSecret)
		s.tell(t, other, event.Created)
		s.of(t, other, func(d webhook.Delivery) bool { return d.Status == webhook.Delivered }) // another endpoint is no concern of it
		d := s.of(t, sub, func(d webhook.Delivery) bool { return d.Status == webhook.Delivered })
		require.GreaterOrEqual(t, d.DeliveredAt.Sub(d.Log[0].SentAt), 2*time.Second)
	})
}

func TestEndpoint_thatOnlyFailsForDaysIsDisabledAndWhatWaitsIsSentWhenItIsEnabled(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShopOf(t, db, true, webhook.Config{Schedule: func(send.Attempt, int) (time.Duration, bool) { return 0, false }, DisableAfter: time.Second}, 5*time.Second)
		var well atomic.Bool
		r := newReceiver(t, func(int, got) int {
			if well.Load() {
				return http.StatusNoContent
			}
			return http.StatusBadGateway
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		endpoint := s.endpointOf(t, s.vendor)
		s.start(t)
		for range 40 {
			if endpoint = s.endpointOf(t, s.vendor); !endpoint.Enabled {
				break
			}
			s.tell(t, sub, event.Modified)
			time.Sleep(100 * time.Millisecond) // days, for this service
		}
		require.Eventually(t, func() bool { endpoint = s.endpointOf(t, s.vendor); return !endpoint.Enabled }, 20*time.Second, 20*time.Millisecond)
		require.Contains(t, endpoint.DisabledReason, "Nothing arrived since")
		require.Equal(t, 1, s.count(t, `SELECT COUNT(*) FROM event WHERE topic = 'webhook.endpointDisabled' AND vendor_id = ?`, s.vendor.OrganizationID))
		require.Contains(t, s.logs.String(), "webhook endpoint disabled")

		well.Store(true)
		before := len(r.requests())
		s.tell(t, sub, event.Deleted)
		d := s.of(t, sub, func(d webhook.Delivery) bool { return d.EventType == event.Deleted })
		require.Equal(t, webhook.Pending, d.Status)
		require.NoError(t, s.jobs.WaitIdle(t.Context(), s.market.ID), "what waits for a person is not waited for")
		require.Len(t, r.requests(), before)
		_, err := s.webhook.EnableEndpoint(t.Context(), s.vendor, endpoint.ID)
		require.NoError(t, err)
		s.of(t, sub, func(d webhook.Delivery) bool { return d.Status == webhook.Delivered })
		require.Nil(t, s.endpointOf(t, s.vendor).FailingSince)
	})
}
