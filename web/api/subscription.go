package api

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/subscription"
)

// SubscriptionView is a subscription as it is listed.
type SubscriptionView struct {
	ID             int64                `json:"id" example:"21"`
	Name           string               `json:"name" doc:"What people call it; the customer's choice goes before the vendor's."`
	Status         subscription.Status  `json:"status" enum:"waitingPayment,pending,active,suspended,failed,terminating,terminated,requiresApproval,rejected,postponed,paymentExpired"`
	Product        productReference     `json:"product"`
	Plan           reference            `json:"plan"`
	Customer       reference            `json:"customer"`
	Vendor         reference            `json:"vendor"`
	ResellerID     *int64               `json:"resellerId" doc:"Who sold it; null when the marketplace did." example:"6"`
	OrderID        int64                `json:"orderId" example:"21"`
	RevisionID     int64                `json:"planRevisionId" doc:"The prices and limits it was bought with." example:"8"`
	NextRevisionID *int64               `json:"nextPlanRevisionId" doc:"What it changes to with the next period."`
	Period         optional[periodView] `json:"period" doc:"The billing period it stands in; null before the first."`
	AutoRenew      bool                 `json:"autoRenew"`
	TrialEndsAt    *time.Time           `json:"trialEndsAt"`
	Parameters     json.RawMessage      `json:"parameters" doc:"What was bought and chosen."`
	NextParameters document             `json:"nextParameters" doc:"What it changes to with the next period; null when nothing waits."`
	SuspendedFor   string               `json:"suspendedFor" doc:"overdue: until its overdue invoices are paid; empty when somebody suspended it." example:"overdue"`
	RenewedAhead   int                  `json:"renewedAhead" doc:"How many following periods are billed already." example:"0"`
	ParkedReason   string               `json:"parkedReason" doc:"Why billing waits for an operator."`
	CreatedAt      time.Time            `json:"createdAt"`
	ActivatedAt    *time.Time           `json:"activatedAt"`
	TerminatedAt   *time.Time           `json:"terminatedAt"`
}

// accessView is a subscription with what it gives access to.
type accessView struct {
	SubscriptionView
	Endpoints    []accessEndpoint       `json:"endpoints" nullable:"false" doc:"The addresses to call, when it is set up."`
	Instructions map[string]string      `json:"instructions" doc:"How to use it, by language; from a vendor who sets it up itself."`
	Progress     optional[ProgressView] `json:"progress" doc:"The newest change to the outside world; null before the first."`
}

type productReference struct {
	ID   int64  `json:"id" example:"12"`
	Name string `json:"name" example:"Lagoon Maps"`
	SKU  string `json:"sku" example:"lagoon-maps"`
}

type periodView struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end" doc:"The first instant after it."`
	Index int       `json:"index" doc:"0 is the first; -1 is the trial." example:"0"`
}

type accessEndpoint struct {
	Identifier  string              `json:"identifier" doc:"Of an API's endpoint, or what a plugin calls it." example:"get-tile"`
	Method      string              `json:"method" example:"GET"`
	URL         string              `json:"url" example:"https://gateway.example.com/lagoon-maps/tiles/{z}/{x}/{y}"`
	Category    fulfilment.Category `json:"category" doc:"What an address is for that the vendor gave: APP, PASSWORD_RESET, DOCUMENTATION or VIDEO."`
	Description string              `json:"description"`
}

// ProgressView is a change to the outside world as whoever waits for it sees it.
type ProgressView struct {
	Operation  subscription.Operation `json:"operation" enum:"provision,update,suspend,resume,deprovision,repair"`
	Status     provision.Status       `json:"status" enum:"queued,running,done,failed,superseded"`
	Step       int                    `json:"step" example:"3"`
	Total      int                    `json:"total" example:"7"`
	Text       string                 `json:"text" example:"Routes"`
	Tries      int                    `json:"tries" example:"1"`
	Error      string                 `json:"error"`
	StartedAt  *time.Time             `json:"startedAt"`
	FinishedAt *time.Time             `json:"finishedAt"`
}

func viewSubscription(s subscription.Subscription) SubscriptionView {
	v := SubscriptionView{ID: s.ID, Name: s.Name, Status: s.Status, Product: productReference{ID: s.ProductID, Name: s.Product, SKU: s.SKU},
		Plan: refer(s.PlanID, s.Plan), Customer: refer(s.CustomerID, s.Customer), Vendor: refer(s.VendorID, s.Vendor), ResellerID: s.ResellerID, OrderID: s.OrderID,
		RevisionID: s.RevisionID, NextRevisionID: s.NextRevisionID, AutoRenew: s.AutoRenew, TrialEndsAt: s.TrialEndsAt,
		Parameters: catalog.Shown(json.RawMessage(s.Parameters)), SuspendedFor: s.SuspendedFor, RenewedAhead: s.RenewedAhead,
		ParkedReason: s.ParkedReason, CreatedAt: s.CreatedAt, ActivatedAt: s.ActivatedAt, TerminatedAt: s.TerminatedAt}
	if s.PeriodStart != nil && s.PeriodEnd != nil {
		v.Period = maybe(&periodView{Start: *s.PeriodStart, End: *s.PeriodEnd, Index: s.PeriodIndex})
	}
	if s.NextParameters != nil {
		v.NextParameters = document(catalog.Shown(json.RawMessage(*s.NextParameters)))
	}
	return v
}

