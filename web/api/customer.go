package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// SoldTo narrows a list by who bought and who sold.
type SoldTo struct {
	CustomerID int64 `query:"customerId" minimum:"1" maximum:"2147483647" doc:"Only what this customer bought."`
	ResellerID int64 `query:"resellerId" minimum:"1" maximum:"2147483647" doc:"Only what this reseller sold."`
}

type companyRequest struct {
	Company string        `json:"company" example:"Bottega S.r.l."`
	Email   string        `json:"email" doc:"Where invoices go." example:"office@bottega.example"`
	Address string        `json:"address,omitempty"`
	VATID   string        `json:"vatId,omitempty"`
	Person  personRequest `json:"person" doc:"The first of its people; they choose their password themselves."`
}

type personRequest struct {
	Name  string `json:"name" example:"Bea Conti"`
	Email string `json:"email,omitempty" doc:"The company's when it is left out." example:"bea@bottega.example"`
}

func (r companyRequest) input(*fault.Check) account.CompanyInput {
	return account.CompanyInput{Company: r.Company, Email: r.Email, Address: r.Address, VATID: r.VATID,
		Person: account.PersonInput{Name: r.Person.Name, Email: r.Person.Email}}
}

// CustomerView is a company that buys.
type CustomerView struct {
	ID         int64     `json:"id" example:"14"`
	Company    string    `json:"company" example:"Bottega S.r.l."`
	Email      string    `json:"email" example:"office@bottega.example"`
	Address    string    `json:"address"`
	VATID      string    `json:"vatId"`
	ResellerID *int64    `json:"resellerId" doc:"Whose customer it is; null when it is the marketplace's own." example:"6"`
	CreatedAt  time.Time `json:"createdAt"`
}

func viewCustomer(o account.Organization) CustomerView {
	return CustomerView{ID: o.ID, Company: o.Name, Email: o.Email, Address: o.Address, VATID: o.VATID, ResellerID: o.ResellerID, CreatedAt: o.CreatedAt}
}

// peopledView is a customer with its people.
type peopledView struct {
	CustomerView
	People []userView `json:"people" nullable:"false"`
}

// invitedView is a new customer with the invitation of its first person.
type invitedView struct {
	CustomerView
	Invitation invitationView `json:"invitation"`
}

type invitationView struct {
	Token     string    `json:"token" doc:"What the person accepts with. It is shown this once." example:"fdi_…"`
	Path      string    `json:"path" doc:"The page where the person chooses a password, on your storefront's host." example:"/invitation/fdi_…"`
	Email     string    `json:"email" example:"bea@bottega.example"`
	ExpiresAt time.Time `json:"expiresAt"`
}

func viewBrought(b account.Brought) invitedView {
	return invitedView{viewCustomer(b.Organization), invitationView{Token: b.Token.Reveal(), Path: "/invitation/" + b.Token.Reveal(),
		Email: b.Invitation.Email, ExpiresAt: b.Invitation.ExpiresAt}}
}

type acceptRequest struct {
	Token     string `json:"token" doc:"Of the invitation." example:"fdi_…"`
	Password  string `json:"password" doc:"At least 10 characters." example:"a long enough one"`
	TokenName string `json:"tokenName,omitempty" doc:"What the API token is called." example:"CI"`
}

type acceptedView struct {
	User     userView     `json:"user"`
	APIToken newTokenView `json:"apiToken" doc:"For the person that was invited. Its secret is in this answer only."`
}

func (s *server) acceptInvitation(ctx context.Context, actor account.Actor, in *struct{ Body body[acceptRequest] }) (*reply[acceptedView], error) {
	input, err := read(&in.Body, func(r acceptRequest, _ *fault.Check) account.AcceptInput {
		return account.AcceptInput{Token: secret.Text(r.Token), Password: r.Password, TokenName: r.TokenName}
	})
	if err != nil {
		return nil, err
	}
	done, err := s.Accounts.AcceptByAPI(ctx, actor.MarketplaceID, input)
	return answer(done, err, func(a account.Accepted) acceptedView {
		return acceptedView{User: userView{ID: a.Actor.UserID, Name: a.Actor.Name, Email: a.Actor.Email, Role: a.Actor.Role},
			APIToken: newTokenView{viewToken(a.Token), a.Secret.Reveal()}}
	})
}

