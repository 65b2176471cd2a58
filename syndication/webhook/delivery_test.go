package webhook_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

func TestDelivery_carriesTheEventWithSignaturesThatReceiversAccept(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL+"/event", theSecret)
		s.tell(t, sub, event.Created)
		d := s.settled(t, 1)[0]
		request := r.requests()[0]
		library, err := standardwebhooks.NewWebhook(sign.StandardSecret(theSecret))
		require.NoError(t, err)
		require.NoError(t, library.Verify([]byte(request.body), request.header))
		require.NoError(t, sign.VerifyEvent(request.header, []byte(request.body), theSecret))
		require.Equal(t, fmt.Sprintf("evt_%d", d.EventID), request.header.Get("webhook-id"))
		require.Equal(t, "application/json; charset=utf-8", request.header.Get("Content-Type"))
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(request.body), &body))
		date, err := time.Parse(time.RFC3339, body["date"].(string))
		require.NoError(t, err)
		require.WithinDuration(t, d.CreatedAt, date, time.Minute)
		delete(body, "date")
		require.Equal(t, map[string]any{"entity": "Subscription", "entityUrl": fmt.Sprintf("subscription/%d", sub), "id": float64(sub), "type": "CREATED",
			"eventId": float64(d.EventID), "self": fmt.Sprintf("eventNotification/%d", d.EventID)}, body)
		require.Equal(t, webhook.Delivered, d.Status)
		require.NotNil(t, d.DeliveredAt)
		require.Empty(t, d.LastError)
	})
}

func TestDelivery_isTriedAgainUntilItArrivesAndLogsEachAttempt(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, func(n int, _ got) int {
			if n == 1 {
				return http.StatusInternalServerError
			}
			return http.StatusNoContent
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Modified)
		d, err := s.webhook.Delivery(t.Context(), s.vendor, s.settled(t, 1)[0].ID)
		require.NoError(t, err)
		require.Equal(t, webhook.Delivered, d.Status)
		require.Equal(t, 2, d.Attempts)
		require.Len(t, d.Log, 2)
		require.Equal(t, []int{1, 2}, []int{d.Log[0].Number, d.Log[1].Number})
		require.Equal(t, []int{500, 204}, []int{d.Log[0].StatusCode, d.Log[1].StatusCode})
		require.Equal(t, "not well", d.Log[0].ResponseBody)
		require.Contains(t, d.Log[0].Error, "500")
		require.NotEmpty(t, d.Log[0].RequestHeaders["Cmw-Event-Signature"])
		seen := r.requests()
		require.Len(t, seen, 2)
		require.Equal(t, seen[0].body, seen[1].body)
		require.Equal(t, seen[0].header.Get("webhook-id"), seen[1].header.Get("webhook-id"))
	})
}

func TestDelivery_isDeadAfterTheLastAttemptAndComesBackByReplay(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		var well atomic.Bool
		r := newReceiver(t, func(int, got) int {
			if well.Load() {
				return http.StatusOK
			}
			return http.StatusBadGateway
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Deleted)
		d := s.settled(t, 1)[0]
		require.Equal(t, webhook.Dead, d.Status)
		require.Equal(t, 3, d.Attempts)
		require.Nil(t, d.NextAttemptAt)
		require.Contains(t, d.LastError, "502")
		require.Len(t, r.requests(), 3)
		well.Store(true)
		d, err := s.webhook.Replay(t.Context(), s.vendor, d.ID)
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(d.Log), 3, "what was tried stays in the log; the next attempt may be in it already")
		d = s.settled(t, 1)[0]
		require.Equal(t, webhook.Delivered, d.Status)
		require.Equal(t, 4, d.Attempts)
		seen := r.requests()
		require.Len(t, seen, 4)
		require.Equal(t, seen[0].body, seen[3].body)
		require.Equal(t, seen[0].header.Get("webhook-id"), seen[3].header.Get("webhook-id"))
		require.NoError(t, sign.VerifyStandard(seen[3].header, []byte(seen[3].body), time.Now(), theSecret))
		require.Equal(t, 1, s.count(t, `SELECT COUNT(*) FROM audit_entry WHERE action = 'delivery.replay'`))
	})
}

