package portal

import (
	"net/http"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// resellerHomeData is the data of page "reseller/home": what did I sell, what
// do I earn, who needs help.
type resellerHomeData struct {
	ui.Page
	Earnings []pricelist.Earning
	Running  int
	Overdue  int
	Todo     []todo
	Newest   []resoldRow
	NoShop   bool // there is no storefront yet
}

// Kept is what stays with the reseller each month, by currency.
func (d resellerHomeData) Kept() (out []money.Money) {
	for _, e := range d.Earnings {
		out = append(out, e.Margin)
	}
	return out
}

// Sold is what customers pay each month, by currency.
func (d resellerHomeData) Sold() (out []money.Money) {
	for _, e := range d.Earnings {
		out = append(out, e.Price)
	}
	return out
}

func (p *Portal) resellerHome(v *visit) error {
	ctx := v.r.Context()
	d := resellerHomeData{Page: v.base("Overview")}
	var err error
	if d.Earnings, err = p.Prices.Earnings(ctx, v.actor, 0); err != nil {
		return err
	}
	for _, e := range d.Earnings {
		d.Running += e.Subscriptions
	}
	newest, err := p.Prices.Sales(ctx, v.actor, 0, page.Request{Limit: 5})
	if err != nil {
		return err
	}
	d.Newest = v.resoldRows(newest.Items)
	if err := v.fillHelp(&d); err != nil {
		return err
	}
	_, err = p.Storefronts.Get(ctx, v.actor, 0)
	if d.NoShop = fault.Is(err, fault.NotFound); err != nil && !d.NoShop {
		return err
	}
	return v.render(http.StatusOK, "reseller/home", d)
}

// fillHelp finds who needs help: orders that wait for the reseller, then what
// failed, then bills that are overdue.
func (v *visit) fillHelp(d *resellerHomeData) error {
	for _, wanted := range []struct {
		status       subscription.Status
		text, action string
	}{{subscription.RequiresApproval, "The order waits for your approval.", "Decide"},
		{subscription.Failed, "It could not be set up.", "Look at it"}} {
		found, err := v.Subscriptions.List(v.r.Context(), v.actor, subscription.Filter{ResellerID: v.actor.OrganizationID, Status: wanted.status}, page.Request{})
		if err != nil {
			return err
		}
		for _, s := range found.Items {
			d.Todo = append(d.Todo, todo{Badge: saleBadge(s.Status), Title: v.words.T("%s for %s", s.Product, s.Customer), Text: v.words.T(wanted.text),
				Action: ui.Link{Label: wanted.action, Href: v.salePath(s.ID)}, At: s.CreatedAt})
		}
	}
	unpaid, err := v.Invoices.List(v.r.Context(), v.actor, invoice.Filter{ResellerID: v.actor.OrganizationID, Status: invoice.Unpaid}, page.Request{Limit: page.MaxLimit})
	for _, inv := range unpaid.Items {
		if inv.DueAt.After(v.now) {
			continue
		}
		if d.Overdue++; d.Overdue <= 5 {
			d.Todo = append(d.Todo, todo{Badge: badge{ui.Bad, "Overdue"}, Title: v.words.T("Invoice %s of %s", inv.Number, inv.Snapshot.Customer.Name),
				Text: v.words.Money(money.New(inv.Total, inv.Currency)), Action: ui.Link{Label: "Look at it", Href: v.salePath(inv.SubscriptionID)}, At: inv.DueAt})
		}
	}
	return err
}
