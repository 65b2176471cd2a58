package portal

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// webhookSpaces are the spaces of those whose systems can be told of events,
// each with the right that opens it.
func webhookSpaces() map[ui.Space]account.Right {
	return map[ui.Space]account.Right{ui.Account: account.UseSubscriptions, ui.Vendor: account.EditProducts,
		ui.Reseller: account.ManageStorefront, ui.Operator: account.SeeWorkspace}
}

// webhookRoutes are the same pages in each of these spaces; none where nothing
// is delivered.
func (p *Portal) webhookRoutes() []route {
	if p.Webhooks == nil {
		return nil
	}
	var all []route
	for space, need := range webhookSpaces() {
		at := "/" + string(space) + "/webhooks"
		all = append(all, get(at, space, need, p.hooks), get(at+"/new", space, need, p.newHook), post(at+"/new", space, need, p.createHook),
			get(at+"/{id}", space, need, p.hook), post(at+"/{id}", space, need, p.updateHook),
			post(at+"/{id}/enable", space, need, p.enableHook), post(at+"/{id}/disable", space, need, p.disableHook),
			post(at+"/{id}/rotate", space, need, p.rotateHook), post(at+"/{id}/test", space, need, p.testHook),
			post(at+"/{id}/replay", space, need, p.replayHook),
			get(at+"/{id}/delete", space, need, p.askDeleteHook), post(at+"/{id}/delete", space, need, p.deleteHook))
		at = "/" + string(space) + "/deliveries"
		all = append(all, get(at, space, need, p.deliveries), get(at+"/{id}", space, need, p.delivery), post(at+"/{id}/replay", space, need, p.replayDelivery))
	}
	return all
}

// hooksPath is the list of endpoints in the space of the page.
func (v *visit) hooksPath() string { return fmt.Sprintf("/%s/webhooks", v.space) }

func (v *visit) hookPath(id int64) string { return fmt.Sprintf("/%s/webhooks/%d", v.space, id) }

// hookRow is an endpoint as a list shows it.
type hookRow struct {
	webhook.Endpoint
	Badge  badge
	Href   string
	Tells  string // of what: "Everything you sold"
	Writes string // its format in words
}

// hooksData is the data of page "account/webhooks".
type hooksData struct {
	ui.Page
	Rows  []hookRow
	Pager ui.Pager
	New   string // address of the form for a new one
	Empty ui.Empty
}

func (p *Portal) hooks(v *visit) error {
	found, err := p.Webhooks.Endpoints(v.r.Context(), v.actor, webhook.EndpointFilter{}, v.list(0))
	if err != nil {
		return err
	}
	d := hooksData{Page: v.base("Webhooks"), New: v.hooksPath() + "/new"}
	if d.Rows, err = v.hookRows(found.Items); err != nil {
		return err
	}
	d.Pager = pager(d.Page, found.Next)
	d.Empty = ui.Empty{Title: "No webhooks yet", Text: "An endpoint is an address of your own system. It is told, signed, when a subscription or an invoice of yours begins, changes or ends.",
		Action: &ui.Link{Label: "Add endpoint", Href: d.New, Kind: "primary"}}
	return v.render(http.StatusOK, "account/webhooks", d)
}

func (v *visit) hookRows(all []webhook.Endpoint) ([]hookRow, error) {
	out := make([]hookRow, len(all))
	for i, e := range all {
		tells, err := v.tells(e)
		if err != nil {
			return nil, err
		}
		out[i] = hookRow{Endpoint: e, Badge: hookBadge(e), Href: v.hookPath(e.ID), Tells: tells, Writes: formatWord(e.Format)}
	}
	return out, nil
}

// tells says of what an endpoint is told, as its reader sees it.
func (v *visit) tells(e webhook.Endpoint) (string, error) {
	if e.Recipient == webhook.ToPlatform {
		return v.words.T("Everything in the marketplace"), nil
	}
	if e.Recipient == webhook.ToProduct {
		p, err := v.Catalog.Product(v.r.Context(), v.actor, e.ProductID)
		return v.words.T("Subscriptions of %s", p.Product.Name), err
	}
	if !v.actor.SeesAll() {
		own := map[webhook.Recipient]string{webhook.ToVendor: "Everything you sold", webhook.ToReseller: "Everything you resold", webhook.ToCustomer: "Everything you bought"}
		return v.words.T(own[e.Recipient]), nil
	}
	o, err := v.Accounts.Organization(v.r.Context(), v.actor, e.OrganizationID)
	theirs := map[webhook.Recipient]string{webhook.ToVendor: "What %s sold", webhook.ToReseller: "What %s resold", webhook.ToCustomer: "What %s bought"}
	return v.words.T(theirs[e.Recipient], o.Name), err
}

// newHookData is the data of page "account/webhook-new".
type newHookData struct {
	ui.Page
	Form       ui.Form
	Formats    []ui.Option
	Recipients []ui.Option // for operators, who say whose it is
	Products   []ui.Option // for vendors
}

func (v *visit) newHookData() (newHookData, error) {
	d := newHookData{Page: v.base("New endpoint"), Formats: formatOptions()}
	d.Crumbs = []ui.NavItem{{Label: "Webhooks", Href: v.hooksPath()}}
	d.Form.Values = url.Values{"productId": {v.query("product")}}
	switch v.space {
	case ui.Operator:
		d.Recipients = recipientOptions()
	case ui.Vendor:
		found, err := v.Catalog.Products(v.r.Context(), v.actor, catalog.Filter{}, page.Request{Limit: page.MaxLimit})
		if err != nil {
			return d, err
		}
		d.Products = []ui.Option{{Label: "All my products"}}
		for _, p := range found.Items {
			d.Products = append(d.Products, ui.Option{Value: number(p.ID), Label: p.Name})
		}
	}
	return d, nil
}

func (p *Portal) newHook(v *visit) error {
	d, err := v.newHookData()
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, "account/webhook-new", d)
}

// createHook answers with the page of the new endpoint that holds its secret:
// it cannot be shown after a redirect, because nobody gives it out again.
func (p *Portal) createHook(v *visit) error {
	made, key, err := p.Webhooks.CreateEndpoint(v.r.Context(), v.actor, webhook.EndpointInput{Recipient: webhook.Recipient(v.form("recipient")),
		OrganizationID: number64(v.form("organizationId")), ProductID: number64(v.form("productId")), URL: v.form("url"),
		Description: v.form("description"), Format: webhook.Format(v.form("format")), Secret: secret.Text(v.form("secret"))})
	if err == nil {
		return v.showHook(made, http.StatusOK, func(d *hookData) { d.New = v.newSecret(made, key) })
	}
	status, ok := refused(err)
	if !ok {
		return err
	}
	d, failed := v.newHookData()
	if failed != nil {
		return failed
	}
	d.Form = ui.FormError(v.r.PostForm, err)
	return v.render(status, "account/webhook-new", d)
}

func (v *visit) newSecret(e webhook.Endpoint, key secret.Text) *ui.Secret {
	return &ui.Secret{ID: "new-secret", Label: v.words.T("Signing secret"), Value: key.Reveal(), HideURL: v.hookPath(e.ID)}
}
