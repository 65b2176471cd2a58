package notify_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage/usagetest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	acme     = "acme@customer.test"
	lagoon   = "lagoon@vendor.test"
	operator = "desk@operator.test"
)

// server is a shop with the parts that write and send its mail.
type server struct {
	*usagetest.Shop
	db     *store.DB
	jobs   *jobs.Client
	events *event.Log
	subs   *subscription.Service
	notify *notify.Service
	sink   *mail.Sink
	sub    int64
}

// each runs the test on every database. trouble, if any, says what the mail
// server answers to a message before the sink has it.
func each(t *testing.T, trouble func(m mail.Message) error, run func(t *testing.T, s *server)) {
	t.Helper()
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		s := &server{Shop: usagetest.NewShop(t, db, "rialto.test", true), db: db}
		s.sub = s.Subscribe(t)
		for id, email := range map[int64]string{s.Customer.OrganizationID: acme, s.Vendor.OrganizationID: lagoon, s.Operator.OrganizationID: operator} {
			s.exec(t, `UPDATE organization SET email = ? WHERE id = ?`, email, id)
		}
		log := slog.New(slog.DiscardHandler)
		var err error
		s.sink, err = mail.NewSink(mail.SinkConfig{Clock: db.Clock()})
		require.NoError(t, err)
		s.jobs = jobs.New(db, log)
		s.events = event.New(db, s.jobs)
		s.subs = subscription.New(subscription.Config{DB: db, Events: s.events, Down: &subscription.Downstream{
			Start: func(context.Context, *store.Tx, subscription.Subscription, subscription.Operation) error { return nil }}})
		s.notify = notify.New(notify.Config{DB: db, Jobs: s.jobs, Events: s.events, Sender: troubled{s.sink, trouble},
			From: "no-reply@rialto.test", BaseURL: func(m account.Marketplace) string { return "https://" + m.Host }, Log: log})
		require.NoError(t, s.jobs.Open())
		require.NoError(t, s.jobs.Start(t.Context()))
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			require.NoError(t, s.jobs.Stop(ctx))
		})
		run(t, s)
	})
}

// troubled is a mail server that is not always well.
type troubled struct {
	*mail.Sink
	trouble func(m mail.Message) error
}

func (f troubled) Send(ctx context.Context, m mail.Message) error {
	if f.trouble != nil {
		if err := f.trouble(m); err != nil {
			return err
		}
	}
	return f.Sink.Send(ctx, m)
}

func (s *server) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	s.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// happen appends an event and waits until it is told.
func (s *server) happen(t *testing.T, in event.Input) {
	t.Helper()
	in.Type, in.Actor = event.Modified, s.Operator.Audit()
	s.InTx(t, func(ctx context.Context, tx *store.Tx) error { return s.events.Append(ctx, tx, in) })
	s.told(t)
}

func (s *server) told(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		return s.Count(t, `SELECT COUNT(*) FROM event WHERE dispatched_at IS NULL AND marketplace_id = ?`) == 0
	}, 20*time.Second, 10*time.Millisecond)
}

func (s *server) ofSubscription(t *testing.T, topic, plan, summary string) {
	t.Helper()
	s.happen(t, event.Input{Entity: event.Subscription, EntityID: s.sub, SubscriptionID: s.sub, Topic: topic, Summary: summary,
		Data: map[string]string{"product": "Maps", "plan": plan}})
}

// mails returns what was written, oldest first, when nothing is pending.
func (s *server) mails(t *testing.T) []notify.Mail {
	t.Helper()
	require.Eventually(t, func() bool {
		return s.Count(t, `SELECT COUNT(*) FROM mail WHERE status = 'pending' AND marketplace_id = ?`) == 0
	}, 20*time.Second, 10*time.Millisecond)
	p, err := s.notify.List(t.Context(), s.Operator, page.Request{})
	require.NoError(t, err)
	var out []notify.Mail
	for _, m := range p.Items {
		out = append([]notify.Mail{m}, out...)
	}
	return out
}

// briefs are kind and recipient of the mails written since the last call.
func (s *server) briefs(t *testing.T) (out []string) {
	t.Helper()
	for _, m := range s.mails(t) {
		out = append(out, string(m.Kind)+" "+m.Recipient)
		require.Equal(t, notify.Sent, m.Status, "%s: %s", m.Kind, m.Error)
	}
	s.exec(t, `DELETE FROM mail`)
	return out
}

func (s *server) invoice(t *testing.T, number string) int64 {
	t.Helper()
	return s.bill(t, number, "47.58")
}

