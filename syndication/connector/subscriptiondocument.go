package connector

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/rating"
)

// subscriptionDocument is a subscription in lists and, with detail, alone. What
// has no value is left out; texts, lists and booleans are always there.
type subscriptionDocument struct {
	ID                      int64             `json:"id"`
	Self                    string            `json:"self"`
	Name                    string            `json:"name"`
	Type                    string            `json:"type"`
	DeploymentStatus        string            `json:"deploymentStatus"`
	Paid                    bool              `json:"paid"`
	AutoRenew               bool              `json:"autoRenew"`
	StartDate               *date             `json:"startDate,omitempty"`
	EndDate                 *date             `json:"endDate,omitempty"`
	CreatedAt               *date             `json:"createdAt"`
	UpdatedAt               *date             `json:"updatedAt"`
	BillingPeriod           int               `json:"billingPeriod"`
	BillingPeriodStart      *date             `json:"billingPeriodStart,omitempty"`
	LastInvoice             *date             `json:"lastInvoice,omitempty"` // its name before 20201202
	BillingPeriodEnd        *date             `json:"billingPeriodEnd,omitempty"`
	NextInvoice             *date             `json:"nextInvoice,omitempty"` // its name before 20220211
	Product                 *ref              `json:"product"`
	ProductVersion          *ref              `json:"productVersion"`
	Company                 *ref              `json:"company"`
	Buyer                   *ref              `json:"buyer"`
	UserCompany             *ref              `json:"userCompany"`
	Reseller                *ref              `json:"reseller,omitempty"`
	Orders                  []*ref            `json:"orders"`
	Invoices                []*ref            `json:"invoices"`
	Endpoints               []endpointView    `json:"endpoints"`
	SyndicatedEndpoints     []string          `json:"syndicatedEndpoints"`
	EndUserInstructions     string            `json:"endUserInstructions"`
	BillingItems            any               `json:"billingItems"`
	ConfigurationParameters any               `json:"configurationParameters"`
	AvailableOperations     []operation       `json:"availableOperations"`
	DeploymentLog           []json.RawMessage `json:"deploymentLog"`
	Metadata                pathRef           `json:"metadata"`
	VirtualMachineInstance  []*ref            `json:"virtualMachineInstance"`
	*subscriptionDetail
}

// subscriptionDetail is what only a subscription that is read alone has.
type subscriptionDetail struct {
	Credentials       []credentialView `json:"credentials"`
	PossibleUpgrades  []*ref           `json:"possibleUpgrades"`
	BillingItemValues []itemValue      `json:"billingItemValues"`
	OneShotCosts      []line           `json:"oneshotCosts"`
	RecurringCosts    []line           `json:"recurringCosts"`
	Uptime            int              `json:"uptime"` // whole hours since it was deployed
}

type endpointView struct {
	ID          int64  `json:"id"`
	Endpoint    string `json:"endpoint"`
	Category    string `json:"category"`
	Description string `json:"description"`
}

// credentialView is a credential. Value is null for all but the customer.
type credentialView struct {
	Key         string  `json:"key"`
	Value       *string `json:"value"`
	Description string  `json:"description"`
	Weight      int     `json:"weight"`
}

// boughtItem is an item of a subscription since 20180504.
type boughtItem struct {
	BillingItem *ref          `json:"billingItem"`
	Identifier  string        `json:"identifier"`
	Unit        string        `json:"unit"`
	Value       *amount       `json:"value"`
	Bought      bool          `json:"bought"`
	Unlimited   bool          `json:"unlimited"`
	Endpoint    *itemEndpoint `json:"endpoint,omitempty"`
}

type itemEndpoint struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// setParameter is a configuration parameter of a subscription since 20220427.
type setParameter struct {
	ConfigurationParameter *ref   `json:"configurationParameter"`
	Code                   string `json:"code"`
	Value                  string `json:"value"`
	Description            string `json:"description"`
}

// operation is something that the caller may do now.
type operation struct {
	Label        string   `json:"label"`
	URL          string   `json:"url"`
	Method       string   `json:"method"`
	ResourceType string   `json:"resourceType"`
	Actions      []string `json:"actions"`
}

// minimalSubscription is the answer to Prefer: response=minimal.
type minimalSubscription struct {
	ID   int64  `json:"id"`
	Self string `json:"self"`
	Name string `json:"name"`
}

// pricedSubscription is the answer to Prefer: response=priced.
type pricedSubscription struct {
	minimalSubscription
	Cost amount `json:"cost"`
}

// deployedSubscription is the answer to Prefer: response=deployment.
type deployedSubscription struct {
	ID                      int64          `json:"id"`
	Buyer                   *ref           `json:"buyer"`
	Type                    string         `json:"type"`
	ProductVersion          *ref           `json:"productVersion"`
	BillingItems            []boughtItem   `json:"billingItems"`
	ConfigurationParameters []setParameter `json:"configurationParameters"`
}

func (p picture) minimal() minimalSubscription {
	return minimalSubscription{ID: p.sub.ID, Self: self("subscription", p.sub.ID), Name: p.name()}
}

func (p picture) deployment() deployedSubscription {
	return deployedSubscription{ID: p.sub.ID, Buyer: refer("user", p.buyer), Type: p.kind(), ProductVersion: refer("productVersion", p.sub.PlanID),
		BillingItems: p.items(), ConfigurationParameters: p.parameters()}
}

