package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

func (p *Portal) operatorSales(v *visit) error {
	d := salesData{workspace: workspace{Page: v.base("Subscriptions")},
		Empty: ui.Empty{Title: "No subscriptions yet", Text: "What customers order appears here with its state."}}
	f := subscription.Filter{Parked: v.query("parked") == "true"}
	if id, err := idOf(v.query("customer")); err == nil {
		f.CustomerID = id
	}
	if f.Parked {
		d.Empty = ui.Empty{Title: "Nothing is parked", Text: "When billing cannot go on by itself, the subscription waits here.",
			Action: &ui.Link{Label: "Show all", Href: "/operator/subscriptions"}}
	}
	if err := v.fillSales(&d, f); err != nil {
		return err
	}
	return v.render(http.StatusOK, "operator/subscriptions", d)
}

// operatorSaleData is the data of page "operator/subscription".
type operatorSaleData struct {
	saleData
	Attempts   []workRow
	Access     []fulfilment.Endpoint
	Invoices   []billRow
	Deliveries []deliveryRow
	Look       string // address that compares with the provider
	Seen       *observation
}

// workRow is a provisioning attempt as a table shows it.
type workRow struct {
	provision.Attempt
	Badge badge
	Word  string
}

// observation is what really exists, or why that cannot be told.
type observation struct {
	sdk.Observation
	Badge   badge
	Problem string
}

func (p *Portal) operatorSale(v *visit) error {
	ctx := v.r.Context()
	sale, err := v.saleData()
	if err != nil {
		return err
	}
	d := operatorSaleData{saleData: sale, Look: v.salePath(sale.ID) + "?compare=now#compare"}
	attempts, err := p.Provision.Attempts(ctx, v.actor, sale.ID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		d.Attempts = append(d.Attempts, workRow{Attempt: a, Badge: attemptBadge(a.Status), Word: topicWord(string(a.Operation))})
	}
	access, err := p.Fulfilment.Masked(ctx, v.actor, sale.ID)
	if err != nil {
		return err
	}
	d.Access = access.Endpoints
	bills, err := p.Invoices.List(ctx, v.actor, invoice.Filter{SubscriptionID: sale.ID}, page.Request{Limit: 12})
	if err != nil {
		return err
	}
	d.Invoices = billRows(bills.Items)
	deliveries, err := v.deliveriesOf(webhook.Filter{SubscriptionID: sale.ID}, page.Request{Limit: 10})
	if err != nil {
		return err
	}
	d.Deliveries = v.deliveryRows(deliveries.Items)
	if v.query("compare") != "" {
		if d.Seen, err = v.observe(sale.ID); err != nil {
			return err
		}
	}
	return v.render(http.StatusOK, "operator/subscription", d)
}

// observe asks the provider; that it does not answer is shown, not thrown.
func (v *visit) observe(id int64) (*observation, error) {
	found, err := v.Provision.Observe(v.r.Context(), v.actor, id)
	if err != nil {
		if _, ok := refused(err); !ok {
			return nil, err
		}
		return &observation{Badge: badge{ui.Bad, "No answer"}, Problem: fault.As(err).Message}, nil
	}
	return &observation{Observation: found, Badge: observedBadge(found.State)}, nil
}

func observedBadge(s sdk.State) badge {
	switch s {
	case sdk.StateActive:
		return badge{ui.Good, "Exists and works"}
	case sdk.StateSuspended:
		return badge{ui.Warn, "Exists and is blocked"}
	case sdk.StatePartial:
		return badge{ui.Bad, "Not as sold"}
	}
	return badge{ui.Off, "Does not exist"}
}
