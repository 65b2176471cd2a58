package openstack_test

import (
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// cloudOf is a valid cloud with changes.
func cloudOf(change object) object {
	return with(object{"authUrl": "https://cloud.example.com:5000/v3", "username": "admin", "password": "s3cret", "region": "RegionOne"}, change)
}

func settingsOf(change object) object { return object{"clouds": object{"main": cloudOf(change)}} }

// fields are the problems that Validate finds, by field.
func fields(t *testing.T, settings, plan, parameters any) map[string]string {
	t.Helper()
	p := openstack.New(slog.New(slog.DiscardHandler))
	defer p.Close()
	sub := sdk.Subscription{ID: 1}
	for _, d := range []struct {
		into *json.RawMessage
		from any
	}{{&sub.Settings, settings}, {&sub.Plan, plan}, {&sub.Parameters, parameters}} {
		if d.from != nil {
			*d.into = plugintest.Raw(t, d.from)
		}
	}
	found, err := p.Validate(t.Context(), sdk.Check{Subscription: sub})
	require.NoError(t, err)
	out := map[string]string{}
	for _, one := range found {
		out[one.Field] = one.Message
	}
	return out
}

func TestValidate_namesTheWrongSetting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		settings any
		field    string
		message  string
	}{
		{"no cloud", object{}, "settings.clouds", "at least one cloud"},
		{"clouds is a list", object{"clouds": []int{1}}, "settings.clouds", "cannot be a array"},
		{"not an object", []int{1}, "settings", "cannot be a array"},
		{"mark", with(settingsOf(nil), object{"mark": "Big Mark"}), "settings.mark", "small letter"},
		{"name of a cloud", object{"clouds": object{"a b": cloudOf(nil)}}, "settings.clouds.a b", "cloud's name"},
		{"null cloud", object{"clouds": object{"main": nil}}, "settings.clouds.main", "Describe"},
		{"no scheme", settingsOf(object{"authUrl": "cloud.example.com"}), "settings.clouds.main.authUrl", "full address"},
		{"password in the address", settingsOf(object{"authUrl": "https://a:b@cloud.example.com/v3"}), "settings.clouds.main.authUrl", "cannot have a user"},
		{"address is a number", settingsOf(object{"authUrl": 7}), "settings.clouds.main.authUrl", "cannot be a number"},
		{"no user", settingsOf(object{"username": ""}), "settings.clouds.main.username", "administrator"},
		{"no password", settingsOf(object{"password": ""}), "settings.clouds.main.password", "password"},
		{"interface", settingsOf(object{"interface": "secret"}), "settings.clouds.main.interface", "public"},
		{"gnocchi", settingsOf(object{"gnocchi": "maybe"}), "settings.clouds.main.gnocchi", "auto"},
		{"certificate", settingsOf(object{"caCert": "PEM"}), "settings.clouds.main.caCert", "no certificate"},
		{"capacity", settingsOf(object{"capacity": object{"cores": -1}}), "settings.clouds.main.capacity.cores", "from 0"},
		{"capacity in words", settingsOf(object{"capacity": object{"cores": "many"}}), "settings.clouds.main.capacity.cores", "cannot be a string"},
		{"quota", settingsOf(object{"quotas": object{"routers": -2}}), "settings.clouds.main.quotas.routers", "-1 for no limit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, fields(t, c.settings, nil, nil)[c.field], c.message)
		})
	}
	require.Empty(t, fields(t, settingsOf(object{"capacity": object{"cores": 8}, "quotas": object{"routers": -1}}), nil, nil))
}

