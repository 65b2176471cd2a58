package vcloud_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud"
)

// goodSettings are valid; change makes them not so.
func goodSettings(change func(settings, main object)) object {
	main := object{
		"url": "https://vcd.example.com/api", "user": "administrator", "password": adminPassword, "providerVdc": "provider", "storageProfile": "standard",
		"externalNetwork": "internet", "capacity": object{"cores": 100, "memoryGb": 200, "ips": 8},
	}
	s := settingsOf(main)
	change(s, main)
	return s
}

func nothing(object, object) {}

// validate returns the fields that are wrong.
func validate(t *testing.T, settings, plan, parameters any) (fields []string, problems []sdk.Problem) {
	t.Helper()
	p := vcloud.New(setup(t).logger())
	t.Cleanup(p.Close)
	sub := sdk.Subscription{ID: 1}
	for into, v := range map[*json.RawMessage]any{&sub.Settings: settings, &sub.Plan: plan, &sub.Parameters: parameters} {
		if v != nil {
			*into = plugintest.Raw(t, v)
		}
	}
	problems, err := p.Validate(context.Background(), sdk.Check{Subscription: sub})
	require.NoError(t, err)
	for _, one := range problems {
		require.NotEmpty(t, one.Message)
		fields = append(fields, one.Field)
	}
	return fields, problems
}

func TestValidate_badSettings(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	for _, c := range []struct {
		name   string
		change func(settings, main object)
		fields []string
	}{
		{"good", nothing, nil},
		{"good with a token", func(_, m object) { delete(m, "user"); delete(m, "password"); m["apiToken"] = "t" }, nil},
		{"mark", func(s, _ object) { s["mark"] = "Our Mark" }, []string{"settings.mark"}},
		{"long mark", func(s, _ object) { s["mark"] = "a23456789012345678901" }, []string{"settings.mark"}},
		{"no secret", func(s, _ object) { delete(s, "passwordSecret") }, []string{"settings.passwordSecret"}},
		{"short secret", func(s, _ object) { s["passwordSecret"] = "short" }, []string{"settings.passwordSecret"}},
		{"no clouds", func(s, _ object) { delete(s, "clouds") }, []string{"settings.clouds"}},
		{"null cloud", func(s, _ object) { s["clouds"] = object{"main": nil} }, []string{"settings.clouds.main"}},
		{"clouds as a list", func(s, _ object) { s["clouds"] = []object{} }, []string{"settings.clouds"}},
		{"no address", func(_, m object) { delete(m, "url") }, []string{"settings.clouds.main.url"}},
		{"other scheme", func(_, m object) { m["url"] = "ftp://vcd.example.com" }, []string{"settings.clouds.main.url"}},
		{"user in the address", func(_, m object) { m["url"] = "https://me:secret@vcd.example.com/api" }, []string{"settings.clouds.main.url"}},
		{"no password", func(_, m object) { delete(m, "password") }, []string{"settings.clouds.main.user"}},
		{"both logins", func(_, m object) { m["apiToken"] = "t" }, []string{"settings.clouds.main.user"}},
		{"no provider VDC", func(_, m object) { m["providerVdc"] = "" }, []string{"settings.clouds.main.providerVdc"}},
		{"no profile", func(_, m object) { delete(m, "storageProfile") }, []string{"settings.clouds.main.storageProfile"}},
		{"model", func(_, m object) { m["allocationModel"] = "Best" }, []string{"settings.clouds.main.allocationModel"}},
		{"slow core", func(_, m object) { m["cpuSpeedMhz"] = 100 }, []string{"settings.clouds.main.cpuSpeedMhz"}},
		{"broken core", func(_, m object) { m["cpuSpeedMhz"] = 2000.5 }, []string{"settings.clouds.cpuSpeedMhz"}},
		{"quota", func(_, m object) { m["networkQuota"] = -1 }, []string{"settings.clouds.main.networkQuota"}},
		{"VM quota", func(_, m object) { m["vmQuota"] = -1 }, []string{"settings.clouds.main.vmQuota"}},
		{"capacity", func(_, m object) { m["capacity"] = object{"cores": -1} }, []string{"settings.clouds.main.capacity.cores"}},
		{"all at once", func(s, m object) { s["mark"] = "-"; delete(m, "url"); m["providerVdc"] = "" }, []string{"settings.mark", "settings.clouds.main.url", "settings.clouds.main.providerVdc"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fields, problems := validate(t, goodSettings(c.change), nil, nil)
			require.Equal(t, c.fields, fields, "%v", problems)
		})
	}
}

