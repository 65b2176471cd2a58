package connector

import (
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
)

// line is a position on an invoice, or one that will be.
type line struct {
	ID                int64             `json:"id,omitempty"`
	Type              string            `json:"type"`
	Invoice           *ref              `json:"invoice,omitempty"`
	Description       string            `json:"description"`
	Identifier        string            `json:"identifier,omitempty"`
	Quantity          amount            `json:"quantity"`
	Unit              string            `json:"unit"`
	Price             linePrice         `json:"price"`
	Purchased         *date             `json:"purchased,omitempty"`
	Tags              map[string]string `json:"tags"`
	Tag               string            `json:"tag,omitempty"` // before 20221124
	Setup             bool              `json:"setup"`
	Discount          amount            `json:"discount"`
	OriginalCurrency  string            `json:"originalCurrency"`
	Subtotal          amount            `json:"subtotal"`
	PriceExcludingVAT amount            `json:"priceExcludingVAT"` // the subtotal, by its old name
	VATSpunOff        amount            `json:"vatSpunOff"`
	TotalPrice        amount            `json:"totalPrice"`
	PlatformCost      *platformCost     `json:"platformCost,omitempty"`
	Cost              *platformCost     `json:"cost,omitempty"` // before 20200518
}

// linePrice is the price of one.
type linePrice struct {
	Price      amount `json:"price"`
	Currency   string `json:"currency"`
	VAT        amount `json:"vat"`
	VATSpunOff amount `json:"vatSpunOff"`
	Total      amount `json:"total"`
}

type platformCost struct {
	Price    amount `json:"price"`
	Currency string `json:"currency"`
}

// priced is what a line is made of in any noun's words.
type priced struct {
	kind, description, identifier, unit string
	quantity, unitPrice, subtotal       money.Decimal
	currency                            string
	taxPercent                          money.Decimal
	purchased                           *time.Time
	tags                                map[string]string
	platformCost                        *money.Decimal
}

// taxDecimals is how far the tax of one line is shown; the invoice's own is
// computed of its sum.
const taxDecimals = 2

func (p priced) line() line {
	tax := func(net money.Decimal) money.Decimal {
		return net.Mul(p.taxPercent).Quo(money.Int(100)).Round(taxDecimals)
	}
	total := p.subtotal.Add(tax(p.subtotal))
	l := line{Type: p.kind, Description: p.description, Identifier: p.identifier, Quantity: amount{p.quantity}, Unit: p.unit,
		Price: linePrice{Price: amount{p.unitPrice}, Currency: p.currency, VAT: amount{p.taxPercent}, VATSpunOff: amount{tax(p.unitPrice)},
			Total: amount{p.unitPrice.Add(tax(p.unitPrice))}},
		Purchased: at(p.purchased), Tags: p.tags, Setup: p.kind == "SETUPFEE", OriginalCurrency: p.currency,
		Subtotal: amount{p.subtotal}, PriceExcludingVAT: amount{p.subtotal}, VATSpunOff: amount{tax(p.subtotal)}, TotalPrice: amount{total}}
	if l.Tags == nil {
		l.Tags = map[string]string{}
	}
	for _, value := range p.tags {
		l.Tag = value // the one there is, or any
	}
	if p.platformCost != nil {
		l.PlatformCost = &platformCost{Price: amount{*p.platformCost}, Currency: p.currency}
		l.Cost = l.PlatformCost
	}
	return l
}

// shownTo is the line without what it costs its vendor, but for the vendor and
// the operator.
func (l line) shownTo(actor account.Actor, sub subscription.Subscription) line {
	if !actor.Owns(sub.VendorID) {
		l.PlatformCost, l.Cost = nil, nil
	}
	return l
}
