package portal

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/metric"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// vendorHomeData is the data of page "vendor/home": what sells, what needs me.
type vendorHomeData struct {
	ui.Page
	Billed  []money.Money // this month, by currency
	Before  []money.Money // the month before
	Active  int
	New     int // subscriptions of the last 30 days
	NewMore bool
	Failing int // deliveries that were tried and did not arrive
	Todo    []todo
	Newest  []saleRow
	Chart   *ui.Chart
	Empty   bool // nothing was ever created
}

// todo is one thing that waits for somebody.
type todo struct {
	Badge  badge
	Title  string
	Text   string
	Action ui.Link
	At     time.Time
}

// homeMonths is how many months the chart of a dashboard shows.
const homeMonths = 6

func (p *Portal) vendorHome(v *visit) error {
	ctx := v.r.Context()
	d := vendorHomeData{Page: v.base("Overview")}
	products, err := p.Catalog.Products(ctx, v.actor, catalog.Filter{}, page.Request{Limit: page.MaxLimit})
	if err != nil {
		return err
	}
	d.Empty = len(products.Items) == 0
	subs, err := p.Subscriptions.List(ctx, v.actor, subscription.Filter{}, page.Request{})
	if err != nil {
		return err
	}
	d.Newest = v.saleRows(subs.Items[:min(len(subs.Items), 5)])
	d.New, d.NewMore = countNew(subs, v.now.AddDate(0, 0, -30))
	alive, err := v.aliveByProduct()
	if err != nil {
		return err
	}
	for _, n := range alive {
		d.Active += n
	}
	if err := v.fillMoney(&d); err != nil {
		return err
	}
	if err := v.fillTodo(&d, products.Items); err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/home", d)
}

func countNew(subs page.Page[subscription.Subscription], since time.Time) (n int, more bool) {
	for _, s := range subs.Items {
		if s.CreatedAt.After(since) {
			n++
		}
	}
	return n, subs.Next != "" && n == len(subs.Items)
}

func (v *visit) fillMoney(d *vendorHomeData) error {
	this := time.Date(v.now.Year(), v.now.Month(), 1, 0, 0, 0, 0, time.UTC)
	sales, err := v.Invoices.Sales(v.r.Context(), v.actor, this.AddDate(0, 1-homeMonths, 0), this.AddDate(0, 1, 0))
	if err != nil {
		return err
	}
	d.Billed, d.Before = billedIn(sales, this), billedIn(sales, this.AddDate(0, -1, 0))
	if len(d.Billed) == 0 {
		d.Billed = []money.Money{money.New(money.Int(0), v.market.Currency)}
	}
	d.Chart = v.salesChart(sales, this)
	return nil
}

// billedIn sums the sales of a month by currency.
func billedIn(sales []invoice.Sale, month time.Time) []money.Money {
	sums := map[string]money.Decimal{}
	for _, s := range sales {
		if s.Month.Equal(month) {
			sums[s.Net.Currency] = sums[s.Net.Currency].Add(s.Net.Amount)
		}
	}
	var out []money.Money
	for code, sum := range sums {
		out = append(out, money.New(sum, code))
	}
	slices.SortFunc(out, func(a, b money.Money) int { return cmp.Compare(a.Currency, b.Currency) })
	return out
}

// salesChart draws what was billed by month in the currency that has most of
// it; nil while there is nothing.
func (v *visit) salesChart(sales []invoice.Sale, this time.Time) *ui.Chart {
	code := busiest(sales)
	if code == "" {
		return nil
	}
	l := v.words
	c := ui.Chart{Title: "Billed per month, net", Unit: code, X: "Month", Series: []ui.Series{{Name: "Billed"}}}
	for i := 1 - homeMonths; i <= 0; i++ {
		month := this.AddDate(0, i, 0)
		sum := money.New(money.Int(0), code)
		for _, s := range sales {
			if s.Month.Equal(month) && s.Net.Currency == code {
				sum.Amount = sum.Amount.Add(s.Net.Amount)
			}
		}
		c.Labels = append(c.Labels, month.Format("Jan"))
		c.Series[0].Values = append(c.Series[0].Values, height(sum.Amount))
		c.Series[0].Text = append(c.Series[0].Text, l.Money(sum))
	}
	return &c
}

