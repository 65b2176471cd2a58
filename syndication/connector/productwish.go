package connector

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
)

// productWish is a product as a vendor's system sends it. What is nil stays as
// it is. Texts that there is no place for are passed over; what would change
// who can buy, or for how much, is refused by name.
type productWish struct {
	Name                    *string          `json:"name"`
	SKU                     *string          `json:"sku"`
	Type                    *string          `json:"type"`
	Category                *categoryWish    `json:"category"`
	ShortDescription        *string          `json:"shortDescription"`
	LongDescription         *string          `json:"longDescription"`
	FAQ                     *faqWish         `json:"faq"`
	SyndicationEndpoints    *[]endpointWish  `json:"syndicationEndpoints"`
	SyndicatedEndpoint      *string          `json:"syndicatedEndpoint"` // before 20190916
	NotificationSecretToken *string          `json:"notificationSecretToken"`
	APIURL                  *string          `json:"apiUrl"`
	APIHeaderName           *string          `json:"apiHeaderName"`
	APIHeaderValue          *string          `json:"apiHeaderValue"`
	OrderValidationURLs     *[]string        `json:"orderValidationUrls"`
	OrderValidationURL      *string          `json:"orderValidationUrl"` // before 20210215
	ConfigurationParameters *[]parameterWish `json:"configurationParameters"`
	EndUserInstructions     *string          `json:"endUserInstructions"`
	TerminationMessage      *string          `json:"terminationMessage"`
	SubscriptionApproval    *bool            `json:"subscriptionApproval"`
	SubscriptionsPerProduct *string          `json:"subscriptionsPerProduct"`
	CurrencyConversion      map[string]any   `json:"currencyConversion"`
	CloudCredentialsSupport *bool            `json:"cloudCredentialsSupport"`
}

// endpointWish is an address for events, alone or with its secret.
type endpointWish struct {
	URL    string `json:"url"`
	Secret string `json:"secret"`
}

// UnmarshalJSON takes the address alone, too.
func (w *endpointWish) UnmarshalJSON(data []byte) error {
	type plain endpointWish
	return textOr(data, &w.URL, (*plain)(w))
}

// textOr reads a JSON text into text, and everything else into v.
func textOr(data []byte, text *string, v any) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, text)
	}
	return json.Unmarshal(data, v)
}

// categoryWish names a category: by reference, or by its name when it is new.
type categoryWish struct {
	URL  string `json:"url"`
	Name string `json:"name"`
}

// UnmarshalJSON takes the name alone, too.
func (w *categoryWish) UnmarshalJSON(data []byte) error {
	type plain categoryWish
	return textOr(data, &w.Name, (*plain)(w))
}

// faqWish are questions with their answers, in the order in which they stand.
type faqWish []catalog.Question

// UnmarshalJSON reads an object of questions and answers.
func (w *faqWish) UnmarshalJSON(data []byte) error {
	names, cells, err := cellsOf(data)
	for _, q := range names {
		*w = append(*w, catalog.Question{Question: q, Answer: cells[q]})
	}
	return err
}

// parameterWish is what an order is to ask for. Its names are those that the
// product's configuration keeps.
type parameterWish struct {
	Code              string            `json:"code"`
	Name              string            `json:"name,omitempty"`
	Description       string            `json:"description,omitempty"`
	Hint              string            `json:"hint,omitempty"`
	Required          bool              `json:"required,omitempty"`
	Validation        string            `json:"validation,omitempty"`
	AcceptedValues    map[string]string `json:"acceptedValues,omitempty"`
	ExternalValuesURL string            `json:"externalValuesUrl,omitempty"`
	Min               *int64            `json:"min,omitempty"`
	Max               *int64            `json:"max,omitempty"`
	Sensitive         bool              `json:"sensitive,omitempty"`
	Weight            int               `json:"weight,omitempty"`
}

// UnmarshalJSON reads the contract's range, too.
func (w *parameterWish) UnmarshalJSON(data []byte) error {
	type plain parameterWish
	read := struct {
		*plain
		Range rangeDocument `json:"range"`
	}{plain: (*plain)(w)}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	if read.Range.Min != nil {
		w.Min = read.Range.Min
	}
	if read.Range.Max != nil {
		w.Max = read.Range.Max
	}
	return nil
}

// typeNamed is the type that a new product can have.
func typeNamed(name string) (catalog.Type, error) {
	switch name {
	case typeAPI:
		return catalog.API, nil
	case typeSyndicated:
		return catalog.Syndicated, nil
	case typeService:
		return catalog.VendorService, nil
	case "":
		return "", required("type")
	}
	return "", unsupported("type", "Only API, SERVICE and SYNDICATED products are made here; others are made on the marketplace's own pages.")
}

// refused reports the first thing that products here do not have.
func (w productWish) refused() error {
	switch {
	case w.SubscriptionsPerProduct != nil && *w.SubscriptionsPerProduct != "UNLIMITED":
		return unsupported("subscriptionsPerProduct", "Customers may buy a product as often as they like.")
	case len(w.CurrencyConversion) > 0:
		return unsupported("currencyConversion", "Each plan has prices in one currency.")
	case isTrue(w.CloudCredentialsSupport):
		return unsupported("cloudCredentialsSupport", "Products are set up with the marketplace's own providers.")
	case w.SyndicationEndpoints != nil && len(*w.SyndicationEndpoints) > 1:
		return unsupported("syndicationEndpoints", "A product has one address for events; more are added in the vendor's space of the portal.")
	}
	return nil
}

