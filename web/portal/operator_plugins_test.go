package portal_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/provision"
	"github.com/stretchr/testify/require"
)

func TestPlugins_showTheirProcessCallsAndLog(t *testing.T) {
	m := setup(t)
	m.buy(m.plan.ID)
	o := m.as(m.operator)
	o.open("/operator/plugins")
	o.has("example", "1.0.0 · bundled", "Running", "box")
	o.follow("example")
	o.has("Latest calls", "Provision", "Done", "Providers that use it", "main", "Works")
	require.Equal(t, "/operator/subscriptions/1", o.doc.Find("#calls").Parent().Parent().Find("tbody td a").First().AttrOr("href", ""))
	o.follow("Restart plugin")
	o.has("Restart the plugin example?", "nothing is made twice")
	o.submit("main form", nil)
	o.has("The plugin example was restarted.")
	o.open("/operator/audit?q=plugin.restart")
	o.has("plugin.restart")
	o.open("/operator/plugins/none")
	require.Equal(t, http.StatusNotFound, o.status)
}

// cloudForm are the fields of a provider of the cloud plugin, as typed.
func cloudForm(password string) url.Values {
	return url.Values{"name": {"clouds"}, "settings.clouds[0].key": {"main"}, "settings.clouds[0].value.authUrl": {"https://cloud.example:5000/v3"},
		"settings.clouds[0].value.password": {password}, "do": {"save"}}
}

func TestProviderForm_isMadeOfTheSchemaAndTriedBeforeItIsKept(t *testing.T) {
	m := setup(t)
	o := m.as(m.operator)
	o.open("/operator/providers")
	o.follow("Set up a provider")
	o.submit("form.form", url.Values{"plugin": {"cloud"}})
	require.Equal(t, "fondaco", o.value("settings.mark"), "defaults are there")
	o.accessible()

	bad := with(cloudForm(""), "settings.inFlight", "99")
	o.submit("#provider", bad)
	require.Equal(t, http.StatusUnprocessableEntity, o.status)
	o.hasError("settings.inFlight", "At most 64.")
	o.hasError("settings.clouds[0].value.password", "This is required.")
	require.Equal(t, "https://cloud.example:5000/v3", o.value("settings.clouds[0].value.authUrl"), "what was typed stays")

	o.submit("#provider", with(with(cloudForm("wrong"), "settings.inFlight", "8"), "anyway", ""))
	o.has("Nothing was saved", "The cloud main refuses the password (401).", "Save although it does not work")
	all, err := m.Provision.Providers(m.ctx, m.operator)
	require.NoError(t, err)
	require.Len(t, all, 1, "nothing was saved")

	o.submit("#provider", cloudForm("right"))
	o.has("clouds is saved and works.", "Works", "1 clouds answer")
	require.NotContains(t, o.html(), "right\"")
	require.Contains(t, o.text("#provider"), "A value is kept. Left empty, it stays as it is.")
}

func TestProviderForm_aSecretLeftEmptyStays(t *testing.T) {
	m := setup(t)
	o := m.as(m.operator)
	o.open("/operator/providers/new?plugin=cloud")
	o.submit("#provider", cloudForm("wrong"))
	o.submit("#provider", with(cloudForm("wrong"), "anyway", "true"))
	o.has("clouds is saved without a trial.", "Does not work")
	o.submit("#provider", url.Values{"settings.mark": {"other"}, "do": {"save"}})
	o.has("The cloud main refuses the password (401).")
	o.submit("#provider", url.Values{"settings.clouds[0].value.password": {"right"}, "do": {"save"}})
	o.has("clouds is saved and works")
	o.submit("#provider", url.Values{"settings.mark": {"third"}, "do": {"save"}})
	o.has("clouds is saved and works")
	require.Equal(t, "third", o.value("settings.mark"))
}

func TestProviderForm_cloudsAreAddedAndRemovedWithoutSaving(t *testing.T) {
	m := setup(t)
	o := m.as(m.operator)
	o.open("/operator/providers/new?plugin=cloud")
	o.submit("#provider", with(cloudForm("right"), "do", "addEntry:settings.clouds"))
	require.Equal(t, http.StatusOK, o.status)
	o.accessible()
	o.submit("#provider", with(with(cloudForm("right"), "settings.clouds[1].key", "spare"), "do", "removeEntry:settings.clouds:0"))
	require.Equal(t, "spare", o.value("settings.clouds[0].key"))
	require.Zero(t, o.doc.Find(`[name="settings.clouds[1].key"]`).Length())
	all, err := m.Provision.Providers(m.ctx, m.operator)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestProvider_whosePluginIsGoneIsStillShown(t *testing.T) {
	m := setup(t)
	gone, err := m.Provision.SaveProvider(m.ctx, m.operator, provision.ProviderInput{Name: "left", Plugin: "gone", ProductType: "cloud", Settings: []byte(`{}`), Force: true})
	require.NoError(t, err)
	o := m.as(m.operator)
	o.open("/operator/providers/" + id(gone.ID))
	require.Equal(t, http.StatusOK, o.status)
	o.has("left", "Does not work", "Its settings cannot be changed now.", `There is no plugin "gone".`)
	require.Zero(t, o.doc.Find("#provider").Length())
	o.open("/operator/providers/99")
	require.Equal(t, http.StatusNotFound, o.status)
}
