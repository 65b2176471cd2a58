package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// perfect is a plugin whose cloud is always as it was sold: what comparing
// costs with it is the marketplace's own.
type perfect struct{ sdk.Provider }

// Describe says so.
func (perfect) Describe(context.Context) (sdk.Description, error) {
	any := json.RawMessage(`{"type":"object"}`)
	return sdk.Description{Name: "perfect", Version: "1.0.0", ProductTypes: []string{"perfect"}, SettingsSchema: any, ProductSchema: any,
		PlanSchema: any, ParametersSchema: any, Abilities: []sdk.Ability{sdk.CanObserve, sdk.CanInventory}}, nil
}

// Validate finds nothing.
func (perfect) Validate(context.Context, sdk.Check) ([]sdk.Problem, error) { return nil, nil }

// Health is good.
func (perfect) Health(context.Context, json.RawMessage) (sdk.Health, error) {
	return sdk.Health{OK: true, Message: "perfect"}, nil
}

// Provision does nothing.
func (perfect) Provision(context.Context, sdk.Request, sdk.Progress) (sdk.Result, error) {
	return sdk.Result{}, nil
}

// Observe sees all as sold.
func (perfect) Observe(context.Context, sdk.Subscription) (sdk.Observation, error) {
	return sdk.Observation{State: sdk.StateActive}, nil
}

// Inventory finds no more than is known.
func (perfect) Inventory(context.Context, json.RawMessage) ([]sdk.Owned, error) { return nil, nil }

// comparing measures a comparison of ten thousand subscriptions with a plugin
// in memory.
func comparing(ctx context.Context, dir string) (r result, err error) {
	const n = 10_000
	plugins := host.Static(map[string]sdk.Provider{"perfect": perfect{}})
	m, err := newMarket(ctx, filepath.Join(dir, "compare.db"), plugins, sandbox{plugin: "perfect", kind: "perfect", settings: `{}`, plan: `{}`}, 64)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, m.stop(), plugins.Stop(ctx)) }()
	if err := m.app.Start(ctx); err != nil {
		return r, err
	}
	if err := m.order(ctx, 1); err != nil {
		return r, err
	}
	if err := m.activated(ctx, 1); err != nil {
		return r, err
	}
	if err := m.multiply(ctx, n); err != nil {
		return r, err
	}
	target, err := m.target(ctx)
	if err != nil {
		return r, err
	}
	plugin, err := plugins.Provider("perfect")
	if err != nil {
		return r, err
	}
	began := time.Now()
	if err := atOnce(n, 64, func(int) error { _, err := plugin.Observe(ctx, target.Desired); return err }); err != nil {
		return r, err
	}
	floor := float64(time.Since(began).Milliseconds())
	took, err := m.compared(ctx, n)
	return result{name: fmt.Sprintf("comparing %d subscriptions", n), value: float64(took.Milliseconds()), unit: "ms", floor: floor, of: "as many calls of the plugin"}, err
}

// multiply copies the first subscription until there are n.
func (m *market) multiply(ctx context.Context, n int) error {
	return m.app.DB.InTx(ctx, m.world.market, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `WITH RECURSIVE copies (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM copies WHERE i < ?)
			INSERT INTO subscription (marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status,
			auto_renew, parameters, anchor_at, period_index, period_start, period_end, bills_at, created_at, activated_at)
			SELECT marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status,
			auto_renew, parameters, anchor_at, period_index, period_start, period_end, bills_at, created_at, activated_at
			FROM copies JOIN subscription s ON s.id = 1`, n)
		return err
	})
}
