package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/payment"
)

type invoiceView struct {
	ID             int64          `json:"id" example:"33"`
	Number         string         `json:"number" example:"2026-00000033"`
	Status         invoice.Status `json:"status" enum:"unpaid,paid,cancelled,draft"`
	Type           order.Type     `json:"type" enum:"normal,trial,sandbox,renewal,upgrade,itemUpgrade,upsell,chunked,refund,cashed,termination" doc:"Of the order that it belongs to."`
	OrderID        *int64         `json:"orderId" doc:"Null where a period ended without another." example:"21"`
	SelfBilled     bool           `json:"selfBilled" doc:"A pro-forma invoice: its seller writes the real one and collects the money."`
	Reference      string         `json:"reference" doc:"Of the payment, when somebody recorded one." example:"Statement 114, line 3"`
	CustomerID     int64          `json:"customerId" example:"4"`
	SubscriptionID int64          `json:"subscriptionId" example:"21"`
	Product        string         `json:"product" example:"Lagoon Maps"`
	Plan           string         `json:"plan" example:"Starter"`
	Currency       string         `json:"currency" example:"EUR"`
	Net            money.Money    `json:"net"`
	TaxPercent     money.Decimal  `json:"taxPercent" example:"22"`
	TaxText        string         `json:"taxText" doc:"Why there is no tax, when there is none."`
	Tax            money.Money    `json:"tax"`
	Total          money.Money    `json:"total" doc:"Net and tax. Below 0 it is a credit note."`
	IssuedAt       time.Time      `json:"issuedAt"`
	DueAt          time.Time      `json:"dueAt"`
	PaidAt         *time.Time     `json:"paidAt"`
	Lines          []issuedLine   `json:"lines,omitempty" nullable:"false" doc:"When one invoice is asked for."`
}

type issuedLine struct {
	LineView
	Identifier string            `json:"identifier,omitempty" doc:"The vendor's own, of a line of its own." example:"storage"`
	Unit       string            `json:"unit,omitempty" example:"GB"`
	Tags       map[string]string `json:"tags,omitempty"`
	RevisionID int64             `json:"planRevisionId" doc:"The revision of the plan that has the price." example:"8"`
}

func viewInvoice(i invoice.Invoice) invoiceView {
	in := func(d money.Decimal) money.Money { return money.New(d, i.Currency) }
	v := invoiceView{ID: i.ID, Number: i.Number, Status: i.Status, Type: i.Type, SelfBilled: i.SelfBilled(), Reference: i.Reference, CustomerID: i.CustomerID, SubscriptionID: i.SubscriptionID,
		Product: i.Snapshot.Product, Plan: i.Snapshot.Plan, Currency: i.Currency, Net: in(i.Net), TaxPercent: i.TaxPercent, TaxText: i.TaxText,
		Tax: in(i.Tax), Total: in(i.Total), IssuedAt: i.IssuedAt, DueAt: i.DueAt, PaidAt: i.PaidAt,
		Lines: views(i.Lines, func(l invoice.Line) issuedLine {
			return issuedLine{RevisionID: l.RevisionID, Identifier: l.Identifier, Unit: l.Unit, Tags: l.Tags.Map, LineView: LineView{Kind: l.Kind, Meter: l.Meter, Description: l.Description,
				Quantity: l.Quantity.Trim(0), UnitPrice: in(l.UnitPrice), Amount: in(l.Amount), PeriodStart: l.PeriodStart,
				PeriodEnd: l.PeriodEnd, Explanation: viewExplanation(l.Explanation.Explanation)}}
		})}
	if i.OrderID != 0 {
		v.OrderID = &i.OrderID
	}
	return v
}

type paymentRequest struct {
	Card *cardRequest `json:"card" doc:"It is never kept."`
}

// cardRequest is payment.Card with a schema; the card reads itself.
type cardRequest struct{ payment.Card }

// Schema documents the two shapes.
func (*cardRequest) Schema(huma.Registry) *huma.Schema {
	text := func(doc string, example any) *huma.Schema {
		return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeString}, {Type: huma.TypeInteger}}, Description: doc, Examples: []any{example}}
	}
	return &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Description: "The number alone."},
		{Type: huma.TypeObject, Required: []string{"number"}, Properties: map[string]*huma.Schema{
			"number":   text("With or without spaces.", "4242424242424242"),
			"expMonth": text("1 to 12.", 12),
			"expYear":  text("In four digits, or the last two.", 2030),
			"cvc":      text("The 3 or 4 digits on the card.", "123"),
			"name":     {Type: huma.TypeString},
		}},
	}}
}