// height is an amount as a bar's height; only for drawing, never below 0.
func height(d money.Decimal) float64 {
	cents, _ := money.Max(d, money.Int(0)).Mul(money.Int(100)).Round(0).Int64()
	return float64(cents) / 100
}

func busiest(sales []invoice.Sale) string {
	n, best := map[string]int{}, ""
	for _, s := range sales {
		n[s.Net.Currency]++
		if n[s.Net.Currency] > n[best] {
			best = s.Net.Currency
		}
	}
	return best
}

// fillTodo puts first what somebody else waits for: products sent back, then
// deliveries that fail, then drafts.
func (v *visit) fillTodo(d *vendorHomeData, products []catalog.Product) error {
	if err := v.fillSalesTodo(d); err != nil {
		return err
	}
	stuck, err := v.stuckMetrics()
	if err != nil {
		return err
	}
	d.Todo = append(d.Todo, stuck...)
	var drafts []todo
	for _, p := range products {
		switch t, ok := productTodo(p); {
		case ok && p.Status == catalog.Rejected:
			d.Todo = append(d.Todo, t)
		case ok:
			drafts = append(drafts, t)
		}
	}
	for _, status := range []webhook.Status{webhook.Dead, webhook.Pending} {
		found, err := v.deliveriesOf(webhook.Filter{Status: status}, page.Request{})
		if err != nil {
			return err
		}
		for _, row := range v.deliveryRows(found.Items) {
			if !failing(row.Delivery) {
				continue
			}
			if d.Failing++; d.Failing <= 3 {
				d.Todo = append(d.Todo, deliveryTodo(row))
			}
		}
	}
	d.Todo = append(d.Todo, drafts...)
	return nil
}

// fillSalesTodo puts in what customers wait for: an answer to their order, and
// what only the vendor sets up.
func (v *visit) fillSalesTodo(d *vendorHomeData) error {
	for _, status := range []subscription.Status{subscription.RequiresApproval, subscription.Pending, subscription.Terminating, subscription.Failed} {
		found, err := v.Subscriptions.List(v.r.Context(), v.actor, subscription.Filter{Status: status}, page.Request{Limit: todosOfAKind})
		if err != nil {
			return err
		}
		for _, s := range v.saleRows(found.Items) {
			if status == subscription.RequiresApproval || s.VendorProvisioned() {
				d.Todo = append(d.Todo, todo{Badge: s.Badge, Title: s.Product + " for " + s.Customer, Text: "The customer waits for you.",
					Action: ui.Link{Label: "Look at it", Href: s.Href}, At: s.CreatedAt})
			}
		}
	}
	return nil
}

// todosOfAKind is how many of one kind a dashboard shows.
const todosOfAKind = 5

// stuckMetrics are the metrics of the vendor's products that cannot be read.
func (v *visit) stuckMetrics() ([]todo, error) {
	all, err := v.Metrics.Troubled(v.r.Context(), v.actor)
	var out []todo
	for _, s := range all[:min(len(all), todosOfAKind)] {
		out = append(out, v.metricTodo(s))
	}
	return out, err
}

func (v *visit) metricTodo(s metric.State) todo {
	return todo{Badge: badge{ui.Warn, "Not read"}, Title: fmt.Sprintf("Metric %s of subscription %d", s.Meter, s.SubscriptionID), Text: s.LastError,
		Action: ui.Link{Label: "Look at it", Href: v.salePath(s.SubscriptionID)}, At: s.DueAt}
}

func deliveryTodo(row deliveryRow) todo {
	return todo{Badge: row.Badge, Title: row.Named() + " was not delivered",
		Text: row.LastError, Action: ui.Link{Label: "Look at it", Href: row.Href}, At: row.CreatedAt}
}

// productTodo is what a vendor has to do about a product, if anything.
func productTodo(p catalog.Product) (todo, bool) {
	t := todo{Badge: productBadge(p.Status), Title: p.Name, At: p.UpdatedAt,
		Action: ui.Link{Label: "Continue", Href: productPath(p.ID, "")}}
	switch p.Status {
	case catalog.Rejected:
		t.Text, t.Action.Label = "The reviewer wrote: "+p.ReviewNote, "Change and resubmit"
		return t, true
	case catalog.Draft:
		t.Text = "Not submitted yet."
		return t, true
	}
	return t, false
}
