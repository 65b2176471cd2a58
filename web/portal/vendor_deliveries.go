package portal

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// deliveryRow is a delivery in a list.
type deliveryRow struct {
	webhook.Delivery
	Badge badge
	Href  string
	Word  string // what happened: "Activated"
	About string // to what: "subscription 12"
}

// Named is the delivery in words: "Created: subscription 12 of Lagoon".
func (d deliveryRow) Named() string {
	if d.Product == "" {
		return d.Word + ": " + d.About
	}
	return d.Word + ": " + d.About + " of " + d.Product
}

// deliveriesData is the data of lists of deliveries.
type deliveriesData struct {
	workspace
	Rows     []deliveryRow
	Pager    ui.Pager
	Form     ui.Form
	Statuses []ui.Option
	Empty    ui.Empty
}

func (v *visit) deliveryPath(id int64) string { return fmt.Sprintf("/%s/deliveries/%d", v.space, id) }

// deliveriesOf lists deliveries; none where nothing is delivered at all.
func (v *visit) deliveriesOf(f webhook.Filter, req page.Request) (page.Page[webhook.Delivery], error) {
	if v.Webhooks == nil {
		return page.Page[webhook.Delivery]{}, nil
	}
	return v.Webhooks.Deliveries(v.r.Context(), v.actor, f, req)
}

func (v *visit) deliveryRows(all []webhook.Delivery) []deliveryRow {
	out := make([]deliveryRow, len(all))
	for i, d := range all {
		out[i] = deliveryRow{Delivery: d, Badge: deliveryBadge(d), Href: v.deliveryPath(d.ID), Word: topicWord(d.Topic), About: v.words.T(aboutDelivery(d))}
	}
	return out
}

// topicWord is the end of a topic in words: "subscription.planChanged" is
// "Plan changed".
func topicWord(topic string) string {
	if topic == "subscription.failed" {
		return "Setup failed" // "failed" alone would read like the delivery
	}
	_, verb, ok := strings.Cut(topic, ".")
	if !ok {
		verb = topic
	}
	return schemaform.Words(verb)
}

func (v *visit) fillDeliveries(d *deliveriesData, f webhook.Filter) error {
	q := v.r.URL.Query()
	f.Status = webhook.Status(q.Get("status"))
	if id, err := idOf(q.Get("subscription")); err == nil {
		f.SubscriptionID = id
	}
	if id, err := idOf(q.Get("endpoint")); err == nil {
		f.EndpointID = id
	}
	found, err := v.deliveriesOf(f, v.list(0))
	if err != nil {
		return err
	}
	d.Form = ui.Form{Values: q}
	d.Statuses = []ui.Option{{Value: "", Label: "Any state"}}
	for _, s := range webhook.Statuses {
		d.Statuses = append(d.Statuses, ui.Option{Value: string(s), Label: deliveryBadge(webhook.Delivery{Status: s}).Word})
	}
	d.Rows, d.Pager = v.deliveryRows(found.Items), pager(d.Page, found.Next)
	d.Empty = ui.Empty{Title: "Nothing was sent yet", Text: "When something happens that one of your endpoints is told of, what was sent and answered is kept here."}
	if f.Status != "" || f.SubscriptionID != 0 || f.EndpointID != 0 {
		d.Empty = ui.Empty{Title: "No delivery matches", Text: "There is none in this state now.", Action: &ui.Link{Label: "Show all deliveries", Href: d.Path()}}
	}
	return nil
}

func (p *Portal) deliveries(v *visit) error {
	d := deliveriesData{workspace: workspace{Page: v.base("Deliveries")}}
	if err := v.fillDeliveries(&d, webhook.Filter{}); err != nil {
		return err
	}
	return v.render(http.StatusOK, "vendor/deliveries", d)
}

// deliveryData is the data of page "vendor/delivery".
type deliveryData struct {
	ui.Page
	deliveryRow
	Sale     string // address of the subscription; "" when it is about none
	Hook     string // address of its endpoint
	Body     ui.Code
	Attempts []attemptView
}

// attemptView is one try at a delivery, newest first on the page.
type attemptView struct {
	webhook.Attempt
	Tone     ui.Tone
	Took     string
	Request  ui.Code
	Response ui.Code
}

func (p *Portal) delivery(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if p.Webhooks == nil {
		return p.notFound(v)
	}
	found, err := p.Webhooks.Delivery(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	row := v.deliveryRows([]webhook.Delivery{found})[0]
	d := deliveryData{Page: v.base(row.Named()), deliveryRow: row, Hook: v.hookPath(found.EndpointID), Body: ui.Code{Title: "Body", Lang: "json", Text: found.Body}}
	if found.SubscriptionID != 0 {
		d.Sale = v.salePath(found.SubscriptionID)
	}
	d.Crumbs = []ui.NavItem{{Label: "Deliveries", Href: fmt.Sprintf("/%s/deliveries", v.space)}}
	for _, a := range slices.Backward(found.Log) {
		d.Attempts = append(d.Attempts, viewAttempt(a))
	}
	return v.render(http.StatusOK, "vendor/delivery", d)
}

func viewAttempt(a webhook.Attempt) attemptView {
	out := attemptView{Attempt: a, Tone: ui.Bad, Took: took(time.Duration(a.DurationMS) * time.Millisecond),
		Request:  ui.Code{Title: "Request headers", Lang: "http", Text: headerLines(a.RequestHeaders)},
		Response: ui.Code{Title: "Response", Lang: "http", Text: headerLines(a.ResponseHeaders)}}
	if a.StatusCode >= 200 && a.StatusCode < 300 {
		out.Tone = ui.Good
	}
	if a.ResponseBody != "" {
		out.Response.Text += "\n" + a.ResponseBody
	}
	return out
}

// took words how long a call took: "84 ms", "2.1 s".
func took(d time.Duration) string {
	if d < time.Millisecond {
		return "under 1 ms"
	}
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func headerLines(h webhook.Headers) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		fmt.Fprintf(&b, "%s: %s\n", name, h[name])
	}
	return b.String()
}

func (p *Portal) replayDelivery(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if p.Webhooks == nil {
		return p.notFound(v)
	}
	if _, err := p.Webhooks.Replay(v.r.Context(), v.actor, id); err != nil {
		return v.refuse(v.deliveryPath(id), err)
	}
	return v.done(v.deliveryPath(id), "The delivery is being sent again.")
}
