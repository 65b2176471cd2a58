// Package app is the composition root: it builds every noun once, connects
// them, and starts and stops what runs. Nothing imports it but cmd and tests.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/cart"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/metric"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/timemachine"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/callback"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/web/portal"
	"github.com/prometheus/client_golang/prometheus"
)

// Config is what an installation decides.
type Config struct {
	DatabaseURL string // SQLite path or postgres:// URL
	SecretKey   []byte // 32 bytes, seals secrets at rest
	Plugins     provision.Plugins
	Log         *slog.Logger
	Clock       clock.Clock // default: the machine's
	// UsageGrace is how long after its end a period is billed; default 5 min.
	UsageGrace time.Duration
	// LateUsage and UsageWait bound the fetching of usage from clouds; see
	// usage.CollectorConfig.
	LateUsage time.Duration
	UsageWait time.Duration
	// ProvisionTries is how often provisioning is tried; see provision.Config.
	ProvisionTries int
	// ProvisionInFlight and CircuitRest bound the plugins' calls; see
	// provision.Config.
	ProvisionInFlight int
	CircuitRest       time.Duration
	// TerminationGrace is how long a vendor has to report that something was
	// removed; see fulfilment.Config.
	TerminationGrace time.Duration
	// ReconcileEvery is the pause between two comparisons of what was sold
	// with what exists; see reconcile.Config.
	ReconcileEvery time.Duration
	// BillingEvery is the pause between billing runs; default 15 s.
	BillingEvery time.Duration
	// FlushUsage, when set, brings in usage that is on its way.
	FlushUsage func(ctx context.Context) error
	// PaymentGateway takes the money; default the sandbox gateway.
	PaymentGateway payment.Gateway
	// BaseURL is how people reach the portal, for links in e-mails.
	BaseURL string
	// Mail sends e-mails; without it none are written.
	Mail mail.Sender
	// MailFrom is the address e-mails come from.
	MailFrom string
	// WebhookSchedule says when a failed delivery is tried again; default that
	// of send.
	WebhookSchedule webhook.ScheduleFunc
	// WebhookTimeout bounds one delivery; default 30 s, because connectors
	// call back while they are being told.
	WebhookTimeout time.Duration
	// ConnectorPrefixes are the paths that vendors' connectors call; see
	// connector.Config.
	ConnectorPrefixes []string
	// CallbackTimeout is how long vendors have to answer before a sale; see
	// callback.Config.
	CallbackTimeout time.Duration
	// MetricHeaders are sent to vendors with every reading of a metric.
	MetricHeaders map[string]string
	// WebhookDisableAfter is how long an endpoint may do nothing but fail before
	// it is switched off; default 5 days.
	WebhookDisableAfter time.Duration
	// DemoUsers, when set, are offered on the sign-in page.
	DemoUsers []portal.DemoUser
	// Metrics is where the nouns' counters are shown; nil shows them nowhere.
	Metrics prometheus.Registerer
}

// App is the built system: one field a noun.
type App struct {
	DB            *store.DB
	Jobs          *jobs.Client
	Events        *event.Log
	Accounts      *account.Service
	Catalog       *catalog.Service
	Orders        *order.Service
	Carts         *cart.Service
	Subscriptions *subscription.Service
	Provision     *provision.Service
	Fulfilment    *fulfilment.Service
	Callbacks     *callback.Service
	Reconcile     *reconcile.Service
	Usage         *usage.Service
	Collector     *usage.Collector
	Metrics       *metric.Service
	Invoices      *invoice.Service
	Payments      *payment.Service
	Prices        *pricelist.Service
	Storefronts   *storefront.Service
	TimeMachine   *timemachine.Service
	Webhooks      *webhook.Service
	Notices       *notify.Service // nil without mail

	cfg     Config
	box     *secret.Box
	log     *slog.Logger
	sender  *send.Sender
	hooks   provision.Hooks
	stop    context.CancelFunc
	running sync.WaitGroup
}

