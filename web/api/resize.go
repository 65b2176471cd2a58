package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/money"
)

type resizeRequest struct {
	Parameters json.RawMessage `json:"parameters" doc:"What changes; the other parameters stay."`
}

type resizeQuoteView struct {
	Parameters json.RawMessage `json:"parameters" doc:"What holds from now on."`
	Next       document        `json:"nextParameters" doc:"What holds with the next period; null when it is the same."`
	StartsAt   time.Time       `json:"startsAt" doc:"When the next period begins."`
	Lines      []LineView      `json:"lines" nullable:"false" doc:"What is due now for the rest of the period."`
	Net        money.Money     `json:"net"`
	Tax        money.Money     `json:"tax"`
	Total      money.Money     `json:"total"`
}

func viewResizeQuote(q subscription.ResizeQuote) resizeQuoteView {
	return resizeQuoteView{Parameters: catalog.Shown(q.Parameters), Next: document(catalog.Shown(q.Next)), StartsAt: q.StartsAt, Net: q.Totals.Net, Tax: q.Totals.Tax, Total: q.Totals.Total,
		Lines: viewLines(q.Lines, q.Offer.Revision.Content.Currency)}
}

const resizeExample = `{"parameters":{"cores":8}}`

func (s *server) resizeRoutes() {
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/resize", id: "resizeSubscription", tag: "Subscriptions", summary: "Change the size",
		description: "More takes effect, and is billed for the rest of the period, at once; less waits for the next period, and so does everything that is paid in arrears. Less than what is in use is refused.",
		example:     resizeExample}, s.resize)
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/resize-quote", id: "quoteResize", tag: "Subscriptions", summary: "Ask what another size costs",
		description: "What is due now and when the change takes effect, made by the code that carries it out. Nothing is stored.",
		example:     resizeExample}, s.quoteResize)
}

type resizeInput struct {
	ByID
	Body body[resizeRequest]
}

func (r resizeRequest) parameters(c *fault.Check) json.RawMessage {
	c.That(len(r.Parameters) > 0, "parameters", "Say what to change, such as {\"cores\":8}.")
	return r.Parameters
}

func (s *server) resize(ctx context.Context, actor account.Actor, in *resizeInput) (*reply[accessView], error) {
	parameters, err := read(&in.Body, resizeRequest.parameters)
	if err != nil {
		return nil, err
	}
	sub, err := s.Subscriptions.Resize(ctx, actor, in.ID, parameters)
	return s.withAccess(ctx, actor, sub, err)
}

func (s *server) quoteResize(ctx context.Context, actor account.Actor, in *resizeInput) (*reply[resizeQuoteView], error) {
	parameters, err := read(&in.Body, resizeRequest.parameters)
	if err != nil {
		return nil, err
	}
	q, err := s.Subscriptions.QuoteResize(ctx, actor, in.ID, parameters)
	return answer(q, err, viewResizeQuote)
}
