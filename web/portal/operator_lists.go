package portal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/notify"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// organizationsData is the data of page "operator/organizations".
type organizationsData struct {
	ui.Page
	Rows  []account.Organization
	Tabs  ui.Tabs
	Pager ui.Pager
	Empty ui.Empty
}

func (p *Portal) organizations(v *visit) error {
	kind := account.Kind(v.query("kind"))
	found, err := p.Accounts.ListOrganizations(v.r.Context(), v.actor, kind, v.list(0))
	if err != nil {
		return err
	}
	d := organizationsData{Page: v.base("Organizations"), Rows: found.Items,
		Empty: ui.Empty{Title: "Nobody here yet", Text: "Companies that sign up appear here."}}
	d.Tabs = ui.Tabs{Label: "Kinds of organizations", Items: []ui.NavItem{{Label: "All", Href: "/operator/customers", Current: kind == ""}}}
	for _, k := range []struct {
		kind  account.Kind
		label string
	}{{account.Customer, "Customers"}, {account.Vendor, "Vendors"}, {account.Reseller, "Resellers"}, {account.Operator, "Operators"}} {
		d.Tabs.Items = append(d.Tabs.Items, ui.NavItem{Label: k.label, Href: "/operator/customers?kind=" + string(k.kind), Current: kind == k.kind})
	}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "operator/organizations", d)
}

// organizationData is the data of page "operator/organization".
type organizationData struct {
	ui.Page
	Organization account.Organization
	People       []account.User
	Rows         []saleRow
	Sells        bool
}

func (p *Portal) organization(v *visit) error {
	ctx := v.r.Context()
	id, err := v.id("id")
	if err != nil {
		return err
	}
	org, err := p.Accounts.Organization(ctx, v.actor, id)
	if err != nil {
		return err
	}
	d := organizationData{Page: v.base(org.Name), Organization: org, Sells: org.Kind == account.Vendor}
	d.Crumbs = []ui.NavItem{{Label: "Organizations", Href: "/operator/customers"}}
	if d.People, err = p.Accounts.People(ctx, v.actor, id); err != nil {
		return err
	}
	filter := subscription.Filter{CustomerID: id}
	if d.Sells {
		filter = subscription.Filter{VendorID: id}
	}
	subs, err := p.Subscriptions.List(ctx, v.actor, filter, page.Request{Limit: 20})
	if err != nil {
		return err
	}
	d.Rows = v.saleRows(subs.Items)
	return v.render(http.StatusOK, "operator/organization", d)
}

// billRow is an invoice in a list.
type billRow struct {
	invoice.Invoice
	Badge  badge
	Amount money.Money
	Href   string
}

func billRows(all []invoice.Invoice) []billRow {
	out := make([]billRow, len(all))
	for i, inv := range all {
		out[i] = billRow{Invoice: inv, Badge: billBadge(inv.Status), Amount: money.New(inv.Total, inv.Currency), Href: fmt.Sprintf("/operator/invoices/%d", inv.ID)}
	}
	return out
}

// billsData is the data of page "operator/invoices".
type billsData struct {
	ui.Page
	Rows     []billRow
	Pager    ui.Pager
	Form     ui.Form
	Statuses []ui.Option
	Empty    ui.Empty
}

func (p *Portal) operatorInvoices(v *visit) error {
	q := v.r.URL.Query()
	found, err := p.Invoices.List(v.r.Context(), v.actor, invoice.Filter{Status: invoice.Status(q.Get("status"))}, v.list(0))
	if err != nil {
		return err
	}
	d := billsData{Page: v.base("Invoices"), Rows: billRows(found.Items), Form: ui.Form{Values: q}, Statuses: []ui.Option{{Value: "", Label: "Any state"}},
		Empty: ui.Empty{Title: "No invoices", Text: "Invoices are issued with an order, and when a period ends."}}
	for _, s := range invoice.Statuses {
		d.Statuses = append(d.Statuses, ui.Option{Value: string(s), Label: billBadge(s).Word})
	}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "operator/invoices", d)
}

// billData is the data of page "operator/invoice".
type billData struct {
	ui.Page
	billRow
	Net, Tax money.Money
	Lines    []billLine
}

// billLine is a line of an invoice with its amounts in the currency.
type billLine struct {
	invoice.Line
	Unit, Sum money.Money
}

