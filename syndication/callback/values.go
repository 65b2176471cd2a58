package callback

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

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

// Choice is one value, with its words.
type Choice struct {
	Value       string `json:"value"`
	Description string `json:"description"`
}

// Values are what can be chosen, in the vendor's order.
type Values struct {
	Any  bool // whatever the parameter's own rules take
	List []Choice
}

// Allows reports whether the value can be chosen.
func (v Values) Allows(value string) bool {
	return v.Any || slices.ContainsFunc(v.List, func(c Choice) bool { return c.Value == value })
}

// Values returns what can be chosen of a parameter. Where the vendor lists it
// elsewhere it is asked: a list is all there is, an empty one nothing, and null
// anything. A parameter that the product does not have is NotFound; a vendor
// that does not answer as it should is Unavailable.
func (s *Service) Values(ctx context.Context, marketplace int64, q ValuesQuestion) (Values, error) {
	d, err := q.Offer.Product.Definition()
	if err != nil {
		return Values{}, err
	}
	p, ok := d.Parameter(q.Code)
	if !ok {
		return Values{}, fault.Newf(fault.NotFound, "The product has no parameter %q.", q.Code)
	}
	if p.ExternalValuesURL == "" {
		return own(p), nil
	}
	v, asked, err := s.question(ctx, marketplace, q.Offer, q.Parameters)
	if err != nil {
		return Values{}, err
	}
	asked.BuyerID, asked.Language = q.BuyerID, language(q.Language)
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	values, err := s.values(ctx, v, p, asked)
	if err != nil {
		return Values{}, fault.New(fault.Unavailable, "The vendor could not be asked what can be chosen here. Please try again later.").Because(err)
	}
	return values, nil
}

// own are the values of a parameter that lists them itself.
func own(p catalog.Parameter) Values {
	v := Values{Any: len(p.AcceptedValues) == 0}
	for value, words := range p.AcceptedValues {
		v.List = append(v.List, Choice{value, words})
	}
	slices.SortFunc(v.List, func(a, b Choice) int {
		if a.Value < b.Value {
			return -1
		}
		return 1
	})
	return v
}

// values asks the vendor.
func (s *Service) values(ctx context.Context, v vendor, p catalog.Parameter, asked wireOrder) (Values, error) {
	others := map[string]string{}
	for code, value := range asked.Parameters {
		if code != p.Code {
			others[code] = value
		}
	}
	asked.Parameter, asked.Parameters, asked.BillingItems, asked.OrderType, asked.SubscriptionID = p.Code, others, nil, "", 0
	a, err := s.post(ctx, v, p.ExternalValuesURL, asked)
	if err != nil {
		return Values{}, s.unanswered(ctx, v, p.ExternalValuesURL, err)
	}
	var said struct {
		Values json.RawMessage `json:"values"`
	}
	var list []Choice
	if a.StatusCode != http.StatusOK || !a.JSON || json.Unmarshal(a.Body, &said) != nil || len(said.Values) == 0 || json.Unmarshal(said.Values, &list) != nil {
		return Values{}, s.unanswered(ctx, v, p.ExternalValuesURL, fmt.Errorf("answered %d, which holds no values", a.StatusCode))
	}
	return Values{Any: list == nil, List: list}, nil
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
