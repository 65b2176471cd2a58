package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"
)

// public are the addresses that a visitor may open.
var public = []string{"/", "/catalog", "/products/{sku}", "/terms", "/privacy", "/sign-in", "/sign-up", "/static/*",
	"/brand/style.css", "/brand/logo", "/invitation/{token}"}

// address fills the ids of the customer's things into a route's pattern.
func (m *market) address(pattern string, sub subscription.Subscription) string {
	m.t.Helper()
	bills, err := m.Invoices.List(m.ctx, m.customer, invoice.Filter{SubscriptionID: sub.ID}, page.Request{})
	require.NoError(m.t, err)
	id := id(sub.ID)
	if strings.HasPrefix(pattern, "/account/webhooks/") {
		id = idOf(m.endpoint().ID)
	}
	if strings.HasPrefix(pattern, "/account/deliveries/") {
		id = idOf(m.tested().ID)
	}
	if strings.HasPrefix(pattern, "/account/invoices/") {
		id = idOf(bills.Items[0].ID)
	}
	return strings.NewReplacer("/live", "/live?seconds=1", "{id}", id, "{sku}", m.product.SKU).Replace(pattern)
}

// eachRoute calls do for every route of the portal.
func (m *market) eachRoute(do func(method, pattern string)) {
	routes, ok := m.handler.(chi.Routes)
	require.True(m.t, ok)
	err := chi.Walk(routes, func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if method == http.MethodGet || method == http.MethodPost {
			do(method, pattern)
		}
		return nil
	})
	require.NoError(m.t, err)
}

func TestEveryPage_asNobodyLeadsToSignIn(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	walked := 0
	m.eachRoute(func(method, pattern string) {
		if method != http.MethodGet || contains(public, pattern) {
			return
		}
		b := m.visitor()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		b.open(m.address(pattern, sub))
		require.Equal(t, http.StatusSeeOther, b.status, pattern)
		require.True(t, strings.HasPrefix(b.header.Get("Location"), "/sign-in?return="), "%s: %s", pattern, b.header.Get("Location"))
		walked++
	})
	require.Greater(t, walked, 10)
}

func TestEveryForm_asNobodyIsRefused(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	m.eachRoute(func(method, pattern string) {
		if method != http.MethodPost || pattern == "/static/*" {
			return
		}
		b := m.visitor()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		b.send(http.MethodPost, m.address(pattern, sub), url.Values{}, nil)
		if b.status == http.StatusSeeOther {
			require.True(t, strings.HasPrefix(b.header.Get("Location"), "/sign-in"), pattern)
			return
		}
		require.Equal(t, http.StatusForbidden, b.status, "%s wants a token", pattern)
	})
	require.Equal(t, subscription.Active, m.sub(sub.ID).Status)
}

func TestEveryAccountPage_ofAnotherCustomerDoesNotExist(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	b := m.as(m.stranger)
	b.open("/account")
	token := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	m.eachRoute(func(method, pattern string) {
		if !strings.HasPrefix(pattern, "/account/") || !strings.Contains(pattern, "{id}") {
			return
		}
		if pattern == "/account/tokens/{id}/revoke" && method == http.MethodPost {
			return // told in a toast
		}
		b.send(method, m.address(pattern, sub), url.Values{"csrf": {token}}, nil)
		if b.status == http.StatusOK {
			b.has("There is no such") // said in a toast on the way back
			return
		}
		require.Equal(t, http.StatusNotFound, b.status, "%s %s", method, pattern)
	})
	require.Equal(t, subscription.Active, m.sub(sub.ID).Status)
}

func TestEveryAccountPage_opensForItsCustomer(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	_, _, err := m.Accounts.CreateToken(m.ctx, m.customer, "export")
	require.NoError(t, err)
	b := m.as(m.customer)
	m.eachRoute(func(method, pattern string) {
		if method != http.MethodGet || !strings.HasPrefix(pattern, "/account") {
			return
		}
		b.open(m.address(pattern, sub))
		require.Equal(t, http.StatusOK, b.status, pattern)
		require.Equal(t, "no-store", b.header.Get("Cache-Control"), pattern)
	})
}

func TestSpaces_ofOthersAreForbidden(t *testing.T) {
	m := setup(t)
	for _, c := range []struct {
		who  account.Actor
		path string
		want int
	}{
		{m.customer, "/operator/styleguide", http.StatusForbidden},
		{m.vendor, "/account", http.StatusForbidden},
		{m.vendor, "/account/settings", http.StatusOK},
		{m.vendor, "/checkout?plan=" + id(m.plan.ID), http.StatusForbidden},
		{m.operator, "/operator/styleguide", http.StatusOK},
	} {
		b := m.as(c.who)
		b.open(c.path)
		require.Equal(t, c.want, b.status, "%s on %s", c.who.Kind, c.path)
	}
}

func TestSession_isOfOneMarketplaceOnly(t *testing.T) {
	m := setup(t)
	_, err := m.Accounts.CreateMarketplace(m.ctx, account.MarketplaceInput{Name: "Giudecca", Host: "giudecca.example", Currency: "EUR"})
	require.NoError(t, err)
	b := m.as(m.customer)
	req, err := http.NewRequestWithContext(m.ctx, http.MethodGet, m.url+"/account", nil)
	require.NoError(t, err)
	req.Host = "giudecca.example:443"
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := b.client.Do(req)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	require.Equal(t, http.StatusSeeOther, res.StatusCode, "signed in at Rialto is nobody at Giudecca")
}

