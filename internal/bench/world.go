package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/price"
)

const ingestSecret = secret.Text("bench-ingest-secret")

// world is a marketplace with a hundred products, a customer and a
// subscription, and a server in front of it.
type world struct {
	app      *app.App
	server   *httptest.Server
	floor    *httptest.Server
	plugins  *host.Host
	customer account.Actor
	plan     int64
	sub      int64
	market   int64
	sent     int
}

func newWorld(ctx context.Context, path string) (*world, error) {
	w := &world{plugins: host.Static(map[string]sdk.Provider{"example": &example.Provider{}})}
	var err error
	w.app, err = app.New(ctx, app.Config{DatabaseURL: path, SecretKey: bytes.Repeat([]byte{1}, secret.KeySize), Plugins: w.plugins, Log: quiet})
	if err != nil {
		return nil, err
	}
	if err := w.app.Start(ctx); err != nil {
		return nil, err
	}
	if err := w.fill(ctx, path); err != nil {
		return nil, err
	}
	h, err := w.app.Handler()
	if err != nil {
		return nil, err
	}
	w.server = httptest.NewServer(h)
	w.floor = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(rw, "ok") }))
	return w, nil
}

func (w *world) close() error {
	w.server.Close()
	w.floor.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return errors.Join(w.app.Stop(ctx), w.plugins.Stop(ctx))
}

func (w *world) fill(ctx context.Context, path string) error {
	m, err := w.app.Accounts.CreateMarketplace(ctx, account.MarketplaceInput{Name: "Bench", Host: "*", Sandbox: true, Currency: "EUR"})
	if err != nil {
		return err
	}
	w.market = m.ID
	operator, err := w.person(ctx, account.Operator)
	if err != nil {
		return err
	}
	vendor, err := w.person(ctx, account.Vendor)
	if err != nil {
		return err
	}
	if w.customer, err = w.person(ctx, account.Customer); err != nil {
		return err
	}
	_, err = w.app.Provision.SaveProvider(ctx, operator, provision.ProviderInput{Name: "bench", Plugin: "example", ProductType: catalog.API,
		Settings: fmt.Appendf(nil, `{"file":%q}`, filepath.Join(filepath.Dir(path), "boxes.json")), IngestSecret: ingestSecret})
	if err != nil {
		return err
	}
	for i := range 100 {
		if err := w.product(ctx, operator, vendor, i); err != nil {
			return err
		}
	}
	return w.subscribe(ctx)
}

func (w *world) person(ctx context.Context, kind account.Kind) (account.Actor, error) {
	email := string(kind) + "@bench.example"
	o, err := w.app.Accounts.CreateOrganization(ctx, w.market, account.OrganizationInput{Kind: kind, Name: string(kind), Email: email})
	if err != nil {
		return account.Actor{}, err
	}
	u, err := w.app.Accounts.CreateUser(ctx, w.market, account.UserInput{OrganizationID: o.ID, Email: email, Name: string(kind), Password: "correct horse", Role: account.Admin})
	if err != nil {
		return account.Actor{}, err
	}
	return w.app.Accounts.ActorOf(ctx, w.market, u.ID)
}

func (w *world) product(ctx context.Context, operator, vendor account.Actor, i int) error {
	p, err := w.app.Catalog.CreateProduct(ctx, vendor, catalog.ProductInput{Name: fmt.Sprintf("Product %d", i), SKU: fmt.Sprintf("product-%d", i),
		Type: catalog.API, Category: fmt.Sprintf("category-%d", i%8), ShortDescription: "Measured", UpstreamURL: "http://127.0.0.1:9"})
	if err != nil {
		return err
	}
	if _, err := w.app.Catalog.AddEndpoints(ctx, vendor, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "GET", Path: "/search"}}); err != nil {
		return err
	}
	plan, err := w.app.Catalog.CreatePlan(ctx, vendor, p.ID, catalog.PlanInput{Name: "Starter",
		Terms: price.Terms{Currency: "EUR", SetupPrice: money.Int(10), RecurringPrice: money.Int(29)},
		Endpoints: []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.PayPerUse,
			Charge: &price.Charge{Tiers: []price.Tier{{UnitPrice: money.MustParse("0.05")}}}}}})
	if err != nil {
		return err
	}
	w.plan = plan.ID
	if _, err := w.app.Catalog.Submit(ctx, vendor, p.ID); err != nil {
		return err
	}
	_, err = w.app.Catalog.Approve(ctx, operator, p.ID)
	return err
}