func TestDelivery_arrivesInOrderAndANewerEventSupersedesRetriesOfOlderOnes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShopWith(t, db, true, hourly)
		r := newReceiver(t, func(n int, _ got) int {
			if n == 1 { // the first attempt of the first event
				return http.StatusServiceUnavailable
			}
			return http.StatusNoContent
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created, event.Modified, event.Modified, event.Modified, event.Deleted)
		s.start(t)
		all := s.settled(t, 5)
		require.Equal(t, []string{"CREATED", "MODIFIED", "MODIFIED", "MODIFIED", "DELETED"}, r.types())
		require.Equal(t, webhook.Superseded, all[0].Status)
		require.Nil(t, all[0].NextAttemptAt)

		// By hand it is sent all the same.
		_, err := s.webhook.Replay(t.Context(), s.vendor, all[0].ID)
		require.NoError(t, err)
		require.Equal(t, webhook.Delivered, s.settled(t, 5)[0].Status)
	})
}

func TestDelivery_thatWaitsForItsRetryIsSupersededByALaterEvent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShopWith(t, db, true, hourly)
		r := newReceiver(t, func(n int, _ got) int {
			if n == 1 {
				return http.StatusInternalServerError
			}
			return http.StatusNoContent
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		_, other := s.sell(t, "tides", r.URL, theSecret)
		s.start(t)
		s.tell(t, sub, event.Created)
		require.Eventually(t, func() bool {
			all := s.deliveries(t, webhook.Filter{})
			return len(all) == 1 && all[0].Attempts == 1
		}, 20*time.Second, 20*time.Millisecond)
		s.tell(t, other, event.Created)
		require.Eventually(t, func() bool { return len(s.deliveries(t, webhook.Filter{Status: webhook.Delivered})) == 1 }, 20*time.Second, 20*time.Millisecond)
		require.Equal(t, webhook.Pending, s.deliveries(t, webhook.Filter{})[0].Status, "that was of another subscription")
		s.tell(t, sub, event.Modified)
		require.Equal(t, webhook.Superseded, s.settled(t, 3)[0].Status)
	})
}

// Between the answer of the receiver and the commit of the outcome a server
// can die. Here the outcome cannot be written the first time, which leaves the
// same: a receiver that has the event and a database that does not know.
func TestDelivery_isRepeatedWithTheSameIDWhenItsOutcomeWasLost(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, func(n int, _ got) int {
			switch n {
			case 1:
				s.exec(t, `ALTER TABLE webhook_attempt RENAME TO webhook_attempt_gone`)
			case 2:
				s.exec(t, `ALTER TABLE webhook_attempt_gone RENAME TO webhook_attempt`)
			}
			return http.StatusNoContent
		})
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		d := s.settled(t, 1)[0]
		seen := r.requests()
		require.Len(t, seen, 2)
		require.Equal(t, seen[0].body, seen[1].body)
		require.Equal(t, seen[0].header.Get("webhook-id"), seen[1].header.Get("webhook-id"))
		require.Equal(t, webhook.Delivered, d.Status)
		require.Equal(t, 1, d.Attempts)
		require.Equal(t, 1, s.count(t, `SELECT COUNT(*) FROM webhook_attempt`))
	})
}

func TestDelivery_isMadeOnceThoughItsEventIsToldTwice(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		s.settled(t, 1)
		s.exec(t, `UPDATE event SET dispatched_at = NULL`)
		require.Eventually(t, func() bool {
			return s.count(t, `SELECT COUNT(*) FROM event WHERE dispatched_at IS NULL`) == 0
		}, 20*time.Second, 20*time.Millisecond)
		require.Len(t, s.settled(t, 1), 1)
		require.Len(t, r.requests(), 1)
	})
}

func TestDelivery_isNotMadeForAProductWithoutEndpoint(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		_, silent := s.sell(t, "silent", "", "")
		s.tell(t, silent, event.Created)
		require.Eventually(t, func() bool {
			return s.count(t, `SELECT COUNT(*) FROM event WHERE dispatched_at IS NULL`) == 0
		}, 20*time.Second, 20*time.Millisecond)
		require.Empty(t, s.deliveries(t, webhook.Filter{}))
	})
}

func TestDelivery_followsTheEndpointAndEndsWithIt(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		wrong := newReceiver(t, func(int, got) int { return http.StatusNotFound })
		right := newReceiver(t, nil)
		product, sub := s.sell(t, "maps", wrong.URL, theSecret)
		s.tell(t, sub, event.Created)
		d := s.settled(t, 1)[0]
		require.Equal(t, webhook.Dead, d.Status)
		s.edit(t, product, right.URL)
		_, err := s.webhook.Replay(t.Context(), s.operator, d.ID)
		require.NoError(t, err)
		d = s.settled(t, 1)[0]
		require.Equal(t, webhook.Delivered, d.Status)
		require.Equal(t, right.URL, d.URL)
		require.Len(t, right.requests(), 1)
		s.edit(t, product, "")
		_, err = s.webhook.Replay(t.Context(), s.operator, d.ID)
		require.True(t, fault.Is(err, fault.Precondition), "%v", err)
	})
}

