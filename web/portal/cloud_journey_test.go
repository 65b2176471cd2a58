package portal_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/usage"
	"github.com/stretchr/testify/require"
)

func TestStorefront_showsQuantitiesMetersAndWhatTheyWouldCost(t *testing.T) {
	m := setup(t)
	m.clouds()
	b := m.visitor()
	b.open("/products/lagoon-cloud")
	b.has("CPU cores", "1 to 16 cores", "1 core included", "€5.00 per core, per month", "2 to 64 GB, in steps of 2", "Computing", "€0.02 per core-hour", "What differs between plans is marked.")
	b.submit("form.calc", url.Values{"buy.cores": {"4"}, "buy.memoryGb": {"8"}, "meters.coreHours": {"100"}})
	require.Contains(t, b.text(".estimate"), "Prepaid, per month Recurring price €10.00 CPU cores 3 × 5.00 = 15.00 · 4, of which 1 are included. €15.00 Memory (GB)")
	require.Contains(t, b.text(".estimate"), "€2.00", "core-hours of the metered plan")
	b.submit("form.calc", url.Values{"buy.cores": {"99"}})
	b.has("CPU cores: this plan sells 1 to 16 cores.")
	b.submit("form.calc", url.Values{"buy.cores": {"1.5"}, "meters.coreHours": {"x"}})
	b.hasError("buy.cores", "Give a whole number, such as 4.")
	b.hasError("meters.coreHours", "Give a number")
}