type paymentView struct {
	ID            int64          `json:"id" example:"9"`
	InvoiceID     int64          `json:"invoiceId" example:"33"`
	InvoiceStatus invoice.Status `json:"invoiceStatus,omitempty" enum:"unpaid,paid,cancelled,draft" doc:"In the answer to a payment."`
	Status        payment.Status `json:"status" enum:"pending,succeeded,declined,abandoned"`
	Amount        money.Money    `json:"amount"`
	Gateway       string         `json:"gateway" example:"sandbox"`
	CardLast4     string         `json:"cardLast4" example:"4242"`
	CardExpiry    string         `json:"cardExpiry" example:"12/2030"`
	Reference     string         `json:"reference" doc:"The gateway's."`
	Message       string         `json:"message" doc:"Why it was declined."`
	CreatedAt     time.Time      `json:"createdAt"`
	FinishedAt    *time.Time     `json:"finishedAt"`
}

func viewPayment(p payment.Payment) paymentView {
	return paymentView{ID: p.ID, InvoiceID: p.InvoiceID, Status: p.Status, Amount: money.New(p.Amount, p.Currency), Gateway: p.Gateway,
		CardLast4: p.CardLast4, CardExpiry: p.CardExpiry, Reference: p.Reference, Message: p.Message, CreatedAt: p.CreatedAt, FinishedAt: p.FinishedAt}
}

func (s *server) invoiceRoutes() {
	register(s, route{method: http.MethodGet, path: "/invoices", id: "listInvoices", tag: "Invoices", summary: "List your invoices",
		description: "What your organization got or, as a seller, sold. Without lines."}, s.listInvoices)
	register(s, route{method: http.MethodGet, path: "/invoices/{id}", id: "getInvoice", tag: "Invoices", summary: "Read an invoice",
		description: "Each line says how its amount came to be."}, s.getInvoice)
	register(s, route{method: http.MethodGet, path: "/invoices/{id}/pdf", id: "getInvoicePDF", tag: "Invoices", summary: "Read an invoice as PDF"}, s.getInvoicePDF)
	register(s, route{method: http.MethodPost, path: "/invoices/{id}/pay", id: "payInvoice", tag: "Invoices", summary: "Pay an invoice",
		description: "A declined card is a 422 on the field card; the invoice stays unpaid. In a sandbox, 4242 4242 4242 4242 succeeds and 4000 0000 0000 0002 is declined.",
		example:     `{"card":{"number":"4242424242424242","expMonth":12,"expYear":2030,"cvc":"123","name":"Ada Rossi"}}`}, s.payInvoice)
	register(s, route{method: http.MethodPost, path: "/invoices/{id}/mark-paid", id: "recordPayment", tag: "Invoices", summary: "Mark an invoice as paid",
		description: "For operators: the money came by bank transfer. A subscription that waited for it is set up.",
		example:     `{"reference":"Statement 114, line 3"}`}, s.recordPayment)
	register(s, route{method: http.MethodPost, path: "/invoices/{id}/collected", id: "collectInvoice", tag: "Invoices", summary: "Say that the money of an invoice came",
		description: "For the seller of a pro-forma invoice, which it collects itself, and for operators of any. A subscription that waited for it is set up.",
		example:     `{"reference":"Statement 114, line 3"}`}, s.collectInvoice)
	register(s, route{method: http.MethodPut, path: "/invoices/{id}/lines", id: "replaceDraftLines", tag: "Charges", summary: "Replace the lines of a draft",
		description: "Of a chunked invoice, until it is finalized.", example: linesExample}, s.replaceDraftLines)
	register(s, route{method: http.MethodPost, path: "/invoices/{id}/finalize", id: "finalizeInvoice", tag: "Charges", summary: "Issue a draft",
		description: "It gets its number and never changes any more."}, s.finalizeInvoice)
	s.overdueRoutes()
	register(s, route{method: http.MethodGet, path: "/invoices/{id}/payments", id: "listPayments", tag: "Invoices", summary: "List the payments of an invoice"}, s.listPayments)
}

