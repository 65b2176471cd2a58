package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const theSecret = "not-a-secret-of-anybody"

// quick is a schedule of three attempts without waiting.
func quick(_ send.Attempt, n int) (time.Duration, bool) { return 0, n < 3 }

// shop is a marketplace with a vendor and what a running server has.
type shop struct {
	db       *store.DB
	jobs     *jobs.Client
	events   *event.Log
	catalog  *catalog.Service
	webhook  *webhook.Service
	market   account.Marketplace
	operator account.Actor
	vendor   account.Actor
	rival    account.Actor
	customer account.Actor
	reseller account.Actor
	logs     *lockedBuffer
}

// each runs the test with a shop on every database; its jobs run.
func each(t *testing.T, run func(t *testing.T, s *shop)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := newShop(t, db, true)
		s.start(t)
		run(t, s)
	})
}

func newShop(t *testing.T, db *store.DB, sandbox bool) *shop {
	t.Helper()
	return newShopWith(t, db, sandbox, quick)
}

func newShopWith(t *testing.T, db *store.DB, sandbox bool, schedule webhook.ScheduleFunc) *shop {
	t.Helper()
	return newShopOf(t, db, sandbox, webhook.Config{Schedule: schedule}, 5*time.Second)
}

// newShopOf is a shop whose service has a configuration of the test's own.
func newShopOf(t *testing.T, db *store.DB, sandbox bool, cfg webhook.Config, timeout time.Duration) *shop {
	t.Helper()
	s := &shop{db: db, logs: &lockedBuffer{}}
	log := slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, secret.KeySize))
	require.NoError(t, err)
	sender, err := send.New(send.Config{Clock: db.Clock(), Timeout: timeout})
	require.NoError(t, err)
	t.Cleanup(sender.Close)
	s.jobs = jobs.New(db, log)
	s.events = event.New(db, s.jobs)
	s.catalog = catalog.New(catalog.Config{DB: db, Events: s.events, Box: box,
		Syndication: func(ctx context.Context, tx *store.Tx, p catalog.Product) error { return s.webhook.Follow(ctx, tx, p) }})
	cfg.DB, cfg.Jobs, cfg.Events, cfg.Box, cfg.Sender, cfg.Log = db, s.jobs, s.events, box, sender, log
	s.webhook = webhook.New(cfg)
	require.NoError(t, s.jobs.Open())
	accounts := account.New(db)
	s.market, err = accounts.CreateMarketplace(t.Context(), account.MarketplaceInput{Name: "Rialto", Host: "rialto.test", Sandbox: sandbox, Currency: "EUR"})
	require.NoError(t, err)
	for kind, actor := range map[*account.Actor]account.Kind{&s.operator: account.Operator, &s.vendor: account.Vendor, &s.rival: account.Vendor, &s.customer: account.Customer,
		&s.reseller: account.Reseller} {
		o, err := accounts.CreateOrganization(t.Context(), s.market.ID, account.OrganizationInput{Kind: actor, Name: string(actor), Email: "a@b.test"})
		require.NoError(t, err)
		*kind = account.Actor{MarketplaceID: s.market.ID, UserID: o.ID, OrganizationID: o.ID, Kind: actor, Role: account.Admin, Name: "Ada", Organization: o.Name}
	}
	return s
}

func (s *shop) start(t *testing.T) {
	t.Helper()
	require.NoError(t, s.jobs.Start(t.Context()))
	t.Cleanup(func() { s.stop(t) })
}

func (s *shop) stop(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, s.jobs.Stop(ctx))
}