func viewProgress(a provision.Attempt) *ProgressView {
	return &ProgressView{Operation: a.Operation, Status: a.Status, Step: a.Step, Total: a.Steps, Text: a.StepText, Tries: a.Tries,
		Error: a.Error, StartedAt: a.StartedAt, FinishedAt: a.FinishedAt}
}

// credentialsView has every credential by its name beside the list, so that
// the gateway key is simply "apiKey".
type credentialsView struct {
	header string
	items  []credentialView
}

type credentialView struct {
	Name        string            `json:"name" example:"apiKey"`
	Label       string            `json:"label" example:"Gateway key"`
	Value       string            `json:"value"`
	Secret      bool              `json:"secret"`
	Description map[string]string `json:"description,omitempty" doc:"By language, when the vendor gave it."`
}

// gatewayKey is the credential that the gateway wants in the header apikey.
const gatewayKey = "apiKey"

func viewCredentials(all []fulfilment.Credential) credentialsView {
	v := credentialsView{items: views(all, func(c fulfilment.Credential) credentialView {
		return credentialView{Name: c.Name, Label: c.Title("en"), Value: c.Value.Reveal(), Secret: c.Secret, Description: c.Description}
	})}
	for _, c := range v.items {
		if c.Name == gatewayKey {
			v.header = "apikey"
		}
	}
	return v
}

// MarshalJSON writes the credentials by name, the header and the list.
func (v credentialsView) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	for _, c := range v.items {
		out[c.Name] = c.Value
	}
	if v.header != "" {
		out["header"] = v.header
	}
	out["items"] = v.items
	return json.Marshal(out)
}

// Schema documents what MarshalJSON writes.
func (*credentialsView) Schema(r huma.Registry) *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	return &huma.Schema{Type: huma.TypeObject, Required: []string{"items"}, AdditionalProperties: text("A further credential, by its name."),
		Properties: map[string]*huma.Schema{
			gatewayKey: text("The gateway key, when the product has one."),
			"header":   text("The header to send the gateway key in: apikey."),
			"items":    {Type: huma.TypeArray, Items: r.Schema(typeOf[credentialView](), true, "")},
		}}
}

type renewalRequest struct {
	AutoRenew *bool   `json:"autoRenew,omitempty" doc:"Whether the next period begins by itself." example:"false"`
	Name      *string `json:"name,omitempty" doc:"What you call it. Its vendor may give a name, too; the customer's goes before it." example:"Staging"`
}

type changePlanRequest struct {
	PlanID int64 `json:"planId" doc:"Another plan of the same product." example:"6"`
}

func (s *server) subscriptionRoutes() {
	register(s, route{method: http.MethodGet, path: "/subscriptions", id: "listSubscriptions", tag: "Subscriptions", summary: "List subscriptions",
		description: "What your organization bought or sold. Addresses and progress are with the single subscription."}, s.listSubscriptions)
	register(s, route{method: http.MethodGet, path: "/subscriptions/{id}", id: "getSubscription", tag: "Subscriptions", summary: "Read a subscription",
		description: "With the addresses to call and the progress of what is being set up."}, s.getSubscription)
	register(s, route{method: http.MethodPatch, path: "/subscriptions/{id}", id: "changeSubscription", tag: "Subscriptions", summary: "Turn renewal on or off, or name it",
		example: `{"autoRenew":false,"name":"Staging"}`}, s.changeSubscription)
	register(s, route{method: http.MethodGet, path: "/subscriptions/{id}/credentials", id: "getCredentials", tag: "Subscriptions", summary: "Reveal the credentials",
		description: "For the customer only. That somebody looked is kept in the audit trail."}, s.getCredentials)
	s.subscriptionMoves()
}