func TestCheckout_pricesTheQuantitiesThatArePicked(t *testing.T) {
	m := setup(t)
	_, plan, metered := m.clouds()
	b := m.as(m.customer)
	b.open("/checkout?plan=" + id(plan.ID))
	b.accessible()
	require.Equal(t, "2", b.value("parameters.cores"), "what the plan suggests")
	require.Equal(t, "16", b.doc.Find("[name='parameters.cores']").AttrOr("max", ""))
	b.has("CPU cores", "€5.00", "Memory (GB)", "€6.00", "Total €25.62") // 10 + 1×5 + 4×1.50, and 22 percent

	b.open(fmt.Sprintf("/checkout?plan=%d&parameters.cores=4&parameters.memoryGb=8", plan.ID))
	b.has("Place order for €45.14")
	b.submit("#order", url.Values{"parameters.cores": {"17"}, "parameters.memoryGb": {"7"}, "parameters.projectName": {"Not Allowed"}, "terms": {"true"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("parameters.cores", "At most 16.")
	b.hasError("parameters.memoryGb", "Only in steps of 2 from 2.")
	require.NotEmpty(t, b.text("#f-parameters-projectName-error"))
	require.Equal(t, "17", b.value("parameters.cores"), "what was typed stays")
	b.has("The bill appears here when what you chose can be ordered.")

	b.submit("#order", url.Values{"parameters.cores": {"4"}, "parameters.memoryGb": {"8"}, "parameters.projectName": {"tides"}, "terms": {"true"}})
	b.has("The bill has changed since the page was opened.", "Place order for €45.14")
	b.submit("#order", url.Values{"terms": {"true"}})
	require.Regexp(t, `^/account/invoices/\d+/pay$`, b.at.Path)
	b.has("€45.14")

	b.send(http.MethodGet, fmt.Sprintf("/checkout?plan=%d&parameters.cores=99&parameters.memoryGb=8", plan.ID), nil, http.Header{"Hx-Request": {"true"}})
	require.Zero(t, b.doc.Find("header.top").Length(), "only the bill")
	require.Contains(t, b.text("#checkout-bill"), "At most 16.")
	require.Zero(t, b.doc.Find("#quantities").Length(), "fields stay while somebody types")
	b.send(http.MethodGet, "/checkout?plan="+id(metered.ID), nil, http.Header{"Hx-Request": {"true"}, "Hx-Trigger-Name": {"plan"}})
	require.Equal(t, 1, b.doc.Find("#quantities[hx-swap-oob]").Length(), "another plan has other quantities")
}

func TestSubscription_ofACloudShowsItsSizeAndItsCredentials(t *testing.T) {
	m := setup(t)
	sub := m.project()
	b := m.as(m.customer)
	b.open(pathOf(sub))
	b.has("What you have", "CPU cores 4 cores", "Memory 8 GB", "Project name tides", "€37.00 per month", "https://cloud.example:5000/v3")
	require.NotContains(t, b.html(), "s3cret-of-the-project")
	b.submit("#key form", nil)
	b.accessible()
	b.has("fondaco-"+id(sub.ID), "s3cret-of-the-project", "Download clouds.yaml", "Download openrc")
	require.Contains(t, b.text("#access"), "export OS_PROJECT_NAME=fondaco")

	form := b.doc.Find("form[action$='/credentials/clouds.yaml']")
	req, err := http.NewRequestWithContext(m.ctx, http.MethodPost, m.url+form.AttrOr("action", ""), strings.NewReader(fieldsOf(form).Encode()))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := b.client.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	file, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.Equal(t, `attachment; filename=clouds.yaml`, res.Header.Get("Content-Disposition"))
	require.Contains(t, string(file), "clouds:\n  fondaco:")
	require.Equal(t, "no-store", res.Header.Get("Cache-Control"))
}

func TestSize_moreIsDueNowAndLessWaits(t *testing.T) {
	m := setup(t)
	sub := m.project()
	b := m.as(m.customer)
	b.open(pathOf(sub))
	b.follow("Change size")
	b.has("Choose another size")
	b.submit("#size", url.Values{"parameters.cores": {"8"}, "parameters.memoryGb": {"4"}})
	b.has("Due now", "More takes effect at once.", "Less takes effect on", "4 GB", "From then on it is €51.00 per month.")
	b.submit("#change", nil)
	require.Equal(t, pathOf(sub), b.at.Path)
	b.has("The new size begins with the next period.", "CPU cores 8 cores", "Memory 8 GB", "With the next period: Memory 4 GB.")
	m.idle()
	require.JSONEq(t, `{"cores":8,"memoryGb":8,"projectName":"tides"}`, m.sub(sub.ID).Parameters)
}

func TestSize_refusesInThePluginsWords(t *testing.T) {
	m := setup(t)
	sub := m.project()
	m.cloud.change(func(c *cloud) { c.inUse = 3 })
	b := m.as(m.customer)
	b.open(pathOf(sub) + "/size?parameters.cores=2&parameters.memoryGb=8")
	b.hasError("parameters.cores", "3 cores are in use; delete servers first or choose at least 3.")
	require.Zero(t, b.doc.Find("#change").Length(), "nothing to confirm")
	b.send(http.MethodGet, pathOf(sub)+"/size?parameters.cores=2&parameters.memoryGb=8", nil, http.Header{"Hx-Request": {"true"}})
	require.Contains(t, b.text("#size-quote"), "3 cores are in use")
	b.open(pathOf(sub) + "/size?parameters.cores=4&parameters.memoryGb=8")
	b.has("The subscription has this size already.")
	b.open(pathOf(sub) + "/size?parameters.cores=8&parameters.memoryGb=8")
	typed := fieldsOf(b.doc.Find("#change"))
	b.send(http.MethodPost, pathOf(sub)+"/size", with(typed, "seen", "another price"), nil)
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	require.JSONEq(t, `{"cores":4,"memoryGb":8,"projectName":"tides"}`, m.sub(sub.ID).Parameters, "what was not seen is not done")
}

func TestSubscription_ofACloudShowsWhatWasUsedInItsUnits(t *testing.T) {
	m := setup(t)
	_, _, metered := m.clouds()
	sub := m.buy(metered.ID)
	now, err := m.DB.Now(m.ctx, m.market.ID)
	require.NoError(t, err)
	_, err = m.Usage.Ingest(m.ctx, m.market.ID, "test", []usage.Record{{EventID: "1", SubscriptionID: sub.ID, Meter: "coreHours",
		Quantity: usage.Units(12) + usage.Unit/2, Billable: true, RealAt: now}})
	require.NoError(t, err)
	b := m.as(m.customer)
	b.open(pathOf(sub))
	b.has("Computing, 12.5 core-hours", "€0.25", "Computing per day, last 31 days")
	b.open("/account/invoices")
	require.Equal(t, http.StatusOK, b.status)
}
