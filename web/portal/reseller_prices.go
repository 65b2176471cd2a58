package portal

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// priceRow is a plan in a reseller's price list.
type priceRow struct {
	pricelist.Entry
	Href  string
	Badge badge
	Rule  string // "15 % on all prices"
	Buys  planHead
	Sells planHead
}

func (v *visit) priceRow(e pricelist.Entry) priceRow {
	r := priceRow{Entry: e, Href: fmt.Sprintf("/reseller/prices/%d", e.Buys.ID), Badge: badge{ui.Good, "Sold"},
		Rule: v.words.T("at the price you pay"), Buys: v.words.planHead(e.Buys), Sells: v.words.planHead(e.Sells)}
	if e.Sells.Revision.Excluded {
		r.Badge = badge{ui.Off, "Not sold"}
	}
	if e.Rule != nil {
		r.Rule = v.ruleWords(e.Rule.Rule)
	}
	return r
}

// ruleWords says a rule in words.
func (v *visit) ruleWords(r pricelist.Rule) string {
	switch {
	case r.Kind == pricelist.Excluded:
		return v.words.T("not sold")
	case r.Kind == pricelist.Absolute:
		return v.words.T("your own prices")
	case r.Percent.IsZero():
		return v.words.T("at the price you pay")
	case r.Percent.Sign() < 0:
		return v.words.T("%s %% off all prices", r.Percent.Neg().Trim(0))
	}
	return v.words.T("%s %% on all prices", r.Percent.Trim(0))
}

// pricesData is the data of page "reseller/prices".
type pricesData struct {
	ui.Page
	Rows  []priceRow
	Pager ui.Pager
}

func (p *Portal) resellerPrices(v *visit) error {
	found, err := p.Prices.List(v.r.Context(), v.actor, 0, v.list(0))
	if err != nil {
		return err
	}
	d := pricesData{Page: v.base("Prices")}
	for _, e := range found.Items {
		d.Rows = append(d.Rows, v.priceRow(e))
	}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "reseller/prices", d)
}

// priceData is the data of page "reseller/price".
type priceData struct {
	ui.Page
	Form     ui.Form
	Row      priceRow
	Rules    []ui.Option
	Currency string
	Compare  comparison
	History  []ui.Event
}

func (v *visit) priceData() (priceData, error) {
	plan, err := v.id("plan")
	if err != nil {
		return priceData{}, err
	}
	e, err := v.Prices.Get(v.r.Context(), v.actor, 0, plan)
	if err != nil {
		return priceData{}, err
	}
	history, err := v.Prices.History(v.r.Context(), v.actor, 0, plan)
	if err != nil {
		return priceData{}, err
	}
	d := priceData{Page: v.base(v.words.T("%s, plan %s", e.Product.Name, e.Buys.Name)), Row: v.priceRow(e), Currency: e.Buys.Revision.Content.Currency}
	d.Crumbs = []ui.NavItem{{Label: "Prices", Href: "/reseller/prices"}}
	d.Rules = []ui.Option{{Value: string(pricelist.Percent), Label: v.words.T("A percentage"), Hint: v.words.T("on or off every price of the plan; 0 is the price you pay")},
		{Value: string(pricelist.Absolute), Label: v.words.T("Your own price"), Hint: v.words.T("use is billed at the price you pay")},
		{Value: string(pricelist.Excluded), Label: v.words.T("Not sold"), Hint: v.words.T("who has it keeps it at its price")}}
	for _, p := range history {
		d.History = append(d.History, ui.Event{Tone: ui.Info, Text: v.ruleWords(p.Rule), Actor: p.SetBy, At: p.CreatedAt, Zone: d.Zone})
	}
	d.Form.Values = ruleValues(e.Rule)
	return d, nil
}

// ruleValues are the fields of a form that sets the rule again.
func ruleValues(p *pricelist.Price) url.Values {
	v := url.Values{"rule": {string(pricelist.Percent)}, "percent": {"0"}}
	if p == nil {
		return v
	}
	v.Set("rule", string(p.Kind))
	for name, d := range map[string]*money.Decimal{"percent": p.Percent, "recurringPrice": p.RecurringPrice, "setupPrice": p.SetupPrice} {
		v.Del(name)
		if d != nil {
			v.Set(name, d.Trim(0).String())
		}
	}
	return v
}

func (p *Portal) resellerPrice(v *visit) error {
	d, err := v.priceData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "reseller/price", d)
}

func (p *Portal) setResellerPrice(v *visit) error {
	d, err := v.priceData()
	if err != nil {
		return err
	}
	in, err := v.priceInput(d.Row.Buys.ID)
	if err == nil {
		_, err = p.Prices.Set(v.r.Context(), v.actor, in)
	}
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "reseller/price", d)
	}
	return v.done("/reseller/prices", "Your price is set. New orders get it at once.")
}

// priceInput reads the fields that belong to the rule that was chosen.
func (v *visit) priceInput(plan int64) (pricelist.Input, error) {
	in := pricelist.Input{PlanID: plan, Rule: pricelist.Rule{Kind: pricelist.Kind(v.form("rule"))}}
	var c fault.Check
	read := func(name string, of pricelist.Kind, to **money.Decimal) {
		if in.Kind != of || v.form(name) == "" {
			return
		}
		d, err := money.Parse(v.form(name))
		if c.That(err == nil, name, "Write a number such as 15 or 29.90.") {
			*to = &d
		}
	}
	read("percent", pricelist.Percent, &in.Percent)
	read("recurringPrice", pricelist.Absolute, &in.RecurringPrice)
	read("setupPrice", pricelist.Absolute, &in.SetupPrice)
	return in, c.Err()
}
