package callback

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

// ValuesQuestion asks what can be chosen of a parameter, beside the others.
type ValuesQuestion struct {
	Offer      catalog.Offer
	Code       string
	Parameters json.RawMessage // what is chosen already
	BuyerID    int64
	Language   string
}

// Values returns what can be chosen of a parameter. Where the vendor lists it
// elsewhere it is asked: a list is all there is, an empty one nothing, and null
// anything. A parameter that the product does not have is Invalid; a vendor
// that does not answer as it should is Unavailable.
func (s *Service) Values(ctx context.Context, marketplace int64, q ValuesQuestion) (catalog.Values, error) {
	d, err := q.Offer.Product.Definition()
	if err != nil {
		return catalog.Values{}, err
	}
	p, ok := d.Parameter(q.Code)
	if !ok {
		return catalog.Values{}, fault.InvalidField("code", fmt.Sprintf("The product has no parameter %q.", q.Code))
	}
	if p.ExternalValuesURL == "" {
		return p.Values(), nil
	}
	v, asked, err := s.question(ctx, marketplace, q.Offer, q.Parameters)
	if err != nil {
		return catalog.Values{}, err
	}
	asked.BuyerID, asked.Language = q.BuyerID, language(q.Language)
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	values, err := s.values(ctx, v, p, asked)
	if err != nil {
		return catalog.Values{}, fault.New(fault.Unavailable, "The vendor could not be asked what can be chosen here. Please try again later.").Because(err)
	}
	return values, nil
}

// values asks the vendor.
func (s *Service) values(ctx context.Context, v vendor, p catalog.Parameter, asked wireOrder) (catalog.Values, error) {
	others := map[string]string{}
	for code, value := range asked.Parameters {
		if code != p.Code {
			others[code] = value
		}
	}
	asked.Parameter, asked.Parameters, asked.BillingItems, asked.OrderType, asked.SubscriptionID = p.Code, others, nil, "", 0
	a, err := s.post(ctx, v, p.ExternalValuesURL, asked)
	if err != nil {
		return catalog.Values{}, s.unanswered(ctx, v, p.ExternalValuesURL, err)
	}
	var said struct {
		Values json.RawMessage `json:"values"`
	}
	var list []catalog.Choice
	if a.StatusCode != http.StatusOK || !a.JSON || json.Unmarshal(a.Body, &said) != nil || len(said.Values) == 0 || json.Unmarshal(said.Values, &list) != nil {
		return catalog.Values{}, s.unanswered(ctx, v, p.ExternalValuesURL, fmt.Errorf("answered %d, which holds no values", a.StatusCode))
	}
	return catalog.Values{Any: list == nil, List: list}, nil
}

// choices are the parameters whose value the vendor has to know: those that
// were chosen and are new.
func (s *Service) choices(q OrderQuestion, d catalog.Definition) []catalog.Parameter {
	if q.field() == "" {
		return nil
	}
	now, before := d.Texts(q.Parameters), d.Texts(q.Before)
	var out []catalog.Parameter
	for _, p := range d.Parameters {
		if value, chosen := now[p.Code]; chosen && p.ExternalValuesURL != "" && before[p.Code] != value {
			out = append(out, p)
		}
	}
	return out
}

// listed refuses a value that the vendor does not list now.
func (s *Service) listed(ctx context.Context, v vendor, p catalog.Parameter, asked wireOrder) error {
	values, err := s.values(ctx, v, p, asked)
	if err != nil || values.Allows(asked.Parameters[p.Code]) {
		return err
	}
	message := "This can no longer be chosen; choose another one."
	if len(values.List) == 0 {
		message = "Nothing can be chosen here at the moment."
	}
	return fault.InvalidField("parameters."+p.Code, message)
}
