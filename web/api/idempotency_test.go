package api_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestIdempotencyKey_carriesARequestOutOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		customer := w.as("customer").with("Idempotency-Key", "order-1")
		first := customer.post("/orders", obj{"planId": s.plan}).want(201)
		require.Empty(t, first.header.Get("Idempotency-Replayed"))
		again := customer.post("/orders", obj{"planId": s.plan}).want(201)
		require.Equal(t, first.raw, again.raw)
		require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
		require.Equal(t, first.header.Get("Content-Type"), again.header.Get("Content-Type"))
		require.Len(t, customer.get("/orders").want(200).list("items"), 1)

		require.Equal(t, []string{"Idempotency-Key"}, customer.post("/orders", obj{"planId": s.bigger}).want(422).fields(), "other content")
		require.Equal(t, []string{"Idempotency-Key"}, customer.post("/quotes", obj{"planId": s.plan}).want(422).fields(), "another address")
		require.NotEqual(t, first.num("id"), w.as("stranger").with("Idempotency-Key", "order-1").post("/orders", obj{"planId": s.plan}).want(201).num("id"), "of somebody else")
		require.NotEqual(t, first.num("id"), w.as("customer").post("/orders", obj{"planId": s.plan}).want(201).num("id"), "without the key")
		require.Equal(t, []string{"Idempotency-Key"}, customer.with("Idempotency-Key", "with space").post("/orders", obj{"planId": s.plan}).want(422).fields())
	})
}

func TestIdempotencyKey_repeatsARefusalToo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		o := w.as("customer").post("/orders", obj{"planId": s.plan}).want(201)
		pay := w.as("customer").with("Idempotency-Key", "pay-1")
		path := fmt.Sprintf("/invoices/%d/pay", o.num("invoiceId"))
		first := pay.post(path, obj{"card": "4000000000000002"}).want(422)
		require.Equal(t, first.raw, pay.post(path, obj{"card": "4000000000000002"}).want(422).raw)
		require.Len(t, pay.get(fmt.Sprintf("/invoices/%d/payments", o.num("invoiceId"))).want(200).list("items"), 1, "charged once")
		pay.with("Idempotency-Key", "pay-2").post(path, obj{"card": "4242424242424242"}).want(200)
	})
}

func TestIdempotencyKey_isCarriedOutOnceByConcurrentRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		w.as("customer").get("/me").want(200) // loads the document before the goroutines share it
		var group sync.WaitGroup
		answers := make([]answer, 12)
		for i := range answers {
			group.Go(func() {
				answers[i] = w.as("customer").with("Idempotency-Key", "same").post("/orders", obj{"planId": s.plan})
			})
		}
		group.Wait()
		carriedOut := 0
		for _, a := range answers {
			require.Contains(t, []int{201, 409}, a.status, a.raw)
			if a.status == 201 && a.header.Get("Idempotency-Replayed") == "" {
				carriedOut++
			}
		}
		require.Equal(t, 1, carriedOut)
		require.Len(t, w.as("customer").get("/orders").want(200).list("items"), 1)
	})
}

func TestIdempotencyKey_survivesARestart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		customer := w.as("customer").with("Idempotency-Key", "order-1")
		first := customer.post("/orders", obj{"planId": s.plan}).want(201)
		w.stop()
		w.start()
		again := customer.post("/orders", obj{"planId": s.plan}).want(201)
		require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
		require.Equal(t, first.raw, again.raw)
	})
}

func TestIdempotencyKey_keepsNoFailureAndNothingInClear(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		customer := w.as("customer").with("Idempotency-Key", "k1")
		require.NoError(t, w.exec(`ALTER TABLE customer_order RENAME TO customer_order_gone`))
		customer.post("/orders", obj{"planId": s.plan}).want(500)
		require.NoError(t, w.exec(`ALTER TABLE customer_order_gone RENAME TO customer_order`))
		customer.post("/orders", obj{"planId": s.plan}).want(201)

		token := customer.with("Idempotency-Key", "k2").post("/tokens", obj{"name": "CI"}).want(201)
		require.Equal(t, token.raw, customer.with("Idempotency-Key", "k2").post("/tokens", obj{"name": "CI"}).want(201).raw)
		var kept [][]byte
		require.NoError(t, w.app.DB.View(t.Context(), 0, func(tx *storeTx) error {
			return tx.Select(t.Context(), &kept, `SELECT body FROM idempotency_key`)
		}))
		require.Len(t, kept, 2)
		for _, body := range kept {
			require.NotContains(t, string(body), "fdk_")
			require.NotContains(t, string(body), "subscriptionId")
		}
	})
}

func TestIdempotencyKey_ofAnInterruptedRequestIsNeverCarriedOutAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.onSale()
		customer := w.as("customer").with("Idempotency-Key", "order-1")
		customer.post("/orders", obj{"planId": s.plan}).want(201)
		require.NoError(t, w.exec(`UPDATE idempotency_key SET status = 0, body = NULL`)) // as kill -9 leaves it
		require.Equal(t, "conflict", customer.post("/orders", obj{"planId": s.plan}).want(409).at("code"))
		require.Len(t, customer.get("/orders").want(200).list("items"), 1)
	})
}

func (w *world) exec(statement string) error {
	return w.app.DB.InTx(w.t.Context(), 0, func(tx *storeTx) error {
		_, err := tx.Exec(w.t.Context(), statement)
		return err
	})
}