// New opens and migrates the database and builds the system. Nothing runs
// until Start.
func New(ctx context.Context, cfg Config) (*App, error) {
	cfg = cfg.withDefaults()
	box, err := secret.NewBox(cfg.SecretKey)
	if err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, store.Config{URL: cfg.DatabaseURL, Clock: cfg.Clock})
	if err != nil {
		return nil, err
	}
	a := &App{DB: db, cfg: cfg, box: box, log: cfg.Log.With("component", "app")}
	if err := a.build(ctx, box); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return a, nil
}

func (cfg Config) withDefaults() Config {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.UsageGrace == 0 {
		cfg.UsageGrace = 5 * time.Minute
	}
	if cfg.BillingEvery == 0 {
		cfg.BillingEvery = 15 * time.Second
	}
	if cfg.WebhookTimeout == 0 {
		cfg.WebhookTimeout = 30 * time.Second
	}
	if cfg.MailFrom == "" {
		cfg.MailFrom = "no-reply@localhost"
	}
	if cfg.PaymentGateway == nil {
		cfg.PaymentGateway = payment.NewSandbox()
	}
	return cfg
}

func (a *App) build(ctx context.Context, box *secret.Box) error {
	if err := Migrate(ctx, a.DB); err != nil {
		return err
	}
	a.Jobs = jobs.New(a.DB, a.cfg.Log)
	a.Events = event.New(a.DB, a.Jobs)
	a.Accounts = account.New(a.DB)
	a.Prices = pricelist.New(a.DB)
	a.Storefronts = storefront.New(storefront.Config{DB: a.DB, Reserved: a.ownHosts()})
	a.Catalog = catalog.New(catalog.Config{DB: a.DB, Events: a.Events, Box: box,
		Kinds: provision.NewKinds(a.cfg.Plugins, a.cfg.Clock, a.cfg.Log), Provider: a.providerExists, Revised: a.Prices.Revised,
		Syndication: func(ctx context.Context, tx *store.Tx, p catalog.Product) error { return a.Webhooks.Follow(ctx, tx, p) }})
	a.Usage = usage.New(a.DB)
	if err := a.buildSales(box); err != nil {
		return err
	}
	a.TimeMachine = timemachine.New(timemachine.Config{DB: a.DB, Jobs: a.Jobs, Run: a.Invoices.Run,
		NextDue: a.Invoices.NextDue, Flush: a.flush})
	if err := a.buildNotices(); err != nil {
		return err
	}
	if err := a.numberItems(ctx); err != nil {
		return err
	}
	return a.Jobs.Open()
}

// numberItems gives numbers to what was sold before items had any.
func (a *App) numberItems(ctx context.Context) error {
	all, err := a.Accounts.Marketplaces(ctx)
	for _, m := range all {
		err = errors.Join(err, a.Catalog.NumberItems(ctx, m.ID))
	}
	return err
}

// flush brings in usage that is on its way: from gateways, from the
// marketplace's clouds, and from vendors.
func (a *App) flush(ctx context.Context, marketplace int64) error {
	if a.cfg.FlushUsage != nil {
		if err := a.cfg.FlushUsage(ctx); err != nil {
			return fault.New(fault.Unavailable, "The gateway's usage log could not be read in; the clock was not advanced further.").Because(err)
		}
	}
	return errors.Join(a.Collector.CollectDue(ctx, marketplace), a.Metrics.PollDue(ctx, marketplace))
}

// measured reports whether a subscription's usage until the instant is in,
// whoever measures it.
func (a *App) measured(ctx context.Context, tx *store.Tx, sub int64, until time.Time) (bool, error) {
	if ready, err := a.Collector.Ready(ctx, tx, sub, until); err != nil || !ready {
		return false, err
	}
	return a.Metrics.Ready(ctx, tx, sub, until)
}

// buildNotices connects those who are told: vendors by webhook, people by mail.
func (a *App) buildNotices() error {
	var err error
	if a.sender, err = send.New(send.Config{Clock: a.cfg.Clock, Timeout: a.cfg.WebhookTimeout}); err != nil {
		return err
	}
	a.Webhooks = webhook.New(webhook.Config{DB: a.DB, Jobs: a.Jobs, Events: a.Events, Box: a.box, Sender: a.sender, Log: a.cfg.Log,
		Schedule: a.cfg.WebhookSchedule, DisableAfter: a.cfg.WebhookDisableAfter, Metrics: a.cfg.Metrics})
	if a.cfg.Mail != nil {
		a.Notices = notify.New(notify.Config{DB: a.DB, Jobs: a.Jobs, Events: a.Events, Sender: a.cfg.Mail, From: a.cfg.MailFrom,
			BaseURL: a.baseURL, Log: a.cfg.Log})
	}
	return nil
}

