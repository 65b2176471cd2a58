// Package callback asks vendors about what they set up themselves: whether an
// order or a change is all right, which values of a parameter can be chosen,
// and what a metric reads. It is called outside of any transaction.
package callback

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// DefaultTimeout is how long a customer waits for a vendor's answers, all
// together.
const DefaultTimeout = 10 * time.Second

// Config is what the service needs.
type Config struct {
	DB      *store.DB
	Catalog *catalog.Service
	Clock   clock.Clock
	Log     *slog.Logger
	Timeout time.Duration // of all answers to a question; DefaultTimeout when 0
	// MetricHeaders are sent with every reading of a metric.
	MetricHeaders map[string]string
}

// Service asks vendors. It is safe for concurrent use.
type Service struct {
	db      *store.DB
	catalog *catalog.Service
	clock   clock.Clock
	log     *slog.Logger
	timeout time.Duration
	extra   map[string]string
	sender  *send.Sender
}

// New returns the service. Close it when done.
func New(cfg Config) (*Service, error) {
	timeout := cmp.Or(cfg.Timeout, DefaultTimeout)
	sender, err := send.New(send.Config{Clock: cfg.Clock, Timeout: timeout})
	if err != nil {
		return nil, err
	}
	return &Service{db: cfg.DB, catalog: cfg.Catalog, clock: cfg.Clock, log: cfg.Log.With("component", "callback"),
		timeout: timeout, extra: cfg.MetricHeaders, sender: sender}, nil
}

// Close closes idle connections.
func (s *Service) Close() { s.sender.Close() }

// vendor is whom a question goes to.
type vendor struct {
	product catalog.Product
	private bool // its addresses may be private
	secret  secret.Text
}

func (s *Service) vendor(ctx context.Context, marketplace int64, p catalog.Product) (vendor, error) {
	v := vendor{product: p}
	err := s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		m, err := account.MarketplaceOf(ctx, tx)
		v.private = m.ReachesPrivate()
		return err
	})
	if err != nil {
		return v, err
	}
	v.secret, err = s.catalog.SyndicationSecret(p)
	return v, err
}

// post sends a signed question.
func (s *Service) post(ctx context.Context, v vendor, url string, question any) (send.Answer, error) {
	body, err := encode(question)
	if err != nil {
		return send.Answer{}, err
	}
	return s.sender.Call(ctx, http.MethodPost, send.Request{URL: url, Body: body, AllowPrivate: v.private, Header: s.signature(v, body)})
}

// signature is that of events: the same check serves a vendor for both.
func (s *Service) signature(v vendor, body []byte) http.Header {
	return sign.Headers(v.secret.Reveal(), secret.NewToken("ask_").Reveal(), s.clock.Now(), body)
}

// encode writes JSON as connectors expect it: no escaped signs.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// silent says that a vendor could not be asked, with nothing of its systems.
func silent(cause error) error {
	return fault.New(fault.Unavailable, "The vendor could not be asked whether this is possible. Nothing was changed; please try again later.").Because(cause)
}
