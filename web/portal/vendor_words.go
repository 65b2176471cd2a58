package portal

import (
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// badge is a status as a pill shows it.
type badge struct {
	Tone ui.Tone
	Word string
}

func productBadge(s catalog.Status) badge {
	switch s {
	case catalog.Review:
		return badge{ui.Pending, "In review"}
	case catalog.Published:
		return badge{ui.Good, "Published"}
	case catalog.Rejected:
		return badge{ui.Bad, "Sent back"}
	case catalog.Retired:
		return badge{ui.Off, "Retired"}
	}
	return badge{ui.Off, "Draft"}
}

func saleBadge(s subscription.Status) badge {
	tone, word := statusWord(subscription.Subscription{Status: s})
	return badge{tone, word}
}

func deliveryBadge(d webhook.Delivery) badge {
	switch {
	case d.Status == webhook.Delivered:
		return badge{ui.Good, "Delivered"}
	case d.Status == webhook.Dead:
		return badge{ui.Bad, "Given up"}
	case d.Status == webhook.Superseded:
		return badge{ui.Off, "Superseded"}
	}
	if failing(d) {
		return badge{ui.Warn, "Trying again"}
	}
	return badge{ui.Pending, "Being sent"}
}

// failing reports whether a delivery was tried and did not arrive so far.
func failing(d webhook.Delivery) bool {
	return d.Status == webhook.Dead || d.Status == webhook.Pending && d.LastError != ""
}

func attemptBadge(s provision.Status) badge {
	switch s {
	case provision.Queued:
		return badge{ui.Pending, "Queued"}
	case provision.Running:
		return badge{ui.Pending, "Running"}
	case provision.Done:
		return badge{ui.Good, "Done"}
	case provision.Failed:
		return badge{ui.Bad, "Failed"}
	}
	return badge{ui.Off, "Not needed any more"}
}

func billBadge(s invoice.Status) badge {
	switch s {
	case invoice.Paid:
		return badge{ui.Good, "Paid"}
	case invoice.Cancelled:
		return badge{ui.Off, "Cancelled"}
	}
	return badge{ui.Pending, "Unpaid"}
}

// planView is a plan in words that a buyer understands.
type planView struct {
	catalog.Plan
	Recurring money.Money
	Setup     money.Money
	Per       string   // "per month"
	Notes     []string // when it is paid, trial, renewal
	Endpoints []planPart
}

// planPart is what a plan says about one endpoint, or about something else it
// offers: then the endpoint has a name only.
type planPart struct {
	catalog.Endpoint
	Word  string   // how it is sold; "" when the lines say it
	Lines []string // limits or prices
}

// plans words all plans of a product.
func (w words) plans(l catalog.Listing) []planView {
	out := make([]planView, len(l.Plans))
	for i, pl := range l.Plans {
		out[i] = w.plan(pl, l.Endpoints)
	}
	return out
}

func (w words) plan(pl catalog.Plan, endpoints []catalog.Endpoint) planView {
	c := pl.Revision.Content
	out := planView{Plan: pl, Recurring: money.New(c.RecurringPrice, c.Currency), Setup: money.New(c.SetupPrice, c.Currency),
		Per: w.per(c.PeriodMonths), Notes: w.planNotes(c.Terms)}
	for _, e := range endpoints {
		if part, ok := c.Endpoint(e.Identifier); ok {
			out.Endpoints = append(out.Endpoints, planPart{Endpoint: e, Word: modeWord(part.Mode), Lines: w.endpoint(part, c.Currency)})
		}
	}
	for _, o := range w.offers(c) {
		out.Endpoints = append(out.Endpoints, planPart{Endpoint: catalog.Endpoint{Name: o.name}, Lines: o.lines})
	}
	return out
}

func modeWord(m catalog.Mode) string {
	if m == catalog.PayPerUse {
		return "pay per use"
	}
	return "included"
}

func (w words) planNotes(t price.Terms) []string {
	out := []string{w.T("Billed %s", w.timing(t.WithDefaults()))}
	if t.TrialDays > 0 {
		out = append(out, w.T("%s free to try", w.Plural(t.TrialDays, "day", "days")))
	}
	if t.AutoRenew {
		return append(out, w.T("Renews by itself"))
	}
	return append(out, w.T("Ends with its first period"))
}
