package connector

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
)

// lineWish is a line of a vendor's own. Cost and Tag are older names.
type lineWish struct {
	Price        priceWish         `json:"price"`
	Quantity     *amount           `json:"quantity"`
	Unit         string            `json:"unit"`
	Description  string            `json:"description"`
	Identifier   string            `json:"identifier"`
	Purchased    *date             `json:"purchased"`
	Tags         map[string]string `json:"tags"`
	Tag          string            `json:"tag"`
	PlatformCost *priceWish        `json:"platformCost"`
	Cost         *priceWish        `json:"cost"`
}

// priceWish is {price, currency}, or a bare number. Price is nil when there is
// none.
type priceWish struct {
	Price    *amount
	Currency string
}

// UnmarshalJSON reads both forms.
func (p *priceWish) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] != '{' {
		return json.Unmarshal(data, &p.Price)
	}
	type wire priceWish
	return json.Unmarshal(data, (*wire)(p))
}

func (l lineWish) input() invoice.LineInput {
	in := invoice.LineInput{Currency: l.Price.Currency, Unit: l.Unit, Description: l.Description, Identifier: l.Identifier, Tags: l.Tags}
	if l.Price.Price != nil {
		in.Price = l.Price.Price.Decimal
	}
	if l.Quantity != nil {
		in.Quantity = &l.Quantity.Decimal
	}
	if l.Purchased != nil {
		in.Purchased = new(time.Time(*l.Purchased))
	}
	if len(in.Tags) == 0 && l.Tag != "" {
		in.Tags = map[string]string{"tag": l.Tag}
	}
	if l.PlatformCost == nil {
		l.PlatformCost = l.Cost
	}
	if l.PlatformCost != nil && l.PlatformCost.Price != nil {
		in.PlatformCost = &l.PlatformCost.Price.Decimal
	}
	return in
}

// inputsOf reads lines, each of which has a price, be it 0.
func inputsOf(lines []lineWish) ([]invoice.LineInput, error) {
	var c fault.Check
	out := make([]invoice.LineInput, len(lines))
	for i, l := range lines {
		c.That(l.Price.Price != nil, fmt.Sprintf("lines[%d].price", i), "This is required.")
		out[i] = l.input()
	}
	return out, c.Err()
}

// charges are the types of a vendor's own invoices in the contract's words.
var charges = map[string]order.Type{"": order.Upsell, "UPSELL": order.Upsell, "CHUNKED": order.Chunked, "CASHED": order.Cashed, "REFUND": order.Refund}

// charge bills lines of the vendor's own: 201 with the invoice's address, or
// 204 where they are billed later or are a discount.
func (s *server) charge(ctx context.Context, c *call) (answer, error) {
	var lines []lineWish
	id, err := c.idAnd(&lines)
	if err != nil {
		return answer{}, err
	}
	kind := strings.ToUpper(c.value("type"))
	cashed, err := c.flag("cashed") // its form before 20201117
	if err != nil {
		return answer{}, err
	}
	if cashed != nil && *cashed {
		kind = "CASHED"
	}
	as, known := charges[kind]
	if !known {
		return answer{}, fault.InvalidField("type", "Use UPSELL, CHUNKED, CASHED or REFUND.")
	}
	in := invoice.ChargeInput{Type: as}
	if in.Lines, err = inputsOf(lines); err != nil {
		return answer{}, err
	}
	inv, err := s.Invoices.Charge(ctx, c.actor, id, in)
	if err != nil || inv.ID == 0 {
		return done(err)
	}
	return answer{status: http.StatusCreated, location: c.absolute("invoice", inv.ID)}, nil
}

// setLinesFunc replaces the extra lines of a subscription.
type setLinesFunc func(ctx context.Context, actor account.Actor, id int64, lines []invoice.LineInput) error

// setLines replaces extra lines and answers the whole subscription.
func (s *server) setLines(set setLinesFunc) handlerFunc {
	return func(ctx context.Context, c *call) (answer, error) {
		var lines []lineWish
		id, err := c.idAnd(&lines)
		if err != nil {
			return answer{}, err
		}
		in, err := inputsOf(lines)
		if err != nil {
			return answer{}, err
		}
		if err := set(ctx, c.actor, id, in); err != nil {
			return answer{}, err
		}
		return s.getSubscription(ctx, c)
	}
}

// extraLines are lines that wait for an invoice, as lines.
func (p picture) extraLines(actor account.Actor, kind string, all []invoice.ExtraLine) []line {
	out := []line{}
	for _, e := range all {
		out = append(out, priced{kind: kind, description: e.Description, identifier: e.Identifier, unit: e.Unit, quantity: e.Quantity,
			unitPrice: e.Price, subtotal: e.Price.Mul(e.Quantity).Round(taxDecimals), currency: p.content.Currency, taxPercent: money.Int(0),
			purchased: &e.PurchasedAt, tags: e.Tags.Map, platformCost: e.PlatformCost}.line().shownTo(actor, p.sub))
	}
	return out
}

// replaceInvoiceLines gives a draft other lines. They come alone, or within the
// invoice.
func (s *server) replaceInvoiceLines(ctx context.Context, c *call) (answer, error) {
	var body json.RawMessage
	id, err := c.idAnd(&body)
	if err != nil {
		return answer{}, err
	}
	var in struct {
		Entries []lineWish `json:"entries"`
	}
	var target any = &in
	if strings.HasPrefix(strings.TrimSpace(string(body)), "[") {
		target = &in.Entries
	}
	if err := decode(body, target); err != nil {
		return answer{}, err
	}
	lines, err := inputsOf(in.Entries)
	if err != nil {
		return answer{}, err
	}
	if _, err := s.Invoices.ReplaceLines(ctx, c.actor, id, lines); err != nil {
		return answer{}, err
	}
	return s.invoice(ctx, c, id)
}

// patchInvoice issues a draft.
func (s *server) patchInvoice(ctx context.Context, c *call) (answer, error) {
	var in struct{ Action string }
	id, err := c.idAnd(&in)
	if err != nil {
		return answer{}, err
	}
	switch strings.ToUpper(in.Action) {
	case "FINALIZE", "REISSUE":
	default:
		return answer{}, fault.InvalidField("action", "Use FINALIZE.")
	}
	if _, err := s.Invoices.Finalize(ctx, c.actor, id); err != nil {
		return answer{}, err
	}
	return s.invoice(ctx, c, id)
}
