package payment_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/jobs"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/usage/usagetest"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	good     = payment.Card{Number: "4242 4242 4242 4242", ExpMonth: 12, ExpYear: 2099, CVC: "123"}
	declined = payment.Card{Number: "4000000000000002"}
)

// bundle is a shop with an unpaid invoice. paid counts how often the invoice
// noun was told.
type bundle struct {
	*usagetest.Shop
	db       *store.DB
	jobs     *jobs.Client
	payments *payment.Service
	gateway  *faulty
	invoice  int64
	paid     atomic.Int32
	paidFail atomic.Bool
}

// faulty is the sandbox gateway whose process can die around the charge.
type faulty struct {
	*payment.Sandbox
	before, after func() error
	charges       atomic.Int32
}

func (g *faulty) Charge(ctx context.Context, in payment.ChargeInput) (payment.Charge, error) {
	if g.before != nil {
		if err := g.before(); err != nil {
			return payment.Charge{}, err
		}
	}
	g.charges.Add(1)
	c, err := g.Sandbox.Charge(ctx, in)
	if g.after != nil && err == nil {
		err = g.after()
	}
	return c, err
}

func each(t *testing.T, run func(t *testing.T, b *bundle)) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) { run(t, setup(t, db, payment.Config{})) })
}

func setup(t *testing.T, db *store.DB, cfg payment.Config) *bundle {
	t.Helper()
	b := &bundle{Shop: usagetest.NewShop(t, db, "rialto.test", true), db: db, gateway: &faulty{Sandbox: payment.NewSandbox()}}
	b.jobs = jobs.New(db, slog.New(slog.DiscardHandler))
	cfg.DB, cfg.Jobs, cfg.Gateway, cfg.Invoice, cfg.Paid = db, b.jobs, b.gateway, readInvoice, b.markPaid
	var err error
	b.payments, err = payment.New(cfg)
	require.NoError(t, err)
	require.NoError(t, b.jobs.Open())
	b.invoice = b.Invoice(t, b.Subscribe(t), "2026-1")
	return b
}

