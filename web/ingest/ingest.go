// Package ingest takes in what gateways log. A batch is answered with 204 only
// when all of it is durably stored; whatever else is answered, the gateway
// sends it again and nothing is counted twice.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
	"github.com/prometheus/client_golang/prometheus"
)

// MaxBody is the greatest batch taken, in bytes (16 MiB).
const MaxBody = 16 << 20

// ProviderBySecretFunc tells which provider's gateway knows the secret, in
// whichever marketplace; NotFound or Unauthenticated when none does.
type ProviderBySecretFunc func(ctx context.Context, text secret.Text) (marketplaceID, providerID int64, err error)

// Config is what the handler needs.
type Config struct {
	Usage    *usage.Service
	Provider ProviderBySecretFunc
	Log      *slog.Logger
	Registry prometheus.Registerer // nil leaves the counters unregistered
}

// Handler answers POST /ingest/kong.
type Handler struct {
	usage    *usage.Service
	provider ProviderBySecretFunc
	log      *slog.Logger
	entries  *prometheus.CounterVec
	batches  *prometheus.CounterVec
}

var _ http.Handler = (*Handler)(nil)

// New returns the handler.
func New(cfg Config) (*Handler, error) {
	if cfg.Usage == nil || cfg.Provider == nil || cfg.Log == nil {
		return nil, errors.New("ingest: Usage, Provider and Log are required")
	}
	h := &Handler{
		usage: cfg.Usage, provider: cfg.Provider, log: cfg.Log.With("component", "ingest"),
		entries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fondaco_ingest_entries_total",
			Help: "Gateway log entries by outcome: accepted, duplicate, stray, anonymous (no consumer, not kept).",
		}, []string{"outcome"}),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "fondaco_ingest_batches_total", Help: "Gateway log batches by the HTTP status they were answered with.",
		}, []string{"status"}),
	}
	if cfg.Registry == nil {
		return h, nil
	}
	if err := errors.Join(cfg.Registry.Register(h.entries), cfg.Registry.Register(h.batches)); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	return h, nil
}

// ServeHTTP takes one batch:
//
//   - 204: every entry is stored, was known, or has no consumer
//   - 400: the body is not a log batch; the problem names what is wrong and
//     nothing of it was stored
//   - 401: the secret is missing or unknown
//   - 405, 413: not a POST; more than MaxBody
//   - 503: it could not be stored now; send it again
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := h.take(w, r)
	status := statusOf(err)
	h.batches.WithLabelValues(fmt.Sprint(status)).Inc()
	if err != nil {
		h.complain(r, status, err)
		writeProblem(w, r, status, err)
		return
	}
	h.count(out)
	w.WriteHeader(http.StatusNoContent)
}

// outcome is what became of a batch's entries.
type outcome struct {
	usage.Outcome
	anonymous int
}

func (h *Handler) take(w http.ResponseWriter, r *http.Request) (outcome, error) {
	if r.Method != http.MethodPost {
		return outcome{}, errMethod
	}
	marketplace, provider, err := h.identify(r)
	if err != nil {
		return outcome{}, err
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return outcome{}, fault.Newf(fault.Limited, "The log batch is larger than %d MiB; send smaller batches.", MaxBody>>20)
	}
	if err != nil {
		return outcome{}, fault.InvalidField("body", "The log batch was cut off on its way; send all of it again.").Because(err)
	}
	entries, err := gatewaylog.Parse(body)
	if err != nil {
		return outcome{}, err
	}
	records := recordsOf(entries)
	stored, err := h.usage.Ingest(r.Context(), marketplace, fmt.Sprintf("kong/%d", provider), records)
	if err == nil && stored.Stray > 0 {
		h.log.WarnContext(r.Context(), "stray gateway entries kept", "marketplace", marketplace, "provider", provider, "count", stored.Stray)
	}
	return outcome{stored, len(entries) - len(records)}, err
}

// identify finds the provider by the bearer secret.
func (h *Handler) identify(r *http.Request) (marketplace, provider int64, err error) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	text = strings.TrimSpace(text)
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return 0, 0, fault.New(fault.Unauthenticated, "Send the gateway's ingest secret: Authorization: Bearer <secret>.")
	}
	marketplace, provider, err = h.provider(r.Context(), secret.Text(text))
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Unauthenticated) {
		return 0, 0, fault.New(fault.Unauthenticated, "This ingest secret is unknown; use the one of the provider's settings.")
	}
	return marketplace, provider, err
}

// recordsOf maps entries to usage, without those that have no consumer: a
// request without a valid key is nobody's.
func recordsOf(entries []gatewaylog.Entry) []usage.Record {
	records := make([]usage.Record, 0, len(entries))
	for _, e := range entries {
		if e.ConsumerName == "" {
			continue
		}
		records = append(records, usage.Record{
			EventID: e.RequestID, SubscriptionID: e.SubscriptionID, Meter: e.Endpoint, Quantity: usage.Unit,
			// Only what reached the vendor is billed, not what the gateway refused.
			Billable: e.Source == gatewaylog.SourceUpstream, StatusCode: statusCode(e.Status),
			RealAt: e.StartedAt, Subject: e.ConsumerName,
		})
	}
	return records
}

// statusCode drops a status that cannot be one, rather than the batch.
func statusCode(n int) int {
	if n < 0 || n > 999 {
		return 0
	}
	return n
}

func (h *Handler) count(o outcome) {
	for name, n := range map[string]int{"accepted": o.Accepted, "duplicate": o.Duplicates, "stray": o.Stray, "anonymous": o.anonymous} {
		h.entries.WithLabelValues(name).Add(float64(n))
	}
}

func (h *Handler) complain(r *http.Request, status int, err error) {
	level := slog.LevelWarn
	if status == http.StatusServiceUnavailable {
		level = slog.LevelError
	}
	h.log.Log(r.Context(), level, "gateway log batch not taken", "status", status, "error", err)
}