func (s *server) bill(t *testing.T, number, total string) int64 {
	t.Helper()
	at := s.db.Clock().Now()
	return s.Insert(t, `INSERT INTO invoice (customer_id, subscription_id, number, status, currency, net, tax_percent, tax, total, snapshot, issued_at, due_at, marketplace_id)
		VALUES (?, ?, ?, 'unpaid', 'EUR', '39.00', '22', '8.58', ?, '{}', ?, ?, ?)`, s.Customer.OrganizationID, s.sub, number, total, at, at)
}

func TestMails_goToWhomEachTopicConcerns(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		product := s.Count(t, `SELECT product_id FROM subscription WHERE id = ? AND marketplace_id = ?`, s.sub)
		invoice := s.invoice(t, "R-1")
		s.happen(t, event.Input{Entity: event.Order, EntityID: 1, SubscriptionID: s.sub, Topic: "order.placed"})
		require.Equal(t, []string{"order_received " + acme, "new_order " + lagoon}, s.briefs(t))
		for topic, want := range map[string][]string{
			"subscription.created":           nil,
			"subscription.paid":              nil,
			"subscription.terminating":       nil,
			"subscription.autoRenewChanged":  nil,
			"subscription.planChangePlanned": nil, // taken back before it was told
			"subscription.activated":         {"subscription_active " + acme},
			"subscription.failed":            {"provisioning_failed_operator " + operator, "provisioning_failed " + acme},
			"subscription.suspended":         {"subscription_suspended " + acme},
			"subscription.resumed":           {"subscription_resumed " + acme},
			"subscription.planChanged":       {"plan_changed " + acme},
			"subscription.resized":           {"subscription_resized " + acme},
			"subscription.resizePlanned":     nil,                         // taken back, too
			"subscription.terminated":        {"order_cancelled " + acme}, // it has no period: it was never paid
		} {
			s.ofSubscription(t, topic, "Basic", "No such route.")
			require.Equal(t, want, s.briefs(t), topic)
		}
		for topic, want := range map[string][]string{
			"product.submitted": {"product_submitted " + operator},
			"product.approved":  {"product_approved " + lagoon},
			"product.rejected":  {"product_rejected " + lagoon},
		} {
			s.happen(t, event.Input{Entity: event.Product, EntityID: product, Topic: topic, Data: map[string]string{"reason": "Say what it costs."}})
			require.Equal(t, want, s.briefs(t), topic)
		}
		for topic, want := range map[string][]string{"invoice.issued": {"invoice_issued " + acme}, "invoice.paid": {"payment_received " + acme}} {
			s.happen(t, event.Input{Entity: event.Invoice, EntityID: invoice, SubscriptionID: s.sub, Topic: topic})
			require.Equal(t, want, s.briefs(t), topic)
		}
	})
}

func TestMails_tellACreditNoteFromAnInvoice(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		nothing, credit := s.bill(t, "2026-2", "0.00"), s.bill(t, "CN-2026-1", "-12.20")
		for _, id := range []int64{nothing, credit} {
			s.happen(t, event.Input{Entity: event.Invoice, EntityID: id, SubscriptionID: s.sub, Topic: "invoice.issued"})
		}
		all := s.mails(t)
		require.Len(t, all, 1)
		require.Equal(t, "Credit note CN-2026-1: 12.20 EUR", all[0].Subject)
	})
}

func TestMails_sayWhatHappenedAndWhereToLook(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		s.invoice(t, "R-1")
		s.happen(t, event.Input{Entity: event.Order, EntityID: 1, SubscriptionID: s.sub, Topic: "order.placed"})
		s.ofSubscription(t, "subscription.activated", "Basic", "Ready to use")
		s.ofSubscription(t, "subscription.planChanged", "Pro", "Changed")
		s.ofSubscription(t, "subscription.failed", "Pro", "Setting up failed: upstream 10.1.2.3 refused us")
		s.exec(t, `UPDATE subscription SET period_start = created_at`)
		s.ofSubscription(t, "subscription.terminating", "Pro", "Terminated by Ada (Acme)")
		s.ofSubscription(t, "subscription.terminated", "Pro", "Everything was removed")
		bodies := map[mail.Kind]string{}
		for _, m := range s.mails(t) {
			bodies[m.Kind] = m.Subject + "\n" + m.Body
		}
		link := fmt.Sprintf("https://rialto.test/account/subscriptions/%d\n", s.sub)
		require.Contains(t, bodies[mail.OrderReceived], "Hello Acme,")
		require.Contains(t, bodies[mail.OrderReceived], "To pay now: 47.58 EUR.")
		require.Contains(t, bodies[mail.OrderReceived], link)
		require.Contains(t, bodies[mail.NewOrder], "Acme ordered Maps, plan Basic")
		require.Contains(t, bodies[mail.PlanChanged], "from Basic to Pro")
		require.Contains(t, bodies[mail.ProvisioningFailedOperator], "> upstream 10.1.2.3 refused us")
		require.NotContains(t, bodies[mail.ProvisioningFailed], "10.1.2.3")
		require.Contains(t, bodies[mail.SubscriptionTerminated], "> Terminated by Ada (Acme)")
		sent := s.sink.Messages()
		require.Len(t, sent, 7)
		for _, m := range sent {
			require.Equal(t, mail.Address{Name: "Rialto", Email: "no-reply@rialto.test"}, m.Message.From)
			require.Contains(t, m.Message.HTML, "https://rialto.test/")
		}
	})
}

