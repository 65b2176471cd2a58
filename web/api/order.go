package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/rating"
)

type orderRequest struct {
	PlanID     int64           `json:"planId" doc:"Of a published product; see the catalog." example:"5"`
	Reference  string          `json:"externalReference,omitempty" doc:"Your own name for the order: letters, digits, dashes and underscores. No second order has it." example:"PO-2026-17"`
	Start      *time.Time      `json:"start,omitempty" doc:"When it is to begin, at most a year ahead; at once when it is left out." example:"2030-02-01T00:00:00Z"`
	Parameters json.RawMessage `json:"parameters,omitempty" doc:"An object by the type's parametersSchema: the quantities that the plan sells, such as {\"cores\":4}, and what else the plugin asks for. What the plan sells and is left out has the plan's default."`
	CustomerID int64           `json:"customerId,omitempty" doc:"For whom, when a reseller orders for one of its customers, or an operator for anybody; yourself when it is left out." example:"14"`
}

func (r orderRequest) input(c *fault.Check) order.Input {
	c.That(r.PlanID <= math.MaxInt32, "planId", "There is no such plan.")
	c.That(r.CustomerID >= 0 && r.CustomerID <= math.MaxInt32, "customerId", "You have no customer with this number.")
	return order.Input{PlanID: r.PlanID, Parameters: r.Parameters, ExternalReference: r.Reference, Start: r.Start, CustomerID: r.CustomerID}
}

// validID reports whether id can be one of ours.
func validID(id int64) bool { return id > 0 && id <= math.MaxInt32 }

type orderView struct {
	ID             int64           `json:"id" example:"21"`
	CustomerID     int64           `json:"customerId" doc:"Who bought." example:"14"`
	ResellerID     *int64          `json:"resellerId" doc:"Who sold it; null when the marketplace did." example:"6"`
	SubscriptionID *int64          `json:"subscriptionId" example:"21"`
	InvoiceID      *int64          `json:"invoiceId" doc:"The invoice to pay first; null when nothing is due in advance." example:"33"`
	Type           order.Type      `json:"type" enum:"normal,trial,sandbox,renewal,upgrade,itemUpgrade,upsell,chunked,refund,cashed,termination" doc:"normal and trial are purchases; all others came later, to the same subscription."`
	Status         order.Status    `json:"status" enum:"awaitingPayment,confirmed,cancelled,requiresApproval,rejected,postponed"`
	VendorID       int64           `json:"vendorId" example:"3"`
	Reference      string          `json:"externalReference" doc:"The buyer's own name for it."`
	StartAt        *time.Time      `json:"start" doc:"When it was to begin; null: at once."`
	ApprovedBy     string          `json:"approvedBy" doc:"Who approved it, when that was needed."`
	ApprovedAt     *time.Time      `json:"approvedAt"`
	RevisionID     int64           `json:"planRevisionId" example:"8"`
	Parameters     json.RawMessage `json:"parameters"`
	CreatedAt      time.Time       `json:"createdAt"`
}

func viewOrder(o order.Order) orderView {
	return orderView{ID: o.ID, Type: o.Type, CustomerID: o.CustomerID, VendorID: o.VendorID, ResellerID: o.ResellerID, Reference: o.ExternalReference,
		StartAt: o.StartAt, ApprovedBy: o.ApprovedBy, ApprovedAt: o.ApprovedAt, SubscriptionID: o.SubscriptionID, InvoiceID: o.InvoiceID, Status: o.Status, RevisionID: o.RevisionID,
		Parameters: catalog.Shown(json.RawMessage(o.Parameters)), CreatedAt: o.CreatedAt}
}

type quoteView struct {
	PlanID      int64           `json:"planId" example:"5"`
	Plan        string          `json:"plan" example:"Starter"`
	Product     reference       `json:"product"`
	Currency    string          `json:"currency" example:"EUR"`
	Lines       []LineView      `json:"lines" nullable:"false" doc:"What is due now; nothing during a trial or when all is billed in arrears."`
	Net         money.Money     `json:"net"`
	TaxPercent  money.Decimal   `json:"taxPercent" example:"22"`
	Tax         money.Money     `json:"tax"`
	Total       money.Money     `json:"total"`
	Recurring   money.Money     `json:"recurring" doc:"For each period with what is bought, before usage and tax."`
	Parameters  json.RawMessage `json:"parameters" doc:"What is bought, with the plan's defaults."`
	TrialDays   int             `json:"trialDays"`
	FirstBillAt time.Time       `json:"firstBillAt" doc:"When something is due first."`
	NextBillAt  time.Time       `json:"nextBillAt" doc:"When the following bill comes."`
}

// LineView is a line of a quote or an invoice.
type LineView struct {
	Kind        rating.Kind     `json:"kind" enum:"setup,recurring,resource,usage,refund,upgrade,discount,tax,custom,oneShot,recurringCharge,adjustment"`
	Meter       string          `json:"meter,omitempty" doc:"What was measured or bought: an endpoint's identifier, a meter, a parameter." example:"get-route"`
	Description string          `json:"description" example:"Recurring price"`
	Quantity    money.Decimal   `json:"quantity" example:"1"`
	UnitPrice   money.Money     `json:"unitPrice" doc:"0 when no single price applies; the explanation has them."`
	Amount      money.Money     `json:"amount"`
	PeriodStart *time.Time      `json:"periodStart"`
	PeriodEnd   *time.Time      `json:"periodEnd"`
	Explanation explanationView `json:"explanation"`
}