func TestValidate_badPlansAndParameters(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	plan := func(change object) object {
		out := prepaid()
		for k, v := range change {
			out[k] = v
		}
		return out
	}
	metered := object{"billing": "payAsYouGo"}
	good := chosen(1, 1, 1, 0)
	for _, c := range []struct {
		name             string
		plan, parameters any
		fields           []string
	}{
		{"good prepaid", prepaid(), chosen(100, 200, 5000, 8), nil},
		{"good pay-as-you-go", plan(metered), object{"ips": 2}, nil},
		{"pay-as-you-go without addresses", plan(metered), object{}, nil},
		{"nothing chosen yet", prepaid(), nil, nil},
		{"no cloud", object{"billing": "prepaid"}, nil, []string{"plan.cloud"}},
		{"unknown cloud", plan(object{"cloud": "other"}), good, []string{"plan.cloud"}},
		{"billing", plan(object{"billing": "free"}), nil, []string{"plan.billing"}},
		{"model", plan(object{"allocationModel": "Best"}), good, []string{"plan.allocationModel"}},
		{"prepaid with limits", plan(object{"limits": object{"cores": 1}}), good, []string{"plan.limits"}},
		{"limited addresses", plan(object{"billing": "payAsYouGo", "limits": object{"ips": 1}}), object{}, []string{"plan.limits.ips"}},
		{"negative limit", plan(object{"billing": "payAsYouGo", "limits": object{"cores": -1}}), object{}, []string{"plan.limits.cores"}},
		{"pool without limits", plan(object{"billing": "payAsYouGo", "allocationModel": "ReservationPool"}), object{}, []string{"plan.limits"}},
		{"plan as text", "prepaid", nil, []string{"plan"}},
		{"not all chosen", prepaid(), object{"cores": 1}, []string{"parameters.memoryGb", "parameters.diskGb", "parameters.ips"}},
		{"zero", prepaid(), chosen(0, 1, 1, 0), []string{"parameters.cores"}},
		{"negative", prepaid(), chosen(1, 1, 1, -1), []string{"parameters.ips"}},
		{"too much to count", prepaid(), chosen(1, 1, 1_000_001, 0), []string{"parameters.diskGb"}},
		{"text", prepaid(), object{"cores": "4"}, []string{"parameters.cores"}},
		{"half a core", prepaid(), object{"cores": 1.5}, []string{"parameters.cores"}},
		{"metered and chosen", plan(metered), object{"cores": 4}, []string{"parameters.cores"}},
		{"above the capacity", prepaid(), chosen(101, 201, 1, 9), []string{"parameters.cores", "parameters.memoryGb", "parameters.ips"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			fields, problems := validate(t, goodSettings(nothing), c.plan, c.parameters)
			require.Equal(t, c.fields, fields, "%v", problems)
		})
	}
}

func TestValidate_capacityIsToldWithNumbers(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	_, problems := validate(t, goodSettings(nothing), prepaid(), chosen(500, 1, 1, 0))
	require.Equal(t, []sdk.Problem{{Field: "parameters.cores", Message: "500 is more than the 100 that the cloud has; choose at most 100."}}, problems)
}

func TestValidate_addressesOfACloudWithoutAny(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	settings := goodSettings(func(_, m object) { delete(m, "externalNetwork") })
	fields, _ := validate(t, settings, prepaid(), chosen(1, 1, 1, 1))
	require.Equal(t, []string{"parameters.ips"}, fields)
	fields, _ = validate(t, settings, prepaid(), chosen(1, 1, 1, 0))
	require.Empty(t, fields)
}

