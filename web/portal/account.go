package portal

import (
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/core/usage"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// accountRoutes are a customer's overview and everybody's own settings.
func (p *Portal) accountRoutes() []route {
	return []route{
		get("/account", ui.Account, account.UseSubscriptions, p.account),
		get("/account/settings", ui.Account, signedIn, p.settings),
	}
}

// tokenRoutes are everybody's own API tokens.
func (p *Portal) tokenRoutes() []route {
	return []route{
		get("/account/tokens", ui.Account, account.ManageTokens, p.tokens),
		post("/account/tokens", ui.Account, account.ManageTokens, p.createToken),
		get("/account/tokens/{id}/revoke", ui.Account, account.ManageTokens, p.revokeTokenPage),
		post("/account/tokens/{id}/revoke", ui.Account, account.ManageTokens, p.revokeToken),
	}
}

// accountData is the data of page "account/overview".
type accountData struct {
	ui.Page
	Spent    []spending
	Items    []subscriptionItem
	Invoices []invoiceItem // open ones
	Notices  []ui.Banner
	Active   int
	Near     int // subscriptions near or at a limit
	Empty    ui.Empty
}

// spending is this month in one currency.
type spending struct {
	SoFar, Billed, Used, Expected money.Money
}

func (p *Portal) account(v *visit) error {
	d := accountData{Page: v.base("Overview"), Empty: noSubscriptions()}
	var err error
	if d.Items, err = v.runningItems(); err != nil {
		return err
	}
	recent, err := p.Invoices.List(v.r.Context(), v.actor, invoice.Filter{}, page.Request{Limit: page.MaxLimit})
	if err != nil {
		return err
	}
	open, err := p.Invoices.List(v.r.Context(), v.actor, invoice.Filter{Status: invoice.Unpaid}, page.Request{})
	if err != nil {
		return err
	}
	for _, it := range v.invoiceItems(open.Items) {
		if it.Unpaid {
			d.Invoices = append(d.Invoices, it)
		}
	}
	if d.Spent, err = v.spending(d.Items, recent.Items); err != nil {
		return err
	}
	v.count(&d)
	return v.render(http.StatusOK, "account/overview", d)
}

// runningItems are the newest subscriptions that have not ended.
func (v *visit) runningItems() ([]subscriptionItem, error) {
	found, err := v.Subscriptions.List(v.r.Context(), v.actor, subscription.Filter{}, page.Request{Limit: page.MaxLimit})
	if err != nil {
		return nil, err
	}
	var alive []subscription.Subscription
	for _, s := range found.Items {
		if s.Status != subscription.Terminated && len(alive) < subscriptionsPerPage {
			alive = append(alive, s)
		}
	}
	return v.subscriptionItems(alive)
}

// spending sums what was billed since the first of the month and what was
// used and is not billed yet, by currency.
func (v *visit) spending(items []subscriptionItem, invoices []invoice.Invoice) ([]spending, error) {
	month, end := usage.WindowAt("month", v.now)
	var order []string
	sums := map[string]*spending{}
	of := func(currency string) *spending {
		if sums[currency] == nil {
			zero := money.New(money.Int(0), currency)
			sums[currency] = &spending{SoFar: zero, Billed: zero, Used: zero, Expected: zero}
			order = append(order, currency)
		}
		return sums[currency]
	}
	of(v.market.Currency)
	for _, inv := range invoices {
		if inv.Status != invoice.Cancelled && !inv.IssuedAt.Before(month) {
			s := of(inv.Currency)
			s.Billed.Amount = s.Billed.Amount.Add(inv.Total)
		}
	}
	for _, it := range items {
		if it.Unbilled != nil && !it.InTrial(v.now) {
			s := of(it.Unbilled.Currency)
			s.Used.Amount = s.Used.Amount.Add(it.Unbilled.Amount)
		}
	}
	for _, it := range items {
		if it.Next != nil && it.PeriodEnd.Before(end) {
			s := of(it.Next.Currency)
			s.Expected.Amount = s.Expected.Amount.Add(it.Next.Amount)
		}
	}
	var out []spending
	for _, currency := range order {
		s := *sums[currency]
		total, err := s.Billed.Add(s.Used)
		if err != nil {
			return nil, err
		}
		s.SoFar = total
		s.Expected.Amount = s.Expected.Amount.Add(total.Amount)
		out = append(out, s)
	}
	return out, nil
}

// count fills the figures and the notices of what is wrong.
func (v *visit) count(d *accountData) {
	for _, it := range d.Items {
		if it.Status == subscription.Active {
			d.Active++
		}
		if it.Meter != nil && it.Meter.Used*5 >= it.Meter.Limit*4 {
			d.Near++
		}
		switch it.Status {
		case subscription.Failed:
			d.Notices = append(d.Notices, ui.Banner{Tone: ui.Bad, Title: v.words.T("%s could not be set up.", it.Product),
				Action: &ui.Link{Label: v.words.T("See why"), Href: subscriptionPath(it.ID)}})
		case subscription.Suspended:
			d.Notices = append(d.Notices, ui.Banner{Tone: ui.Warn, Title: v.words.T("%s is suspended.", it.Product), Text: v.words.T("Calls are refused until it is resumed."),
				Action: &ui.Link{Label: v.words.T("Look at it"), Href: subscriptionPath(it.ID)}})
		}
	}
	for _, inv := range d.Invoices {
		if inv.Tone == ui.Bad {
			d.Notices = append(d.Notices, ui.Banner{Tone: ui.Bad, Title: v.words.T("Invoice %s is overdue.", inv.Number), Text: v.words.T("Its subscription is suspended when it stays unpaid."),
				Action: &ui.Link{Label: v.words.T("Pay %s", v.words.Money(inv.Amount)), Href: invoicePath(inv.ID) + "/pay"}})
		}
	}
}

// settingsData is the data of page "account/settings".
type settingsData struct {
	ui.Page
	Organization account.Organization
	Kind         string
	Role         string
}

func (p *Portal) settings(v *visit) error {
	o, err := p.Accounts.Organization(v.r.Context(), v.actor, v.actor.OrganizationID)
	if err != nil {
		return err
	}
	kinds := map[account.Kind]string{account.Customer: "Customer", account.Vendor: "Vendor", account.Reseller: "Reseller", account.Operator: "Operator"}
	roles := map[account.Role]string{account.Admin: "Administrator", account.Member: "Member"}
	return v.render(http.StatusOK, "account/settings", settingsData{Page: v.base("Settings"), Organization: o, Kind: kinds[o.Kind], Role: roles[v.actor.Role]})
}

// tokensData is the data of page "account/tokens".
type tokensData struct {
	ui.Page
	Form   ui.Form
	Tokens []account.Token
	New    *ui.Secret // shown this once
	Code   ui.Code
	Empty  ui.Empty
	Now    time.Time
}

func (v *visit) tokensData() (tokensData, error) {
	all, err := v.Accounts.Tokens(v.r.Context(), v.actor)
	d := tokensData{Page: v.base("API tokens"), Tokens: all, Now: v.now}
	d.Empty = ui.Empty{Title: "No API tokens", Text: "A token lets your own programs do on this marketplace what you may do here: order, read usage and invoices."}
	return d, err
}

func (p *Portal) tokens(v *visit) error {
	d, err := v.tokensData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "account/tokens", d)
}

