package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
)

// market is a marketplace of its own with one product, whose orders are free,
// and one provider.
type market struct {
	world
	operator account.Actor
	product  int64
	inFlight int
}

// newMarket builds one; nothing is worked before start.
func newMarket(ctx context.Context, path string, plugins *host.Host, s sandbox, inFlight int) (*market, error) {
	m := &market{world: world{plugins: plugins}, inFlight: inFlight}
	var err error
	m.app, err = app.New(ctx, app.Config{DatabaseURL: path, SecretKey: bytes.Repeat([]byte{1}, secret.KeySize), Plugins: plugins, Log: quiet})
	if err != nil {
		return nil, err
	}
	created, err := m.app.Accounts.CreateMarketplace(ctx, account.MarketplaceInput{Name: "Bench", Host: "*", Currency: "EUR", Sandbox: true})
	if err != nil {
		return nil, err
	}
	m.world.market = created.ID
	if m.operator, err = m.person(ctx, account.Operator); err != nil {
		return nil, err
	}
	if m.customer, err = m.person(ctx, account.Customer); err != nil {
		return nil, err
	}
	return m, m.sell(ctx, s)
}

// sell sets up the provider and puts the product into the catalog.
func (m *market) sell(ctx context.Context, s sandbox) error {
	_, err := m.app.Provision.SaveProvider(ctx, m.operator, provision.ProviderInput{Name: s.plugin, Plugin: s.plugin, ProductType: s.kind,
		Settings: json.RawMessage(s.settings), MaxInFlight: m.inFlight, IngestSecret: ingestSecret})
	if err != nil {
		return err
	}
	vendor, err := m.person(ctx, account.Vendor)
	if err != nil {
		return err
	}
	in := catalog.ProductInput{Name: "Measured", SKU: "measured", Type: s.kind, Category: "bench", ShortDescription: "Measured"}
	plan := catalog.PlanInput{Name: "Free", Terms: price.Terms{Currency: "EUR"}, Configuration: json.RawMessage(s.plan)}
	if s.kind == catalog.API {
		in.UpstreamURL = "http://127.0.0.1:9"
		plan.Endpoints = []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.PayPerUse, Charge: &price.Charge{UnitPrice: new(money.MustParse("0.05"))}}}
	}
	p, err := m.app.Catalog.CreateProduct(ctx, vendor, in)
	if err != nil {
		return err
	}
	m.product = p.ID
	if s.kind == catalog.API {
		if _, err := m.app.Catalog.AddEndpoints(ctx, vendor, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "GET", Path: "/search"}}); err != nil {
			return err
		}
	}
	made, err := m.app.Catalog.CreatePlan(ctx, vendor, p.ID, plan)
	if err != nil {
		return err
	}
	m.plan = made.ID
	if _, err := m.app.Catalog.Submit(ctx, vendor, p.ID); err != nil {
		return err
	}
	_, err = m.app.Catalog.Approve(ctx, m.operator, p.ID)
	return err
}

// order places n free orders.
func (m *market) order(ctx context.Context, n int) error {
	for range n {
		if _, err := m.app.Orders.Place(ctx, m.customer, order.Input{PlanID: m.plan}); err != nil {
			return err
		}
	}
	return nil
}

