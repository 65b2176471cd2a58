// Package api is the REST API under /api/v1 and its documentation under
// /docs. Handlers decide nothing: they decode, call one service method and
// encode. See README.md.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/metric"
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
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/go-chi/chi/v5"
)

// Prefix is where the API lives.
const Prefix = "/api/v1"

// Config is what the API needs; all of it.
type Config struct {
	DB            *store.DB
	Box           *secret.Box // seals the answers kept for Idempotency-Key
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
	Storefronts   *storefront.Service
	Prices        *pricelist.Service
	TimeMachine   *timemachine.Service
	Webhooks      *webhook.Service
	Log           *slog.Logger
}

func (c Config) validate() error {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return errors.New("api: Config." + v.Type().Field(i).Name + " is required")
		}
	}
	return nil
}

// server is the API with what it calls.
type server struct {
	Config
	huma huma.API
	log  *slog.Logger
}

// New returns the handler of Prefix and /docs.
func New(cfg Config) (http.Handler, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &server{Config: cfg, log: cfg.Log.With("component", "api")}
	root := chi.NewRouter()
	root.Use(problem.WithRequestID, problem.AccessLog(s.log, cfg.DB.Clock()), problem.Recover(s.log), plainText)
	root.NotFound(s.notFound)
	root.MethodNotAllowed(s.methodNotAllowed(root))
	root.Route(Prefix, func(r chi.Router) {
		s.huma = humachi.New(r, s.config())
		for _, add := range s.routes() {
			add()
		}
		s.finishDocument()
		document, err := json.Marshal(s.huma.OpenAPI())
		if err != nil {
			panic(err) // a programming error, met by every test
		}
		r.Get("/openapi.json", serve("application/openapi+json", document))
	})
	page, err := renderDocs(s.huma.OpenAPI())
	if err != nil {
		return nil, err
	}
	root.Get("/docs", serve("text/html; charset=utf-8", page))
	return anywhereMounted(root), nil
}

// anywhereMounted routes by the full path, however the outer router came here.
func anywhereMounted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, (*chi.Context)(nil))))
	})
}

// routes is one table per noun.
func (s *server) routes() []func() {
	return []func(){
		s.meRoutes, s.tokenRoutes, s.productTypeRoutes, s.productRoutes, s.reviewRoutes, s.endpointRoutes, s.planRoutes, s.catalogRoutes,
		s.orderRoutes, s.invoiceRoutes, s.subscriptionRoutes, s.fulfilmentRoutes, s.metadataRoutes, s.usageRoutes, s.eventRoutes, s.liveRoutes,
		s.deliveryRoutes, s.webhookRoutes, s.auditRoutes, s.clockRoutes, s.providerRoutes, s.progressRoutes, s.attemptRoutes, s.driftRoutes, s.collectionRoutes, s.metricRoutes,
		s.storefrontRoutes, s.resaleRoutes, s.customerRoutes,
	}
}

// config is huma without its defaults: no links in bodies, only JSON, no docs
// that load scripts from elsewhere.
func (s *server) config() huma.Config {
	format := huma.Format{
		Marshal: func(w io.Writer, v any) error {
			enc := json.NewEncoder(w)
			enc.SetEscapeHTML(false)
			return enc.Encode(v)
		},
		Unmarshal: func(data []byte, v any) error {
			if k, ok := v.(keeper); ok {
				k.keep(data)
				return nil
			}
			return json.Unmarshal(data, v)
		},
	}
	return huma.Config{
		OpenAPI:                      newDocument(),
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
}

func serve(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(content) // the client has gone: nobody is left to tell
	}
}