func (w *world) subscribe(ctx context.Context) error {
	o, err := w.app.Orders.Place(ctx, w.customer, order.Input{PlanID: w.plan})
	if err != nil {
		return err
	}
	w.sub = *o.SubscriptionID
	_, err = w.app.Payments.Pay(ctx, w.customer, *o.InvoiceID, payment.Card{Number: "4242424242424242"})
	return err
}

func (w *world) catalogPage(context.Context) (result, error) {
	return w.page("catalog page (HTML, 100 products)", w.server.URL+"/catalog")
}

func (w *world) catalogAPI(context.Context) (result, error) {
	return w.page("catalog list (API, 100 products)", w.server.URL+"/api/v1/catalog?limit=50")
}

func (w *world) page(name, url string) (result, error) {
	value, err := perSecond(func(int) (int, error) { return 1, get(url) })
	if err != nil {
		return result{}, err
	}
	floor, err := perSecond(func(int) (int, error) { return 1, get(w.floor.URL) })
	return result{name: name, value: value, unit: "pages/s", floor: floor, of: "empty handler"}, err
}

func get(url string) error { return read(http.DefaultClient, url, "") }

func (w *world) orders(ctx context.Context) (result, error) {
	value, err := perSecond(func(int) (int, error) {
		_, err := w.app.Orders.Place(ctx, w.customer, order.Input{PlanID: w.plan})
		return 1, err
	})
	if err != nil {
		return result{}, err
	}
	floor, err := w.commits(ctx, 1)
	return result{name: "order placement (with invoice)", value: value, unit: "orders/s", floor: floor, of: "one-row commit"}, err
}

// activation measures how long a paid subscription waits until it is active:
// the job's start, the plugin's call and three commits.
func (w *world) activation(ctx context.Context) (result, error) {
	const rounds = 20
	var took time.Duration
	for range rounds {
		o, err := w.app.Orders.Place(ctx, w.customer, order.Input{PlanID: w.plan})
		if err != nil {
			return result{}, err
		}
		if _, err := w.app.Payments.Pay(ctx, w.customer, *o.InvoiceID, payment.Card{Number: "4242424242424242"}); err != nil {
			return result{}, err
		}
		paid := time.Now()
		for {
			sub, err := w.app.Subscriptions.Get(ctx, w.customer, *o.SubscriptionID)
			if err != nil {
				return result{}, err
			}
			if sub.Status == subscription.Active {
				break
			}
			time.Sleep(time.Millisecond)
		}
		took += time.Since(paid)
	}
	floor, err := w.commits(ctx, 1)
	return result{name: "from paid to active (example plugin)", value: float64(took.Microseconds()) / 1000 / rounds, unit: "ms",
		floor: 3000 / floor, of: "three one-row commits"}, err
}

// commits measures durable transactions that insert n bare rows each, in rows a
// second.
func (w *world) commits(ctx context.Context, n int) (float64, error) {
	return perSecond(func(int) (int, error) {
		return n, w.app.DB.InTx(ctx, w.market, func(tx *store.Tx) error {
			for range n {
				if _, err := tx.Exec(ctx, `INSERT INTO clock_move (marketplace_id, moved_at, clock_offset_us) VALUES (?, ?, 0)`, w.market, time.Unix(0, 0).UTC()); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (w *world) ingest50(ctx context.Context) (result, error)   { return w.ingest(ctx, 50) }
func (w *world) ingest1000(ctx context.Context) (result, error) { return w.ingest(ctx, 1000) }

func (w *world) ingest(ctx context.Context, batch int) (result, error) {
	value, err := perSecond(func(int) (int, error) { return batch, w.post(ctx, batch) })
	if err != nil {
		return result{}, err
	}
	floor, err := w.commits(ctx, batch)
	return result{name: fmt.Sprintf("log ingest (batches of %d)", batch), value: value, unit: "events/s", floor: floor, of: "bare rows in one commit"}, err
}

// post sends a batch of new log entries as the gateway does.
func (w *world) post(ctx context.Context, n int) error {
	entries := make([]map[string]any, n)
	for i := range entries {
		w.sent++
		entries[i] = map[string]any{"request": map[string]any{"id": fmt.Sprintf("r%d", w.sent)}, "source": "upstream",
			"started_at": time.Now().UnixMilli(), "response": map[string]any{"status": 200},
			"consumer": map[string]any{"username": fmt.Sprint(w.sub)},
			"route":    map[string]any{"name": "fondaco-1-search", "tags": []string{"fondaco", "fondaco-product-1", "fondaco-endpoint-search"}}}
	}
	body, err := json.Marshal(entries)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.server.URL+"/ingest/kong", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+ingestSecret.Reveal())
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		return fmt.Errorf("ingest answered %s", res.Status)
	}
	return nil
}