func readInvoice(ctx context.Context, tx *store.Tx, id int64) (payment.Payable, error) {
	var row struct {
		ID             int64         `db:"id"`
		CustomerID     int64         `db:"customer_id"`
		SubscriptionID int64         `db:"subscription_id"`
		Status         string        `db:"status"`
		Currency       string        `db:"currency"`
		Total          money.Decimal `db:"total"`
		SelfBilled     bool          `db:"self_billed"`
	}
	err := tx.Get(ctx, "invoice", &row, `SELECT id, customer_id, subscription_id, status, currency, total, self_billed_by IS NOT NULL AS self_billed FROM invoice
		WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
	return payment.Payable(row), err
}

func (b *bundle) markPaid(ctx context.Context, tx *store.Tx, id int64, at time.Time, _ account.Actor) error {
	if b.paidFail.Load() {
		return errors.New("database gone")
	}
	n, err := tx.Exec(ctx, `UPDATE invoice SET status = 'paid', paid_at = ? WHERE marketplace_id = ? AND id = ? AND status = 'unpaid'`, at, tx.Marketplace(), id)
	if err == nil && n != 1 {
		return fmt.Errorf("invoice %d was paid twice", id)
	}
	b.paid.Add(1)
	return err
}

func (b *bundle) pay(t *testing.T, card payment.Card) (payment.Payment, error) {
	return b.payments.Pay(t.Context(), b.Customer, b.invoice, card)
}

func (b *bundle) isPaid(t *testing.T) bool {
	t.Helper()
	return b.Count(t, `SELECT COUNT(*) FROM invoice WHERE status = 'paid' AND id = ? AND marketplace_id = ?`, b.invoice) == 1
}

// last returns the newest payment of the invoice.
func (b *bundle) last(t *testing.T) payment.Payment {
	t.Helper()
	all, err := b.payments.List(t.Context(), b.Customer, b.invoice)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all[0]
}

func TestPay_chargesOnceAndMarksTheInvoicePaid(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		p, err := b.pay(t, good)
		require.NoError(t, err)
		require.Equal(t, payment.Succeeded, p.Status)
		require.Equal(t, "47.58", p.Amount.String())
		require.Equal(t, []string{"EUR", "4242", "12/2099", "sandbox"}, []string{p.Currency, p.CardLast4, p.CardExpiry, p.Gateway})
		require.NotEmpty(t, p.Reference)
		require.Equal(t, p, b.last(t))
		require.True(t, b.isPaid(t))
		require.EqualValues(t, 1, b.Count(t, `SELECT COUNT(*) FROM audit_entry WHERE action = 'payment.succeeded' AND marketplace_id = ?`))

		_, err = b.pay(t, good)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)
		require.ErrorContains(t, err, "already paid")
		require.EqualValues(t, 1, b.gateway.charges.Load())
	})
}

func TestPay_aDeclinedCardLeavesTheInvoiceForAnother(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		for _, number := range []string{"4000000000000002", "4000002500003155", "5555555555554444"} {
			p, err := b.pay(t, payment.Card{Number: secret.Text(number)})
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			require.Equal(t, []fault.Field{{Name: "card", Message: p.Message}}, fault.As(err).Fields)
			require.NotEmpty(t, p.Message)
			require.Equal(t, payment.Declined, b.last(t).Status)
			require.False(t, b.isPaid(t))
		}
		_, err := b.pay(t, good)
		require.NoError(t, err)
		require.True(t, b.isPaid(t))
		require.EqualValues(t, 1, b.paid.Load())
	})
}

func TestPay_aBadCardWritesNothing(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		_, err := b.pay(t, payment.Card{Number: "4242424242424241"})
		require.True(t, fault.Is(err, fault.Invalid), "%v", err)
		require.Equal(t, "card.number", fault.As(err).Fields[0].Name)
		require.Zero(t, b.Count(t, `SELECT COUNT(*) FROM payment WHERE marketplace_id = ?`))
	})
}

func TestPay_twiceAtOnceChargesOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		var wg sync.WaitGroup
		var ok, conflicts atomic.Int32
		for range 8 {
			wg.Go(func() {
				_, err := b.pay(t, good)
				switch {
				case err == nil:
					ok.Add(1)
				case fault.Is(err, fault.Conflict):
					conflicts.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.EqualValues(t, 1, ok.Load())
		require.EqualValues(t, 7, conflicts.Load())
		require.EqualValues(t, 1, b.gateway.charges.Load())
		require.EqualValues(t, 1, b.paid.Load())
		require.EqualValues(t, 1, b.Count(t, `SELECT COUNT(*) FROM payment WHERE marketplace_id = ?`))
	})
}

func TestPay_whileOneIsUnderWayIsRefused(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.gateway.before = func() error {
			_, err := b.pay(t, good)
			require.True(t, fault.Is(err, fault.Conflict), "%v", err)
			require.ErrorContains(t, err, "under way")
			return nil
		}
		_, err := b.pay(t, good)
		require.NoError(t, err)
	})
}

func TestSettle_finishesWhatACrashLeftCharged(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.gateway.after = func() error { panic("kill -9") }
		require.Panics(t, func() { _, _ = b.pay(t, good) })
		left := b.last(t)
		require.Equal(t, payment.Pending, left.Status)
		require.False(t, b.isPaid(t))

		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := b.payments.Settle(t.Context(), b.MarketplaceID, left.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, payment.Succeeded, b.last(t).Status)
		require.True(t, b.isPaid(t))
		require.EqualValues(t, 1, b.paid.Load())
		require.EqualValues(t, 1, b.gateway.charges.Load())
	})
}

func TestSettle_recordsWhatWasDeclinedBeforeACrash(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.gateway.after = func() error { panic("kill -9") }
		require.Panics(t, func() { _, _ = b.pay(t, declined) })
		require.NoError(t, b.payments.Settle(t.Context(), b.MarketplaceID, b.last(t).ID))
		require.Equal(t, payment.Declined, b.last(t).Status)
		require.False(t, b.isPaid(t))
	})
}

func TestSettle_abandonsWhatNeverReachedTheGateway(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.gateway.before = func() error { panic("kill -9") }
		require.Panics(t, func() { _, _ = b.pay(t, good) })
		require.NoError(t, b.payments.Settle(t.Context(), b.MarketplaceID, b.last(t).ID))
		require.Equal(t, payment.Abandoned, b.last(t).Status)
		b.gateway.before = nil
		_, err := b.pay(t, good)
		require.NoError(t, err, "the invoice can be paid again")
		require.True(t, b.isPaid(t))
	})
}

func TestPay_saysThatTheOutcomeIsUnknownAndChargesNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		b.gateway.after = func() error { return context.DeadlineExceeded }
		p, err := b.pay(t, good)
		require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		require.Equal(t, payment.Pending, b.last(t).Status)
		_, err = b.pay(t, good)
		require.True(t, fault.Is(err, fault.Conflict), "%v", err)

		b.paidFail.Store(true)
		require.Error(t, b.payments.Settle(t.Context(), b.MarketplaceID, p.ID))
		require.Equal(t, payment.Pending, b.last(t).Status, "payment and invoice move together or not at all")
		b.paidFail.Store(false)
		require.NoError(t, b.payments.Settle(t.Context(), b.MarketplaceID, p.ID))
		require.True(t, b.isPaid(t))
		require.EqualValues(t, 1, b.gateway.charges.Load())
	})
}

func TestPay_itsJobSettlesByItself(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		b := setup(t, db, payment.Config{ChargeTimeout: time.Second, SettleAfter: 1100 * time.Millisecond})
		require.NoError(t, b.jobs.Start(t.Context()))
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			require.NoError(t, b.jobs.Stop(ctx))
		})
		b.gateway.after = func() error { return errors.New("connection reset") }
		_, err := b.pay(t, good)
		require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
		require.Eventually(t, func() bool { return b.last(t).Status == payment.Succeeded }, 20*time.Second, 50*time.Millisecond)
		require.True(t, b.isPaid(t))
	})
}

func TestPay_aPersonWhoLeavesStillPays(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b.gateway.before = func() error { cancel(); return nil }
		_, err := b.payments.Pay(ctx, b.Customer, b.invoice, good)
		require.NoError(t, err)
		require.True(t, b.isPaid(t))
	})
}

func TestPay_isForTheInvoicesCustomerOnly(t *testing.T) {
	each(t, func(t *testing.T, b *bundle) {
		elsewhere := usagetest.NewShop(t, b.db, "elsewhere.test", false)
		for _, actor := range []account.Actor{b.Stranger, elsewhere.Customer, elsewhere.Operator} {
			_, err := b.payments.Pay(t.Context(), actor, b.invoice, good)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
			_, err = b.payments.List(t.Context(), actor, b.invoice)
			require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		}
		_, err := b.payments.Pay(t.Context(), b.Vendor, b.invoice, good)
		require.True(t, fault.Is(err, fault.Forbidden), "%v", err)
		_, err = b.payments.Pay(t.Context(), account.Actor{}, b.invoice, good)
		require.True(t, fault.Is(err, fault.Unauthenticated), "%v", err)
		_, err = b.payments.Pay(t.Context(), b.Customer, math.MaxInt64, good)
		require.True(t, fault.Is(err, fault.NotFound), "%v", err)
		require.Zero(t, b.gateway.charges.Load())
	})
}

func TestPay_keepsNoCardNumberAnywhere(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	db, err := store.Open(t.Context(), store.Config{URL: url})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	b := setup(t, db, payment.Config{})
	_, err = b.pay(t, declined)
	require.NotContains(t, err.Error(), "40000000")
	_, err = b.pay(t, good)
	require.NoError(t, err)
	for _, table := range []string{"payment", "audit_entry", "river_job", "event"} {
		require.Zero(t, dumpHits(t, b, table, "42424242", "40000000"), table)
	}
}

// dumpHits counts rows of the table with any of the texts in any column.
func dumpHits(t *testing.T, b *bundle, table string, texts ...string) int {
	t.Helper()
	rows, err := b.db.Writer().QueryxContext(t.Context(), "SELECT * FROM "+table)
	require.NoError(t, err)
	defer rows.Close()
	hits := 0
	for rows.Next() {
		cells, err := rows.SliceScan()
		require.NoError(t, err)
		for _, cell := range cells {
			if raw, ok := cell.([]byte); ok {
				cell = string(raw)
			}
			for _, text := range texts {
				if strings.Contains(fmt.Sprint(cell), text) {
					hits++
				}
			}
		}
	}
	require.NoError(t, rows.Err())
	return hits
}
