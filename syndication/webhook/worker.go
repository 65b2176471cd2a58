package webhook

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/syndication/webhook/send"
	"github.com/fondaco/fondaco/syndication/webhook/sign"
)

// announce makes the delivery of a subscription's event when its product has
// an endpoint (event.Subscriber). The body is built this once.
func (s *Service) announce(ctx context.Context, tx *store.Tx, e event.Event) error {
	if e.Entity != event.Subscription {
		return nil
	}
	sub, err := subscription.ByID(ctx, tx, e.EntityID)
	if err != nil {
		return err
	}
	p, err := catalog.ProductByID(ctx, tx, sub.ProductID)
	if err != nil || p.SyndicationURL == "" {
		return err
	}
	if told, err := announced(ctx, tx, e.ID); err != nil || told {
		return err
	}
	body := sign.Event{Date: e.HappenedAt, Entity: e.Entity, EntityURL: "subscription/" + strconv.FormatInt(sub.ID, 10),
		ID: sub.ID, Type: string(e.Type)}.Body()
	id, err := insert(ctx, tx, Delivery{EventID: e.ID, ProductID: p.ID, VendorID: p.VendorID, SubscriptionID: sub.ID,
		URL: p.SyndicationURL, Body: string(body)})
	if err != nil {
		return err
	}
	return s.enqueue(ctx, tx, id, 1, 0)
}

// deliverArgs name one attempt of one delivery.
type deliverArgs struct {
	MarketplaceID int64 `json:"marketplaceId"`
	DeliveryID    int64 `json:"deliveryId"`
	Number        int   `json:"number"`
}

// Kind names the job in the queue.
func (deliverArgs) Kind() string { return "webhook.deliver" }

// Scope says where it works.
func (a deliverArgs) Scope() int64 { return a.MarketplaceID }

// tries is how often the queue works one attempt when our own side fails. It
// is many: only the schedule gives a delivery up, never a database's bad day.
const tries = 1000

// enqueue queues the attempt after the wait, in real time.
func (s *Service) enqueue(ctx context.Context, tx *store.Tx, delivery int64, number int, wait time.Duration) error {
	var at time.Time // none: at once, and not with the queue's next round of scheduled jobs
	if wait > 0 {
		at = s.db.Clock().Now().Add(wait)
	}
	return s.jobs.Insert(ctx, tx, deliverArgs{MarketplaceID: tx.Marketplace(), DeliveryID: delivery, Number: number},
		jobs.Options{Queue: jobs.Deliver, RunAt: at, MaxAttempts: tries})
}

// parcel is everything one attempt needs.
type parcel struct {
	deliverArgs
	request send.Request
	sentAt  time.Time // the marketplace's
	refused string    // why it cannot be sent at all
	final   bool      // and never will be
}

// deliver makes one attempt: it reads what to send, sends it outside any
// transaction, and commits the outcome together with the job of the next
// attempt. Killed before that commit, the queue works this job again: the
// receiver gets the event twice, with one webhook-id, and never not at all.
func (s *Service) deliver(ctx context.Context, job jobs.Job[deliverArgs]) error {
	p, wait, err := s.prepare(ctx, job.Args)
	switch {
	case err != nil:
		return err
	case wait > 0:
		return jobs.Snooze(wait)
	case p == nil:
		return nil
	}
	a := send.Attempt{Outcome: send.Retry, Err: p.refused}
	if p.refused == "" {
		a = s.sender.Send(ctx, p.request)
	}
	if ctx.Err() != nil && a.StatusCode == 0 {
		return fmt.Errorf("delivery %d: %w", p.DeliveryID, ctx.Err()) // the server stops; this was no fair attempt
	}
	return s.record(context.WithoutCancel(ctx), *p, a)
}

// patience is how long an event that is not told yet holds up newer ones.
const patience = time.Minute

