package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/fulfilment"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// connector is a vendor's server: it refuses what it is told to refuse, by the
// type of the order, and answers metrics with a number.
type connector struct {
	*httptest.Server
	mu      sync.Mutex
	refuses map[string]bool
	asked   []map[string]any
	metric  string
	polls   []http.Header
}

func newConnector(t *testing.T) *connector {
	t.Helper()
	c := &connector{refuses: map[string]bool{}, metric: `{"value": 0}`}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *connector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.URL.Path {
	case "/validate":
		var q map[string]any
		_ = json.NewDecoder(r.Body).Decode(&q)
		c.asked = append(c.asked, q)
		if kind, _ := q["orderType"].(string); c.refuses[kind] {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"errors":[{"message":"Not today."}]}`)
			return
		}
	case "/metric":
		c.polls = append(c.polls, r.Header)
		if c.metric == "" {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, c.metric)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// types are the questions since the last time.
func (c *connector) types() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []string
	for _, q := range c.asked {
		kind, _ := q["orderType"].(string)
		out = append(out, kind)
	}
	c.asked = nil
	return out
}

func (c *connector) refuse(kinds ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.refuses)
	for _, k := range kinds {
		c.refuses[k] = true
	}
}

// hosting is what a vendor with a connector sells: seats, and what it measures.
func (b *vendorBundle) hosting(c *connector, configuration string, plans ...catalog.PlanInput) []catalog.Plan {
	b.t.Helper()
	p, err := b.Catalog.CreateProduct(b.ctx, b.vendor, catalog.ProductInput{Name: "Hosting", SKU: "hosting", Type: catalog.Syndicated, Category: "sites",
		ShortDescription: "Sites on stilts", SyndicationURL: c.URL + "/events", Configuration: json.RawMessage(configuration)})
	require.NoError(b.t, err)
	var out []catalog.Plan
	for _, in := range plans {
		made, err := b.Catalog.CreatePlan(b.ctx, b.vendor, p.ID, in)
		require.NoError(b.t, err)
		out = append(out, made)
	}
	_, err = b.Catalog.Submit(b.ctx, b.vendor, p.ID)
	require.NoError(b.t, err)
	_, err = b.Catalog.Approve(b.ctx, b.operator, p.ID)
	require.NoError(b.t, err)
	return out
}

// deployed orders a plan, pays it, and lets its vendor report it.
func (b *vendorBundle) deployed(in order.Input) subscription.Subscription {
	b.t.Helper()
	o, sub := b.place(in)
	if o.InvoiceID != nil {
		b.pay(*o.InvoiceID)
	}
	require.NoError(b.t, b.report(sub.ID, fulfilment.Deployed))
	return b.is(sub.ID, subscription.Active)
}

func seats(name, price string) catalog.PlanInput {
	in := paidPlan()
	in.Name, in.Terms.RecurringPrice = name, dec(price)
	in.Resources = []catalog.PlanResource{{Parameter: "seats", Min: 1, Max: 50, Default: 2, UnitPrice: dec("3.00")}}
	return in
}

func TestCallback_theVendorIsAskedBeforeEverySaleChangeAndEnd(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		plans := b.hosting(c, `{"orderValidationUrls":["`+c.URL+`/validate"],"parameters":[{"code":"site","required":true}]}`, seats("Small", "9.00"), seats("Large", "19.00"))
		in := order.Input{PlanID: plans[0].ID, Parameters: json.RawMessage(`{"site":"squero","seats":4}`)}
		c.refuse("NORMAL")
		_, err := b.Orders.Place(b.ctx, b.customer, in)
		require.Equal(b.t, []fault.Field{{Name: "planId", Message: "Not today."}}, fault.As(err).Fields)
		_, err = b.Orders.Estimate(b.ctx, b.customer, in)
		require.Equal(b.t, fault.Invalid, fault.CodeOf(err), "an estimate refuses the same")
		_, err = b.Orders.Quote(b.ctx, b.customer, in)
		require.NoError(b.t, err, "a price is shown without asking anybody")
		require.Equal(b.t, []string{"NORMAL", "NORMAL"}, c.types())

		c.refuse("SYNDICATED_UPGRADE", "UNSUBSCRIBE", "TERMINATION")
		sub := b.deployed(in)
		c.types()
		_, err = b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, plans[1].ID)
		require.Equal(b.t, []fault.Field{{Name: "planId", Message: "Not today."}}, fault.As(err).Fields)
		_, err = b.Subscriptions.Resize(b.ctx, b.customer, sub.ID, json.RawMessage(`{"seats":5}`))
		require.Equal(b.t, []fault.Field{{Name: "parameters", Message: "Not today."}}, fault.As(err).Fields)
		_, err = b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.Equal(b.t, "Not today.", fault.As(err).Message)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.Equal(b.t, "Not today.", fault.As(err).Message)
		require.Equal(b.t, []string{"SYNDICATED_UPGRADE", "SYNDICATED_UPGRADE", "UNSUBSCRIBE", "TERMINATION"}, c.types())
		require.True(b.t, b.is(sub.ID, subscription.Active).AutoRenew)

		_, err = b.Subscriptions.Terminate(b.ctx, b.operator, sub.ID)
		require.NoError(b.t, err, "operators need not ask")
		require.Empty(b.t, c.types())
	})
}

func TestCallback_whatTheVendorAllowsIsDone(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		plans := b.hosting(c, `{"orderValidationUrls":["`+c.URL+`/validate"],"parameters":[{"code":"site","sensitive":true}]}`, seats("Small", "9.00"), seats("Large", "19.00"))
		sub := b.deployed(order.Input{PlanID: plans[0].ID, Parameters: json.RawMessage(`{"site":"v3nice"}`)})
		require.NotContains(b.t, sub.Parameters, "v3nice")
		_, err := b.Subscriptions.Resize(b.ctx, b.customer, sub.ID, json.RawMessage(`{"seats":5}`))
		require.NoError(b.t, err)
		_, err = b.Subscriptions.ChangePlan(b.ctx, b.customer, sub.ID, plans[1].ID)
		require.NoError(b.t, err)
		kind, err := b.Catalog.KindOf(b.ctx, b.product)
		require.NoError(b.t, err)
		require.NotNil(b.t, kind.Definition)
		_, err = b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.NoError(b.t, err)
		_, err = b.Subscriptions.SetAutoRenew(b.ctx, b.customer, sub.ID, false)
		require.NoError(b.t, err)
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)
		c.mu.Lock()
		for _, q := range c.asked {
			require.Equal(b.t, map[string]any{"site": "v3nice"}, q["configurationParameters"], "the vendor reads it at every question")
		}
		c.mu.Unlock()
		require.Equal(b.t, []string{"NORMAL", "SYNDICATED_UPGRADE", "SYNDICATED_UPGRADE", "UNSUBSCRIBE", "TERMINATION"}, c.types(), "what is off already is not asked for")
	})
}

func TestCallback_anOrderThatWasNeverPaidGoesWithoutAsking(t *testing.T) {
	eachVendor(t, func(b *vendorBundle) {
		c := newConnector(b.t)
		unkillable := seats("Small", "9.00")
		unkillable.Configuration = json.RawMessage(`{"unkillable":true}`)
		plans := b.hosting(c, `{"orderValidationUrls":["`+c.URL+`/validate"]}`, unkillable)
		c.refuse("TERMINATION")
		_, sub := b.place(order.Input{PlanID: plans[0].ID})
		_, err := b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.NoError(b.t, err)

		sub = b.deployed(order.Input{PlanID: plans[0].ID})
		_, err = b.Subscriptions.Terminate(b.ctx, b.customer, sub.ID)
		require.Equal(b.t, fault.Conflict, fault.CodeOf(err), "the plan runs to its end")
		c.Close()
		start := time.Now()
		_, err = b.Orders.Place(b.ctx, b.customer, order.Input{PlanID: plans[0].ID})
		require.Equal(b.t, fault.Unavailable, fault.CodeOf(err))
		require.Less(b.t, time.Since(start), 5*time.Second)
	})
}
