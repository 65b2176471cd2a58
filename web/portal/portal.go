// Package portal is the HTML face of the marketplace: the storefront and the
// spaces of customers, vendors and operators. Its handlers decide nothing: they
// read a form, call the service method that the API calls too, and draw a page.
//
// Owns: pages, forms, browser sessions, CSRF tokens. Does not own: who may do
// what (core/account), what happens (the nouns), how pages look (web/portal/ui).
package portal

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/metric"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/timemachine"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/static"
	"github.com/fondaco/fondaco/web/portal/ui"
	"github.com/go-chi/chi/v5"
)

//go:embed all:pages
var pages embed.FS

// Config is what the portal shows and calls; all of it but what says so.
type Config struct {
	DB            *store.DB
	Accounts      *account.Service
	Catalog       *catalog.Service
	Orders        *order.Service
	Subscriptions *subscription.Service
	Provision     *provision.Service
	Fulfilment    *fulfilment.Service
	Reconcile     *reconcile.Service
	Usage         *usage.Service
	Collector     *usage.Collector
	Metrics       *metric.Service
	Invoices      *invoice.Service
	Payments      *payment.Service
	TimeMachine   *timemachine.Service
	Storefronts   *storefront.Service
	Prices        *pricelist.Service
	Log           *slog.Logger
	// Webhooks is the log of deliveries. Optional: without it there are none.
	Webhooks *webhook.Service
	// Notices is the list of mails. Optional: nil where none are written.
	Notices *notify.Service
	// DemoUsers are offered on the sign-in page of sandbox marketplaces.
	// Optional.
	DemoUsers []DemoUser
	// HTTPS says that people reach the portal over https although this
	// process is not the one that ends TLS. Cookies are then sent over https
	// only.
	HTTPS bool
}

// DemoUser is a person that anybody may be in a demo.
type DemoUser struct {
	Role     string // what the person can show: "Customer"
	Name     string
	Email    string
	Password string
}

// Portal serves the pages.
type Portal struct {
	Config
	ui       *ui.Renderer
	sessions sessions
	words    words
	log      *slog.Logger
}

// New builds the portal: it answers everything but /api, /docs and the
// machine-to-machine addresses. The error names a page that does not parse.
func New(cfg Config) (http.Handler, error) {
	if cfg.DB == nil || cfg.Log == nil {
		return nil, errors.New("portal: DB and Log are required")
	}
	folder, err := fs.Sub(pages, "pages")
	if err != nil {
		return nil, err
	}
	r, err := ui.New(ui.Config{Static: static.Files, Pages: []fs.FS{folder}})
	if err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	p := &Portal{Config: cfg, ui: r, sessions: newSessions(cfg.DB), words: words{ui.NewLocale("en", nil)},
		log: cfg.Log.With("component", "portal")}
	return p.handler(), nil
}

// handler mounts the routes of every noun.
func (p *Portal) handler() http.Handler {
	mux := chi.NewRouter()
	mux.Handle("/static/*", p.ui.Assets())
	for _, rt := range p.routes() {
		mux.MethodFunc(rt.method, rt.pattern, p.serve(rt))
		if rt.method == http.MethodGet {
			mux.MethodFunc(http.MethodHead, rt.pattern, p.serve(rt))
		}
	}
	mux.NotFound(p.serve(route{do: p.notFound}))
	mux.MethodNotAllowed(p.serve(route{do: p.notFound}))
	return mux
}

// routes is the table of all pages, noun by noun.
func (p *Portal) routes() []route {
	var all []route
	for _, table := range [][]route{
		p.storefrontRoutes(), p.checkoutRoutes(), p.signInRoutes(), p.sandboxRoutes(),
		p.accountRoutes(), p.subscriptionRoutes(), p.invoiceRoutes(), p.tokenRoutes(),
		p.vendorRoutes(), p.resellerRoutes(), p.operatorRoutes(), p.webhookRoutes(), p.liveRoutes(), p.brandRoutes(), p.invitationRoutes(),
	} {
		all = append(all, table...)
	}
	return all
}
