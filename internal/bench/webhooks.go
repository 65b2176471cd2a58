package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook"
)

const (
	storm     = 20_000 // events
	sales     = 1_000  // subscriptions that they are about
	receivers = 8      // endpoints that they go to
)

// webhooks measures a storm of events: how fast it fans out, and how fast it
// is delivered, signed, with every attempt in the database.
func webhooks(ctx context.Context, dir string) (err error) {
	w, err := newWorld(ctx, filepath.Join(dir, "webhooks.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		rw.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	floor, err := barePosts(receiver.URL)
	if err != nil {
		return err
	}
	endpoints, err := w.listen(ctx, receiver.URL)
	if err != nil {
		return err
	}
	fanout, err := w.storm(ctx)
	if err != nil {
		return err
	}
	delivered, err := w.deliver(ctx, endpoints)
	show([]result{
		{name: "webhooks: events fanned out", value: storm / fanout.Seconds(), unit: "per s", floor: floor, of: "bare HTTP posts"},
		{name: "webhooks: signed and logged", value: storm / delivered.Seconds(), unit: "per s", floor: floor, of: "bare HTTP posts"},
	})
	return err
}

// barePosts is the floor: as many posts of the same size over kept connections.
func barePosts(url string) (float64, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	body := bytes.Repeat([]byte("x"), 170)
	began := time.Now()
	err := atOnce(storm, 64, func(int) error {
		res, err := client.Post(url, "application/json", bytes.NewReader(body))
		if err != nil {
			return err
		}
		return res.Body.Close()
	})
	return storm / time.Since(began).Seconds(), err
}

// listen gives the subscriptions to products with endpoints, that are disabled.
func (w *world) listen(ctx context.Context, url string) (ids []int64, err error) {
	operator := account.SystemActor(w.market)
	operator.Kind = account.Operator
	for i := range receivers {
		e, _, err := w.app.Webhooks.CreateEndpoint(ctx, operator, webhook.EndpointInput{ProductID: int64(i + 1), URL: fmt.Sprintf("%s/%d", url, i)})
		if err != nil {
			return nil, err
		}
		off := false
		if _, err := w.app.Webhooks.UpdateEndpoint(ctx, operator, e.ID, webhook.EndpointChange{Enabled: &off}); err != nil {
			return nil, err
		}
		ids = append(ids, e.ID)
	}
	return ids, w.app.DB.InTx(ctx, w.market, func(tx *store.Tx) error {
		_, err := tx.Exec(ctx, `WITH RECURSIVE copies (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM copies WHERE i < ?)
			INSERT INTO subscription (marketplace_id, customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id, status, auto_renew, created_at)
			SELECT marketplace_id, customer_id, vendor_id, 1 + i % ?, plan_id, plan_revision_id, order_id, provider_id, 'active', auto_renew, created_at
			FROM copies JOIN subscription s ON s.id = 1`, sales+1, receivers)
		return err
	})
}

// storm writes the events and waits until each has its delivery.
func (w *world) storm(ctx context.Context) (time.Duration, error) {
	err := w.app.DB.InTx(ctx, w.market, func(tx *store.Tx) error {
		for i := range storm {
			sub := int64(2 + i%sales)
			err := w.app.Events.Append(ctx, tx, event.Input{Entity: event.Subscription, EntityID: sub, SubscriptionID: sub, Type: event.Modified,
				Topic: "subscription.measured", Summary: "Measured.", Actor: audit.System})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return w.none(ctx, `SELECT id FROM event WHERE marketplace_id = ? AND dispatched_at IS NULL`)
}

// deliver lets the endpoints have what waits and waits until all of it arrived.
func (w *world) deliver(ctx context.Context, endpoints []int64) (time.Duration, error) {
	err := w.app.DB.InTx(ctx, w.market, func(tx *store.Tx) error {
		_, err := tx.ExecIn(ctx, `UPDATE webhook_endpoint SET enabled = TRUE WHERE marketplace_id = ? AND id IN (?)`, tx.Marketplace(), endpoints)
		return err
	})
	if err != nil {
		return 0, err
	}
	return w.none(ctx, `SELECT id FROM webhook_delivery WHERE marketplace_id = ? AND endpoint_id IN (SELECT id FROM webhook_endpoint) AND status = 'pending'`)
}

// none waits until the query finds nothing, and returns how long that took.
func (w *world) none(ctx context.Context, query string) (time.Duration, error) {
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var left []int64
		err := w.app.DB.View(ctx, w.market, func(tx *store.Tx) error { return tx.Select(ctx, &left, query+" LIMIT 1", w.market) })
		if err != nil || len(left) == 0 {
			return time.Since(began), err
		}
	}
}