func (s *server) listInvoices(ctx context.Context, actor account.Actor, in *struct {
	Paging
	SubscriptionID int64          `query:"subscriptionId" minimum:"1" maximum:"2147483647"`
	Status         invoice.Status `query:"status" enum:"unpaid,paid,cancelled,draft"`
	Type           order.Type     `query:"type" enum:"normal,trial,sandbox,renewal,upgrade,itemUpgrade,upsell,chunked,refund,cashed,termination"`
	SelfBilled     bool           `query:"selfBilled" doc:"Only pro-forma invoices."`
	SoldTo
}) (*reply[list[invoiceView]], error) {
	found, err := s.Invoices.List(ctx, actor, invoice.Filter{SubscriptionID: in.SubscriptionID, Status: in.Status, Type: in.Type, SelfBilled: in.SelfBilled,
		CustomerID: in.CustomerID, ResellerID: in.ResellerID},
		in.request())
	return listOf(found, err, viewInvoice)
}

func (s *server) getInvoice(ctx context.Context, actor account.Actor, in *ByID) (*reply[invoiceView], error) {
	i, err := s.Invoices.Get(ctx, actor, in.ID)
	return answer(i, err, viewInvoice)
}

func (s *server) getInvoicePDF(ctx context.Context, actor account.Actor, in *ByID) (*file, error) {
	content, name, err := s.Invoices.PDF(ctx, actor, in.ID)
	if err != nil {
		return nil, err
	}
	return &file{ContentType: "application/pdf", Disposition: fmt.Sprintf("inline; filename=%q", name), Body: content}, nil
}

type recordRequest struct {
	Reference string `json:"reference,omitempty" doc:"Where the transfer stands on your statement; at most 200 characters." example:"Statement 114, line 3"`
}

func (s *server) recordPayment(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[recordRequest]
}) (*reply[paymentView], error) {
	r, err := read(&in.Body, same[recordRequest])
	if err != nil {
		return nil, err
	}
	p, err := s.Payments.Record(ctx, actor, in.ID, r.Reference)
	return s.paid(ctx, actor, p, err)
}

func (s *server) collectInvoice(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[recordRequest]
}) (*reply[invoiceView], error) {
	r, err := read(&in.Body, same[recordRequest])
	if err != nil {
		return nil, err
	}
	if err := s.Invoices.MarkPaidBy(ctx, actor, in.ID, r.Reference); err != nil {
		return nil, err
	}
	i, err := s.Invoices.Get(ctx, actor, in.ID)
	return answer(i, err, viewInvoice)
}

func (s *server) replaceDraftLines(ctx context.Context, actor account.Actor, in *linesInput) (*reply[invoiceView], error) {
	lines, err := in.lines()
	if err != nil {
		return nil, err
	}
	i, err := s.Invoices.ReplaceLines(ctx, actor, in.ID, lines)
	return answer(i, err, viewInvoice)
}

func (s *server) finalizeInvoice(ctx context.Context, actor account.Actor, in *ByID) (*reply[invoiceView], error) {
	i, err := s.Invoices.Finalize(ctx, actor, in.ID)
	return answer(i, err, viewInvoice)
}

// paid answers a payment with what it made of its invoice.
func (s *server) paid(ctx context.Context, actor account.Actor, p payment.Payment, err error) (*reply[paymentView], error) {
	if err != nil {
		return nil, err
	}
	i, err := s.Invoices.Get(ctx, actor, p.InvoiceID)
	return answer(p, err, func(p payment.Payment) paymentView {
		v := viewPayment(p)
		v.InvoiceStatus = i.Status
		return v
	})
}

func (s *server) payInvoice(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[paymentRequest]
}) (*reply[paymentView], error) {
	r, err := read(&in.Body, same[paymentRequest])
	if err != nil {
		return nil, err
	}
	var card payment.Card
	if r.Card != nil {
		card = r.Card.Card
	}
	p, err := s.Payments.Pay(ctx, actor, in.ID, card)
	return s.paid(ctx, actor, p, err)
}

func (s *server) listPayments(ctx context.Context, actor account.Actor, in *ByID) (*reply[list[paymentView]], error) {
	payments, err := s.Payments.List(ctx, actor, in.ID)
	return answer(payments, err, func(p []payment.Payment) list[paymentView] { return all(p, viewPayment) })
}