func TestMails_sayWhichSizeASubscriptionHasAndWhy(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		plan := s.Count(t, `SELECT plan_id FROM subscription WHERE id = ? AND marketplace_id = ?`, s.sub)
		sizes := s.Insert(t, `INSERT INTO plan_revision (plan_id, number, content, created_at, marketplace_id) VALUES (?, 2, ?, ?, ?)`, plan,
			`{"resources":[{"parameter":"cores","name":"CPU cores","unit":"core"},{"parameter":"memoryGb","name":"Memory","unit":"GB"}]}`, s.db.Clock().Now())
		s.exec(t, `UPDATE subscription SET plan_revision_id = ?, parameters = '{"cores":8,"memoryGb":16}', next_parameters = '{"cores":2,"memoryGb":16}', period_end = ?`,
			sizes, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		s.ofSubscription(t, "subscription.resized", "Basic", "Changed its size")
		s.ofSubscription(t, "subscription.resizePlanned", "Basic", "Changes its size with the next period")
		s.InTx(t, func(ctx context.Context, tx *store.Tx) error {
			return s.events.Append(ctx, tx, event.Input{Entity: event.Subscription, EntityID: s.sub, SubscriptionID: s.sub, Type: event.Modified,
				Topic: "subscription.resized", Actor: audit.System, Data: map[string]string{"product": "Maps", "plan": "Basic"}})
		})
		s.told(t)
		all := s.mails(t)
		require.Len(t, all, 3)
		require.Contains(t, all[0].Body, ": CPU cores 8, Memory (GB) 16.")
		require.NotContains(t, all[0].Body, "reason", "who chose it knows why")
		require.Contains(t, all[1].Body, "on 1 March 2026, when its next period begins: CPU cores 2, Memory (GB) 16.")
		require.Contains(t, all[2].Body, "> More was running than had been bought.")
	})
}

func TestMails_followARealSuspensionAndResumption(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		_, err := s.subs.Suspend(t.Context(), s.Vendor, s.sub)
		require.NoError(t, err)
		_, err = s.subs.Resume(t.Context(), s.Vendor, s.sub)
		require.NoError(t, err)
		s.told(t)
		var suspended string
		for _, m := range s.mails(t) {
			if m.Kind == mail.SubscriptionSuspended {
				suspended = m.Body
			}
		}
		require.Contains(t, suspended, "> Suspended by Ada (Lagoon Maps)")
		require.ElementsMatch(t, []string{"subscription_suspended " + acme, "subscription_resumed " + acme}, s.briefs(t))
	})
}

func TestMails_areWrittenOnceThoughTheirEventIsToldTwice(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		s.exec(t, `INSERT INTO organization (kind, name, email, created_at, marketplace_id) VALUES ('operator', 'Night shift', ?, ?, ?)`, operator, s.db.Clock().Now(), s.MarketplaceID)
		s.ofSubscription(t, "subscription.failed", "Basic", "No.")
		require.Len(t, s.mails(t), 2) // two operators share an address
		s.exec(t, `UPDATE event SET dispatched_at = NULL`)
		s.exec(t, `UPDATE river_job SET state = 'available', finalized_at = NULL`)
		s.told(t)
		require.Eventually(t, func() bool {
			return s.Count(t, `SELECT COUNT(*) FROM river_job WHERE state <> 'completed' AND CAST(args ->> 'marketplaceId' AS INTEGER) = ?`) == 0
		}, 20*time.Second, 10*time.Millisecond)
		require.Len(t, s.mails(t), 2)
		require.Len(t, s.sink.Messages(), 2)
	})
}

func TestMails_areSentAgainWhileTheServerIsAway(t *testing.T) {
	var mu sync.Mutex
	ids := map[string][]string{}
	away := func(m mail.Message) error {
		mu.Lock()
		defer mu.Unlock()
		ids[m.To.Email] = append(ids[m.To.Email], m.ID)
		if len(ids[m.To.Email]) == 1 {
			return fault.New(fault.Unavailable, "The mail server does not answer.")
		}
		return nil
	}
	each(t, away, func(t *testing.T, s *server) {
		recipient := fmt.Sprintf("acme-%s@customer.test", s.db.Name())
		s.exec(t, `UPDATE organization SET email = ? WHERE id = ?`, recipient, s.Customer.OrganizationID)
		s.ofSubscription(t, "subscription.activated", "Basic", "Ready")
		m := s.mails(t)[0]
		require.Equal(t, notify.Sent, m.Status)
		require.NotNil(t, m.SentAt)
		require.Empty(t, m.Error)
		require.Len(t, s.sink.Messages(), 1)
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, ids[recipient], 2)
		require.Equal(t, ids[recipient][0], ids[recipient][1], "the same mail keeps its Message-ID")
	})
}