// cost is the price of a period with what was bought, before use and tax.
func (p picture) cost() amount {
	return sum(rating.Recurring(p.content.Terms, p.content.Bought(json.RawMessage(p.sub.Parameters))...))
}

// document is the subscription for an actor in the shapes of a version.
func (p picture) document(actor account.Actor, v version) subscriptionDocument {
	sub := p.sub
	d := subscriptionDocument{ID: sub.ID, Self: self("subscription", sub.ID), Name: p.name(), Type: p.kind(),
		DeploymentStatus: statuses[sub.Status], Paid: p.paid(), AutoRenew: sub.AutoRenew,
		StartDate: at(sub.ActivatedAt), EndDate: at(p.end()), CreatedAt: at(&sub.CreatedAt), UpdatedAt: at(p.changed()),
		BillingPeriod:      p.content.PeriodMonths,
		BillingPeriodStart: at(sub.PeriodStart), LastInvoice: at(sub.PeriodStart), BillingPeriodEnd: at(sub.PeriodEnd), NextInvoice: at(sub.PeriodEnd),
		Product: refer("product", sub.ProductID), ProductVersion: refer("productVersion", sub.PlanID), Company: refer("company", sub.VendorID),
		Buyer: refer("user", p.buyer), UserCompany: refer("userCompany", sub.CustomerID), Reseller: refer("reseller", sub.Reseller()),
		Orders: refs("order", p.orders), Invoices: refs("invoice", p.invoices), Endpoints: p.endpoints, SyndicatedEndpoints: []string{},
		EndUserInstructions: p.instructions, AvailableOperations: operations(actor, sub), DeploymentLog: []json.RawMessage{},
		Metadata: metadataOf("subscription", sub.ID), VirtualMachineInstance: []*ref{}, subscriptionDetail: p.detail}
	d.BillingItems, d.ConfigurationParameters = p.itemsFor(v), p.parametersFor(v)
	return d
}

func (p picture) name() string {
	if p.sub.Name != "" {
		return p.sub.Name
	}
	return p.sub.Product
}

// kind is the type: a trial is one until it is billed.
func (p picture) kind() string {
	if p.sub.PeriodIndex == subscription.TrialPeriod {
		return "TRIAL"
	}
	return "NORMAL"
}

// paid says that all invoices are. Without any it is true, too: connectors
// deploy nothing that is not paid, trials included. What waits for something
// else, or ended before it began, is not paid.
func (p picture) paid() bool {
	switch p.sub.Status {
	case subscription.Terminated:
		return p.sub.PeriodStart != nil && p.open == 0
	case subscription.WaitingPayment, subscription.PaymentExpired, subscription.RequiresApproval, subscription.Rejected, subscription.Postponed:
		return false
	}
	return p.open == 0
}

// end is when the subscription ended, or will as it is not renewed.
func (p picture) end() *time.Time {
	if p.sub.TerminatedAt != nil || p.sub.AutoRenew {
		return p.sub.TerminatedAt
	}
	return p.sub.PeriodEnd
}

// changed is the newest instant that the subscription knows of.
func (p picture) changed() *time.Time {
	newest := p.sub.CreatedAt
	for _, t := range []*time.Time{p.sub.ActivatedAt, p.sub.PeriodStart, p.sub.TerminatedAt} {
		if t != nil && t.After(newest) {
			newest = *t
		}
	}
	return &newest
}

// itemsFor are the items as a map to numbers, or since 20180504 as a list.
func (p picture) itemsFor(v version) any {
	all := p.items()
	if v.since(billingItemsAsList) {
		return all
	}
	out := map[string]amount{}
	for _, i := range all {
		if i.Value != nil {
			out[self("billingItem", i.BillingItem.ID)] = *i.Value
		}
	}
	return out
}

// parametersFor are the parameters as a map to texts, or since 20220427 as a
// list.
func (p picture) parametersFor(v version) any {
	all := p.parameters()
	if v.since(parametersAsList) {
		return all
	}
	out := map[string]string{}
	for _, s := range all {
		out[self("configurationParameter", s.ConfigurationParameter.ID)] = s.Value
	}
	return out
}

// operations are what the actor may do to a subscription that stands where it
// does.
func operations(actor account.Actor, sub subscription.Subscription) []operation {
	url := self("subscription", sub.ID)
	out := []operation{}
	add := func(may bool, actions ...string) {
		if may {
			out = append(out, operation{Label: actions[0], URL: url, Method: "PATCH", ResourceType: "SUBSCRIPTION", Actions: actions})
		}
	}
	buyer, seller := actor.May(account.UseSubscriptions), actor.May(account.FulfilSubscriptions)
	running := sub.Status == subscription.Active
	add(!sub.Gone(), "SET_NAME")
	add(seller && (sub.Status == subscription.Pending || sub.Status == subscription.Failed), "DEPLOY")
	add(buyer && sub.Alive(), "AUTORENEW")
	add(running, "RENEW")
	add(running, "SYNDICATED_UPGRADE", "BILLING_ITEM_UPGRADE")
	add(sub.Alive(), "KILL")
	return out
}

// text is a parameter's value as the contract writes it.
func text(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case string:
		return x
	case bool:
		return strconv.FormatBool(x)
	case json.Number:
		return x.String()
	}
	raw, _ := json.Marshal(v) // it was read from JSON
	return string(raw)
}
