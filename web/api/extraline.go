package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
)

// extraLineRequest is a line of a vendor's own.
type extraLineRequest struct {
	Price        amount            `json:"price" doc:"Of one, in the subscription's currency; below 0 is money back. It is computed with 6 decimals."`
	Quantity     *number           `json:"quantity,omitempty" doc:"1 unless told."`
	Unit         string            `json:"unit,omitempty" example:"GB"`
	Description  string            `json:"description,omitempty" example:"Storage above the plan"`
	Identifier   string            `json:"identifier,omitempty" doc:"Your own name for what it bills." example:"storage"`
	Purchased    *time.Time        `json:"purchased,omitempty" doc:"When it was bought; now unless told. A line of a day to come waits for it." example:"2026-12-01T00:00:00Z"`
	Tags         map[string]string `json:"tags,omitempty"`
	PlatformCost *number           `json:"platformCost,omitempty" doc:"What the platform behind it costs you; customers do not see it."`
}

func (r extraLineRequest) input() invoice.LineInput {
	return invoice.LineInput{Price: r.Price.Decimal, Currency: r.Price.currency, Quantity: r.Quantity.decimal(), Unit: r.Unit, Description: r.Description,
		Identifier: r.Identifier, Purchased: r.Purchased, Tags: r.Tags, PlatformCost: r.PlatformCost.decimal()}
}

type linesRequest struct {
	Lines []extraLineRequest `json:"lines" nullable:"false" doc:"All of them; none clears."`
}

func (r linesRequest) input(*fault.Check) []invoice.LineInput {
	return views(r.Lines, extraLineRequest.input)
}

type chargeRequest struct {
	Type  order.Type         `json:"type,omitempty" doc:"upsell (the default): an invoice now, or, when it is below 0, a discount on the next one. cashed: an invoice that is paid already. refund: a credit note. chunked: a draft, whose lines can be replaced until it is finalized." example:"upsell"`
	Lines []extraLineRequest `json:"lines" nullable:"false"`
}

func (r chargeRequest) input(*fault.Check) invoice.ChargeInput {
	return invoice.ChargeInput{Type: r.Type, Lines: views(r.Lines, extraLineRequest.input)}
}

// extraLineView is a line that waits for an invoice, or is on every one.
type extraLineView struct {
	Price        money.Decimal     `json:"price" example:"0.12"`
	Quantity     money.Decimal     `json:"quantity" example:"30"`
	Unit         string            `json:"unit"`
	Description  string            `json:"description"`
	Identifier   string            `json:"identifier"`
	Purchased    time.Time         `json:"purchased"`
	Tags         map[string]string `json:"tags"`
	PlatformCost *money.Decimal    `json:"platformCost"`
}

func viewExtraLine(e invoice.ExtraLine) extraLineView {
	return extraLineView{Price: e.Price, Quantity: e.Quantity.Trim(0), Unit: e.Unit, Description: e.Description, Identifier: e.Identifier,
		Purchased: e.PurchasedAt, Tags: e.Tags.Map, PlatformCost: e.PlatformCost}
}

// chargedView is what became of a charge.
type chargedView struct {
	Invoice optional[invoiceView] `json:"invoice" doc:"The invoice, the credit note or the draft; null when nothing is billed now."`
}

func viewCharged(i invoice.Invoice) chargedView {
	if i.ID == 0 {
		return chargedView{}
	}
	v := viewInvoice(i)
	return chargedView{Invoice: maybe(&v)}
}

const (
	linesExample  = `{"lines":[{"price":"0.12","quantity":30,"unit":"GB","description":"Storage above the plan","identifier":"storage"}]}`
	chargeExample = `{"type":"upsell","lines":[{"price":"0.12","quantity":30,"unit":"GB","description":"Storage above the plan","identifier":"storage","tags":{"month":"2026-11"}}]}`
)

func (s *server) extraLineRoutes() {
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/charges", id: "chargeSubscription", tag: "Charges", summary: "Charge lines of your own",
		description: "For the vendor of a subscription that is paid for and alive.", status: http.StatusCreated, example: chargeExample}, s.charge)
	for _, kind := range []struct {
		path, id, summary string
		set               func(context.Context, account.Actor, int64, []invoice.LineInput) error
		of                func(invoice.Extras) []invoice.ExtraLine
	}{
		{"one-shot-lines", "OneShotLines", "the lines for the next invoice", s.Invoices.SetOneShot, func(e invoice.Extras) []invoice.ExtraLine { return e.OneShot }},
		{"recurring-lines", "RecurringLines", "the lines for every invoice", s.Invoices.SetRecurring, func(e invoice.Extras) []invoice.ExtraLine { return e.Recurring }},
	} {
		read := func(ctx context.Context, actor account.Actor, id int64) (*reply[list[extraLineView]], error) {
			e, err := s.Invoices.Extras(ctx, actor, id)
			return answer(e, err, func(e invoice.Extras) list[extraLineView] { return all(kind.of(e), viewExtraLine) })
		}
		register(s, route{method: http.MethodGet, path: "/subscriptions/{id}/" + kind.path, id: "get" + kind.id, tag: "Charges", summary: "Read " + kind.summary},
			func(ctx context.Context, actor account.Actor, in *ByID) (*reply[list[extraLineView]], error) {
				return read(ctx, actor, in.ID)
			})
		register(s, route{method: http.MethodPut, path: "/subscriptions/{id}/" + kind.path, id: "set" + kind.id, tag: "Charges", summary: "Replace " + kind.summary,
			description: "Beside what the plan costs. No lines clear them.", example: linesExample},
			func(ctx context.Context, actor account.Actor, in *linesInput) (*reply[list[extraLineView]], error) {
				lines, err := in.lines()
				if err != nil {
					return nil, err
				}
				if err := kind.set(ctx, actor, in.ID, lines); err != nil {
					return nil, err
				}
				return read(ctx, actor, in.ID)
			})
	}
}

type linesInput struct {
	ByID
	Body body[linesRequest]
}

func (in *linesInput) lines() ([]invoice.LineInput, error) { return read(&in.Body, linesRequest.input) }

func (s *server) charge(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[chargeRequest]
}) (*reply[chargedView], error) {
	input, err := read(&in.Body, chargeRequest.input)
	if err != nil {
		return nil, err
	}
	inv, err := s.Invoices.Charge(ctx, actor, in.ID, input)
	return answer(inv, err, viewCharged)
}
