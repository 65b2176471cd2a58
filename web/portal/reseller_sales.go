package portal

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// resoldRow is a sale with what it brings.
type resoldRow struct {
	pricelist.Sale
	Badge badge
	Href  string
	Per   string // "per month"
}

func (v *visit) resoldRows(all []pricelist.Sale) []resoldRow {
	out := make([]resoldRow, len(all))
	for i, s := range all {
		out[i] = resoldRow{Sale: s, Badge: saleBadge(s.Subscription.Status), Href: v.salePath(s.Subscription.ID), Per: v.words.per(s.PeriodMonths)}
	}
	return out
}

// resoldData is the data of page "reseller/sales".
type resoldData struct {
	ui.Page
	Rows  []resoldRow
	Pager ui.Pager
}

func (p *Portal) resellerSales(v *visit) error {
	found, err := p.Prices.Sales(v.r.Context(), v.actor, 0, v.list(0))
	if err != nil {
		return err
	}
	d := resoldData{Page: v.base("Sales"), Rows: v.resoldRows(found.Items)}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "reseller/sales", d)
}

// resellerSaleData is the data of page "reseller/sale".
type resellerSaleData struct {
	saleData
	decision
}

func (p *Portal) resellerSale(v *visit) error {
	sale, err := v.saleData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "reseller/sale", resellerSaleData{saleData: sale, decision: v.decision(sale.Subscription)})
}

func (p *Portal) approveSale(v *visit) error {
	return v.decideSale(p.Orders.Approve, "The order is approved.")
}

func (p *Portal) rejectSale(v *visit) error {
	return v.decideSale(p.Orders.Reject, "The order is rejected.")
}

// decideSale decides about the order of the sale that the address names.
func (v *visit) decideSale(decide func(context.Context, account.Actor, int64) (order.Order, error), said string) error {
	sub, err := v.saleOf()
	if err != nil {
		return err
	}
	if _, err := decide(v.r.Context(), v.actor, sub.OrderID); err != nil {
		return v.refuse(v.salePath(sub.ID), err)
	}
	return v.done(v.salePath(sub.ID), said)
}
