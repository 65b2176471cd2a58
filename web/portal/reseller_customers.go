package portal

import (
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// customersData is the data of page "reseller/customers".
type customersData struct {
	ui.Page
	Rows  []account.Organization
	Pager ui.Pager
}

func (p *Portal) resellerCustomers(v *visit) error {
	found, err := p.Accounts.Customers(v.r.Context(), v.actor, v.list(0))
	if err != nil {
		return err
	}
	d := customersData{Page: v.base("Customers"), Rows: found.Items}
	d.Pager = pager(d.Page, found.Next)
	return v.render(http.StatusOK, "reseller/customers", d)
}

// newCustomerData is the data of page "reseller/customer-new"; Invitation is
// shown once, when the customer was made.
type newCustomerData struct {
	ui.Page
	Form       ui.Form
	Made       *account.Organization
	Invited    account.Invitation
	Invitation ui.Code
}

func (v *visit) newCustomerData(title string) newCustomerData {
	d := newCustomerData{Page: v.base(title)}
	d.Crumbs = []ui.NavItem{{Label: "Customers", Href: "/reseller/customers"}}
	return d
}

func (p *Portal) newCustomer(v *visit) error {
	return v.render(http.StatusOK, "reseller/customer-new", v.newCustomerData("New customer"))
}

func (p *Portal) createCustomer(v *visit) error {
	in := account.CompanyInput{Company: v.form("company"), Email: v.form("email"), Address: v.form("address"), VATID: v.form("vatId"),
		Person: account.PersonInput{Name: v.form("person.name"), Email: v.form("person.email")}}
	made, err := p.Accounts.CreateCustomer(v.r.Context(), v.actor, in)
	d := v.newCustomerData("New customer")
	if err != nil {
		status, ok := refused(err)
		if !ok {
			return err
		}
		d.Form = ui.FormError(v.r.PostForm, err)
		return v.render(status, "reseller/customer-new", d)
	}
	host, err := v.shopHost()
	if err != nil {
		return err
	}
	d.Title, d.Made, d.Invited = made.Organization.Name, &made.Organization, made.Invitation
	d.Invitation = ui.Code{Title: v.words.T("Invitation of %s", made.Invitation.Name), Text: host + "/invitation/" + made.Token.Reveal()}
	return v.render(http.StatusOK, "reseller/customer-new", d)
}

// customerData is the data of page "reseller/customer".
type customerData struct {
	ui.Page
	Customer account.Organization
	People   []account.User
	Rows     []saleRow
	Pager    ui.Pager
	Empty    ui.Empty
	Offers   []offerLink
}

// offerLink is a plan that can be ordered for the customer.
type offerLink struct {
	Product, Plan, Price, Href string
}

func (p *Portal) resellerCustomer(v *visit) error {
	id, err := v.id("id")
	if err != nil {
		return err
	}
	ctx := v.r.Context()
	d := customerData{Page: v.base("Customer"), Empty: ui.Empty{Title: "Nothing bought yet", Text: "Order something for this customer, or let them order on your storefront."}}
	if d.Customer, d.People, err = p.Accounts.Customer(ctx, v.actor, id); err != nil {
		return err
	}
	d.Title = d.Customer.Name
	d.Crumbs = []ui.NavItem{{Label: "Customers", Href: "/reseller/customers"}}
	subs, err := p.Subscriptions.List(ctx, v.actor, subscription.Filter{CustomerID: id}, v.list(0))
	if err != nil {
		return err
	}
	d.Rows, d.Pager = v.saleRows(subs.Items), pager(d.Page, subs.Next)
	if d.Offers, err = v.offersFor(id); err != nil {
		return err
	}
	return v.render(http.StatusOK, "reseller/customer", d)
}

// offersFor are the plans that the reseller sells, each with its order for the
// customer.
func (v *visit) offersFor(customer int64) ([]offerLink, error) {
	found, err := v.Catalog.Search(v.r.Context(), account.Visitor(v.market.ID, v.actor.OrganizationID), catalog.Filter{}, page.Request{Limit: page.MaxLimit})
	var out []offerLink
	for _, l := range found.Page.Items {
		for _, plan := range l.Plans {
			out = append(out, offerLink{Product: l.Product.Name, Plan: plan.Name, Price: v.words.planHead(plan).Text,
				Href: fmt.Sprintf("/checkout?plan=%d&customer=%d", plan.ID, customer)})
		}
	}
	return out, err
}