func (p *Portal) operatorInvoice(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	inv, err := p.Invoices.Get(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	d := billData{Page: v.base("Invoice " + inv.Number), billRow: billRows([]invoice.Invoice{inv})[0],
		Net: money.New(inv.Net, inv.Currency), Tax: money.New(inv.Tax, inv.Currency)}
	d.Crumbs = []ui.NavItem{{Label: "Invoices", Href: "/operator/invoices"}}
	for _, l := range inv.Lines {
		d.Lines = append(d.Lines, billLine{Line: l, Unit: money.New(l.UnitPrice, inv.Currency), Sum: money.New(l.Amount, inv.Currency)})
	}
	return v.render(http.StatusOK, "operator/invoice", d)
}

// mailsData is the data of page "operator/mail".
type mailsData struct {
	ui.Page
	Rows  []mailRow
	Pager ui.Pager
	Empty ui.Empty
}

// mailRow is a mail in the list.
type mailRow struct {
	notify.Mail
	Badge badge
}

func (p *Portal) mails(v *visit) error {
	d := mailsData{Page: v.base("Mail"), Empty: ui.Empty{Title: "No mail was written", Text: "What the marketplace writes to customers, vendors and you is kept here."}}
	if p.Notices == nil {
		d.Empty.Text = "This installation has no way to send mail, so none is written. Set one up in the configuration."
		return v.render(http.StatusOK, "operator/mail", d)
	}
	found, err := p.Notices.List(v.r.Context(), v.actor, v.list(0))
	if err != nil {
		return err
	}
	for _, m := range found.Items {
		d.Rows = append(d.Rows, mailRow{Mail: m, Badge: mailBadge(m.Status)})
	}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "operator/mail", d)
}

func mailBadge(s notify.Status) badge {
	switch s {
	case notify.Sent:
		return badge{ui.Good, "Sent"}
	case notify.Failed:
		return badge{ui.Bad, "Failed"}
	}
	return badge{ui.Pending, "Being sent"}
}

// trailData is the data of page "operator/audit".
type trailData struct {
	ui.Page
	Rows     []trailRow
	Pager    ui.Pager
	Form     ui.Form
	Entities []ui.Option
	Empty    ui.Empty
}

// trailRow is an entry of the audit trail.
type trailRow struct {
	audit.Record
	Href   string
	Change *ui.Code
}

func (p *Portal) auditTrail(v *visit) error {
	q := v.r.URL.Query()
	filter := audit.Filter{Query: q.Get("q"), Entity: q.Get("entity")}
	if id, err := idOf(q.Get("id")); err == nil {
		filter.EntityID = id
	}
	found, err := p.Accounts.AuditTrail(v.r.Context(), v.actor, filter, v.list(0))
	if err != nil {
		return err
	}
	d := trailData{Page: v.base("Audit trail"), Form: ui.Form{Values: q}, Entities: []ui.Option{{Value: "", Label: "Everything"}},
		Empty: ui.Empty{Title: "Nothing matches", Text: "Every change is written here with who made it, when, and what was there before.",
			Action: &ui.Link{Label: "Show all entries", Href: "/operator/audit"}}}
	for _, e := range []string{"product", "plan", "order", "subscription", "invoice", "payment", "delivery", "provider", "organization", "clock"} {
		d.Entities = append(d.Entities, ui.Option{Value: e, Label: topicWord(e)})
	}
	for _, r := range found.Items {
		d.Rows = append(d.Rows, trailRow{Record: r, Href: entityPath(r.Entity, r.EntityID), Change: change(r)})
	}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "operator/audit", d)
}

// entityPath is where an operator looks at a thing; "" when it has no page.
func entityPath(entity string, id int64) string {
	switch entity {
	case "product":
		return reviewPath(id)
	case "subscription", "invoice":
		return fmt.Sprintf("/operator/%ss/%d", entity, id)
	case "organization":
		return fmt.Sprintf("/operator/customers/%d", id)
	case "delivery":
		return fmt.Sprintf("/operator/deliveries/%d", id)
	}
	return ""
}

// change shows what was before and after; nil when the entry has neither.
func change(r audit.Record) *ui.Code {
	if r.Before == "" && r.After == "" {
		return nil
	}
	var b bytes.Buffer
	for _, side := range []struct{ title, text string }{{"before", r.Before}, {"after", r.After}} {
		if side.text == "" {
			continue
		}
		fmt.Fprintf(&b, "%s ", side.title)
		if json.Indent(&b, []byte(side.text), "", "  ") != nil {
			b.WriteString(side.text)
		}
		b.WriteString("\n")
	}
	return &ui.Code{Title: r.Action, Lang: "json", Text: b.String()}
}
