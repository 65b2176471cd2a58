package app_test

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/migrations"
	"github.com/fondaco/fondaco/pricing/invoice"
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

var check = regexp.MustCompile(`(?s)CREATE TABLE (\w+) \((.*?)\n\);`)
var column = regexp.MustCompile(`(\w+) +TEXT NOT NULL CHECK \(\w+ IN \(([^)]*)\)\)`)

// TestInvariants_theSchemaKnowsExactlyTheStatesOfTheCode holds the CHECK lists
// and the constants together.
func TestInvariants_theSchemaKnowsExactlyTheStatesOfTheCode(t *testing.T) {
	code := map[string]string{
		"organization.kind":           list(account.Kinds),
		"account_user.role":           list([]account.Role{account.Admin, account.Member}),
		"event.type":                  list([]event.Type{event.Created, event.Modified, event.Deleted}),
		"product.type":                list(catalog.Types),
		"product.status":              list([]catalog.Status{catalog.Draft, catalog.Review, catalog.Published, catalog.Rejected, catalog.Retired}),
		"customer_order.status":       list(order.Statuses),
		"subscription.status":         list(subscription.Statuses),
		"provision_attempt.operation": list(subscription.Operations),
		"provision_attempt.status":    list(provision.Statuses),
		"provision_lane.circuit":      list(provision.Circuits),
		"drift.kind":                  "missing extra changed orphaned",
		"drift.action":                " repair bill remove",
		"drift.resolution":            " repaired vanished billed removed",
		"invoice.status":              list(invoice.Statuses),
		"invoice_line.kind":           list(rating.Kinds()),
		"payment.status":              "pending succeeded declined abandoned",
		"webhook_delivery.status":     list(webhook.Statuses),
		"mail.status":                 list(notify.Statuses),
	}
	schema := map[string]map[string]string{} // by dialect and column; a later migration may make a table anew
	files, err := fs.Glob(migrations.Files, "*/*.sql")
	require.NoError(t, err)
	for _, file := range files {
		raw, err := fs.ReadFile(migrations.Files, file)
		require.NoError(t, err)
		for _, table := range check.FindAllStringSubmatch(string(raw), -1) {
			for _, c := range column.FindAllStringSubmatch(table[2], -1) {
				dialect, name := path.Dir(file), table[1]+"."+c[1]
				if schema[dialect] == nil {
					schema[dialect] = map[string]string{}
				}
				schema[dialect][name] = strings.NewReplacer("'", "", ",", "").Replace(c[2])
			}
		}
	}
	require.Equal(t, map[string]map[string]string{"sqlite": code, "postgres": code}, schema)
}

func list[T ~string](values []T) string {
	var out []string
	for _, v := range values {
		out = append(out, string(v))
	}
	return strings.Join(out, " ")
}
