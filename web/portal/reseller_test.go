package portal_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/order"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/stretchr/testify/require"
)

// resale is a market with two resellers and their customers.
type resale struct {
	*market
	ponte, calle, bottega, osteria account.Actor
}

func setupResale(t *testing.T) *resale {
	t.Helper()
	r := &resale{market: setup(t)}
	r.ponte, r.calle = r.person(account.Reseller, "Ponte Resale"), r.person(account.Reseller, "Calle Resale!")
	r.bottega, r.osteria = r.customerOf(r.ponte, "bottega"), r.customerOf(r.calle, "osteria")
	return r
}

func (r *resale) customerOf(reseller account.Actor, name string) account.Actor {
	r.t.Helper()
	made, err := r.Accounts.CreateCustomer(r.ctx, reseller, account.CompanyInput{Company: name, Email: name + "@example.test", Person: account.PersonInput{Name: name}})
	require.NoError(r.t, err)
	actor, err := r.Accounts.Accept(r.ctx, r.market.market.ID, made.Token, password)
	require.NoError(r.t, err)
	return actor
}

// sold is a subscription that Ponte sold to Bottega, paid and active.
func (r *resale) sold() subscription.Subscription {
	r.t.Helper()
	_, err := r.Prices.Set(r.ctx, r.ponte, pricelist.Input{PlanID: r.plan.ID, Rule: pricelist.Rule{Kind: pricelist.Percent, Percent: new(dec("15"))}})
	require.NoError(r.t, err)
	o, err := r.Orders.Place(r.ctx, r.bottega, order.Input{PlanID: r.plan.ID})
	require.NoError(r.t, err)
	_, err = r.Payments.Pay(r.ctx, r.bottega, *o.InvoiceID, payment.Card{Number: "4242424242424242"})
	require.NoError(r.t, err)
	r.idle()
	return r.sub(*o.SubscriptionID)
}

func (r *resale) shop(mode storefront.Mode) storefront.Storefront {
	r.t.Helper()
	shop, err := r.Storefronts.Save(r.ctx, r.ponte, storefront.Input{Host: "cloud.ponte.example", Name: "Ponte Cloud", Contact: "hello@ponte.example", Accent: "#7a1f3d", Mode: mode})
	require.NoError(r.t, err)
	return shop
}

// at opens an address on another host, as nobody.
func (r *resale) at(host, path string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.url+path, nil)
	require.NoError(r.t, err)
	req.Host = host
	res, err := http.DefaultClient.Do(req)
	require.NoError(r.t, err)
	defer res.Body.Close()
	var body bytes.Buffer
	_, err = body.ReadFrom(res.Body)
	require.NoError(r.t, err)
	return fmt.Sprintf("%d %s", res.StatusCode, body.String())
}

func TestReseller_seesWhatItSoldWhatItEarnsAndWhoNeedsHelp(t *testing.T) {
	r := setupResale(t)
	sub := r.sold()
	b := r.as(r.ponte)
	b.open("/reseller")
	b.has("€4.35", "€33.35", "bottega", "Nobody waits for you.")
	b.open("/reseller/sales")
	b.has("bottega", "€29.00", "€33.35", "€4.35")
	b.open("/reseller/sales/" + id(sub.ID))
	b.has("Terminate subscription", "Suspend subscription")
	require.NotContains(t, b.doc.Text(), "Access key")
	b.open("/reseller/prices")
	b.has("15 % on all prices", "at the price you pay")
	b.open("/reseller/prices/" + id(r.plan.ID))
	b.has("Ponte Resale")

	peer := r.as(r.calle)
	peer.open("/reseller")
	require.NotContains(t, peer.doc.Text(), "bottega")
	peer.open("/reseller/sales")
	require.NotContains(t, peer.doc.Text(), "bottega")
}