// createToken answers with the page that holds the new token: it cannot be
// shown after a redirect, because nobody keeps it.
func (p *Portal) createToken(v *visit) error {
	made, text, err := p.Accounts.CreateToken(v.r.Context(), v.actor, v.form("name"))
	if err != nil {
		return v.tokenRefused(err)
	}
	d, err := v.tokensData()
	if err != nil {
		return err
	}
	d.New = &ui.Secret{ID: "new-token", Label: v.words.T("Token “%s”", made.Name), Value: text.Reveal(), HideURL: "/account/tokens"}
	d.Code = ui.Code{Title: v.words.T("Try it"), Lang: "sh", Text: "curl --header " + quote("Authorization: Bearer "+text.Reveal()) + " \\\n  " + quote(v.origin()+"/api/v1/subscriptions")}
	return v.render(http.StatusOK, "account/tokens", d)
}

func (v *visit) tokenRefused(err error) error {
	status, ok := refused(err)
	if !ok {
		return err
	}
	d, listErr := v.tokensData()
	if listErr != nil {
		return listErr
	}
	d.Form = ui.FormError(v.r.PostForm, err)
	return v.render(status, "account/tokens", d)
}

// origin is the address of this portal as the person sees it.
func (v *visit) origin() string {
	if v.secure(v.r) {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

func (p *Portal) revokeTokenPage(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	all, err := p.Accounts.Tokens(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.ID == id {
			d := askData{Dialog: v.revokeDialog(t)}
			d.Page = v.base(d.Dialog.Title)
			d.Crumbs = []ui.NavItem{{Label: "API tokens", Href: "/account/tokens"}}
			return v.render(http.StatusOK, "account/confirm", d)
		}
	}
	return fault.New(fault.NotFound, "There is no such API token.")
}

func (v *visit) revokeDialog(t account.Token) ui.Dialog {
	return ui.Dialog{ID: "dialog-revoke", Kind: "danger", Title: v.words.T("Revoke token “%s”?", t.Name), Text: v.words.T("Programs that use it are refused at once. This cannot be undone."),
		Action: v.r.URL.Path, Confirm: v.words.T("Revoke token"), Keep: v.words.T("Keep token"), Back: "/account/tokens", CSRF: v.csrf()}
}

func (p *Portal) revokeToken(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	if err := p.Accounts.RevokeToken(v.r.Context(), v.actor, id); err != nil {
		return v.refuse("/account/tokens", err)
	}
	return v.done("/account/tokens", "Token revoked.")
}