func TestValidate_namesTheWrongFieldOfPlanAndParameters(t *testing.T) {
	t.Parallel()
	limits := func(l object) object { return with(meteredPlan(), object{"limits": l}) }
	for _, c := range []struct {
		name             string
		plan, parameters any
		field, message   string
	}{
		{"no cloud", object{"billing": "prepaid"}, nil, "plan.cloud", "Choose the cloud"},
		{"unknown cloud", object{"cloud": "moon", "billing": "prepaid"}, nil, "plan.cloud", `no cloud "moon"; they have main`},
		{"billing", object{"cloud": "main", "billing": "later"}, nil, "plan.billing", "payAsYouGo"},
		{"ceilings of a prepaid plan", with(prepaidPlan(), object{"limits": object{"cores": 3}}), nil, "plan.limits.cores", "customer chooses"},
		{"ceiling of no core", limits(object{"cores": 0}), nil, "plan.limits.cores", "least is 1"},
		{"ceiling in words", limits(object{"cores": "few"}), nil, "plan.limits.cores", "cannot be a string"},
		{"nothing chosen", prepaidPlan(), object{}, "parameters.memoryGb", "Choose how many GB of memory"},
		{"no memory", prepaidPlan(), parameters(1, 0, 0, 0), "parameters.memoryGb", "least is 1"},
		{"negative disk", prepaidPlan(), parameters(1, 1, -5, 0), "parameters.diskGb", "least is 0"},
		{"too much for Nova", prepaidPlan(), parameters(1, 3_000_000, 0, 0), "parameters.memoryGb", "most is 1000000"},
		{"above the cloud's capacity", prepaidPlan(), parameters(65, 1, 0, 0), "parameters.cores", "capacity for one tenant is 64 cores"},
		{"ceiling above the capacity", limits(object{"cores": 65}), nil, "plan.limits.cores", "capacity for one tenant is 64 cores"},
		{"half a core", prepaidPlan(), object{"cores": 1.5, "memoryGb": 1, "diskGb": 1, "ips": 0}, "parameters.cores", "cannot be a number"},
		{"chosen and metered", meteredPlan(), object{"ips": 1}, "parameters.ips", "bills what is used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := fields(t, settingsOf(object{"capacity": object{"cores": 64}}), c.plan, c.parameters)
			require.Contains(t, found[c.field], c.message, "%v", found)
		})
	}
	require.Contains(t, fields(t, settingsOf(object{"region": ""}), prepaidPlan(), nil)["plan.region"], "no default one")
	require.Empty(t, fields(t, settingsOf(nil), prepaidPlan(), parameters(1, 1, 0, 0)))
	require.Empty(t, fields(t, settingsOf(nil), limits(object{"ips": 0}), object{}))
	require.Empty(t, fields(t, nil, nil, nil), "nothing given is nothing wrong")
}

func TestSchemas_markEverySecret(t *testing.T) {
	t.Parallel()
	p := openstack.New(slog.New(slog.DiscardHandler))
	defer p.Close()
	d, err := p.Describe(t.Context())
	require.NoError(t, err)
	var settings struct {
		Properties map[string]struct{ WriteOnly bool }
		Defs       map[string]struct {
			Properties map[string]struct{ WriteOnly bool }
		} `json:"$defs"`
	}
	require.NoError(t, json.Unmarshal(d.SettingsSchema, &settings))
	require.True(t, settings.Properties["passwordSeed"].WriteOnly)
	require.True(t, settings.Defs["cloud"].Properties["password"].WriteOnly)
	for _, schema := range []json.RawMessage{d.ProductSchema, d.PlanSchema, d.ParametersSchema} {
		require.NotContains(t, strings.ToLower(string(schema)), "password")
	}
}

// FuzzValidate gives Validate whatever comes: it finds problems, or none.
func FuzzValidate(f *testing.F) {
	for _, seed := range []string{`{}`, `null`, `[]`, `{"clouds":{"main":7}}`, `{"cloud":"main","billing":"prepaid","limits":{"cores":1}}`, `{"cores":1e400}`, "\xff"} {
		f.Add([]byte(seed), []byte(seed), []byte(seed))
	}
	p := openstack.New(slog.New(slog.DiscardHandler))
	f.Fuzz(func(t *testing.T, settings, plan, parameters []byte) {
		found, err := p.Validate(t.Context(), sdk.Check{Subscription: sdk.Subscription{ID: 1, Settings: settings, Plan: plan, Parameters: parameters}})
		require.NoError(t, err)
		for _, problem := range found {
			require.NotEmpty(t, problem.Message)
			require.NotEmpty(t, problem.Field)
		}
	})
}
