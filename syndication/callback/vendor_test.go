package callback_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/syndication/callback"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connector is a vendor's server that answers each path as it was told.
type connector struct {
	*httptest.Server
	mu    sync.Mutex
	said  map[string]http.HandlerFunc
	asked []question
	done  chan struct{} // closed when what hangs may end
}

// question is a request as the vendor saw it.
type question struct {
	path   string
	header http.Header
	raw    []byte
	body   map[string]any
}

func newConnector(t *testing.T) *connector {
	t.Helper()
	c := &connector{said: map[string]http.HandlerFunc{}, done: make(chan struct{})}
	c.Server = httptest.NewServer(c)
	t.Cleanup(func() { close(c.done); c.Close() })
	return c
}

func (c *connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	q := question{path: r.URL.Path, header: r.Header, raw: raw}
	_ = json.Unmarshal(raw, &q.body) // a GET has none
	c.mu.Lock()
	c.asked = append(c.asked, q)
	answer := c.said[r.URL.Path]
	c.mu.Unlock()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, r)
}

func (c *connector) says(path string, answer http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said[path] = answer
}

// questions are those since the last time.
func (c *connector) questions() []question {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.asked
	c.asked = nil
	return all
}

func (c *connector) hangs(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-c.done:
	case <-r.Context().Done():
	}
}

func answer(status int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

// bundle is a marketplace with a vendor's product.
type bundle struct {
	*callback.Service
	t        *testing.T
	ctx      context.Context
	market   account.Marketplace
	products *catalog.Service
	vendor   account.Actor
	offer    catalog.Offer
	there    *connector
}

const patience = 400 * time.Millisecond

// setup makes a marketplace of the kind, with a vendor's product.
func setup(t *testing.T, db *store.DB, kind account.MarketplaceInput) *bundle {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	client := jobs.New(db, log)
	events := event.New(db, client)
	require.NoError(t, client.Open())
	box, err := secret.NewBox(bytes.Repeat([]byte{1}, secret.KeySize))
	require.NoError(t, err)
	accounts := account.New(db)
	b := &bundle{t: t, ctx: t.Context(), there: newConnector(t),
		products: catalog.New(catalog.Config{DB: db, Events: events, Box: box, Kinds: noPlugins{}, Provider: noProvider})}
	kind.Name, kind.Host, kind.Currency = "M", "*", "EUR"
	b.market, err = accounts.CreateMarketplace(b.ctx, kind)
	require.NoError(t, err)
	o, err := accounts.CreateOrganization(b.ctx, b.market.ID, account.OrganizationInput{Kind: account.Vendor, Name: "V", Email: "v@x.test"})
	require.NoError(t, err)
	b.vendor = account.Actor{MarketplaceID: b.market.ID, UserID: o.ID, OrganizationID: o.ID, Kind: account.Vendor, Role: account.Admin}
	b.Service, err = callback.New(callback.Config{DB: db, Catalog: b.products, Clock: clock.System{}, Log: log, Timeout: patience,
		MetricHeaders: map[string]string{"X-Environment": "test"}})
	require.NoError(t, err)
	t.Cleanup(b.Close)
	b.describe(`{"orderValidationUrls":["HOST/first","HOST/second"],
		"parameters":[{"code":"site"},{"code":"region","externalValuesUrl":"HOST/regions"},{"code":"pin","sensitive":true},{"code":"workers","min":1}]}`)
	return b
}

type noPlugins struct{}

func (noPlugins) Kind(context.Context, catalog.Type) (catalog.Kind, error) {
	return catalog.Kind{}, fault.New(fault.NotFound, "There is no such type.")
}
func (noPlugins) Kinds(context.Context) ([]catalog.Kind, error) { return nil, nil }

func noProvider(context.Context, *store.Tx, catalog.Type, string) error { return nil }

// describe makes the product, with HOST in its configuration as the vendor's.
func (b *bundle) describe(configuration string) {
	b.t.Helper()
	host := b.there.URL
	if !b.market.ReachesPrivate() {
		host = "https://vendor.example.com"
	}
	p, err := b.products.CreateProduct(b.ctx, b.vendor, catalog.ProductInput{Name: "Hosting", SKU: "hosting", Type: catalog.Syndicated, Category: "c",
		SyndicationURL: host + "/events?from=us", SyndicationSecret: "MY_SECRET_TOKEN",
		Configuration: bytes.ReplaceAll([]byte(configuration), []byte("HOST"), []byte(host))})
	require.NoError(b.t, err)
	plan, err := b.products.CreatePlan(b.ctx, b.vendor, p.ID, catalog.PlanInput{Name: "Quay", Terms: price.Terms{Currency: "EUR"},
		Configuration: json.RawMessage(`{"identifier":"quay"}`),
		Resources:     []catalog.PlanResource{{Parameter: "seats", Min: 1, Default: 2, UnitPrice: money.Int(1)}}})
	require.NoError(b.t, err)
	b.offer = catalog.Offer{Product: p, Plan: plan, Revision: plan.Revision}
}

// fit are parameters as they are kept.
func (b *bundle) fit(parameters string) json.RawMessage {
	b.t.Helper()
	kind, err := b.products.KindOf(b.ctx, b.offer.Product)
	require.NoError(b.t, err)
	fitted, err := kind.Fit(b.offer.Revision.Content, json.RawMessage(parameters))
	require.NoError(b.t, err)
	return fitted
}

func each(t *testing.T, run func(t *testing.T, b *bundle)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { run(t, setup(t, db, account.MarketplaceInput{Sandbox: true})) })
}
