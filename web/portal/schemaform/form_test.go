package schemaform_test

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/web/portal/schemaform"
	"github.com/fondaco/fondaco/web/portal/ui"
	"github.com/stretchr/testify/require"
)

// settings is a schema with one of everything that a form has.
const settings = `{"type":"object","required":["mark","clouds"],"properties":{
	"mark":{"type":"string","title":"Mark","description":"Begins the names of all we make.","default":"fondaco"},
	"inFlight":{"type":"integer","minimum":1,"maximum":64,"default":8},
	"ratio":{"type":"number"},
	"stopServers":{"type":"boolean","default":true},
	"billing":{"enum":["prepaid","payAsYouGo"]},
	"level":{"type":"integer","enum":[1,2]},
	"zones":{"type":"array","items":{"type":"string"}},
	"extra":{"type":"array","items":{"type":"object"}},
	"note":{"type":"string","maxLength":4000},
	"quotas":{"type":"object","properties":{"networks":{"type":"integer","default":4},"public":{"type":"boolean"}}},
	"clouds":{"type":"object","minProperties":1,"additionalProperties":{"type":"object","required":["authUrl","password"],"properties":{
		"authUrl":{"type":"string","format":"uri"},"password":{"type":"string","writeOnly":true},"verify":{"type":"boolean","default":true}}}}}}`

func form(t *testing.T) (schemaform.Form, *schema.Schema) {
	t.Helper()
	s, err := schema.Parse(json.RawMessage(settings))
	require.NoError(t, err)
	return schemaform.Form{Prefix: "settings", Fields: s.Fields(), Words: ui.NewLocale("en", nil)}, s
}

// flat are the drawn controls by name.
func flat(t *testing.T, f schemaform.Form, typed ui.Form) map[string]ui.Field {
	t.Helper()
	out := map[string]ui.Field{}
	var walk func([]ui.SchemaField)
	walk = func(all []ui.SchemaField) {
		for _, c := range all {
			out[c.Name] = c.Field
			walk(c.Parts)
			if c.Map == nil {
				continue
			}
			for _, e := range c.Map.Entries {
				out[e.Key.Name] = e.Key
				walk(e.Parts)
			}
		}
	}
	all, err := f.Draw(typed)
	require.NoError(t, err)
	walk(all)
	return out
}

func TestRead_givesBackTheDocumentThatWasShown(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	document := `{"mark":"fondaco","inFlight":8,"ratio":1.50,"stopServers":false,"billing":"payAsYouGo","level":2,"zones":["a","b"],
		"extra":[{"x":1}],"note":"one\ntwo","quotas":{"networks":5,"public":false},
		"clouds":{"main":{"authUrl":"https://a.example","verify":true},"spare":{"authUrl":"https://b.example","verify":false}}}`
	v := f.Values(json.RawMessage(document))
	require.Equal(t, "main", v.Get("settings.clouds[0].key"))
	require.Equal(t, "https://b.example", v.Get("settings.clouds[1].value.authUrl"))
	r := f.Read(v)
	require.Empty(t, r.Wrong)
	require.JSONEq(t, document, string(r.Document))
}

func TestValues_aYesOrNoThatWasNeverSaidIsTheDefault(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	v := f.Values(json.RawMessage(`{"clouds":{"main":{"authUrl":"https://a.example"}}}`))
	require.JSONEq(t, `{"stopServers":true,"clouds":{"main":{"authUrl":"https://a.example","verify":true}}}`, string(f.Read(v).Document))
}

func TestRead_leavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	r := f.Read(url.Values{"settings.mark": {" x "}, "settings.clouds[0].key": {""}, "settings.clouds[0].value.authUrl": {""}})
	require.Empty(t, r.Wrong)
	require.JSONEq(t, `{"mark":"x","stopServers":false,"clouds":{}}`, string(r.Document))
}

func TestRead_namesWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	r := f.Read(url.Values{"settings.inFlight": {"many"}, "settings.ratio": {"1,5"}, "settings.extra": {"{"},
		"settings.clouds[0].key": {"a"}, "settings.clouds[1].key": {"a"}, "settings.clouds[2].key": {""}, "settings.clouds[2].value.authUrl": {"https://c.example"}})
	got := map[string]string{}
	for _, w := range r.Wrong {
		got[w.Name] = w.Message
	}
	require.Equal(t, map[string]string{"settings.inFlight": "Write a whole number like 1000.", "settings.ratio": "Write a number like 1250.50, with a point.",
		"settings.extra":         `This is not JSON. Names and texts stand in double quotes: {"name": "value"}.`,
		"settings.clouds[1].key": "This name stands twice.", "settings.clouds[2].key": "Give this entry a name."}, got)
}