// ownHosts are the names that lead to the installation itself.
func (a *App) ownHosts() []string {
	base, err := url.Parse(a.cfg.BaseURL)
	if err != nil || base.Host == "" {
		return nil
	}
	return []string{strings.ToLower(base.Hostname())}
}

// baseURL is where people reach a marketplace: on its own host, but for the
// one that answers on all.
func (a *App) baseURL(m account.Marketplace) string {
	base, err := url.Parse(a.cfg.BaseURL)
	if err != nil || m.Host == "*" || base.Host == "" {
		return strings.TrimSuffix(a.cfg.BaseURL, "/")
	}
	base.Host = m.Host
	return strings.TrimSuffix(base.String(), "/")
}

// buildSales connects the nouns of a sale. Imports go down the stream; what
// flows against it is handed in here.
func (a *App) buildSales(box *secret.Box) error {
	var down subscription.Downstream
	a.Subscriptions = subscription.New(subscription.Config{DB: a.DB, Events: a.Events, Catalog: a.Catalog, Down: &down})
	a.Provision = provision.New(provision.Config{DB: a.DB, Jobs: a.Jobs, Subscriptions: a.Subscriptions, Events: a.Events,
		Catalog: a.Catalog, Plugins: a.cfg.Plugins, Host: pluginHost(a.cfg.Plugins), Box: box, Log: a.cfg.Log, Tries: a.cfg.ProvisionTries,
		MaxInFlight: a.cfg.ProvisionInFlight, RestFor: a.cfg.CircuitRest, Metrics: a.cfg.Metrics, Hooks: &a.hooks})
	a.Fulfilment = fulfilment.New(fulfilment.Config{DB: a.DB, Jobs: a.Jobs, Subscriptions: a.Subscriptions, Provision: a.Provision,
		Box: box, Grace: a.cfg.TerminationGrace})
	var err error
	if a.Callbacks, err = callback.New(callback.Config{DB: a.DB, Catalog: a.Catalog, Clock: a.cfg.Clock, Log: a.cfg.Log,
		Timeout: a.cfg.CallbackTimeout, MetricHeaders: a.cfg.MetricHeaders}); err != nil {
		return err
	}
	a.Reconcile = reconcile.New(reconcile.Config{DB: a.DB, Jobs: a.Jobs, Events: a.Events, Provision: a.Provision,
		Subscriptions: a.Subscriptions, Log: a.cfg.Log, Every: a.cfg.ReconcileEvery, Metrics: a.cfg.Metrics})
	a.Collector = usage.NewCollector(usage.CollectorConfig{DB: a.DB, Jobs: a.Jobs, Provision: a.Provision, Log: a.cfg.Log,
		Late: a.cfg.LateUsage, Wait: a.cfg.UsageWait})
	a.Metrics = metric.New(metric.Config{DB: a.DB, Jobs: a.Jobs, Read: a.Callbacks.ReadMetric, Log: a.cfg.Log, Wait: a.Collector.Wait()})
	a.hooks = provision.Hooks{Made: a.Collector.Begin, BeforeRemove: a.Collector.Final, Repaired: a.Reconcile.AfterRepair}
	a.Invoices = invoice.New(invoice.Config{DB: a.DB, Events: a.Events, Subscriptions: a.Subscriptions,
		Start: a.start(a.Provision.StartForBilling), Begin: a.beginOrder, End: a.Fulfilment.End, Grace: a.cfg.UsageGrace,
		Ready: a.measured, Wait: a.Collector.Wait(), Log: a.cfg.Log, Paying: payment.UnderWay,
		Transferred: func(ctx context.Context, tx *store.Tx, actor account.Actor, id int64, reference string) error {
			return a.Payments.RecordIn(ctx, tx, actor, id, reference)
		}})
	down = subscription.Downstream{Start: a.start(a.Provision.Start), Provider: a.provider, Check: a.checkChange, Permit: a.permit,
		BillChange: a.Invoices.Change, Renew: a.Invoices.Renew, CancelInvoices: a.Invoices.CancelUnpaid}
	a.Orders = order.New(order.Config{DB: a.DB, Events: a.Events, Catalog: a.Catalog, Check: a.checkOrder, Values: a.values,
		Open: a.Subscriptions.Open, Launch: a.Subscriptions.Launch, Bill: a.Invoices.First})
	a.Carts = cart.New(cart.Config{DB: a.DB, Events: a.Events, Orders: a.Orders})
	a.Payments, err = payment.New(payment.Config{DB: a.DB, Jobs: a.Jobs, Gateway: a.cfg.PaymentGateway,
		Invoice: payable, Paid: func(ctx context.Context, tx *store.Tx, id int64, _ time.Time, actor account.Actor) error {
			return a.Invoices.MarkPaid(ctx, tx, actor, id)
		}})
	return err
}

