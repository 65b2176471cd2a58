package journey

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

// stormSize is how many events the storm has: FONDACO_STORM_EVENTS of them, or
// else fewer where everybody waits for the tests, and all 20,000 where the
// services run.
func stormSize(t *testing.T) int {
	t.Helper()
	text := os.Getenv("FONDACO_STORM_EVENTS")
	switch {
	case text == "" && os.Getenv("FONDACO_TEST_PG") == "":
		return 5_000
	case text == "":
		return 20_000
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

// TestStorm_killedAgainAndAgainEveryEventArrives kills the server with SIGKILL
// while it tells and delivers a storm of events, and wants each of them to
// arrive, signed, those of one subscription in order, and twice only with the
// same id.
func TestStorm_killedAgainAndAgainEveryEventArrives(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills a server")
	}
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		m := newMortal(t, dbURL)
		r := newStormReceiver()
		m.hooks.Config.Handler = r // where the product's events go
		m.start()
		order := m.as(account.Customer).post("/orders", obj{"planId": m.sell(m.as(account.Vendor), m.as(account.Operator))}).want(201)
		m.kill()
		ids := m.storm(dbURL, order.num("subscriptionId"), stormSize(t))
		deaths := 4
		if strings.HasPrefix(dbURL, "postgres") {
			deaths = 1 // each costs the time until the lease of the dead runs out
		}
		for i := range deaths {
			m.start()
			r.wait(t, ids, len(ids)*(2*i+1)/(2*deaths+1))
			m.kill()
		}
		m.start()
		r.wait(t, ids, len(ids))
		m.end()
		r.check(t, ids)
		t.Logf("%d events, %d requests, %d deaths", len(ids), r.requests, deaths)
	})
}

// storm writes events of five hundred subscriptions, as the server does, while
// it is down; it returns their ids.
func (m *mortal) storm(dbURL string, sub int64, n int) []int64 {
	m.t.Helper()
	const subscriptions = 500
	ctx := m.t.Context()
	key, err := secret.LoadOrCreateKey(m.key)
	require.NoError(m.t, err)
	a, err := app.New(ctx, app.Config{DatabaseURL: dbURL, SecretKey: key, Plugins: host.Static(nil), Log: slog.New(slog.DiscardHandler)})
	require.NoError(m.t, err)
	defer func() { require.NoError(m.t, a.Stop(context.Background())) }()
	var ids []int64
	require.NoError(m.t, a.DB.InTx(ctx, 1, func(tx *store.Tx) error {
		if _, err := tx.Exec(ctx, `WITH RECURSIVE copies (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM copies WHERE i < ?)
			INSERT INTO subscription (id, marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status, auto_renew, created_at)
			SELECT 1000 + i, marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, 'terminated', auto_renew, created_at
			FROM copies CROSS JOIN subscription s WHERE s.id = ?`, subscriptions, sub); err != nil {
			return err
		}
		for i := range n {
			id := int64(1001 + i%subscriptions)
			if err := a.Events.Append(ctx, tx, event.Input{Entity: event.Subscription, EntityID: id, SubscriptionID: id, Type: event.Modified,
				Topic: "subscription.stormed", Summary: "Stormed.", Actor: audit.System}); err != nil {
				return err
			}
		}
		return tx.Select(ctx, &ids, `SELECT id FROM event WHERE marketplace_id = 1 AND topic = 'subscription.stormed' ORDER BY id`)
	}))
	require.Len(m.t, ids, n)
	return ids
}

// stormReceiver remembers what arrived first of each event.
type stormReceiver struct {
	mu       sync.Mutex
	first    map[int64]string // bodies by event
	latest   map[int64]int64  // the newest event of each subscription
	requests int
	wrong    []string
}

func newStormReceiver() *stormReceiver {
	return &stormReceiver{first: map[int64]string{}, latest: map[int64]int64{}}
}

// ServeHTTP notes what came, and what is wrong with it.
func (r *stormReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return // the server was killed over it
	}
	r.note(req.Header, body)
	w.WriteHeader(http.StatusNoContent)
}

func (r *stormReceiver) note(h http.Header, body []byte) {
	var e struct {
		ID      int64 `json:"id"`
		EventID int64 `json:"eventId"`
	}
	unreadable := json.Unmarshal(body, &e)
	unsigned := sign.VerifyStandard(h, body, time.Now(), "crash-secret")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	switch seen, again := r.first[e.EventID]; {
	case unreadable != nil || unsigned != nil:
		r.wrong = append(r.wrong, fmt.Sprint(unreadable, unsigned))
	case h.Get("Webhook-Id") != fmt.Sprintf("evt_%d", e.EventID):
		r.wrong = append(r.wrong, "webhook-id "+h.Get("Webhook-Id")+" of "+string(body))
	case again && seen != string(body):
		r.wrong = append(r.wrong, "came again as "+string(body))
	case !again && e.EventID < r.latest[e.ID]:
		r.wrong = append(r.wrong, fmt.Sprintf("event %d of subscription %d came after %d", e.EventID, e.ID, r.latest[e.ID]))
	case !again:
		r.first[e.EventID], r.latest[e.ID] = string(body), e.EventID
	}
}

// wait waits until so many of the events have arrived.
func (r *stormReceiver) wait(t *testing.T, ids []int64, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return r.arrived(ids) >= n }, 5*time.Minute, 5*time.Millisecond)
}

func (r *stormReceiver) arrived(ids []int64) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, id := range ids {
		if _, here := r.first[id]; here {
			n++
		}
	}
	return n
}

func (r *stormReceiver) check(t *testing.T, ids []int64) {
	t.Helper()
	require.Empty(t, r.wrong)
	require.Equal(t, len(ids), r.arrived(ids))
}