func TestReseller_setsAPriceInTheFormAndKeepsWhatWasTyped(t *testing.T) {
	r := setupResale(t)
	b := r.as(r.ponte)
	path := "/reseller/prices/" + id(r.plan.ID)
	b.open(path)
	csrf := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	b.send(http.MethodPost, path, url.Values{"csrf": {csrf}, "rule": {"percent"}, "percent": {"abc"}}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	require.Equal(t, "abc", b.doc.Find("#f-percent").AttrOr("value", ""))
	b.send(http.MethodPost, path, url.Values{"csrf": {csrf}, "rule": {"absolute"}, "percent": {"15"}, "recurringPrice": {"34.90"}}, nil)
	require.Equal(t, "/reseller/prices", b.at.Path)
	b.has("your own prices", "€34.90")
}

func TestReseller_bringsACustomerAndOrdersForIt(t *testing.T) {
	r := setupResale(t)
	b := r.as(r.ponte)
	b.open("/reseller/customers/new")
	csrf := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	b.send(http.MethodPost, "/reseller/customers/new", url.Values{"csrf": {csrf}, "company": {"Squero"}, "email": {"x"}}, nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	require.Equal(t, "Squero", b.doc.Find("#f-company").AttrOr("value", ""))
	b.send(http.MethodPost, "/reseller/customers/new", url.Values{"csrf": {csrf}, "company": {"Squero"}, "email": {"s@squero.test"}, "person.name": {"Siro"}}, nil)
	b.has("/invitation/fdi_")
	link := b.doc.Find("pre").First().Text()
	invited := r.visitor()
	invited.open(link[strings.Index(link, "/invitation/"):])
	invited.has("Siro", "Squero")
	token := invited.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	invited.send(http.MethodPost, invited.at.Path, url.Values{"csrf": {token}, "password": {password}}, nil)
	require.Equal(t, "/account", invited.at.Path)

	customer, _ := b.doc.Find("a.btn-primary").First().Attr("href")
	b.open(customer)
	offer, _ := b.doc.Find("#order a").First().Attr("href")
	b.open(offer)
	b.has("Squero", "s@squero.test")
	form := url.Values{"csrf": {csrf}, "terms": {"true"}}
	for _, name := range []string{"seen", "customer"} {
		form.Set(name, b.doc.Find("input[name="+name+"]").AttrOr("value", ""))
	}
	form.Set("plan", b.doc.Find("input[name=plan][checked]").AttrOr("value", ""))
	b.send(http.MethodPost, "/checkout", form, nil)
	require.Equal(t, customer, b.at.Path)
	b.has("Ordered for Squero.", "Lagoon")
}

func TestReseller_approvesAnOrderThatWaits(t *testing.T) {
	r := setupResale(t)
	require.NoError(t, r.DB.InTx(r.ctx, r.market.market.ID, func(tx *store.Tx) error {
		_, err := tx.Exec(r.ctx, `UPDATE product SET subscription_approval = ? WHERE id = ?`, true, r.product.ID)
		return err
	}))
	o, err := r.Orders.Place(r.ctx, r.bottega, order.Input{PlanID: r.plan.ID})
	require.NoError(t, err)
	b := r.as(r.ponte)
	b.open("/reseller")
	b.has("The order waits for your approval.")
	path := "/reseller/sales/" + id(*o.SubscriptionID)
	b.open(path)
	csrf := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	peer := r.as(r.calle)
	peer.open("/reseller")
	peer.send(http.MethodPost, path+"/approve", url.Values{"csrf": {peer.doc.Find("input[name=csrf]").First().AttrOr("value", "")}}, nil)
	require.Equal(t, http.StatusNotFound, peer.status)
	b.send(http.MethodPost, path+"/approve", url.Values{"csrf": {csrf}}, nil)
	b.has("The order is approved.")
	require.Equal(t, subscription.WaitingPayment, r.sub(*o.SubscriptionID).Status)
}

func TestStorefront_wearsItsNameItsColourAndItsPrices(t *testing.T) {
	r := setupResale(t)
	r.sold()
	r.shop(storefront.Standard)
	page := r.at("cloud.ponte.example:8080", "/products/lagoon")
	require.Contains(t, page, "Ponte Cloud")
	require.Contains(t, page, "€33.35")
	require.Contains(t, page, "/brand/style.css?")
	require.Contains(t, page, "mailto:hello@ponte.example")
	require.NotContains(t, page, "Rialto")
	require.Contains(t, r.at("cloud.ponte.example", "/brand/style.css"), "200 :root { --accent: light-dark(#7a1f3d, ")
	require.Contains(t, r.at("cloud.ponte.example", "/brand/logo"), "404 ")
	require.NotContains(t, r.at("cloud.ponte.example", "/sign-up"), "wants")
	require.Contains(t, r.at("rialto.example", "/brand/style.css"), "404 ")
	require.Contains(t, r.at("rialto.example", "/products/lagoon"), "€29.00")

	b := r.as(r.bottega) // a customer of the reseller, on the marketplace's own host
	b.open("/products/lagoon")
	b.has("€33.35")
	other := r.as(r.customer)
	other.open("/products/lagoon")
	other.has("€29.00")
}

func TestStorefront_ofAnotherModeAsksToWrite(t *testing.T) {
	r := setupResale(t)
	r.shop(storefront.Listing)
	page := r.at("cloud.ponte.example", "/products/lagoon")
	require.Contains(t, page, "€29.00")
	require.Contains(t, page, "To order, write to")
	require.NotContains(t, page, "/checkout")
	r.shop(storefront.Showcase)
	page = r.at("cloud.ponte.example", "/products/lagoon")
	require.NotContains(t, page, "29.00")
	require.Contains(t, page, "For prices, write to")
}

func TestStorefront_isSavedWithItsLogoAndWornAtOnce(t *testing.T) {
	r := setupResale(t)
	b := r.as(r.ponte)
	b.open("/reseller/storefront")
	csrf := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
	send := func(accent string) {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		for name, value := range map[string]string{"csrf": csrf, "host": "cloud.ponte.example", "name": "Ponte Cloud", "mode": "standard", "contact": "a@b.example", "accent": accent} {
			require.NoError(t, form.WriteField(name, value))
		}
		part, err := form.CreateFormFile("logo", "logo.png")
		require.NoError(t, err)
		require.NoError(t, png.Encode(part, image.NewGray(image.Rect(0, 0, 2, 2))))
		require.NoError(t, form.Close())
		b.sendBody(http.MethodPost, "/reseller/storefront", &body, http.Header{"Content-Type": {form.FormDataContentType()}})
	}
	send("#ffffff")
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("too light")
	send("#7a1f3d")
	b.has("The storefront is saved.")
	style, _ := b.doc.Find(`link[href*="brand"]`).Attr("href")
	require.NotEmpty(t, style, "the page shows how it looks")
	logo, _ := b.doc.Find(".brand img").First().Attr("src")
	b.open(logo)
	require.Equal(t, "image/png", b.header.Get("Content-Type"))
}

// everybodyElse are the actors that a sale of Ponte to Bottega does not concern.
func (r *resale) everybodyElse() map[string]account.Actor {
	return map[string]account.Actor{"another reseller": r.calle, "its customer": r.osteria, "a customer of nobody": r.customer}
}

func TestEveryPage_ofAResoldSubscriptionIsShutToEverybodyElse(t *testing.T) {
	r := setupResale(t)
	sub := r.sold()
	for name, actor := range r.everybodyElse() {
		b := r.as(actor)
		b.open("/account")
		token := b.doc.Find("input[name=csrf]").First().AttrOr("value", "")
		r.eachRoute(func(method, pattern string) {
			if pattern == "/static/*" || pattern == "/sign-out" || pattern == "/sandbox/clock" || strings.HasPrefix(pattern, "/account/tokens") {
				return
			}
			concrete := strings.NewReplacer("/live", "/live?seconds=1", "{id}", id(sub.ID), "{plan}", id(r.plan.ID), "{sku}", "lagoon", "{verb}", "terminate", "{name}", "apiKey", "{token}", "fdi_x", "{identifier}", "search").Replace(pattern)
			if strings.HasPrefix(pattern, "/reseller/customers/{id}") {
				concrete = "/reseller/customers/" + id(r.bottega.OrganizationID)
			}
			b.send(method, concrete, url.Values{"csrf": {token}}, nil)
			text := b.doc.Text()
			require.NotContains(t, text, "bottega", "%s: %s %s", name, method, pattern)
			require.Less(t, b.status, 500, "%s: %s %s", name, method, pattern)
			require.NotContains(t, text, "€33.35", "%s: %s %s", name, method, pattern)
		})
	}
	require.Equal(t, subscription.Active, r.sub(sub.ID).Status)
	shop, err := r.Storefronts.Of(r.ctx, r.market.market.ID, r.ponte.OrganizationID)
	require.NoError(t, err)
	require.Zero(t, shop.ID, "nobody made a storefront for another")
}

func TestEveryResellerPage_opensForResellersAndForNobodyElse(t *testing.T) {
	r := setupResale(t)
	sub := r.sold()
	r.shop(storefront.Standard)
	hook, _, err := r.Webhooks.CreateEndpoint(r.ctx, r.ponte, webhook.EndpointInput{URL: "http://127.0.0.1:1/nobody-listens"})
	require.NoError(t, err)
	sent, err := r.Webhooks.SendTest(r.ctx, r.ponte, hook.ID, webhook.TestInput{})
	require.NoError(t, err)
	walked := 0
	r.eachRoute(func(method, pattern string) {
		if method != http.MethodGet || !strings.HasPrefix(pattern, "/reseller") {
			return
		}
		path := strings.NewReplacer("{id}", id(sub.ID), "{plan}", id(r.plan.ID), "{verb}", "terminate").Replace(pattern)
		if strings.HasPrefix(pattern, "/reseller/customers/{id}") {
			path = "/reseller/customers/" + id(r.bottega.OrganizationID)
		}
		if strings.HasPrefix(pattern, "/reseller/webhooks/{id}") {
			path = strings.Replace(pattern, "{id}", id(hook.ID), 1)
		}
		if pattern == "/reseller/deliveries/{id}" {
			path = "/reseller/deliveries/" + id(sent.ID)
		}
		b := r.as(r.ponte)
		b.open(path)
		require.Equal(t, http.StatusOK, b.status, pattern)
		require.Equal(t, "no-store", b.header.Get("Cache-Control"), pattern)
		b.accessible()
		for _, other := range []account.Actor{r.vendor, r.bottega, r.customer} {
			c := r.as(other)
			c.open(path)
			require.Equal(t, http.StatusForbidden, c.status, pattern)
		}
		walked++
	})
	require.Greater(t, walked, 8)
}