func TestProvision_withoutDocumentsIsPermanent(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	whole := b.sub(prepaid(), chosen(1, 1, 1, 0))
	for name, strip := range map[string]func(*sdk.Subscription){
		"number":     func(s *sdk.Subscription) { s.ID = 0 },
		"settings":   func(s *sdk.Subscription) { s.Settings = nil },
		"plan":       func(s *sdk.Subscription) { s.Plan = nil },
		"parameters": func(s *sdk.Subscription) { s.Parameters = nil },
		"garbage":    func(s *sdk.Subscription) { s.Plan = json.RawMessage("{") },
	} {
		sub := whole
		strip(&sub)
		_, err := b.provider.Provision(context.Background(), sdk.Request{Key: "k", Subscription: sub}, nil)
		require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), name)
	}
	_, err := b.provider.Provision(context.Background(), sdk.Request{Subscription: whole}, nil)
	require.ErrorContains(t, err, "no idempotency key")
	require.Zero(t, b.cloud.Count())
}

// TestSchemas_agreeWithValidate compiles the schemas and puts the same
// documents through them.
func TestSchemas_agreeWithValidate(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	d, err := setup(t).provider.Describe(context.Background())
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiled := map[string]*jsonschema.Schema{}
	for name, text := range map[string]json.RawMessage{"settings": d.SettingsSchema, "product": d.ProductSchema, "plan": d.PlanSchema, "parameters": d.ParametersSchema} {
		var document any
		require.NoError(t, json.Unmarshal(text, &document), name)
		require.NoError(t, compiler.AddResource(name+".json", document))
		compiled[name], err = compiler.Compile(name + ".json")
		require.NoError(t, err, name)
	}
	check := func(name string, v any) error {
		var document any
		require.NoError(t, json.Unmarshal(plugintest.Raw(t, v), &document))
		return compiled[name].Validate(document)
	}
	require.NoError(t, check("settings", goodSettings(nothing)))
	require.NoError(t, check("plan", prepaid()))
	require.NoError(t, check("parameters", chosen(1, 1, 1, 0)))
	require.NoError(t, check("product", object{}))
	require.Error(t, check("settings", goodSettings(func(s, _ object) { s["mark"] = "Our Mark" })))
	require.Error(t, check("settings", goodSettings(func(_, m object) { delete(m, "providerVdc") })))
	require.Error(t, check("plan", object{"cloud": "main", "billing": "free"}))
	require.Error(t, check("parameters", chosen(0, 1, 1, 0)))
	for _, secret := range []string{"passwordSecret", "password", "apiToken"} {
		require.True(t, writeOnly(d.SettingsSchema, secret), "%s is not marked as a secret", secret)
	}
	require.Equal(t, []string{"cores", "memoryGb", "diskGb", "ips"}, integers(t, d.ParametersSchema))
}

// writeOnly tells whether the property of that name is marked as a secret,
// wherever it is.
func writeOnly(schema json.RawMessage, name string) bool {
	var found bool
	var walk func(any)
	walk = func(v any) {
		m, _ := v.(map[string]any)
		for key, inner := range m {
			if p, ok := inner.(map[string]any); ok && key == name && p["writeOnly"] == true {
				found = true
			}
			walk(inner)
		}
	}
	var document any
	_ = json.Unmarshal(schema, &document)
	walk(document)
	return found
}

func integers(t *testing.T, schema json.RawMessage) (out []string) {
	t.Helper()
	var document struct {
		Properties map[string]struct{ Type string }
	}
	require.NoError(t, json.Unmarshal(schema, &document))
	for _, name := range []string{"cores", "memoryGb", "diskGb", "ips"} {
		if document.Properties[name].Type == "integer" {
			out = append(out, name)
		}
	}
	return slices.Clip(out)
}