func TestMails_areGivenUpWhenTheServerRefusesThem(t *testing.T) {
	refuse := func(m mail.Message) error {
		if strings.HasPrefix(m.To.Email, "acme") {
			return fault.New(fault.Invalid, "There is no such mailbox.")
		}
		return nil
	}
	each(t, refuse, func(t *testing.T, s *server) {
		s.happen(t, event.Input{Entity: event.Order, EntityID: 1, SubscriptionID: s.sub, Topic: "order.placed"})
		all := s.mails(t)
		require.Equal(t, []notify.Status{notify.Failed, notify.Sent}, []notify.Status{all[0].Status, all[1].Status})
		require.Equal(t, "There is no such mailbox.", all[0].Error)
		require.Nil(t, all[0].SentAt)
	})
}

// A mail that lacks something it needs must not keep the event from those who
// listen after it, such as webhooks.
func TestMails_thatCannotBeWrittenHoldUpNobody(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		product := s.Count(t, `SELECT product_id FROM subscription WHERE id = ? AND marketplace_id = ?`, s.sub)
		s.happen(t, event.Input{Entity: event.Product, EntityID: product, Topic: "product.rejected"}) // without a reason
		m := s.mails(t)[0]
		require.Equal(t, notify.Failed, m.Status)
		require.NotEmpty(t, m.Error)
		require.Empty(t, s.sink.Messages())
	})
}

func TestList_isForOperatorsOfTheMarketplace(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		s.ofSubscription(t, "subscription.activated", "Basic", "Ready")
		s.ofSubscription(t, "subscription.resumed", "Basic", "Back")
		first, err := s.notify.List(t.Context(), s.Operator, page.Request{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, mail.SubscriptionResumed, first.Items[0].Kind)
		second, err := s.notify.List(t.Context(), s.Operator, page.Request{Limit: 1, Cursor: first.Next})
		require.NoError(t, err)
		require.Equal(t, mail.SubscriptionActive, second.Items[0].Kind)
		require.Empty(t, second.Next)
		for _, actor := range []account.Actor{s.Vendor, s.Customer} {
			_, err := s.notify.List(t.Context(), actor, page.Request{})
			require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		}
		elsewhere := usagetest.NewShop(t, s.db, "elsewhere.test", false)
		none, err := s.notify.List(t.Context(), elsewhere.Operator, page.Request{})
		require.NoError(t, err)
		require.Empty(t, none.Items)
	})
}

func TestNotify_operatorsHearOfDriftAndOfAProviderThatIsDown(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		s.happen(t, event.Input{Entity: event.Reconciliation, EntityID: 1, Topic: "drift.found", Summary: "Reconciliation found 2 differences that were not there before"})
		s.happen(t, event.Input{Entity: event.Provider, EntityID: 1, Topic: "provider.circuitOpened", Summary: "The provider main does not answer; calls wait: reset"})
		s.happen(t, event.Input{Entity: event.Provider, EntityID: 1, Topic: "provider.circuitClosed", Summary: "The provider main works again"})
		mails, err := s.notify.List(t.Context(), s.Operator, page.Request{})
		require.NoError(t, err)
		require.Len(t, mails.Items, 2)
		require.Equal(t, []mail.Kind{mail.ProviderDown, mail.DriftFound}, []mail.Kind{mails.Items[0].Kind, mails.Items[1].Kind})
		require.Contains(t, mails.Items[1].Body, "found 2 differences")
		require.Contains(t, mails.Items[1].Body, "/operator/drift")
	})
}

func TestNotify_theOwnerOfADisabledEndpointHearsOfIt(t *testing.T) {
	each(t, nil, func(t *testing.T, s *server) {
		const why = "Webhooks to hooks.example are switched off: Nothing arrived since 1 March 2026."
		for want, owner := range map[string]event.Input{
			lagoon:   {VendorID: s.Vendor.OrganizationID},
			acme:     {CustomerID: s.Customer.OrganizationID},
			operator: {},
		} {
			owner.Entity, owner.EntityID, owner.Topic, owner.Summary = event.Endpoint, 1, "webhook.endpointDisabled", why
			s.happen(t, owner)
			require.Contains(t, s.mails(t)[0].Body, why)
			require.Equal(t, []string{"endpoint_disabled " + want}, s.briefs(t))
		}
	})
}
