package connector

import (
	"context"
	"net/http"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

func (s *server) userRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "user/me", handle: s.me},
		{method: http.MethodGet, path: "user", handle: s.listUsers},
		{method: http.MethodHead, path: "user", handle: s.listUsers},
		{method: http.MethodGet, path: "user/email={email}", handle: s.userByEmail},
		{method: http.MethodGet, path: "user/{id}", handle: s.getUser},
		{method: http.MethodPut, path: "user/{id}", handle: s.putUser},
		{method: http.MethodPost, path: "user", handle: notHere("Accounts are made on the marketplace's own pages.")},
		{method: http.MethodPatch, path: "user/{id}", handle: notHere("Accounts are not activated, approved or blocked here.")},
		{method: http.MethodPost, path: "user/activate", handle: notHere("Accounts are active at once here.")},
		{method: http.MethodPost, path: "user/password/recovery", handle: notHere("Passwords are not recovered here; ask the operator.")},
		{method: http.MethodPost, path: "user/password/reset", handle: notHere("Passwords are not reset here; ask the operator.")},
	}
}

// notHere answers a call of the contract that this marketplace does not serve.
func notHere(message string) handlerFunc {
	return func(context.Context, *call) (answer, error) { return answer{}, disabled(message) }
}

// userDocument is a person. Company is set for those who sell, UserCompany for
// those who buy.
type userDocument struct {
	ID           int64    `json:"id"`
	Self         string   `json:"self"`
	UserName     string   `json:"userName"`
	Name         string   `json:"name"`
	Surname      string   `json:"surname"`
	FullName     string   `json:"fullName"`
	Email        string   `json:"email"`
	Language     string   `json:"language"`
	UserRole     string   `json:"userRole"`
	Company      *ref     `json:"company,omitempty"`
	UserCompany  *ref     `json:"userCompany,omitempty"`
	Reseller     *ref     `json:"reseller,omitempty"`
	Address      address  `json:"address"`
	Enabled      bool     `json:"enabled"`
	Activated    bool     `json:"activated"`
	Accepted     bool     `json:"acceptedTerms"`
	ReadOnly     bool     `json:"readOnly"`
	DoNotTrack   bool     `json:"doNotTrack"`
	PaymentSaved bool     `json:"paymentDataSaved"`
	Deleted      bool     `json:"deleted"`
	CreationDate *date    `json:"creationDate"`
	Activation   *date    `json:"activationDate"`
	Impersonate  []string `json:"canImpersonate"`
	CanCreate    []string `json:"canCreate"`
	Metadata     pathRef  `json:"metadata"`
}

// address is where somebody is; it is kept as one text.
type address struct {
	Address string `json:"address"`
}

// roles are the kinds of organization as roles of their people.
var roles = map[account.Kind]string{account.Operator: "ROLE_ADMIN", account.Vendor: "ROLE_VENDOR",
	account.Customer: "ROLE_USER", account.Reseller: "ROLE_RESELLER"}

// companies are the resources that the kinds of organization are.
var companies = map[account.Kind]string{account.Operator: "company", account.Vendor: "company",
	account.Customer: "userCompany", account.Reseller: "reseller"}

func viewUser(u account.User, o account.Organization) userDocument {
	first, last := splitName(u.Name)
	d := userDocument{ID: u.ID, Self: self("user", u.ID), UserName: u.Email, Name: first, Surname: last, FullName: u.Name, Email: u.Email,
		Language: "en", UserRole: roles[o.Kind], Address: address{o.Address}, Enabled: true, Activated: true, Accepted: true,
		CreationDate: at(&u.CreatedAt), Activation: at(&u.CreatedAt), Impersonate: []string{}, CanCreate: []string{}, Metadata: metadataOf("user", u.ID)}
	company := refer(companies[o.Kind], o.ID)
	switch companies[o.Kind] {
	case "userCompany":
		d.UserCompany = company
	case "reseller":
		d.Reseller = company
	default:
		d.Company = company
	}
	return d
}

// splitName makes name and surname of one: the last word is the surname.
func splitName(full string) (name, surname string) {
	full = strings.TrimSpace(full)
	i := strings.LastIndexByte(full, ' ')
	if i < 0 {
		return full, ""
	}
	return strings.TrimSpace(full[:i]), full[i+1:]
}

func (s *server) me(ctx context.Context, c *call) (answer, error) {
	return s.user(ctx, c, c.actor.UserID)
}

func (s *server) getUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	return s.user(ctx, c, id)
}

func (s *server) user(ctx context.Context, c *call, id int64) (answer, error) {
	u, o, err := s.Subscriptions.Person(ctx, c.actor, id)
	return ok(viewUser(u, o)), err
}

func (s *server) userByEmail(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	found, err := s.Accounts.ListPeople(ctx, c.actor, account.PeopleFilter{Email: c.param("email")}, req)
	if err != nil {
		return answer{}, err
	}
	if len(found.Items) == 0 {
		return answer{}, fault.New(fault.NotFound, "There is no such user.")
	}
	return s.user(ctx, c, found.Items[0].ID)
}

func (s *server) listUsers(ctx context.Context, c *call) (answer, error) {
	req, err := c.page()
	if err != nil {
		return answer{}, err
	}
	f := account.PeopleFilter{Query: c.value("search"), Kind: kindOf(c.value("role"))}
	if f.OrganizationID, err = c.whole("companyId"); err != nil {
		return answer{}, err
	}
	found, err := s.Accounts.ListPeople(ctx, c.actor, f, req)
	if err != nil {
		return answer{}, err
	}
	organizations, err := s.organizationsOf(ctx, c, found.Items)
	return listOf(c, req, found, err, func(u account.User) userDocument { return viewUser(u, organizations[u.OrganizationID]) })
}

func (s *server) organizationsOf(ctx context.Context, c *call, people []account.User) (map[int64]account.Organization, error) {
	out := map[int64]account.Organization{}
	for _, u := range people {
		if _, known := out[u.OrganizationID]; known {
			continue
		}
		o, err := s.Subscriptions.Partner(ctx, c.actor, u.OrganizationID)
		if err != nil {
			return nil, err
		}
		out[o.ID] = o
	}
	return out, nil
}

// kindOf is the kind that a role belongs to; "" for none and for those that
// nobody has here.
func kindOf(role string) account.Kind {
	for kind, name := range roles {
		if strings.EqualFold(name, role) {
			return kind
		}
	}
	return ""
}

// putUser changes what an account can change: the name.
func (s *server) putUser(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	var in struct{ Name, Surname, FullName string }
	if err := c.read(&in); err != nil {
		return answer{}, err
	}
	if in.Name != "" {
		in.FullName = strings.TrimSpace(in.Name + " " + in.Surname)
	}
	if _, err := s.Accounts.RenamePerson(ctx, c.actor, id, in.FullName); err != nil {
		return answer{}, err
	}
	return s.user(ctx, c, id)
}
