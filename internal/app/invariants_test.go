package app_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/reconcile"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/stretchr/testify/require"
)

func TestInvariants_whatWasIssuedOrMeasuredCannotBeChangedEvenByHand(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		sub := b.buy(b.plan.ID)
		b.use(sub.ID, "search", 3, "a")
		before := b.bills(sub.ID)
		for _, statement := range []string{
			`UPDATE invoice SET total = '1' WHERE marketplace_id = ?`,
			`UPDATE invoice SET snapshot = '{}' WHERE marketplace_id = ?`,
			`UPDATE invoice_line SET amount = '1' WHERE marketplace_id = ?`,
			`DELETE FROM invoice_line WHERE marketplace_id = ?`,
			`DELETE FROM invoice WHERE marketplace_id = ?`,
			`UPDATE usage_event SET quantity_micro = 0 WHERE marketplace_id = ?`,
			`UPDATE plan_revision SET content = '{}' WHERE marketplace_id = ?`,
		} {
			err := b.DB.InTx(b.ctx, b.market.ID, func(tx *store.Tx) error {
				_, err := tx.Exec(b.ctx, statement, b.market.ID)
				return err
			})
			require.Error(t, err, statement)
		}
		require.Equal(t, before, b.bills(sub.ID))
	})
}

func TestInvariants_invoicesSumUpAndNumbersHaveNoGap(t *testing.T) {
	storetest.EachURL(t, func(t *testing.T, dbURL string) {
		b := setup(t, dbURL)
		first, second := b.buy(b.plan.ID), b.buy(b.plan.ID)
		b.use(first.ID, "search", 7, "a")
		b.advance(second.PeriodEnd.AddDate(0, 3, 0))
		all, err := b.Invoices.List(b.ctx, b.operator, invoice.Filter{}, pageAll)
		require.NoError(t, err)
		require.Len(t, all.Items, 10)
		for i, item := range all.Items {
			inv, err := b.Invoices.Get(b.ctx, b.operator, item.ID)
			require.NoError(t, err)
			net := dec("0")
			for _, l := range inv.Lines {
				net = net.Add(l.Amount)
			}
			require.True(t, net.Equal(inv.Net), "%s: lines make %s, net is %s", inv.Number, net, inv.Net)
			require.True(t, inv.Net.Add(inv.Tax).Equal(inv.Total), inv.Number)
			require.Equal(t, fmt.Sprintf("%08d", numberInYear(all.Items, i)), inv.Number[5:], inv.Number)
		}
	})
}

// numberInYear counts the invoices of the same year up to the i-th; the list
// has the newest first.
func numberInYear(newestFirst []invoice.Invoice, i int) int {
	n := 0
	for _, inv := range newestFirst[i:] {
		if inv.Number[:4] == newestFirst[i].Number[:4] {
			n++
		}
	}
	return n
}

// A list of allowed words as SQLite keeps it, and the words in it.
var (
	states = regexp.MustCompile(`(\w+) +TEXT NOT NULL(?: DEFAULT '\w*')? CHECK \(\w+ IN \(([^)]*)\)\)`)
	word   = regexp.MustCompile(`'([\w-]*)'`)
)

// TestInvariants_theSchemaKnowsExactlyTheStatesOfTheCode holds the CHECK lists
// of the migrated databases and the constants together.
func TestInvariants_theSchemaKnowsExactlyTheStatesOfTheCode(t *testing.T) {
	code := map[string]string{
		"organization.kind":            list(account.Kinds),
		"account_user.role":            list([]account.Role{account.Admin, account.Member}),
		"event.type":                   list([]event.Type{event.Created, event.Modified, event.Deleted}),
		"product.status":               list([]catalog.Status{catalog.Draft, catalog.Review, catalog.Published, catalog.Rejected, catalog.Retired}),
		"product.drift_policy":         list(catalog.DriftPolicies),
		"product_item.kind":            list(catalog.ItemKinds),
		"customer_order.status":        list(order.Statuses),
		"customer_order.type":          list(order.Types),
		"subscription.status":          list(subscription.Statuses),
		"provision_attempt.operation":  list(subscription.Operations),
		"provision_attempt.status":     list(provision.Statuses),
		"provision_lane.circuit":       list(provision.Circuits),
		"fulfilment_endpoint.category": list(fulfilment.Categories),
		"drift.kind":                   list(reconcile.Kinds),
		"drift.action":                 list(reconcile.Actions),
		"drift.resolution":             list(reconcile.Resolutions),
		"invoice.status":               list(invoice.Statuses),
		"extra_line.kind":              list(invoice.ExtraKinds),
		"invoice_line.kind":            list(rating.Kinds()),
		"payment.status":               "pending succeeded declined abandoned",
		"webhook_delivery.status":      list(webhook.Statuses),
		"mail.status":                  list(notify.Statuses),

		"storefront.mode":            list(storefront.Modes),
		"reseller_price.rule":        list(pricelist.Kinds),
		"webhook_delivery.format":    list(webhook.Formats),
		"webhook_endpoint.recipient": list(webhook.Recipients),
		"webhook_endpoint.format":    list(webhook.Formats),
	}
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		known := checks(t, db)
		for name, want := range code {
			require.Equal(t, want, known[name], name)
		}
		require.Len(t, known, len(code), "a list of the schema is nowhere in the code")
	})
}

// checks reads the lists of allowed words by table and column.
func checks(t *testing.T, db *store.DB) map[string]string {
	t.Helper()
	var rows []struct{ Name, Text string }
	query := `SELECT name, sql AS text FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'river%' AND sql IS NOT NULL`
	if db.Name() == "postgres" {
		query = `SELECT r.relname || '.' || a.attname AS name, pg_get_constraintdef(c.oid) AS text FROM pg_constraint c
			JOIN pg_class r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'c' AND r.relname NOT LIKE 'river%' AND pg_get_constraintdef(c.oid) LIKE '%ANY (ARRAY[%'`
	}
	require.NoError(t, db.Writer().SelectContext(t.Context(), &rows, query))
	out := map[string]string{}
	for _, r := range rows {
		if db.Name() == "postgres" {
			out[r.Name] = words(r.Text)
		}
		for _, c := range states.FindAllStringSubmatch(r.Text, -1) {
			out[r.Name+"."+c[1]] = words(c[2])
		}
	}
	return out
}

func words(list string) string {
	var out []string
	for _, m := range word.FindAllStringSubmatch(list, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, " ")
}

func list[T ~string](values []T) string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return strings.Join(out, " ")
}
