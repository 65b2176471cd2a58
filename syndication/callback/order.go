package callback

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"unicode"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
)

// Type is what a vendor is asked about, as the connector contract writes it.
type Type string

// The types.
const (
	NewOrder    Type = "NORMAL"
	Upgrade     Type = "SYNDICATED_UPGRADE" // another plan, or other quantities
	Termination Type = "TERMINATION"
	Unsubscribe Type = "UNSUBSCRIBE" // not to renew any more
)

// OrderQuestion is a sale, a change or an end that the vendor is asked about.
type OrderQuestion struct {
	Type           Type
	Offer          catalog.Offer
	Parameters     json.RawMessage // as they are kept
	Before         json.RawMessage // of what exists, for a change
	BuyerID        int64           // of a sale: the person; 0 when nobody signed in
	SubscriptionID int64           // of a change or an end
	Language       string          // of the messages; English when ""
}

// maxMessage bounds what a vendor says to a customer, in characters, and
// maxMessages how often.
const (
	maxMessage  = 500
	maxMessages = 20
)

// wireOrder fixes the names of the contract. Nulls are left out.
type wireOrder struct {
	ProductID        int64             `json:"productId"`
	ProductVersionID int64             `json:"productVersionId"`
	Product          string            `json:"productIdentifier,omitempty"`
	ProductVersion   string            `json:"productVersionIdentifier,omitempty"`
	Parameters       map[string]string `json:"configurationParameters"`
	BillingItems     map[string]int64  `json:"billingItems,omitempty"`
	BuyerID          int64             `json:"buyerId,omitempty"`
	SubscriptionID   int64             `json:"subscriptionId,omitempty"`
	OrderType        Type              `json:"orderType,omitempty"`
	Parameter        string            `json:"configurationParameter,omitempty"`
	Language         string            `json:"language"`
}

// ValidateOrder asks all order validation URLs of the product, and whether
// values that the vendor lists can be chosen, at once. What the vendor refuses
// is an Invalid fault with the vendor's words; a vendor that does not answer as
// it should within the deadline makes it Unavailable. Products of plugins pass.
func (s *Service) ValidateOrder(ctx context.Context, marketplace int64, q OrderQuestion) error {
	d, err := q.Offer.Product.Definition()
	if err != nil {
		return err
	}
	known := s.choices(q, d)
	if len(d.OrderValidationURLs)+len(known) == 0 {
		return nil
	}
	v, asked, err := s.question(ctx, marketplace, q.Offer, q.Parameters)
	if err != nil {
		return err
	}
	asked.OrderType, asked.BuyerID, asked.SubscriptionID, asked.Language = q.Type, q.BuyerID, q.SubscriptionID, language(q.Language)
	var asks []func(context.Context) error
	for _, url := range d.OrderValidationURLs {
		asks = append(asks, func(ctx context.Context) error { return s.validate(ctx, v, url, asked, q) })
	}
	for _, p := range known {
		asks = append(asks, func(ctx context.Context) error { return s.listed(ctx, v, p, asked) })
	}
	return s.all(ctx, asks)
}

// question is what every question about a product says.
func (s *Service) question(ctx context.Context, marketplace int64, o catalog.Offer, parameters json.RawMessage) (vendor, wireOrder, error) {
	v, err := s.vendor(ctx, marketplace, o.Product)
	if err != nil {
		return v, wireOrder{}, err
	}
	kind, err := s.catalog.KindOf(ctx, o.Product)
	if err != nil {
		return v, wireOrder{}, err
	}
	clear, err := kind.Reveal(parameters)
	if err != nil {
		return v, wireOrder{}, err
	}
	facts, err := o.Revision.Content.VendorFacts()
	w := wireOrder{ProductID: o.Product.ID, ProductVersionID: o.Plan.ID, Product: o.Product.SKU, ProductVersion: facts.Identifier,
		Parameters: map[string]string{}, BillingItems: map[string]int64{}}
	if kind.Definition != nil {
		w.Parameters = kind.Definition.Texts(clear)
	}
	for _, r := range o.Revision.Content.Resources {
		w.BillingItems[r.Parameter] = r.Quantity(clear)
	}
	return v, w, err
}

// all asks everything at once. A refusal goes before silence: it is there to be
// read, whoever else did not answer.
func (s *Service) all(ctx context.Context, asks []func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	answers := make([]error, len(asks))
	var asking sync.WaitGroup
	for i, ask := range asks {
		asking.Go(func() { answers[i] = ask(ctx) })
	}
	asking.Wait()
	var refused []fault.Field
	var failed []error
	for _, err := range answers {
		if fault.Is(err, fault.Invalid) {
			refused = append(refused, fault.As(err).Fields...)
		} else if err != nil {
			failed = append(failed, err)
		}
	}
	if len(refused) > 0 {
		return refusal(refused)
	}
	return errors.Join(failed...)
}

// refusal is what the vendor refused. Words about no field stand in the
// message.
func refusal(fields []fault.Field) error {
	var named []fault.Field
	var words []string
	for _, f := range fields {
		words = append(words, f.Message)
		if f.Name != "" {
			named = append(named, f)
		}
	}
	e := fault.New(fault.Invalid, strings.Join(words, " "))
	e.Fields = named
	return e
}

// wireErrors is a vendor's refusal.
type wireErrors struct {
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// validate asks one URL: 204, and 200 without errors, is yes.
func (s *Service) validate(ctx context.Context, v vendor, url string, asked wireOrder, q OrderQuestion) error {
	a, err := s.post(ctx, v, url, asked)
	if err != nil {
		return s.unanswered(ctx, v, url, err)
	}
	if a.StatusCode == http.StatusNoContent {
		return nil
	}
	var said wireErrors
	if a.StatusCode != http.StatusOK || !a.JSON || json.Unmarshal(a.Body, &said) != nil {
		return s.unanswered(ctx, v, url, fmt.Errorf("answered %d", a.StatusCode))
	}
	var c fault.Check
	for _, e := range said.Errors[:min(len(said.Errors), maxMessages)] {
		c.Add(q.field(), cmp.Or(readable(e.Message), "The vendor refuses this and does not say why."))
	}
	return c.Err()
}

// field is where the vendor's words are shown: beside the plan, but for an end,
// which has no fields.
func (q OrderQuestion) field() string {
	if q.Type == Termination || q.Type == Unsubscribe {
		return ""
	}
	return "planId"
}

// unanswered logs why a vendor's URL was of no use, and is Unavailable, whatever
// it was: even an address that may not be called is nothing a customer mends.
func (s *Service) unanswered(ctx context.Context, v vendor, url string, err error) error {
	s.log.WarnContext(ctx, "vendor did not answer a question", "product", v.product.ID, "url", url, "error", err)
	return silent(err)
}

// readable makes a vendor's words fit for a page.
func readable(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if runes := []rune(text); len(runes) > maxMessage {
		text = string(runes[:maxMessage]) + "…"
	}
	return strings.TrimSpace(text)
}

// language is a language as the contract writes it.
func language(asked string) string {
	base, _, _ := strings.Cut(strings.ToLower(asked), "-")
	if len(base) != 2 || strings.Trim(base, "abcdefghijklmnopqrstuvwxyz") != "" {
		return "en"
	}
	return base
}