func TestReading_errorsLandBesideTheFieldThatWasTyped(t *testing.T) {
	t.Parallel()
	f, s := form(t)
	typed := url.Values{"settings.mark": {"x"}, "settings.inFlight": {"99"}, "settings.zones": {"a"}, "settings.extra": {`[7]`},
		"settings.clouds[0].key": {"main"}, "settings.clouds[0].value.authUrl": {"not a url"}}
	r := f.Read(typed)
	var c fault.Check
	s.Check(&c, "settings", r.Document)
	drawn := flat(t, f, ui.Form{Values: typed, Errors: r.Fields(fault.As(c.Err()).Fields)})
	require.Equal(t, "At most 64.", drawn["settings.inFlight"].Error)
	require.Equal(t, "99", drawn["settings.inFlight"].Value, "what was typed stays")
	require.NotEmpty(t, drawn["settings.clouds[0].value.authUrl"].Error)
	require.Equal(t, "This is required.", drawn["settings.clouds[0].value.password"].Error)
	require.NotEmpty(t, drawn["settings.extra"].Error, "all of a JSON text is one field")
}

func TestDraw_everyKindHasItsControl(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	drawn := flat(t, f, ui.Form{Values: f.Defaults()})
	for name, kind := range map[string]string{"settings.mark": "text", "settings.inFlight": "number", "settings.ratio": "number", "settings.stopServers": "checkbox",
		"settings.billing": "select", "settings.zones": "textarea", "settings.extra": "textarea", "settings.note": "textarea",
		"settings.quotas.networks": "number", "settings.clouds[0].value.authUrl": "url", "settings.clouds[0].value.password": "password"} {
		require.Equal(t, kind, drawn[name].Kind, name)
	}
	n := drawn["settings.inFlight"]
	require.Equal(t, [4]string{"8", "1", "64", "In flight"}, [4]string{n.Value, n.Min, n.Max, n.Label})
	require.True(t, drawn["settings.stopServers"].Checked)
	require.True(t, drawn["settings.clouds[0].value.verify"].Checked, "a first entry is there, with its defaults")
	require.Len(t, drawn["settings.billing"].Options, 3, "none of them can be chosen")
	require.Equal(t, "Pay as you go", drawn["settings.billing"].Options[2].Label)
}

func TestDraw_aSecretThatIsKeptNeedNotBeTyped(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	typed := ui.Form{Values: url.Values{"settings.clouds[0].key": {"main"}, "settings.clouds[1].key": {"new"},
		"settings.clouds[0].value.password": {"typed"}}}
	f.Kept = []string{"clouds.main.password"}
	drawn := flat(t, f, typed)
	kept, fresh := drawn["settings.clouds[0].value.password"], drawn["settings.clouds[1].value.password"]
	require.False(t, kept.Required)
	require.Contains(t, kept.Hint, "Left empty, it stays as it is.")
	require.Empty(t, kept.Value, "a password is given back to nobody")
	require.True(t, fresh.Required)
	require.Contains(t, fresh.Hint, "never shown again")
}

func TestRead_anOptionalGroupLeftAloneIsNone(t *testing.T) {
	t.Parallel()
	s, err := schema.Parse(json.RawMessage(`{"type":"object","properties":{"redis":{"type":"object","required":["host"],"properties":{
		"host":{"type":"string"},"port":{"type":"integer","default":6379},"ssl":{"type":"boolean"}}}}}`))
	require.NoError(t, err)
	f := schemaform.Form{Prefix: "settings", Fields: s.Fields(), Words: ui.NewLocale("en", nil)}
	v := f.Defaults()
	require.Equal(t, "6379", v.Get("settings.redis.port"))
	require.False(t, flat(t, f, ui.Form{Values: v})["settings.redis.host"].Required, "a browser lets it be")
	require.JSONEq(t, `{}`, string(f.Read(v).Document))
	v.Set("settings.redis.ssl", "true")
	require.JSONEq(t, `{"redis":{"port":6379,"ssl":true}}`, string(f.Read(v).Document))
}