// subscriptionMoves are the routes that take a subscription to another status.
func (s *server) subscriptionMoves() {
	for _, m := range []struct {
		verb, summary, description string
		move                       func(context.Context, account.Actor, int64) (subscription.Subscription, error)
	}{
		{"suspend", "Suspend a subscription", "Blocks use until it is resumed.", s.Subscriptions.Suspend},
		{"resume", "Resume a subscription", "Ends a suspension.", s.Subscriptions.Resume},
		{"terminate", "Terminate a subscription", "Ends it at once. Use until now is billed; what was paid in advance is not refunded.", s.Subscriptions.Terminate},
		{"retry", "Set a failed subscription up again", "For one whose provisioning gave up.", s.Subscriptions.Retry},
	} {
		register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/" + m.verb, id: m.verb + "Subscription", tag: "Subscriptions",
			summary: m.summary, description: m.description},
			func(ctx context.Context, actor account.Actor, in *ByID) (*reply[accessView], error) {
				sub, err := m.move(ctx, actor, in.ID)
				return s.withAccess(ctx, actor, sub, err)
			})
	}
	register(s, route{method: http.MethodPost, path: "/subscriptions/{id}/change-plan", id: "changePlan", tag: "Subscriptions", summary: "Change the plan",
		description: "A dearer plan takes effect, and is billed for the rest of the period, at once; a cheaper one waits for the next period. Credentials stay.",
		example:     `{"planId":6}`}, s.changePlan)
	s.resizeRoutes()
	s.renewalRoutes()
	s.extraLineRoutes()
}

// withAccess completes the answer of a change or a read.
func (s *server) withAccess(ctx context.Context, actor account.Actor, sub subscription.Subscription, err error) (*reply[accessView], error) {
	if err != nil {
		return nil, err
	}
	access, err := s.Fulfilment.Masked(ctx, actor, sub.ID)
	if err != nil {
		return nil, err
	}
	v := accessView{SubscriptionView: viewSubscription(sub), Instructions: access.Instructions, Endpoints: views(access.Endpoints, func(e fulfilment.Endpoint) accessEndpoint {
		return accessEndpoint{Identifier: e.Identifier, Method: e.Method, URL: e.URL, Category: e.Category, Description: e.Description}
	})}
	attempt, begun, err := s.Provision.Progress(ctx, actor, sub.ID)
	if begun {
		v.Progress = maybe(viewProgress(attempt))
	}
	return &reply[accessView]{Body: v}, err
}

func (s *server) listSubscriptions(ctx context.Context, actor account.Actor, in *struct {
	Paging
	Status    subscription.Status `query:"status" enum:"waitingPayment,pending,active,suspended,failed,terminating,terminated,requiresApproval,rejected,postponed,paymentExpired"`
	ProductID int64               `query:"productId" minimum:"1" maximum:"2147483647"`
	SoldTo
}) (*reply[list[SubscriptionView]], error) {
	found, err := s.Subscriptions.List(ctx, actor, subscription.Filter{Status: in.Status, ProductID: in.ProductID, CustomerID: in.CustomerID, ResellerID: in.ResellerID}, in.request())
	return listOf(found, err, viewSubscription)
}

func (s *server) getSubscription(ctx context.Context, actor account.Actor, in *ByID) (*reply[accessView], error) {
	sub, err := s.Subscriptions.Get(ctx, actor, in.ID)
	return s.withAccess(ctx, actor, sub, err)
}

func (s *server) changeSubscription(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[renewalRequest]
}) (*reply[accessView], error) {
	r, err := read(&in.Body, func(r renewalRequest, c *fault.Check) renewalRequest {
		c.That(r.AutoRenew != nil || r.Name != nil, "autoRenew", "Write true or false, or give a name.")
		return r
	})
	if err != nil {
		return nil, err
	}
	var sub subscription.Subscription
	if r.AutoRenew != nil {
		sub, err = s.Subscriptions.SetAutoRenew(ctx, actor, in.ID, *r.AutoRenew)
	}
	if r.Name != nil && err == nil {
		sub, err = s.Subscriptions.SetName(ctx, actor, in.ID, *r.Name)
	}
	return s.withAccess(ctx, actor, sub, err)
}

func (s *server) changePlan(ctx context.Context, actor account.Actor, in *struct {
	ByID
	Body body[changePlanRequest]
}) (*reply[accessView], error) {
	plan, err := read(&in.Body, func(r changePlanRequest, c *fault.Check) int64 {
		c.That(r.PlanID > 0, "planId", "Say which plan; its number is on the product's page.")
		c.That(r.PlanID <= math.MaxInt32, "planId", "There is no such plan.")
		return r.PlanID
	})
	if err != nil {
		return nil, err
	}
	sub, err := s.Subscriptions.ChangePlan(ctx, actor, in.ID, plan)
	return s.withAccess(ctx, actor, sub, err)
}

func (s *server) getCredentials(ctx context.Context, actor account.Actor, in *ByID) (*reply[credentialsView], error) {
	found, err := s.Fulfilment.Credentials(ctx, actor, in.ID)
	return answer(found, err, viewCredentials)
}
