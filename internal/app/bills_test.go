package app_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// paper writes an invoice as the golden file keeps it: without what depends on
// the day of the test.
func paper(inv invoice.Invoice) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\n", regexp.MustCompile(`\d{4}-\d{8}`).ReplaceAllString(inv.Number, "number"), inv.Type, inv.Status)
	for _, l := range inv.Lines {
		fmt.Fprintf(&b, "%-15s %9s  %s: %s\n", l.Kind, l.Amount.Trim(2), l.Description, l.Explanation.Formula)
	}
	fmt.Fprintf(&b, "%-15s %9s  net %s, tax %s\n", "total", inv.Total.Trim(2), inv.Net.Trim(2), inv.Tax.Trim(2))
	return b.String()
}

// TestBills_ofALifeAreTheGoldenOnes goes through a year of everything that
// bills. UPDATE_GOLDEN=1 writes the file anew; read it before you commit it.
func TestBills_ofALifeAreTheGoldenOnes(t *testing.T) {
	const file = "testdata/bills.txtar"
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		month := func() { b.advance(*b.sub(sub.ID).PeriodEnd) }
		b.use(sub.ID, "search", 23, "a")
		require.NoError(t, b.Invoices.SetRecurring(b.ctx, b.vendor, sub.ID, []invoice.LineInput{priced("Support", "4.995")}))
		require.NoError(t, b.Invoices.SetOneShot(b.ctx, b.vendor, sub.ID, []invoice.LineInput{priced("Training", "80")}))
		month()
		b.charge(sub.ID, order.Upsell, priced("Storage", "0.1234567"), priced("Setup help", "15"))
		b.charge(sub.ID, order.Upsell, priced("Sorry for the outage", "-40"))
		b.charge(sub.ID, order.Cashed, priced("Paid at the desk", "12.5"))
		b.charge(sub.ID, order.Refund, priced("Storage given back", "0.12"))
		month()
		month()
		b.renew(b.customer, sub.ID, 0)
		month()
		draft := b.charge(sub.ID, order.Chunked, priced("To be replaced", "1"))
		_, err := b.Invoices.ReplaceLines(b.ctx, b.vendor, draft.ID, []invoice.LineInput{priced("January", "3"), priced("February", "7.25")})
		require.NoError(t, err)
		_, err = b.Invoices.Finalize(b.ctx, b.vendor, draft.ID)
		require.NoError(t, err)

		var got txtar.Archive
		for i, inv := range b.bills(sub.ID) {
			got.Files = append(got.Files, txtar.File{Name: fmt.Sprint(i + 1), Data: []byte(paper(inv))})
		}
		if os.Getenv("UPDATE_GOLDEN") != "" {
			require.NoError(t, os.WriteFile(file, txtar.Format(&got), 0o644))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), string(txtar.Format(&got)))
	})
}

func TestBilling_manyRunsAtOncePutAOneShotOnOneInvoice(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		flat := b.also("Flat", func(in *catalog.PlanInput) { // no usage to wait for
			in.Endpoints = []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Included}}
		})
		sub := b.buy(flat.ID)
		require.NoError(t, b.Invoices.SetOneShot(b.ctx, b.vendor, sub.ID, []invoice.LineInput{priced("Training", "80")}))
		later := priced("Audit", "50")
		later.Purchased = sub.PeriodEnd
		b.charge(sub.ID, order.Upsell, later)
		require.NoError(t, b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error { return tx.MoveClock(b.ctx, *sub.PeriodEnd) }))
		var runs sync.WaitGroup
		for range 4 {
			runs.Go(func() { _, _ = b.Invoices.Run(b.ctx, b.market.ID) })
		}
		runs.Wait()
		_, err := b.Invoices.Run(b.ctx, b.market.ID)
		require.NoError(t, err)
		var all []string
		for _, inv := range b.bills(sub.ID)[1:] {
			all = append(all, amounts(inv)...)
		}
		require.ElementsMatch(t, []string{"recurring 29.00", "oneShot 80.00", "custom 50.00"}, all)
	})
}