type explanationView struct {
	Formula string     `json:"formula" doc:"How the amount came to be." example:"10 × 0.10 + 13 × 0.05 = 1.65"`
	Steps   []stepView `json:"steps" nullable:"false"`
	Notes   []string   `json:"notes" nullable:"false"`
}

type stepView struct {
	Text      string        `json:"text,omitempty"`
	Quantity  money.Decimal `json:"quantity" example:"10"`
	UnitPrice money.Decimal `json:"unitPrice" example:"0.10"`
	FlatPrice money.Decimal `json:"flatPrice" example:"0"`
	Amount    money.Decimal `json:"amount" doc:"Exact, before the line is rounded." example:"1.00"`
}

func viewExplanation(e rating.Explanation) explanationView {
	return explanationView{Formula: e.Formula, Notes: some(e.Notes), Steps: views(e.Steps, func(s rating.Step) stepView {
		return stepView{Text: s.Text, Quantity: s.Quantity, UnitPrice: s.UnitPrice, FlatPrice: s.FlatPrice, Amount: s.Amount}
	})}
}

func viewQuote(q order.Quote) quoteView {
	currency := q.Recurring.Currency
	return quoteView{PlanID: q.Offer.Plan.ID, Plan: q.Offer.Plan.Name, Product: refer(q.Offer.Product.ID, q.Offer.Product.Name),
		Currency: currency, Net: q.Totals.Net, TaxPercent: q.TaxPercent, Tax: q.Totals.Tax, Total: q.Totals.Total,
		Recurring: q.Recurring, Parameters: catalog.Shown(q.Parameters), TrialDays: q.TrialDays, FirstBillAt: q.FirstBill, NextBillAt: q.NextBillAt,
		Lines: viewLines(q.Lines, currency)}
}

func viewLines(lines []rating.Line, currency string) []LineView {
	return views(lines, func(l rating.Line) LineView {
		return LineView{Kind: l.Kind, Meter: l.Meter, Description: l.Description, Quantity: l.Quantity,
			UnitPrice: money.New(l.UnitPrice, currency), Amount: money.New(l.Amount, currency),
			PeriodStart: instant(l.PeriodStart), PeriodEnd: instant(l.PeriodEnd), Explanation: viewExplanation(l.Explanation)}
	})
}

func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

const orderExample = `{"planId":5,"parameters":{}}`

func (s *server) orderRoutes() {
	register(s, route{method: http.MethodPost, path: "/quotes", id: "createQuote", tag: "Orders", summary: "Ask what a plan costs",
		description: "The lines that would be on the first invoice, made by the code that will bill it. Nothing is stored.", public: true, example: orderExample}, s.createQuote)
	register(s, route{method: http.MethodPost, path: "/orders", id: "placeOrder", tag: "Orders", summary: "Order a plan",
		description: "Makes the order, its subscription and, when something is due in advance, the first invoice, or nothing at all. Pay the invoice, and provisioning starts.",
		status:      http.StatusCreated, example: orderExample}, s.placeOrder)
	register(s, route{method: http.MethodGet, path: "/orders", id: "listOrders", tag: "Orders", summary: "List your orders",
		description: "What your organization ordered or sold."}, s.listOrders)
	register(s, route{method: http.MethodGet, path: "/orders/{id}", id: "getOrder", tag: "Orders", summary: "Read an order"}, s.getOrder)
	register(s, route{method: http.MethodPost, path: "/orders/{id}/approve", id: "approveOrder", tag: "Orders", summary: "Approve an order",
		description: "For who sold it: the reseller, else the vendor. It is priced now, with the plan's prices of the order; the first invoice is issued when something is due."},
		decision(s.Orders.Approve))
	register(s, route{method: http.MethodPost, path: "/orders/{id}/reject", id: "rejectOrder", tag: "Orders", summary: "Reject an order",
		description: "For who may approve it. Nothing was billed or set up."}, decision(s.Orders.Reject))
}

// decision is the handler of an approval or a refusal.
func decision(decide func(context.Context, account.Actor, int64) (order.Order, error)) handleFunc[ByID, reply[orderView]] {
	return func(ctx context.Context, actor account.Actor, in *ByID) (*reply[orderView], error) {
		o, err := decide(ctx, actor, in.ID)
		return answer(o, err, viewOrder)
	}
}

func (s *server) createQuote(ctx context.Context, actor account.Actor, in *struct{ Body body[orderRequest] }) (*reply[quoteView], error) {
	input, err := read(&in.Body, orderRequest.input)
	if err != nil {
		return nil, err
	}
	q, err := s.Orders.Quote(ctx, actor, input)
	return answer(q, err, viewQuote)
}

func (s *server) placeOrder(ctx context.Context, actor account.Actor, in *struct{ Body body[orderRequest] }) (*created[orderView], error) {
	input, err := read(&in.Body, orderRequest.input)
	if err != nil {
		return nil, err
	}
	o, err := s.Orders.Place(ctx, actor, input)
	if err != nil {
		return nil, err
	}
	return &created[orderView]{Location: fmt.Sprintf("%s/orders/%d", Prefix, o.ID), Body: viewOrder(o)}, nil
}

func (s *server) listOrders(ctx context.Context, actor account.Actor, in *Paging) (*reply[list[orderView]], error) {
	found, err := s.Orders.List(ctx, actor, in.request())
	return listOf(found, err, viewOrder)
}

func (s *server) getOrder(ctx context.Context, actor account.Actor, in *ByID) (*reply[orderView], error) {
	o, err := s.Orders.Get(ctx, actor, in.ID)
	return answer(o, err, viewOrder)
}
