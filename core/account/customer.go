package account

import (
	"context"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// CompanyInput is a company that somebody brings: a customer by its reseller or
// by an operator, a reseller by an operator.
type CompanyInput struct {
	Company string
	Email   string
	Address string
	VATID   string
	// Person is the first of its people: they are invited, and choose their
	// password themselves.
	Person PersonInput
	// ResellerID is whose customer it becomes when an operator brings it; 0: the
	// marketplace's own. A reseller's customer is always the reseller's.
	ResellerID int64
}

// PersonInput is somebody who is invited.
type PersonInput struct {
	Name  string
	Email string // "" is the company's
}

// normal fills in what was left out.
func (in CompanyInput) normal() CompanyInput {
	in.Email, in.Person.Email = normalEmail(in.Email), normalEmail(in.Person.Email)
	if in.Person.Email == "" {
		in.Person.Email = in.Email
	}
	return in
}

// Validate reports every wrong field.
func (in CompanyInput) Validate() error {
	in = in.normal()
	var c fault.Check
	if c.Need("company", in.Company) {
		c.MaxLen("company", in.Company, 200)
	}
	c.MaxLen("address", in.Address, 500)
	c.MaxLen("vatId", in.VATID, 50)
	c.That(validEmail(in.Email), "email", "This is not an e-mail address.")
	at := c.At("person")
	if at.Need("name", in.Person.Name) {
		at.MaxLen("name", in.Person.Name, 200)
	}
	c.That(in.Person.Email == "" || validEmail(in.Person.Email), "person.email", "This is not an e-mail address.")
	return c.Err()
}

// Brought is a company that was added, with the invitation of its first person.
// The token is shown this once.
type Brought struct {
	Organization Organization
	Invitation   Invitation
	Token        secret.Text
}

// CreateCustomer adds a customer of the reseller with its first person.
func (s *Service) CreateCustomer(ctx context.Context, actor Actor, in CompanyInput) (Brought, error) {
	if err := actor.Need(OrderForCustomers); err != nil {
		return Brought{}, err
	}
	return s.bring(ctx, actor, Customer, in)
}

// CreateReseller adds a reseller with its first person.
func (s *Service) CreateReseller(ctx context.Context, actor Actor, in CompanyInput) (Brought, error) {
	if err := actor.Need(BringResellers); err != nil {
		return Brought{}, err
	}
	return s.bring(ctx, actor, Reseller, in)
}

func (s *Service) bring(ctx context.Context, actor Actor, kind Kind, in CompanyInput) (Brought, error) {
	if err := in.Validate(); err != nil {
		return Brought{}, err
	}
	in = in.normal()
	b := Brought{Token: secret.NewToken(invitationPrefix)}
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if b.Organization, err = createCompany(ctx, tx, actor, kind, in); err != nil {
			return err
		}
		b.Invitation, err = s.invite(ctx, tx, b.Organization.ID, in.Person, b.Token)
		return err
	})
	return b, err
}

func createCompany(ctx context.Context, tx *store.Tx, actor Actor, kind Kind, in CompanyInput) (Organization, error) {
	if kind == Customer && (!actor.SeesAll() || in.ResellerID != 0) {
		reseller, err := ResellerFor(ctx, tx, actor, in.ResellerID)
		if err != nil {
			return Organization{}, err
		}
		in.ResellerID = reseller
	}
	id, err := insertOrganization(ctx, tx, OrganizationInput{Kind: kind, Name: in.Company, Email: in.Email, Address: in.Address, VATID: in.VATID, ResellerID: in.ResellerID})
	if err != nil {
		return Organization{}, err
	}
	o, err := OrganizationByID(ctx, tx, id)
	if err != nil {
		return Organization{}, err
	}
	return o, audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: string(kind) + ".create", Entity: "organization", EntityID: id, After: o})
}

// Customers lists the reseller's customers, newest first; for operators all of
// the marketplace.
func (s *Service) Customers(ctx context.Context, actor Actor, req page.Request) (page.Page[Organization], error) {
	if err := actor.Need(OrderForCustomers); err != nil {
		return page.Page[Organization]{}, err
	}
	f := organizationFilter{kind: Customer, reseller: actor.OrganizationID}
	if actor.SeesAll() {
		f.reseller = 0
	}
	var out page.Page[Organization]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = organizations(ctx, tx, f, req)
		return err
	})
	return out, err
}

// Customer returns one of the reseller's customers with its people. Another's
// does not exist.
func (s *Service) Customer(ctx context.Context, actor Actor, id int64) (Organization, []User, error) {
	if err := actor.Need(OrderForCustomers); err != nil {
		return Organization{}, nil, err
	}
	var o Organization
	var people []User
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if o, err = customerOf(ctx, tx, actor, id); err != nil {
			return err
		}
		people, err = peopleOf(ctx, tx, id)
		return err
	})
	return o, people, err
}

func customerOf(ctx context.Context, tx *store.Tx, actor Actor, id int64) (Organization, error) {
	o, err := OrganizationByID(ctx, tx, id)
	if fault.Is(err, fault.NotFound) || err == nil && (o.Kind != Customer || !actor.Owns(o.Reseller())) {
		err = fault.New(fault.NotFound, "There is no such customer.")
	}
	return o, err
}