// sell adds a product whose events go to the address, and a subscription to it.
func (s *shop) sell(t *testing.T, sku, url string, key secret.Text) (product, sub int64) {
	t.Helper()
	p, err := s.catalog.CreateProduct(t.Context(), s.vendor, catalog.ProductInput{Name: "Maps", SKU: sku, Type: catalog.API, Category: "Geo",
		ShortDescription: "Maps", UpstreamURL: "https://maps.example", SyndicationURL: url, SyndicationSecret: key})
	require.NoError(t, err)
	require.NoError(t, s.db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) (err error) {
		insert := func(query string, args ...any) (id int64) {
			if err == nil {
				id, err = tx.Insert(t.Context(), query, append(args, tx.Marketplace())...)
			}
			return id
		}
		provider := insert(`INSERT INTO provider (name, plugin, product_type, settings_sealed, ingest_hash, created_at, marketplace_id) VALUES (?, 'kong', 'api', ?, ?, ?, ?)`,
			sku, []byte("x"), sku, tx.Now())
		plan := insert(`INSERT INTO plan (product_id, name, created_at, marketplace_id) VALUES (?, 'Basic', ?, ?)`, p.ID, tx.Now())
		revision := insert(`INSERT INTO plan_revision (plan_id, number, content, created_at, marketplace_id) VALUES (?, 1, '{}', ?, ?)`, plan, tx.Now())
		order := insert(`INSERT INTO customer_order (customer_id, placed_by, plan_revision_id, status, created_at, marketplace_id) VALUES (?, 1, ?, 'confirmed', ?, ?)`,
			s.customer.OrganizationID, revision, tx.Now())
		sub = insert(`INSERT INTO subscription (customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status, auto_renew, created_at, marketplace_id)
			VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)`, s.customer.OrganizationID, p.VendorID, p.ID, plan, revision, order, provider, true, tx.Now())
		return err
	}))
	return p.ID, sub
}

// tell appends events of the subscription, in order.
func (s *shop) tell(t *testing.T, sub int64, types ...event.Type) {
	t.Helper()
	for _, kind := range types {
		require.NoError(t, s.db.InTx(t.Context(), s.market.ID, func(tx *store.Tx) error {
			return s.events.Append(t.Context(), tx, event.Input{Entity: event.Subscription, EntityID: sub, Type: kind, Topic: "subscription.test",
				SubscriptionID: sub, CustomerID: s.customer.OrganizationID, VendorID: s.vendor.OrganizationID, Actor: s.vendor.Audit()})
		}))
	}
}

// deliveries returns the operator's list, oldest first.
func (s *shop) deliveries(t *testing.T, f webhook.Filter) []webhook.Delivery {
	t.Helper()
	p, err := s.webhook.Deliveries(t.Context(), s.operator, f, page.Request{})
	require.NoError(t, err)
	out := make([]webhook.Delivery, 0, len(p.Items))
	for _, d := range p.Items {
		out = append([]webhook.Delivery{d}, out...)
	}
	return out
}

// settled waits until there are n deliveries and none is pending.
func (s *shop) settled(t *testing.T, n int) []webhook.Delivery {
	t.Helper()
	require.Eventually(t, func() bool {
		return len(s.deliveries(t, webhook.Filter{})) == n && len(s.deliveries(t, webhook.Filter{Status: webhook.Pending})) == 0
	}, 20*time.Second, 20*time.Millisecond)
	return s.deliveries(t, webhook.Filter{})
}

func (s *shop) count(t *testing.T, query string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, s.db.View(t.Context(), s.market.ID, func(tx *store.Tx) error { return tx.Get(t.Context(), "count", &n, query, args...) }))
	return n
}

func (s *shop) exec(t require.TestingT, query string, args ...any) {
	require.NoError(t, s.db.InTx(context.Background(), store.Platform, func(tx *store.Tx) error {
		_, err := tx.Exec(context.Background(), query, args...)
		return err
	}))
}

// got is a request as a receiver saw it.
type got struct {
	header http.Header
	body   string
}

// receiver is a vendor's server. answer says what it replies to the n-th
// request, from 1; 204 when nil.
type receiver struct {
	*httptest.Server
	answer func(n int, g got) int
	mu     sync.Mutex
	all    []got
}

func newReceiver(t *testing.T, answer func(n int, g got) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	g := got{req.Header.Clone(), string(body)}
	r.all = append(r.all, g)
	n := len(r.all)
	r.mu.Unlock()
	status := http.StatusNoContent
	if r.answer != nil {
		status = r.answer(n, g)
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = io.WriteString(w, "not well")
	}
}

func (r *receiver) requests() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.all...)
}

// types returns the event types in the order they arrived.
func (r *receiver) types() (out []string) {
	for _, g := range r.requests() {
		_, rest, _ := strings.Cut(g.body, `"type":"`)
		kind, _, _ := strings.Cut(rest, `"`)
		out = append(out, kind)
	}
	return out
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