func (s *server) createReseller(ctx context.Context, actor account.Actor, in *struct{ Body body[companyRequest] }) (*created[invitedView], error) {
	input, err := read(&in.Body, companyRequest.input)
	if err != nil {
		return nil, err
	}
	b, err := s.Accounts.CreateReseller(ctx, actor, input)
	if err != nil {
		return nil, err
	}
	return &created[invitedView]{Location: Prefix + "/resellers", Body: viewBrought(b)}, nil
}

func (s *server) listResellers(ctx context.Context, actor account.Actor, in *Paging) (*reply[list[CustomerView]], error) {
	found, err := s.Accounts.ListOrganizations(ctx, actor, account.Reseller, in.request())
	return listOf(found, err, viewCustomer)
}

func (s *server) customerRoutes() {
	register(s, route{method: http.MethodGet, path: "/resellers", id: "listResellers", tag: "Operations", summary: "List resellers",
		description: "For operators."}, s.listResellers)
	register(s, route{method: http.MethodPost, path: "/resellers", id: "createReseller", tag: "Operations", summary: "Add a reseller",
		description: "For operators. Send its first person the invitation.", status: http.StatusCreated,
		example: `{"company":"Ponte Resale S.p.A.","email":"office@ponte.example","person":{"name":"Rita Moro"}}`}, s.createReseller)
	register(s, route{method: http.MethodPost, path: "/invitations/accept", id: "acceptInvitation", tag: "Account", summary: "Accept an invitation",
		description: "Sets the password of the person who was invited, once, and gives them an API token.", public: true,
		example: `{"token":"fdi_unknown","password":"correct horse","tokenName":"CI"}`}, s.acceptInvitation)
	register(s, route{method: http.MethodGet, path: "/customers", id: "listCustomers", tag: "Reselling", summary: "List your customers",
		description: "For resellers. Operators see everybody's."}, s.listCustomers)
	register(s, route{method: http.MethodPost, path: "/customers", id: "createCustomer", tag: "Reselling", summary: "Add a customer",
		description: "For resellers. Send its first person the page of the invitation: there they choose a password.", status: http.StatusCreated,
		example: `{"company":"Bottega S.r.l.","email":"office@bottega.example","person":{"name":"Bea Conti","email":"bea@bottega.example"}}`}, s.createCustomer)
	register(s, route{method: http.MethodGet, path: "/customers/{id}", id: "getCustomer", tag: "Reselling", summary: "Read a customer",
		description: "With its people."}, s.getCustomer)
}

func (s *server) listCustomers(ctx context.Context, actor account.Actor, in *Paging) (*reply[list[CustomerView]], error) {
	found, err := s.Accounts.Customers(ctx, actor, in.request())
	return listOf(found, err, viewCustomer)
}

func (s *server) createCustomer(ctx context.Context, actor account.Actor, in *struct {
	OfReseller
	Body body[companyRequest]
}) (*created[invitedView], error) {
	input, err := read(&in.Body, companyRequest.input)
	if err != nil {
		return nil, err
	}
	input.ResellerID = in.ResellerID
	b, err := s.Accounts.CreateCustomer(ctx, actor, input)
	if err != nil {
		return nil, err
	}
	return &created[invitedView]{Location: fmt.Sprintf("%s/customers/%d", Prefix, b.Organization.ID), Body: viewBrought(b)}, nil
}

func (s *server) getCustomer(ctx context.Context, actor account.Actor, in *ByID) (*reply[peopledView], error) {
	o, people, err := s.Accounts.Customer(ctx, actor, in.ID)
	return answer(o, err, func(o account.Organization) peopledView {
		return peopledView{viewCustomer(o), views(people, func(u account.User) userView {
			return userView{ID: u.ID, Name: u.Name, Email: u.Email, Role: u.Role}
		})}
	})
}