// providerExists checks the provider that a plan names (catalog.ProviderFunc).
func (a *App) providerExists(ctx context.Context, tx *store.Tx, t catalog.Type, name string) error {
	_, err := a.provider(ctx, tx, t, name)
	return err
}

// beginOrder starts the order of a subscription that was postponed until now.
func (a *App) beginOrder(ctx context.Context, tx *store.Tx, sub subscription.Subscription) error {
	return a.Orders.Begin(ctx, tx, sub.OrderID)
}

// payable tells a payment about its invoice.
func payable(ctx context.Context, tx *store.Tx, id int64) (payment.Payable, error) {
	inv, err := invoice.Payable(ctx, tx, id)
	return payment.Payable{ID: inv.ID, CustomerID: inv.CustomerID, SubscriptionID: inv.SubscriptionID,
		Status: string(inv.Status), Currency: inv.Currency, Total: inv.Total, SelfBilled: inv.SelfBilled()}, err
}

// Migrate brings all tables up to date: the marketplace's and the queue's.
func Migrate(ctx context.Context, db *store.DB) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	return jobs.Migrate(ctx, db)
}

// Start begins to work jobs and to bill. Stop ends it.
func (a *App) Start(ctx context.Context) error {
	if err := a.Jobs.Start(ctx); err != nil {
		return err
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stop = stop
	a.running.Go(func() { a.Provision.Run(run) })
	a.running.Go(func() { a.Reconcile.Loop(run, a.Accounts.Marketplaces) })
	a.running.Go(func() { a.Collector.Loop(run, a.Accounts.Marketplaces) })
	a.running.Go(func() { a.Metrics.Loop(run, a.Accounts.Marketplaces) })
	a.running.Go(func() { a.billForever(run) })
	return nil
}

// Stop ends what Start began, in reverse order, and closes the database. It
// may be called without Start.
func (a *App) Stop(ctx context.Context) error {
	if a.stop != nil {
		a.stop()
		a.running.Wait()
	}
	err := a.Jobs.Stop(ctx)
	a.sender.Close()
	a.Callbacks.Close()
	return errors.Join(err, a.DB.Close())
}

// billForever runs billing in every marketplace again and again. What it
// misses now, for whatever reason, the next run finds.
func (a *App) billForever(ctx context.Context) {
	tick := time.NewTicker(a.cfg.BillingEvery)
	defer tick.Stop()
	for {
		if err := a.BillAll(ctx); err != nil && ctx.Err() == nil {
			a.log.ErrorContext(ctx, "billing run failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// BillAll runs billing once in every marketplace. One that fails does not hold
// up the others.
func (a *App) BillAll(ctx context.Context) error {
	all, err := a.Accounts.Marketplaces(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, m := range all {
		if _, err := a.Invoices.Run(ctx, m.ID); err != nil {
			failed = errors.Join(failed, fmt.Errorf("marketplace %d: %w", m.ID, err))
		}
	}
	return failed
}
