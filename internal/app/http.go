package app

import (
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/syndication/connector"
	"github.com/fondaco/fondaco/web/api"
	"github.com/fondaco/fondaco/web/ingest"
	"github.com/fondaco/fondaco/web/portal"
	"github.com/go-chi/chi/v5"
)

// Handler is everything the public listener answers: API and its docs, the
// vendors' connectors, the gateways' log intake, and the portal on every other
// path.
func (a *App) Handler() (http.Handler, error) {
	logs, err := ingest.New(ingest.Config{Usage: a.Usage, Provider: a.Provision.ByIngestSecret, Log: a.cfg.Log, Registry: a.cfg.Metrics})
	if err != nil {
		return nil, err
	}
	rest, err := api.New(api.Config{DB: a.DB, Box: a.box, Accounts: a.Accounts, Catalog: a.Catalog, Orders: a.Orders,
		Subscriptions: a.Subscriptions, Provision: a.Provision, Fulfilment: a.Fulfilment, Reconcile: a.Reconcile, Usage: a.Usage, Collector: a.Collector, Metrics: a.Metrics, Invoices: a.Invoices,
		Payments: a.Payments, TimeMachine: a.TimeMachine, Webhooks: a.Webhooks,
		Storefronts: a.Storefronts, Prices: a.Prices, Log: a.cfg.Log})
	if err != nil {
		return nil, err
	}
	pages, err := portal.New(portal.Config{DB: a.DB, Accounts: a.Accounts, Catalog: a.Catalog, Orders: a.Orders,
		Subscriptions: a.Subscriptions, Provision: a.Provision, Fulfilment: a.Fulfilment, Reconcile: a.Reconcile, Usage: a.Usage, Collector: a.Collector, Metrics: a.Metrics, Invoices: a.Invoices, Payments: a.Payments,
		TimeMachine: a.TimeMachine, Webhooks: a.Webhooks, Storefronts: a.Storefronts, Prices: a.Prices, Notices: a.Notices, Log: a.cfg.Log, DemoUsers: a.cfg.DemoUsers, HTTPS: strings.HasPrefix(a.cfg.BaseURL, "https://")})
	if err != nil {
		return nil, err
	}
	connectors, err := connector.New(connector.Config{DB: a.DB, Box: a.box, Accounts: a.Accounts, Catalog: a.Catalog, Callbacks: a.Callbacks, Orders: a.Orders, Carts: a.Carts, Prices: a.Prices, Storefronts: a.Storefronts,
		Subscriptions: a.Subscriptions, Provision: a.Provision, Fulfilment: a.Fulfilment, Usage: a.Usage, Invoices: a.Invoices, Payments: a.Payments,
		Events: a.Events, Webhooks: a.Webhooks, Log: a.cfg.Log, Prefixes: a.cfg.ConnectorPrefixes})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	r.Handle("/ingest/kong", logs)
	r.Handle(api.Prefix, rest)
	r.Handle(api.Prefix+"/*", rest)
	r.Handle("/docs", rest)
	r.Handle("/*", pages)
	return connectors.Before(r), nil
}