// activated waits until n subscriptions are active.
func (m *market) activated(ctx context.Context, n int) error {
	for ctx.Err() == nil {
		var active, failed int
		err := m.app.DB.View(ctx, m.world.market, func(tx *store.Tx) error {
			const count = `SELECT COUNT(*) FROM subscription WHERE marketplace_id = ? AND status = ?`
			if err := tx.Get(ctx, "count", &active, count, tx.Marketplace(), subscription.Active); err != nil {
				return err
			}
			return tx.Get(ctx, "count", &failed, count, tx.Marketplace(), subscription.Failed)
		})
		if err != nil || active == n {
			return err
		}
		if failed > 0 {
			return fmt.Errorf("%d subscriptions failed", failed)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return ctx.Err()
}

// compared compares everything and returns how long that took.
func (m *market) compared(ctx context.Context, n int) (time.Duration, error) {
	began := time.Now()
	run, err := m.app.Reconcile.ReconcileNow(ctx, m.operator, reconcile.Scope{})
	for err == nil && run.FinishedAt == nil && ctx.Err() == nil {
		time.Sleep(5 * time.Millisecond)
		run, err = m.app.Reconcile.Run(ctx, m.operator, run.ID)
	}
	if err = errors.Join(err, ctx.Err()); err != nil {
		return 0, err
	}
	if run.Checked != n || run.Found > 0 || run.Failed > 0 {
		return 0, fmt.Errorf("compared %d of %d, found %d drifts, %d failed: %s", run.Checked, n, run.Found, run.Failed, run.LastError)
	}
	return time.Since(began), nil
}

func (m *market) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return m.app.Stop(ctx)
}

// provisioning measures how many subscriptions a second become active on the
// sandboxes of the bundled plugins, with several numbers of calls in flight,
// and how fast they are compared afterwards. The floor is the same plugin's
// process called without a marketplace.
func provisioning(ctx context.Context, dir, exe string) error {
	for _, start := range sandboxes() {
		for _, inFlight := range []int{1, 8, 64} {
			if err := onSandbox(ctx, dir, exe, start, inFlight); err != nil {
				return err
			}
		}
	}
	return nil
}

// onSandbox measures with a new sandbox and a new process of its plugin.
func onSandbox(ctx context.Context, dir, exe string, start func() (sandbox, error), inFlight int) error {
	s, err := start()
	if err != nil {
		return err
	}
	plugins, err := host.New(host.Config{Executable: exe, Bundled: []string{s.plugin}, Log: quiet})
	if err != nil {
		return errors.Join(err, s.stop())
	}
	if err := plugins.Start(ctx); err != nil {
		return errors.Join(err, s.stop())
	}
	rows, err := provisioned(ctx, filepath.Join(dir, fmt.Sprintf("%s-%d.db", s.plugin, inFlight)), plugins, s, inFlight)
	show(rows)
	if err = errors.Join(err, plugins.Stop(ctx), s.stop()); err != nil {
		return fmt.Errorf("%s, %d in flight: %w", s.plugin, inFlight, err)
	}
	return nil
}

func provisioned(ctx context.Context, path string, plugins *host.Host, s sandbox, inFlight int) (rows []result, err error) {
	n := map[int]int{1: 60, 8: 200, 64: 400}[inFlight]
	m, err := newMarket(ctx, path, plugins, s, inFlight)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.stop()) }()
	if err := m.order(ctx, n); err != nil {
		return nil, err
	}
	floor, observing, err := bare(ctx, m, n, inFlight)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	if err := m.app.Start(ctx); err != nil {
		return nil, err
	}
	if err := m.activated(ctx, n); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("provisioned, %s, %d in flight", s.plugin, inFlight)
	rows = append(rows, result{name: name, value: float64(n) / time.Since(began).Seconds(), unit: "subs/s", floor: floor, of: "plugin called directly"})
	if inFlight < 64 {
		return rows, nil
	}
	took, err := m.compared(ctx, n)
	return append(rows, result{name: "compared, " + s.plugin + ", 64 in flight", value: float64(n) / took.Seconds(), unit: "subs/s",
		floor: observing, of: "plugin called directly"}), err
}

// bare has the plugin provision, observe and remove as many tenants without
// the marketplace, and returns how many a second were provisioned and observed.
func bare(ctx context.Context, m *market, n, inFlight int) (provision, observe float64, err error) {
	target, err := m.target(ctx)
	if err != nil {
		return 0, 0, err
	}
	plugin, err := m.plugins.Provider(target.Provider.Plugin)
	if err != nil {
		return 0, 0, err
	}
	sub := func(i int) sdk.Subscription {
		out := target.Desired
		out.ID = int64(1_000_000 + i)
		return out
	}
	call := func(do func(i int) error) (float64, error) {
		began := time.Now()
		err := atOnce(n, inFlight, do)
		return float64(n) / time.Since(began).Seconds(), err
	}
	if provision, err = call(func(i int) error {
		_, err := plugin.Provision(ctx, sdk.Request{Key: fmt.Sprint("p", i), Subscription: sub(i)}, nil)
		return err
	}); err != nil {
		return 0, 0, err
	}
	if observe, err = call(func(i int) error { _, err := plugin.Observe(ctx, sub(i)); return err }); err != nil {
		return 0, 0, err
	}
	_, err = call(func(i int) error {
		return plugin.Deprovision(ctx, sdk.Request{Key: fmt.Sprint("d", i), Subscription: sub(i)}, nil)
	})
	return provision, observe, err
}

// target is what the plugin is told of the first subscription.
func (m *market) target(ctx context.Context) (t provision.Target, err error) {
	err = m.app.DB.View(ctx, m.world.market, func(tx *store.Tx) error {
		sub, err := subscription.ByID(ctx, tx, 1)
		if err != nil {
			return err
		}
		all, err := m.app.Provision.Targets(ctx, tx, []subscription.Subscription{sub})
		if err == nil {
			t = all[0]
		}
		return err
	})
	return t, err
}

// atOnce does n things, several at a time.
func atOnce(n, several int, do func(i int) error) error {
	turns, errs := make(chan int), make(chan error, several)
	var working sync.WaitGroup
	for range several {
		working.Go(func() {
			var failed error
			for i := range turns {
				failed = errors.Join(failed, do(i))
			}
			errs <- failed
		})
	}
	for i := range n {
		turns <- i
	}
	close(turns)
	working.Wait()
	close(errs)
	var failed error
	for err := range errs {
		failed = errors.Join(failed, err)
	}
	return failed
}