// productInput is what makes or changes a product: p is what there is.
func (s *server) productInput(ctx context.Context, c *call, w productWish, p catalog.Product) (catalog.ProductInput, error) {
	if err := w.refused(); err != nil {
		return catalog.ProductInput{}, err
	}
	in := catalog.ProductInput{Name: p.Name, SKU: p.SKU, Type: p.Type, Category: p.Category, ShortDescription: p.ShortDescription,
		Description: p.Description, Content: p.Content, UpstreamURL: p.UpstreamURL, AuthHeaderName: p.AuthHeaderName,
		SyndicationURL: p.SyndicationURL, SubscriptionApproval: p.SubscriptionApproval}
	put(&in.Name, w.Name)
	put(&in.SKU, w.SKU)
	put(&in.ShortDescription, w.ShortDescription)
	put(&in.Description, w.LongDescription)
	put(&in.UpstreamURL, w.APIURL)
	put(&in.AuthHeaderName, w.APIHeaderName)
	put(&in.SubscriptionApproval, w.SubscriptionApproval)
	if w.APIHeaderValue != nil {
		in.AuthHeaderValue = secret.Text(*w.APIHeaderValue)
	}
	if w.FAQ != nil {
		in.Content.FAQ = *w.FAQ
	}
	w.fillEndpoint(&in)
	if err := s.fillCategory(ctx, c, &in, w.Category); err != nil {
		return in, err
	}
	var err error
	in.Configuration, err = w.configuration(p)
	return in, err
}

// fillEndpoint sets where events go, in the words of any version.
func (w productWish) fillEndpoint(in *catalog.ProductInput) {
	put(&in.SyndicationURL, w.SyndicatedEndpoint)
	if w.SyndicationEndpoints != nil {
		in.SyndicationURL = ""
		for _, e := range *w.SyndicationEndpoints {
			in.SyndicationURL, in.SyndicationSecret = e.URL, secret.Text(e.Secret)
		}
	}
	if w.NotificationSecretToken != nil && in.SyndicationSecret == "" {
		in.SyndicationSecret = secret.Text(*w.NotificationSecretToken)
	}
}

func (s *server) fillCategory(ctx context.Context, c *call, in *catalog.ProductInput, w *categoryWish) error {
	switch {
	case w == nil:
		return nil
	case w.URL == "":
		in.Category = w.Name
		return nil
	}
	name, err := s.categoryName(ctx, c, w.URL)
	if err == nil && name == "" {
		err = fault.InvalidField("category", "There is no such category. Name a new one: \"category\":\"Maps\".")
	}
	in.Category = name
	return err
}

// configuration is how the vendor describes a product that it sets up itself,
// with what the wish says in place of what there was.
func (w productWish) configuration(p catalog.Product) (json.RawMessage, error) {
	if !p.Type.VendorProvisioned() {
		return json.RawMessage(p.Configuration), nil
	}
	all := map[string]any{}
	if p.Configuration != "" {
		if err := json.Unmarshal([]byte(p.Configuration), &all); err != nil {
			return nil, fault.InvalidField("product", "The product's configuration cannot be read; write it on the product's page.")
		}
	}
	urls := w.OrderValidationURLs
	if urls == nil && w.OrderValidationURL != nil {
		urls = &[]string{*w.OrderValidationURL}
	}
	if urls != nil {
		all["orderValidationUrls"] = slices.DeleteFunc(slices.Clone(*urls), func(u string) bool { return u == "" })
	}
	for name, value := range map[string]any{"parameters": valueOf(w.ConfigurationParameters),
		"endUserInstructions": valueOf(w.EndUserInstructions), "terminationMessage": valueOf(w.TerminationMessage)} {
		if value != nil {
			all[name] = value
		}
	}
	return json.Marshal(all)
}

// createProduct adds a draft of the caller's.
func (s *server) createProduct(ctx context.Context, c *call) (answer, error) {
	var wish productWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	kind := ""
	put(&kind, wish.Type)
	t, err := typeNamed(kind)
	if err != nil {
		return answer{}, err
	}
	in, err := s.productInput(ctx, c, wish, catalog.Product{Type: t})
	if err != nil {
		return answer{}, err
	}
	p, err := s.Catalog.CreateProduct(ctx, c.actor, in)
	if err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.Look(ctx, c.actor, p.ID)
	if err != nil {
		return answer{}, err
	}
	return c.created("product", p.ID, c.detailedProduct(l)), nil
}

// replaceProduct changes what the body names; the rest stays.
func (s *server) replaceProduct(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	var wish productWish
	if err := c.read(&wish); err != nil {
		return answer{}, err
	}
	l, err := s.Catalog.Product(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	in, err := s.productInput(ctx, c, wish, l.Product)
	if err != nil {
		return answer{}, err
	}
	if _, err := s.Catalog.UpdateProduct(ctx, c.actor, id, in); err != nil {
		return answer{}, err
	}
	l, err = s.Catalog.Look(ctx, c.actor, id)
	return c.productAnswer(l, err)
}
