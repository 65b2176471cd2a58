package connector

import (
	"errors"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/cart"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/callback"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/go-chi/chi/v5"
)

// Prefix is where the API lives unless an installation says otherwise.
const Prefix = "/connector/api"

// Config is what the API needs; all of it, but Prefixes.
type Config struct {
	DB            *store.DB
	Box           *secret.Box // keeps the tokens that connectors log in for
	Accounts      *account.Service
	Catalog       *catalog.Service
	Callbacks     *callback.Service
	Orders        *order.Service
	Carts         *cart.Service
	Prices        *pricelist.Service // of resellers
	Storefronts   *storefront.Service
	Subscriptions *subscription.Service
	Provision     *provision.Service
	Fulfilment    *fulfilment.Service
	Usage         *usage.Service
	Invoices      *invoice.Service
	Payments      *payment.Service
	Events        *event.Log
	Webhooks      *webhook.Service
	Log           *slog.Logger
	// Prefixes are the paths that the API answers under, the first of which is
	// in the addresses that it gives away. Default Prefix alone.
	Prefixes []string
}

func (c Config) validate() error {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && f.IsNil() {
			return errors.New("connector: Config." + v.Type().Field(i).Name + " is required")
		}
	}
	for _, p := range c.Prefixes {
		if !strings.HasPrefix(p, "/") || strings.HasSuffix(p, "/") || strings.Contains(p, "//") {
			return errors.New("connector: the prefix " + p + " must begin with a slash and not end with one")
		}
	}
	return nil
}

// server is the API with what it calls.
type server struct {
	Config
	log       *slog.Logger
	router    *chi.Mux
	documents *documents
}

// Handler answers the API under its prefixes.
type Handler struct {
	prefixes []string
	serve    http.Handler
}

// New returns the handler.
func New(cfg Config) (*Handler, error) {
	if len(cfg.Prefixes) == 0 {
		cfg.Prefixes = []string{Prefix}
	}
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	s := &server{Config: cfg, log: cfg.Log.With("component", "connector"), router: chi.NewRouter(), documents: newDocuments()}
	s.router.NotFound(s.nowhere)
	s.router.MethodNotAllowed(s.nowhere)
	for _, r := range s.routes() {
		s.router.Method(r.method, "/"+r.path, s.handler(r))
	}
	serve := problem.WithRequestID(problem.AccessLog(s.log, cfg.DB.Clock())(problem.RecoverWith(s.log, s.fail)(crossOrigin(s.router))))
	return &Handler{prefixes: cfg.Prefixes, serve: serve}, nil
}

// ServeHTTP answers what is under a prefix, and everything else with an error
// of this API's form.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Before(h.serve).ServeHTTP(w, r)
}

// Before returns a handler that answers what is under one of the prefixes and
// leaves the rest to next. It stands in front of everything that cleans or
// redirects paths, because clients write slashes twice and follow no redirect.
func (h *Handler) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := singleSlashes(r.URL.EscapedPath())
		for _, prefix := range h.prefixes {
			rest, ok := strings.CutPrefix(path, prefix)
			if ok && (rest == "" || rest[0] == '/') {
				h.serve.ServeHTTP(w, withPath(r, rest))
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}