func TestSession_getsANewTokenAtSignInAndItsCookieIsShut(t *testing.T) {
	m := setup(t)
	at, err := url.Parse(m.url)
	require.NoError(t, err)
	token := func(b *browser) string {
		for _, c := range b.client.Jar.Cookies(at) {
			if c.Name == "fondaco_session" {
				return c.Value
			}
		}
		return ""
	}
	b := m.as(m.customer)
	first := token(b)
	require.NotEmpty(t, first)
	b.submit("form[action='/sign-out']", nil)
	b.open("/sign-in")
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	b.submit("form.form", url.Values{"email": {m.customer.Email}, "password": {password}})
	require.NotEqual(t, first, token(b))
	cookie := b.header.Get("Set-Cookie")
	require.Contains(t, cookie, "HttpOnly")
	require.Contains(t, cookie, "SameSite=Lax")
	require.NotContains(t, cookie, "Secure", "over plain http")
}

func TestReturn_neverLeadsToAnotherSite(t *testing.T) {
	m := setup(t)
	for _, path := range []string{"https://evil.example/", "//evil.example", `/\evil.example`} {
		b := m.visitor()
		b.open("/sign-in?return=" + url.QueryEscape(path))
		b.submit("form.form", url.Values{"email": {m.customer.Email}, "password": {password}})
		require.Equal(t, "/account", b.at.Path, path)
		require.Equal(t, m.url, "http://"+b.at.Host)
	}
}

func TestContent_ofVendorsIsText(t *testing.T) {
	m := setup(t)
	const evil = `<script>alert(1)</script><img src=x onerror=alert(2)>`
	p, err := m.Catalog.CreateProduct(m.ctx, m.vendor, catalog.ProductInput{Name: "Evil " + evil, SKU: "evil", Type: catalog.API, Category: "maps" + evil,
		ShortDescription: evil, Description: evil, Content: catalog.Content{Features: []string{evil}, FAQ: []catalog.Question{{Question: evil, Answer: evil}}},
		UpstreamURL: "http://127.0.0.1:9/"})
	require.NoError(t, err)
	_, err = m.Catalog.AddEndpoints(m.ctx, m.vendor, p.ID, []catalog.EndpointInput{{Identifier: "get-item", Name: evil, Description: evil, Method: "GET", Path: "/a"}, {Identifier: "search", Method: "GET", Path: "/b"}})
	require.NoError(t, err)
	in := starter()
	in.Name = "Plan " + evil
	plan, err := m.Catalog.CreatePlan(m.ctx, m.vendor, p.ID, in)
	require.NoError(t, err)
	_, err = m.Catalog.Submit(m.ctx, m.vendor, p.ID)
	require.NoError(t, err)
	_, err = m.Catalog.Approve(m.ctx, m.operator, p.ID)
	require.NoError(t, err)
	o, err := m.Orders.Place(m.ctx, m.customer, order.Input{PlanID: plan.ID})
	require.NoError(t, err)
	b := m.as(m.customer)
	for _, path := range []string{"/", "/catalog?q=" + url.QueryEscape(evil), "/catalog", "/products/evil", "/checkout?plan=" + id(plan.ID), "/account",
		"/account/subscriptions/" + id(*o.SubscriptionID), "/account/invoices/" + id(*o.InvoiceID), "/account/invoices/" + id(*o.InvoiceID) + "/pay"} {
		b.open(path)
		require.Equal(t, http.StatusOK, b.status, path)
		require.Zero(t, b.doc.Find("script:not([src]), img[onerror]").Length(), path)
		require.Contains(t, b.header.Get("Content-Security-Policy"), "script-src 'self'", path)
	}
}

func TestFailure_saysOnlyTheRequestID(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	_, err := m.DB.Writer().Exec(`ALTER TABLE invoice RENAME TO invoice_gone`)
	require.NoError(t, err)
	b.open("/account/invoices")
	require.Equal(t, http.StatusInternalServerError, b.status)
	requestID := b.header.Get("X-Request-Id")
	require.NotEmpty(t, requestID)
	b.has("This is our mistake", requestID)
	require.NotContains(t, b.text("body"), "invoice_gone")
	require.NotContains(t, b.text("body"), "no such table")
	require.Contains(t, m.log.String(), requestID)
	require.Contains(t, m.log.String(), "no such table")
}

func TestPages_thatAreNotThere(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	for _, path := range []string{"/nowhere", "/products/none", "/static/none.css"} {
		b.open(path)
		require.Equal(t, http.StatusNotFound, b.status, path)
	}
	c := m.as(m.customer)
	for _, path := range []string{"/account/subscriptions/0", "/account/subscriptions/99999999999", "/account/invoices/x", "/checkout?plan=x", "/checkout"} {
		c.open(path)
		require.Equal(t, http.StatusNotFound, c.status, path)
	}
}

func contains(all []string, s string) bool {
	for _, a := range all {
		if a == s {
			return true
		}
	}
	return false
}

func idOf(n int64) string { return id(n) }
