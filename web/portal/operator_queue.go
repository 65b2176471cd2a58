package portal

import (
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/metric"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// queueData is the data of page "operator/home": what waits for the operator,
// what is broken, where the money is.
type queueData struct {
	vendorHomeData
	Queues []queue
	Quiet  bool // every queue is empty
}

// queue is one list of things that wait for somebody.
type queue struct {
	Title string
	All   string // address of the whole list
	Count int
	More  bool // there are more than Count
	Items []todo
}

// queueShows is how many of a queue are on the first page.
const queueShows = 5

func (p *Portal) operatorHome(v *visit) error {
	d := queueData{vendorHomeData: vendorHomeData{Page: v.base("Queue")}, Quiet: true}
	for _, read := range []func() (queue, error){v.reviewQueue, v.brokenQueue, v.circuitQueue, v.driftQueue, v.parkedQueue, v.deadQueue, v.uncollectedQueue, v.unreadQueue, v.strayQueue} {
		q, err := read()
		if err != nil {
			return err
		}
		if q.Count > 0 {
			d.Quiet = false
			d.Queues = append(d.Queues, q)
		}
	}
	alive, err := v.aliveByProduct()
	if err != nil {
		return err
	}
	for _, n := range alive {
		d.Active += n
	}
	subs, err := p.Subscriptions.List(v.r.Context(), v.actor, subscription.Filter{}, page.Request{})
	if err != nil {
		return err
	}
	d.Newest = v.saleRows(subs.Items[:min(len(subs.Items), queueShows)])
	d.New, d.NewMore = countNew(subs, v.now.AddDate(0, 0, -30))
	if err := v.fillMoney(&d.vendorHomeData); err != nil {
		return err
	}
	return v.render(http.StatusOK, "operator/home", d)
}

// queueOf makes a queue of a page of a list.
func queueOf[T any](title, all string, found page.Page[T], item func(T) todo) queue {
	q := queue{Title: title, All: all, Count: len(found.Items), More: found.Next != ""}
	for _, x := range found.Items[:min(len(found.Items), queueShows)] {
		q.Items = append(q.Items, item(x))
	}
	return q
}

func (v *visit) reviewQueue() (queue, error) {
	found, err := v.Catalog.Products(v.r.Context(), v.actor, catalog.Filter{Status: catalog.Review}, page.Request{})
	return queueOf("Products to review", "/operator/reviews", found, func(p catalog.Product) todo {
		return todo{Badge: productBadge(p.Status), Title: p.Name, Text: p.Vendor + " · " + p.Category, At: p.UpdatedAt,
			Action: ui.Link{Label: "Review", Href: reviewPath(p.ID)}}
	}), err
}

func (v *visit) brokenQueue() (queue, error) {
	all, err := v.Provision.Broken(v.r.Context(), v.actor)
	return queueOf("Setting up failed", "/operator/provisioning?status=failed", page.Page[provision.Attempt]{Items: all}, func(a provision.Attempt) todo {
		t := todo{Badge: attemptBadge(a.Status), Title: fmt.Sprintf("%s of subscription %d", topicWord(string(a.Operation)), a.SubscriptionID),
			Text: a.Error, Action: ui.Link{Label: "Look at it", Href: v.salePath(a.SubscriptionID)}, At: a.CreatedAt}
		if a.FinishedAt != nil {
			t.At = *a.FinishedAt
		}
		return t
	}), err
}

func (v *visit) parkedQueue() (queue, error) {
	found, err := v.Subscriptions.List(v.r.Context(), v.actor, subscription.Filter{Parked: true}, page.Request{})
	return queueOf("Billing stopped", "/operator/subscriptions?parked=true", found, func(s subscription.Subscription) todo {
		t := todo{Badge: saleBadge(s.Status), Title: s.Product + " for " + s.Customer, Text: s.ParkedReason,
			Action: ui.Link{Label: "Look at it", Href: v.salePath(s.ID)}, At: s.CreatedAt}
		if s.PeriodEnd != nil {
			t.At = *s.PeriodEnd
		}
		return t
	}), err
}

func (v *visit) deadQueue() (queue, error) {
	found, err := v.deliveriesOf(webhook.Filter{Status: webhook.Dead}, page.Request{})
	return queueOf("Deliveries given up", "/operator/deliveries?status=dead", found, func(d webhook.Delivery) todo {
		row := v.deliveryRows([]webhook.Delivery{d})[0]
		return todo{Badge: deliveryBadge(d), Title: row.Named(),
			Text: d.LastError, Action: ui.Link{Label: "Look at it", Href: v.deliveryPath(d.ID)}, At: d.CreatedAt}
	}), err
}

// uncollectedQueue is usage that its plugin does not give; the bills wait for it.
func (v *visit) uncollectedQueue() (queue, error) {
	all, err := v.Collector.Troubled(v.r.Context(), v.actor)
	return queueOf("Usage that cannot be fetched", "", page.Page[usage.Collection]{Items: all}, func(c usage.Collection) todo {
		return todo{Badge: badge{ui.Warn, "Bill waits"}, Title: fmt.Sprintf("Usage of subscription %d", c.SubscriptionID), Text: c.LastError, At: c.Until,
			Action: ui.Link{Label: "Look at it", Href: v.salePath(c.SubscriptionID)}}
	}), err
}

// unreadQueue are metrics that their vendors do not give.
func (v *visit) unreadQueue() (queue, error) {
	all, err := v.Metrics.Troubled(v.r.Context(), v.actor)
	return queueOf("Metrics that cannot be read", "", page.Page[metric.State]{Items: all}, v.metricTodo), err
}

func (v *visit) strayQueue() (queue, error) {
	found, err := v.Usage.Strays(v.r.Context(), v.actor, page.Request{})
	return queueOf("Usage of nobody", "", found, func(s usage.Stray) todo {
		return todo{Badge: badge{ui.Warn, "Not counted"}, Title: fmt.Sprintf("From %s", s.Source), Text: s.Reason, At: s.ReceivedAt}
	}), err
}