func TestEdit_addsAndRemovesEntriesAndKeepsTheRest(t *testing.T) {
	t.Parallel()
	f, _ := form(t)
	v := url.Values{"settings.mark": {"x"}, "settings.clouds[0].key": {"a"}, "settings.clouds[0].value.authUrl": {"https://a.example"}}
	require.True(t, f.Edit(v, "addEntry:settings.clouds"))
	require.Equal(t, "true", v.Get("settings.clouds[1].value.verify"))
	v.Set("settings.clouds[1].key", "b")
	require.True(t, f.Edit(v, "removeEntry:settings.clouds:0"))
	require.Equal(t, url.Values{"settings.mark": {"x"}, "settings.clouds[0].key": {"b"}, "settings.clouds[0].value.verify": {"true"}}, v)
	require.True(t, f.Edit(v, "removeEntry:settings.clouds:7"), "one that is not there")
	require.False(t, f.Edit(v, "addTier:endpoints[0]."))
	require.False(t, f.Edit(v, "save"))
	require.True(t, f.Edit(v, "addEntry:settings.nothing"))
	require.NotContains(t, v, "settings.nothing[0].key")
}

func FuzzRead_alwaysWritesAnObject(f *testing.F) {
	s, err := schema.Parse(json.RawMessage(settings))
	require.NoError(f, err)
	form := schemaform.Form{Prefix: "settings", Fields: s.Fields(), Words: ui.NewLocale("en", nil)}
	f.Add("settings.extra", "[1]", "removeEntry:settings.clouds:0")
	f.Add("settings.clouds[0].key", "a", "addEntry:settings.clouds")
	f.Fuzz(func(t *testing.T, name, value, do string) {
		v := url.Values{name: {value}}
		form.Edit(v, do)
		var object map[string]any
		require.NoError(t, json.Unmarshal(form.Read(v).Document, &object))
		_, err := form.Draw(ui.Form{Values: v})
		require.NoError(t, err)
	})
}

func TestWords_makeALabelOfAName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"payAsYouGo": "Pay as you go", "memoryGbHours": "Memory GB hours", "ips": "IPs", "authUrl": "Auth URL",
		"in-flight": "In flight", "core_hours": "Core hours", "openrc": "Openrc", "": "", "URL": "URL", "é": "É"} {
		require.Equal(t, want, schemaform.Words(name), name)
	}
}

func TestRows_areReadWrittenAddedAndRemoved(t *testing.T) {
	t.Parallel()
	s, err := schema.Parse(json.RawMessage(`{"type":"object","properties":{"boats":{"title":"Boats","type":"array","items":{"type":"object","required":["name"],"additionalProperties":false,
		"properties":{"name":{"type":"string"},"oars":{"type":"integer"},"red":{"type":"boolean"},"crew":{"type":"object","additionalProperties":{"type":"string"}}}}}}}`))
	require.NoError(t, err)
	f := schemaform.Form{Prefix: "settings", Fields: s.Fields(), Words: ui.NewLocale("en", nil)}
	document := `{"boats":[{"name":"Bucintoro","oars":42,"red":true,"crew":{"a":"Anzolo"}},{"name":"Sandolo","red":false}]}`
	v := f.Values(json.RawMessage(document))
	require.Equal(t, "Anzolo", v.Get("settings.boats[0].value.crew[0].value"))
	require.JSONEq(t, document, string(f.Read(v).Document))

	require.True(t, f.Edit(v, "addEntry:settings.boats"))
	require.JSONEq(t, document, string(f.Read(v).Document), "a row with nothing in it is none")
	require.True(t, f.Edit(v, "removeEntry:settings.boats:0"))
	v.Set("settings.boats[1].value.oars", "2") // the added one has moved up
	r := f.Read(v)
	var c fault.Check
	s.Check(&c, "settings", r.Document)
	drawn := flat(t, f, ui.Form{Values: v, Errors: r.Fields(fault.As(c.Err()).Fields)})
	require.Equal(t, "This is required.", drawn["settings.boats[1].value.name"].Error)
	require.Equal(t, "Sandolo", drawn["settings.boats[0].value.name"].Value)
}
