package webhook

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// target is an endpoint as an attempt needs it.
type target struct {
	Endpoint
	key          string
	older        []string // secrets that are still valid
	unreadable   bool     // the secret cannot be opened
	allowPrivate bool
	offset       time.Duration // from real time to the marketplace's
}

func (t target) open() bool { return t.Enabled && t.DeletedAt == nil }

// targetOf reads an endpoint with its address and secrets as they are now:
// they may have been mended since the last attempt.
func (s *Service) targetOf(ctx context.Context, tx *store.Tx, endpoint int64) (target, error) {
	e, err := endpointByID(ctx, tx, endpoint)
	if err != nil {
		return target{}, err
	}
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return target{}, err
	}
	now := s.db.Clock().Now()
	t := target{Endpoint: e, allowPrivate: m.ReachesPrivate(), offset: tx.Now().Sub(now)}
	key, err := s.box.Open(e.purpose(), e.Secret)
	if err != nil {
		s.log.ErrorContext(ctx, "endpoint secret cannot be opened", "endpoint", e.ID, "error", err)
		t.unreadable = true
	}
	t.key = key.Reveal()
	if e.PreviousUntil != nil && now.Before(*e.PreviousUntil) {
		if old, err := s.box.Open(e.purpose(), e.PreviousSecret); err == nil {
			t.older = append(t.older, old.Reveal())
		}
	}
	return t, nil
}

// loaded is a delivery that is due, and whether a newer event makes it needless.
type loaded struct {
	Delivery
	Outdated bool `db:"outdated"`
}

// dueAt reads what is due at an endpoint, with ids above after, oldest first.
func dueAt(ctx context.Context, tx *store.Tx, endpoint int64, now time.Time, after int64) (rows []loaded, err error) {
	return rows, tx.Select(ctx, &rows, `SELECT d.id, d.endpoint_id, COALESCE(d.event_id, 0) AS event_id, d.entity, d.entity_id, d.event_type,
		COALESCE(d.subscription_id, 0) AS subscription_id, d.format, d.url, d.body, d.attempts, d.replayed, d.created_at,
		(d.attempts > 0 AND NOT d.replayed AND `+newerExists+`) AS outdated
		FROM webhook_delivery d WHERE d.marketplace_id = ? AND d.endpoint_id = ? AND d.status = 'pending' AND d.next_attempt_at <= ? AND d.id > ?
		ORDER BY d.id LIMIT ?`, tx.Marketplace(), endpoint, now, after, loadAtOnce)
}

// result is an attempt that was made.
type result struct {
	Delivery
	drain   *drain
	own     bool // it took no shared seat
	cut     bool // it was broken off because the server stops
	url     string
	header  http.Header
	sentAt  time.Time // the marketplace's
	attempt send.Attempt
	after   Status // what became of the delivery
}

// number is the attempt's, from 1.
func (r result) number() int { return r.Attempts + 1 }

// attempt signs and sends. No transaction is open and nothing is locked
// meanwhile: receivers call back before they answer.
func (s *Service) attempt(ctx context.Context, d Delivery, to target) result {
	now, body := s.db.Clock().Now(), []byte(d.Body)
	r := result{Delivery: d, url: to.URL, sentAt: now.Add(to.offset)}
	if to.unreadable {
		r.attempt = send.Attempt{Outcome: send.Retry, Err: "The secret of the endpoint cannot be read on our side. Give it a new one."}
		return r
	}
	r.header = sign.Headers(to.key, d.MessageID(), now, body, to.older...)
	contentType := sign.TypeJSON
	switch d.Format {
	case CloudEvents:
		contentType = sign.TypeCloudEvents
	case CloudEventsBinary:
		d.cloudEvent(to.MarketplaceID).Binary(r.header)
	}
	r.attempt = s.cfg.Sender.Send(ctx, send.Request{URL: to.URL, Body: body, Header: r.header, ContentType: contentType, AllowPrivate: to.allowPrivate})
	r.cut = ctx.Err() != nil && r.attempt.StatusCode == 0
	return r
}

// logged is the attempt as the log keeps it.
func (r result) logged() Attempt {
	return Attempt{Number: r.number(), SentAt: r.sentAt, DurationMS: r.attempt.Duration.Milliseconds(), StatusCode: r.attempt.StatusCode,
		RequestHeaders: flat(r.header), ResponseHeaders: r.attempt.ResponseHeader, ResponseBody: r.attempt.ResponseBody, Error: r.attempt.Err}
}

func flat(h http.Header) Headers {
	out := Headers{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}
