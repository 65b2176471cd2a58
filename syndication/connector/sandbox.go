package connector

import (
	"context"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
)

// sandboxRoutes answer a connector that is being tried out: documents of
// nobody, in the shapes of real ones, of which nothing is kept. Test events can
// be about any id.
func (s *server) sandboxRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "test/user/{id}", handle: sandbox(sandboxUser)},
		{method: http.MethodGet, path: "test/userCompany/{id}", handle: sandbox(sandboxCompany)},
		{method: http.MethodGet, path: "test/invoicePaid/{id}", handle: sandbox(sandboxInvoice)},
		{method: http.MethodGet, path: "test/user/{id}/metadata", handle: sandbox(func(int64) any { return catalog.Metadata{} })},
		{method: http.MethodPut, path: "test/user/{id}/metadata", handle: echoMetadata},
		{method: http.MethodPatch, path: "test/subscription/{id}", handle: takeAnything},
		{method: http.MethodPost, path: "test/subscription/{id}/endpoints", handle: takeAnything},
		{method: http.MethodPost, path: "test/subscription/{id}/instructions", handle: takeAnything},
		{method: http.MethodPost, path: "test/subscription/{id}/credentials", handle: takeAnything},
	}
}

// sandbox answers a made-up document of the {id}.
func sandbox(document func(id int64) any) handlerFunc {
	return func(_ context.Context, c *call) (answer, error) {
		id, err := c.id()
		if err != nil {
			return answer{}, err
		}
		return ok(document(id)), nil
	}
}

func sandboxUser(id int64) any {
	return userDocument{ID: id, Self: self("test/user", id), UserName: "test@example.com", Name: "Ada", Surname: "Rossi", FullName: "Ada Rossi",
		Email: "test@example.com", Language: "en", UserRole: "ROLE_USER", UserCompany: refer("test/userCompany", id),
		Address: address{"Riva del Vin 1, Venezia"}, Enabled: true, Activated: true, Accepted: true, Impersonate: []string{}, CanCreate: []string{},
		Metadata: metadataOf("test/user", id)}
}

func sandboxCompany(id int64) any {
	return party{ID: id, Self: self("test/userCompany", id), Name: "Test company", Slug: "test-company", EmailAddress: "test@example.com",
		Language: "en", Enabled: true, Address: address{"Riva del Vin 1, Venezia"}, TaxCode: "IT00000000000"}
}

// sandboxBill is a paid invoice of nobody.
type sandboxBill struct {
	ID         int64     `json:"id"`
	Self       string    `json:"self"`
	Type       string    `json:"type"`
	Status     string    `json:"status"`
	Paid       bool      `json:"paid"`
	SelfBilled bool      `json:"selfBilled"`
	Nominee    *ref      `json:"nominee"`
	Total      linePrice `json:"total"`
	Entries    []line    `json:"entries"`
}

func sandboxInvoice(id int64) any {
	return sandboxBill{ID: id, Self: self("test/invoicePaid", id), Type: "NORMAL", Status: "PAID", Paid: true,
		Nominee: refer("test/user", id), Total: linePrice{Currency: "EUR"}, Entries: []line{}}
}

// echoMetadata answers what was sent, and keeps none of it.
func echoMetadata(_ context.Context, c *call) (answer, error) {
	in := catalog.Metadata{}
	if _, err := c.idAnd(&in); err != nil {
		return answer{}, err
	}
	return metadataAnswer(in, in.Validate())
}

// takeAnything answers 204 to whatever a connector reports of a subscription
// that does not exist.
func takeAnything(_ context.Context, c *call) (answer, error) {
	_, err := c.id()
	return done(err)
}
