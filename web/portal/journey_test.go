package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// number is a card of the sandbox gateway.
func number(n string) url.Values { return url.Values{"card.number": {n}} }

func TestBuying_byFormsOnly(t *testing.T) {
	m := setup(t)
	b := m.visitor()
	b.open("/")
	b.submit("main form[role=search]", url.Values{"q": {"lagoon"}})
	b.has("Lagoon", "from €29.00 per month")
	b.open(b.doc.Find(".shelf a").AttrOr("href", ""))
	b.has("Maps of the lagoon", "5 calls per month", "first 10 calls: €0.10 each", "above 10: €0.05 each")
	b.open(b.doc.Find(".compare tfoot a").First().AttrOr("href", ""))
	require.Equal(t, "/sign-in", b.at.Path, "a visitor signs in first")
	b.submit("form.form", url.Values{"email": {m.customer.Email}, "password": {password}})
	require.Equal(t, "/checkout", b.at.Path)
	b.has("Setup €10.00", "Recurring price €29.00", "VAT 22 percent €8.58", "Total €47.58", "Place order for €47.58")

	b.submit("#order", nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.has("Accept the terms to order.")
	b.submit("#order", url.Values{"terms": {"true"}})
	require.Regexp(t, `^/account/invoices/\d+/pay$`, b.at.Path)
	b.has("Total €47.58", "4242 4242 4242 4242")

	b.submit("form.form", number("4000 0000 0000 0002"))
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	require.Equal(t, "The card was declined. Use another card.", b.text("#f-card-number-error"))
	require.Empty(t, b.doc.Find("input[name='card.number']").AttrOr("value", ""), "a card number is not given back")
	b.submit("form.form", number("4242 4242 4242 4242"))
	require.Regexp(t, `^/account/subscriptions/\d+$`, b.at.Path)
	b.has("is paid.")
	m.idle()
	b.open(b.at.Path)
	b.has("Active", "Access key", "What happened", "Ordered Lagoon, plan Starter", "Ready to use")
	require.NotContains(t, b.text("body"), "Setting up your access")
}

func TestSubscription_itsKeyIsOnThePageOnlyWhenAskedFor(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	keys, err := m.Provision.Credentials(m.ctx, m.customer, sub.ID)
	require.NoError(t, err)
	key := keys[0].Value.Reveal()
	b := m.as(m.customer)
	html, err := b.open(pathOf(sub)).Html()
	require.NoError(t, err)
	require.NotContains(t, html, key)
	require.Contains(t, b.text("#access .code"), "apikey: YOUR_KEY")
	b.submit("#key form", nil)
	require.Equal(t, key, b.text("#key code"))
	require.Contains(t, b.text("#access .code"), "apikey: "+key)
	require.Equal(t, "no-store", b.header.Get("Cache-Control"))
}

func TestSubscription_showsUseAgainstLimitsAndWhatItCosts(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	m.use(sub.ID, "get-item", 4)
	m.use(sub.ID, "search", 23)
	b := m.as(m.customer)
	b.open(pathOf(sub))
	require.Contains(t, b.text(".meter"), "4 of 5 calls")
	require.Contains(t, b.text(".bill"), "10 × 0.10 + 13 × 0.05 = 1.65")
	require.Contains(t, b.text(".bill"), "€2.01", "with VAT")
	require.Contains(t, b.text(".chart"), "27", "the chart's table has the day's calls")
	b.open("/account")
	b.has("€49.59", "€47.58 billed, €2.01 used since", "1 near a limit", "Expected by the end of the month €49.59")
}

func TestSubscription_changeOfPlanIsBilledAsItWasShown(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	b := m.as(m.customer)
	b.open(pathOf(sub) + "/change-plan")
	b.submit("form[method=get].form", url.Values{"plan": {id(m.big.ID)}})
	b.has("Due now", "The change takes effect at once", "From then on it is €99.00 per month")
	due := b.text(".bill-total:last-child dd")
	b.submit("main form[method=post]", nil)
	require.Equal(t, pathOf(sub), b.at.Path)
	b.has("You are on plan Pro now.", "Plan Pro")
	b.open("/account/invoices")
	b.has(due)

	b.open(pathOf(sub) + "/change-plan?plan=" + id(m.plan.ID))
	b.has("Nothing is due now, and nothing is paid back")
	m.idle()
	b.submit("main form[method=post]", nil)
	b.has("Plan Starter begins with the next period.", "then Starter")
}

func TestSubscription_pauseResumeAndEndAskOnceAndWork(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	b := m.as(m.customer)
	b.open(pathOf(sub) + "/suspend")
	b.has("Suspend Lagoon, plan Starter?", "Calls are refused until you resume")
	b.submit("main form", nil)
	require.Equal(t, subscription.Suspended, m.sub(sub.ID).Status)
	m.idle()
	b.open(pathOf(sub))
	b.submit("form[action$=resume]", nil)
	m.idle()
	require.Equal(t, subscription.Active, m.sub(sub.ID).Status)
	b.open(pathOf(sub))
	b.submit("form[action$=auto-renew]", nil)
	require.False(t, m.sub(sub.ID).AutoRenew)
	b.has("ends on", "Turn on")
	b.open(pathOf(sub) + "/terminate")
	b.has("Terminate Lagoon, plan Starter?", "The €29.00 paid until", "are not paid back")
	b.submit("main form", nil)
	b.has("Subscription terminated.")
	m.idle()
	require.Equal(t, subscription.Terminated, m.sub(sub.ID).Status)
	b.submitStale(pathOf(sub)+"/suspend", "A subscription that is terminated cannot become suspended.")
}

func TestClock_advancesFromThePageAndBillsThePeriod(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	m.use(sub.ID, "search", 23)
	b := m.as(m.customer)
	b.open("/account/invoices?state=unpaid")
	b.submit("form.clock", url.Values{"by": {"period"}})
	require.Equal(t, "/account/invoices", b.at.Path)
	b.has("Everything due until then has happened.", "€37.39")
	b.open(b.doc.Find(".table tbody a").AttrOr("href", ""))
	b.has("10 × 0.10 + 13 × 0.05 = 1.65", "Net €30.65", "Total €37.39")
	now, err := m.DB.Now(m.ctx, m.market.ID)
	require.NoError(t, err)
	require.WithinDuration(t, *sub.PeriodEnd, now, time.Minute)
	b.open("/account/invoices")
	b.submit("form.clock", url.Values{"by": {"forever"}})
	b.has("Advance by 1h, 1d")
}

func TestTokens_areShownOnceAndRevoked(t *testing.T) {
	m := setup(t)
	b := m.as(m.customer)
	b.open("/account/tokens")
	b.submit("main form", nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.submit("main form", url.Values{"name": {"Export"}})
	text := b.text("#new-token code")
	require.True(t, strings.HasPrefix(text, "fdk_"), text)
	html, err := b.open("/account/tokens").Html()
	require.NoError(t, err)
	require.NotContains(t, html, text)
	b.open(b.doc.Find("a[href$=revoke]").AttrOr("href", ""))
	b.has("Revoke token “Export”?")
	b.submit("main form", nil)
	b.has("Token revoked.", "Revoked")
}
