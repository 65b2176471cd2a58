package account

import (
	"context"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
)

// CustomerInput is a customer that a reseller, or an operator, brings.
type CustomerInput struct {
	Company string
	Email   string
	Address string
	VATID   string
	// Person is the first of the customer's people: they are invited, and choose
	// their password themselves.
	Person PersonInput
	// ResellerID is whose customer it becomes when an operator brings it; 0: the
	// marketplace's own. A reseller's is always the reseller's.
	ResellerID int64
}

// PersonInput is somebody who is invited.
type PersonInput struct {
	Name  string
	Email string // "" is the company's
}

// normal fills in what was left out.
func (in CustomerInput) normal() CustomerInput {
	in.Email, in.Person.Email = normalEmail(in.Email), normalEmail(in.Person.Email)
	if in.Person.Email == "" {
		in.Person.Email = in.Email
	}
	return in
}

// Validate reports every wrong field.
func (in CustomerInput) Validate() error {
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

// CreateCustomer adds a customer of the reseller with its first person, and
// returns the token of their invitation, which is shown this once.
func (s *Service) CreateCustomer(ctx context.Context, actor Actor, in CustomerInput) (Organization, Invitation, secret.Text, error) {
	if err := actor.Need(OrderForCustomers); err != nil {
		return Organization{}, Invitation{}, "", err
	}
	if err := in.Validate(); err != nil {
		return Organization{}, Invitation{}, "", err
	}
	in = in.normal()
	token := secret.NewToken(invitationPrefix)
	var o Organization
	var i Invitation
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if o, err = createCustomer(ctx, tx, actor, in); err != nil {
			return err
		}
		i, err = s.invite(ctx, tx, o.ID, in.Person, token)
		return err
	})
	return o, i, token, err
}

func createCustomer(ctx context.Context, tx *store.Tx, actor Actor, in CustomerInput) (Organization, error) {
	if !actor.SeesAll() || in.ResellerID != 0 {
		reseller, err := ResellerFor(ctx, tx, actor, in.ResellerID)
		if err != nil {
			return Organization{}, err
		}
		in.ResellerID = reseller
	}
	id, err := insertOrganization(ctx, tx, OrganizationInput{Kind: Customer, Name: in.Company, Email: in.Email, Address: in.Address, VATID: in.VATID, ResellerID: in.ResellerID})
	if err != nil {
		return Organization{}, err
	}
	o, err := OrganizationByID(ctx, tx, id)
	if err != nil {
		return Organization{}, err
	}
	return o, audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "customer.create", Entity: "organization", EntityID: id, After: o})
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