func (s *shop) edit(t *testing.T, product int64, url string) {
	t.Helper()
	_, err := s.catalog.UpdateProduct(t.Context(), s.vendor, product, catalog.ProductInput{Name: "Maps", Category: "Geo", Type: catalog.API,
		ShortDescription: "Maps", UpstreamURL: "https://maps.example", SyndicationURL: url})
	require.NoError(t, err)
}

func TestDelivery_reachesALoopbackTargetInASandboxOnly(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShop(t, db, false)
		s.start(t)
		r := newReceiver(t, nil)
		product, sub := s.sell(t, "maps", "https://maps.example/event", theSecret)
		s.exec(t, `UPDATE webhook_endpoint SET url = ? WHERE product_id = ?`, r.URL, product) // past the form's check
		s.tell(t, sub, event.Created)
		require.Equal(t, webhook.Dead, s.settled(t, 1)[0].Status)
		require.Empty(t, r.requests())
	})
}

func TestDelivery_keepsTheSecretOutOfLogAndTables(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, func(n int, _ got) int { return http.StatusTeapot })
		_, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		s.settled(t, 1)
		require.Equal(t, 3, s.count(t, `SELECT COUNT(*) FROM webhook_attempt WHERE request_headers LIKE '%sha1=%'`))
		for _, query := range []string{
			`SELECT COUNT(*) FROM webhook_attempt WHERE request_headers LIKE ? OR response_headers LIKE ? OR response_body LIKE ? OR error LIKE ?`,
			`SELECT COUNT(*) FROM webhook_delivery WHERE url LIKE ? OR body LIKE ? OR last_error LIKE ? OR status LIKE ?`,
		} {
			like := "%" + theSecret + "%"
			require.Zero(t, s.count(t, query, like, like, like, like))
		}
		require.Contains(t, s.logs.String(), "webhook given up")
		require.NotContains(t, s.logs.String(), theSecret)
		require.NotContains(t, s.logs.String(), "sha1=")
	})
}

func TestDeliveries_showOnlyWhatIsTheActorsOwn(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		r := newReceiver(t, nil)
		product, sub := s.sell(t, "maps", r.URL, theSecret)
		s.tell(t, sub, event.Created)
		id := s.settled(t, 1)[0].ID
		s.tell(t, sub, event.Modified) // told after the first, so listed before it
		s.settled(t, 2)
		own, err := s.webhook.Deliveries(t.Context(), s.vendor, webhook.Filter{SubscriptionID: sub, ProductID: product, Status: webhook.Delivered}, page.Request{Limit: 1})
		require.NoError(t, err)
		require.Len(t, own.Items, 1)
		require.Equal(t, "Maps", own.Items[0].Product)
		require.Equal(t, event.Modified, own.Items[0].EventType)
		rest, err := s.webhook.Deliveries(t.Context(), s.vendor, webhook.Filter{}, page.Request{Limit: 1, Cursor: own.Next})
		require.NoError(t, err)
		require.Equal(t, id, rest.Items[0].ID)
		require.Empty(t, rest.Next)

		others, err := s.webhook.Deliveries(t.Context(), s.rival, webhook.Filter{}, page.Request{})
		require.NoError(t, err)
		require.Empty(t, others.Items)
		elsewhere := s.operator
		elsewhere.MarketplaceID = s.otherMarketplace(t)
		for _, stranger := range []account.Actor{s.rival, s.customer, elsewhere} {
			_, err = s.webhook.Delivery(t.Context(), stranger, id)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
			_, err = s.webhook.Replay(t.Context(), stranger, id)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		}
		others, err = s.webhook.Deliveries(t.Context(), s.customer, webhook.Filter{}, page.Request{})
		require.NoError(t, err)
		require.Empty(t, others.Items)
		_, err = s.webhook.Deliveries(t.Context(), s.vendor, webhook.Filter{Status: "lost"}, page.Request{})
		require.Equal(t, "status", fault.As(err).Fields[0].Name)
		require.Len(t, r.requests(), 2)
	})
}

func (s *shop) otherMarketplace(t *testing.T) int64 {
	t.Helper()
	m, err := account.New(s.db).CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Elsewhere", Host: "elsewhere.test", Currency: "EUR"})
	require.NoError(t, err)
	return m.ID
}
