package app_test

import (
	"bytes"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

func TestSelfBilling_theSellerCollectsAndTheMarketplaceDoesNot(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		own := b.also("Own books", func(in *catalog.PlanInput) { in.SelfBilling = true })
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: own.ID})
		require.NoError(t, err)
		inv := b.bills(*o.SubscriptionID)[0]
		require.True(t, inv.SelfBilled())
		require.Regexp(t, `^PF\d+-\d{4}-00000001$`, inv.Number, "a series of the seller's own")
		require.Equal(t, "Lagoon Maps", inv.Snapshot.Seller.Name)

		_, err = b.Payments.Pay(b.ctx, b.customer, inv.ID, payment.Card{Number: "4242424242424242"})
		require.True(t, fault.Is(err, fault.Precondition), "%v", err)
		_, err = b.Payments.Record(b.ctx, b.operator, inv.ID, "x")
		require.True(t, fault.Is(err, fault.Precondition), "%v", err)
		require.True(t, fault.Is(b.Invoices.MarkPaidBy(b.ctx, b.customer, inv.ID, "me"), fault.Forbidden))
		stranger := b.vendor
		stranger.OrganizationID += 1000
		require.True(t, fault.Is(b.Invoices.MarkPaidBy(b.ctx, stranger, inv.ID, "me"), fault.NotFound))

		require.NoError(t, b.Invoices.MarkPaidBy(b.ctx, b.vendor, inv.ID, " Bank 12 "))
		b.idle()
		require.Equal(t, subscription.Active, b.sub(*o.SubscriptionID).Status)
		paid := b.bills(*o.SubscriptionID)[0]
		require.Equal(t, []any{invoice.Paid, "Bank 12"}, []any{paid.Status, paid.Reference})
		require.True(t, fault.Is(b.Invoices.MarkPaidBy(b.ctx, b.vendor, inv.ID, "again"), fault.Conflict))
		require.Equal(t, "Bank 12", b.bills(*o.SubscriptionID)[0].Reference)

		file, name, err := b.Invoices.PDF(b.ctx, b.vendor, inv.ID)
		require.NoError(t, err)
		require.Equal(t, "pro-forma-invoice-"+inv.Number+".pdf", name)
		require.True(t, bytes.HasPrefix(file, []byte("%PDF-")))

		normal := b.buy(b.plan.ID)
		require.Regexp(t, `^\d{4}-00000001$`, b.bills(normal.ID)[0].Number, "the marketplace's series goes on without a gap")
		mine, err := b.Invoices.List(b.ctx, b.vendor, invoice.Filter{SelfBilled: true}, page.Request{})
		require.NoError(t, err)
		require.Len(t, mine.Items, 1)
	})
}

func TestMarkPaidBy_anOperatorRecordsATransferLikeAnyOther(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		o, err := b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: b.plan.ID})
		require.NoError(t, err)
		require.True(t, fault.Is(b.Invoices.MarkPaidBy(b.ctx, b.vendor, *o.InvoiceID, "mine"), fault.Forbidden), "the marketplace collects it")
		require.NoError(t, b.Invoices.MarkPaidBy(b.ctx, b.operator, *o.InvoiceID, "Statement 3"))
		payments, err := b.Payments.List(b.ctx, b.customer, *o.InvoiceID)
		require.NoError(t, err)
		require.Len(t, payments, 1)
		require.Equal(t, "Statement 3", payments[0].Reference)
		require.Equal(t, "Statement 3", b.bills(*o.SubscriptionID)[0].Reference)
	})
}