// prepare reads what the attempt needs: nil when it was made already, a wait
// when older deliveries of the subscription go first.
func (s *Service) prepare(ctx context.Context, args deliverArgs) (p *parcel, wait time.Duration, err error) {
	err = s.db.View(ctx, args.MarketplaceID, func(tx *store.Tx) error {
		d, err := byID(ctx, tx, args.DeliveryID)
		if err != nil || d.Status != Pending || d.Attempts >= args.Number {
			return err
		}
		if args.Number == 1 {
			older, err := ahead(ctx, tx, d, patience)
			if err != nil || older > 0 {
				wait = min(time.Duration(older)*100*time.Millisecond, 2*time.Second)
				return err
			}
		}
		p, err = s.pack(ctx, tx, args, d)
		return err
	})
	return p, wait, err
}

// pack addresses and signs: to the endpoint and with the secret that the
// product has now, which may have been mended since the last attempt.
func (s *Service) pack(ctx context.Context, tx *store.Tx, args deliverArgs, d Delivery) (*parcel, error) {
	m, err := account.MarketplaceOf(ctx, tx)
	if err != nil {
		return nil, err
	}
	product, err := catalog.ProductByID(ctx, tx, d.ProductID)
	if err != nil {
		return nil, err
	}
	p := &parcel{deliverArgs: args, sentAt: tx.Now()}
	p.request = send.Request{URL: product.SyndicationURL, Body: []byte(d.Body), AllowPrivate: m.Sandbox}
	if product.SyndicationURL == "" {
		p.request.URL = d.URL
		p.refused, p.final = "The product has no endpoint for events any more.", true
		return p, nil
	}
	key, err := s.catalog.SyndicationSecret(product)
	if err != nil {
		s.log.ErrorContext(ctx, "endpoint secret cannot be opened", "product", product.ID, "error", err)
		p.refused = "The secret of the endpoint cannot be read on our side. Enter it again in the product's integration settings."
		return p, nil
	}
	p.request.Header = sign.Headers(key.Reveal(), MessageID(d.EventID), s.db.Clock().Now(), p.request.Body)
	return p, nil
}

// MessageID is the webhook-id of an event: the same on every attempt and
// replay, so that receivers can drop repeats.
func MessageID(eventID int64) string { return "evt_" + strconv.FormatInt(eventID, 10) }

// record commits the outcome of the attempt and, when there is to be another,
// its job.
func (s *Service) record(ctx context.Context, p parcel, a send.Attempt) error {
	var after Status
	err := s.db.InTx(ctx, p.MarketplaceID, func(tx *store.Tx) error {
		d, err := lock(ctx, tx, p.DeliveryID)
		if err != nil || d.Status != Pending || d.Attempts >= p.Number {
			return err // a twin of this job, after a rescue, was faster
		}
		if err := insertAttempt(ctx, tx, d.ID, logged(p, a)); err != nil {
			return err
		}
		d.URL, d.Attempts, d.LastError = p.request.URL, p.Number, a.Err
		if err := s.settle(ctx, tx, &d, p, a); err != nil {
			return err
		}
		after = d.Status
		return save(ctx, tx, d)
	})
	if err != nil || after == "" {
		return err
	}
	if after == Dead {
		s.log.WarnContext(ctx, "webhook given up", "delivery", p.DeliveryID, "attempts", p.Number, "status", a.StatusCode)
	}
	s.onAttempt(a, after)
	return nil
}

// settle decides what becomes of the delivery after the attempt.
func (s *Service) settle(ctx context.Context, tx *store.Tx, d *Delivery, p parcel, a send.Attempt) error {
	d.NextAttemptAt = nil
	if a.Outcome == send.Delivered {
		d.Status, d.DeliveredAt = Delivered, new(tx.Now())
		return nil
	}
	wait, more := s.schedule(a, p.Number)
	if !more || p.final {
		d.Status = Dead
		return nil
	}
	d.NextAttemptAt = new(s.db.Clock().Now().Add(wait))
	return s.enqueue(ctx, tx, d.ID, p.Number+1, wait)
}

func logged(p parcel, a send.Attempt) Attempt {
	return Attempt{Number: p.Number, SentAt: p.sentAt, DurationMS: a.Duration.Milliseconds(), StatusCode: a.StatusCode,
		RequestHeaders: flat(p.request.Header), ResponseHeaders: a.ResponseHeader, ResponseBody: a.ResponseBody, Error: a.Err}
}

func flat(h http.Header) Headers {
	out := Headers{}
	for name := range h {
		out[name] = h.Get(name)
	}
	return out
}
