package connector

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

// companyKinds are the kinds of organization that are a resource each.
var companyKinds = map[string]account.Kind{"company": account.Vendor, "userCompany": account.Customer, "reseller": account.Reseller}

func (s *server) companyRoutes() []route {
	why := "Companies are kept on the marketplace's own pages."
	out := []route{
		{method: http.MethodGet, path: "company/externalId={x}", handle: nowhereHere},
		{method: http.MethodGet, path: "company/typeahead/{query}", handle: s.listCompanies("company")},
		{method: http.MethodGet, path: "distributor", handle: nothing},
		{method: http.MethodGet, path: "distributor/{id}", handle: nowhereHere},
	}
	for resource := range companyKinds {
		out = append(out,
			route{method: http.MethodGet, path: resource, handle: s.listCompanies(resource)},
			route{method: http.MethodHead, path: resource, handle: s.listCompanies(resource)},
			route{method: http.MethodGet, path: resource + "/{id}", handle: s.getCompany(resource)},
			route{method: http.MethodPost, path: resource, handle: notHere(why)},
			route{method: http.MethodPut, path: resource + "/{id}", handle: notHere(why)},
			route{method: http.MethodPatch, path: resource + "/{id}", handle: notHere(why)},
			route{method: http.MethodDelete, path: resource + "/{id}", handle: notHere(why)})
	}
	return out
}

// nowhereHere answers a document that nobody has here.
func nowhereHere(context.Context, *call) (answer, error) {
	return answer{}, fault.New(fault.NotFound, "There is no such document.")
}

// party is a company as everybody may know it.
type party struct {
	ID           int64   `json:"id"`
	Self         string  `json:"self"`
	Name         string  `json:"name"`
	Slug         string  `json:"slug"`
	EmailAddress string  `json:"emailAddress"`
	Language     string  `json:"language"`
	Enabled      bool    `json:"enabled"`
	Address      address `json:"address"`
	TaxCode      string  `json:"taxCode"`
}

// companyDocument is an organization of any kind.
type companyDocument struct {
	party
	CompanyDescription   string `json:"companyDescription"`
	Users                []*ref `json:"users"`
	Reseller             *ref   `json:"reseller,omitempty"`
	VATExemption         bool   `json:"vatExemption"`
	PublicAdministration bool   `json:"publicAdministration"`
	DelayedPayment       bool   `json:"delayedPayment"`
	Trusted              bool   `json:"trusted"`
}

func viewCompany(resource string, o account.Organization, people []account.User) companyDocument {
	d := companyDocument{party: party{ID: o.ID, Self: self(resource, o.ID), Name: o.Name, Slug: slug(o.Name) + "-" + strconv.FormatInt(o.ID, 10), EmailAddress: o.Email,
		Language: "en", Enabled: true, Address: address{o.Address}, TaxCode: o.VATID}, Users: []*ref{}, Reseller: referTo("reseller", o.ResellerID)}
	for _, u := range people {
		d.Users = append(d.Users, refer("user", u.ID))
	}
	return d
}

// getCompany answers an organization to those who deal with it; its people only
// to those who may see them.
func (s *server) getCompany(resource string) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err != nil {
			return answer{}, err
		}
		o, err := s.company(ctx, c.actor, resource, id)
		if err != nil {
			return answer{}, err
		}
		people, err := s.Accounts.People(ctx, c.actor, id)
		if fault.Is(err, fault.NotFound) {
			people, err = nil, nil
		}
		return ok(viewCompany(resource, o, people)), err
	}
}

// company is an organization that the resource is about.
func (s *server) company(ctx context.Context, actor account.Actor, resource string, id int64) (account.Organization, error) {
	o, err := s.Subscriptions.Partner(ctx, actor, id)
	if err == nil && companies[o.Kind] != resource {
		err = fault.New(fault.NotFound, "There is no such company.")
	}
	return o, err
}

// listCompanies answers the organizations that the caller looks after: its own,
// its customers, or all.
func (s *server) listCompanies(resource string) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		req, err := c.page()
		if err != nil {
			return answer{}, err
		}
		f := account.OrganizationFilter{Kind: companyKinds[resource], Email: c.value("email"),
			Query: strings.TrimSpace(c.value("search") + " " + c.value("companyName") + " " + present(c.param("query")))}
		found, err := s.Accounts.FindOrganizations(ctx, c.actor, f, req)
		return listOf(c, req, found, err, func(o account.Organization) companyDocument { return viewCompany(resource, o, nil) })
	}
}
