package schema_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/stretchr/testify/require"
)

// cloud is a schema as a plugin writes it, with one of everything.
const cloud = `{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,
"required":["region","cores"],
"properties":{
 "region":{"title":"Region","description":"Where it runs.","type":"string","minLength":1,"maxLength":20,"pattern":"^[A-Za-z0-9-]+$","examples":["RegionOne"]},
 "cores":{"title":"CPU cores","type":"integer","minimum":1,"maximum":64,"multipleOf":2,"default":2},
 "ratio":{"type":"number","exclusiveMinimum":0,"maximum":1.5},
 "billing":{"enum":["prepaid","payAsYouGo"],"default":"prepaid"},
 "stop":{"type":"boolean","default":true},
 "password":{"type":"string","writeOnly":true},
 "network":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"key":{"$ref":"#/$defs/secret"}}},
 "clouds":{"type":"object","additionalProperties":{"type":"object","properties":{"url":{"type":"string","format":"uri"},"password":{"$ref":"#/$defs/secret"}}}},
 "nodes":{"type":"array","maxItems":2,"items":{"type":"object","required":["name"],"properties":{"name":{"type":"string"},"token":{"type":"string","writeOnly":true}}}}},
"$defs":{"secret":{"type":"string","writeOnly":true}}}`

func parse(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse(json.RawMessage(text))
	require.NoError(t, err)
	return s
}

// wrong is what Check says, by field.
func wrong(s *schema.Schema, doc string) map[string]string {
	var c fault.Check
	s.Check(&c, "configuration", json.RawMessage(doc))
	if c.OK() {
		return nil
	}
	out := map[string]string{}
	for _, f := range fault.As(c.Err()).Fields {
		out[f.Name] = f.Message
	}
	return out
}

func TestCheck_namesEveryWrongFieldWithASentence(t *testing.T) {
	t.Parallel()
	s := parse(t, cloud)
	require.Nil(t, wrong(s, `{"region":"RegionOne","cores":4,"clouds":{"main":{"url":"https://x.example"}}}`))
	for doc, want := range map[string]map[string]string{
		`{}`: {"configuration.region": "This is required.", "configuration.cores": "This is required."},
		``:   {"configuration.region": "This is required.", "configuration.cores": "This is required."},
		`{"region":"","cores":65,"ratio":0,"colour":"red"}`: {
			"configuration.region": "At least 1 characters; this has 0.", "configuration.cores": "At most 64.",
			"configuration.ratio": "More than 0.", "configuration.colour": "This field is not known here."},
		`{"region":7,"cores":"4","stop":"yes"}`: {
			"configuration.region": "Write a text.", "configuration.cores": "Write a whole number.", "configuration.stop": "Write true or false."},
		`{"region":"a b","cores":3,"ratio":1.6,"billing":"never"}`: {
			"configuration.region": "This has the wrong form; it must match ^[A-Za-z0-9-]+$.", "configuration.cores": "Only in steps of 2.",
			"configuration.ratio": "At most 1.5.", "configuration.billing": "Use one of: prepaid or payAsYouGo."},
		`{"region":"a","cores":2,"network":{},"clouds":{"main":{"url":"not a url"}},"nodes":[{"name":"a"},{}]}`: {
			"configuration.network.name": "This is required.", "configuration.clouds.main.url": "This is not a valid uri.",
			"configuration.nodes[1].name": "This is required."},
		`{"region":"a","cores":2,"nodes":[{"name":"a"},{"name":"b"},{"name":"c"}]}`: {"configuration.nodes": "At most 2 entries; these are 3."},
		`[1]`:                                {"configuration": "Write a JSON object: {…}."},
		`{"a"`:                               {"configuration": "Write a JSON object: {…}."},
		`{"region":"a","cores":1e999999999}`: {"configuration": "A number in this is too long."},
	} {
		require.Equal(t, want, wrong(s, doc), doc)
	}
}

func TestCheck_ofAlternativesSpeaksOfTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"oneOf":[
		{"type":"object","required":["kind","limit"],"properties":{"kind":{"const":"a"},"limit":{"type":"integer","minimum":1}}},
		{"type":"object","required":["kind","price"],"properties":{"kind":{"const":"b"},"price":{"type":"string"}}}]}`)
	require.Equal(t, map[string]string{"configuration.limit": "At least 1."}, wrong(s, `{"kind":"a","limit":0}`))
	require.Equal(t, map[string]string{"configuration": "This has none of the forms that are possible here."}, wrong(s, `{"kind":"c"}`))
}

func TestParse_takesNothingFromOutsideAndNoNonsense(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"$ref":"file:///etc/passwd"}`, `{"$ref":"https://example.com/schema.json"}`, `{"type":"thing"}`, `{`, `7`} {
		_, err := schema.Parse(json.RawMessage(text))
		require.Error(t, err, text)
	}
	require.Nil(t, wrong(parse(t, ``), `{"anything":1}`))
	require.NotNil(t, wrong(parse(t, ``), `7`))
}

func TestFields_areListedAsWrittenWithAllThatAFormNeeds(t *testing.T) {
	t.Parallel()
	fields := parse(t, cloud).Fields()
	var names []string
	byName := map[string]schema.Field{}
	for _, f := range fields {
		names = append(names, f.Name)
		byName[f.Name] = f
	}
	require.Equal(t, []string{"region", "cores", "ratio", "billing", "stop", "password", "network", "clouds", "nodes"}, names)
	require.Equal(t, schema.Field{Name: "region", Title: "Region", Description: "Where it runs.", Type: schema.Text, Required: true,
		MinLength: 1, MaxLength: 20, Pattern: "^[A-Za-z0-9-]+$", Example: "RegionOne"}, byName["region"])
	require.Equal(t, schema.Field{Name: "cores", Title: "CPU cores", Type: schema.Integer, Required: true, Min: "1", Max: "64", Step: "2", Default: "2"}, byName["cores"])
	require.Equal(t, schema.Field{Name: "billing", Title: "billing", Type: schema.Text, Enum: []string{"prepaid", "payAsYouGo"}, Default: "prepaid"}, byName["billing"])
	require.Equal(t, schema.Boolean, byName["stop"].Type)
	require.True(t, byName["password"].Secret)
	require.Equal(t, schema.Group, byName["network"].Type)
	require.Equal(t, []schema.Field{{Name: "name", Title: "name", Type: schema.Text, Required: true}, {Name: "key", Title: "key", Type: schema.Text, Secret: true}}, byName["network"].Fields)
	require.Equal(t, schema.Map, byName["clouds"].Type)
	require.Equal(t, schema.Group, byName["clouds"].Entry.Type)
	require.Equal(t, "url", byName["clouds"].Entry.Fields[0].Name)
	require.Equal(t, schema.JSON, byName["nodes"].Type)
	require.Empty(t, parse(t, ``).Fields())
}

func TestFields_ofASchemaThatHoldsItselfEnd(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"type":"object","properties":{"child":{"$ref":"#"},"name":{"type":"string"}}}`)
	depth := 0
	for f := s.Fields(); len(f) > 0; f = f[0].Fields {
		depth++
	}
	require.Less(t, depth, 10)
}

func TestInteger_tellsTheRangeOfABoughtQuantity(t *testing.T) {
	t.Parallel()
	s := parse(t, cloud)
	r, ok := s.Integer("cores")
	require.True(t, ok)
	require.True(t, r.Holds(1) && r.Holds(64))
	require.False(t, r.Holds(0) || r.Holds(65))
	for _, name := range []string{"ratio", "region", "nowhere"} {
		_, ok := s.Integer(name)
		require.False(t, ok, name)
	}
}

const kept = `{"region":"a","cores":2,"password":"p","network":{"name":"n","key":"k"},"clouds":{"main":{"url":"u:1","password":"m"}},
	"nodes":[{"name":"a","token":"ta"},{"name":"b","token":"tb"}]}`

func TestRedact_showsNoSecretAtAnyDepth(t *testing.T) {
	t.Parallel()
	s := parse(t, cloud)
	require.JSONEq(t, `{"region":"a","cores":2,"network":{"name":"n"},"clouds":{"main":{"url":"u:1"}},"nodes":[{"name":"a"},{"name":"b"}]}`,
		string(s.Redact(json.RawMessage(kept))))
	require.Equal(t, []string{"clouds.main.password", "network.key", "nodes[0].token", "nodes[1].token", "password"}, s.Secrets(json.RawMessage(kept)))
	require.JSONEq(t, `{}`, string(s.Redact(nil)))
}

func TestRedact_knowsEveryPlaceWhereASchemaMayCallSomethingSecret(t *testing.T) {
	t.Parallel()
	s := parse(t, `{"type":"object","properties":{"tls":{"type":"boolean"},
		"keys":{"type":"array","items":{"type":"string","writeOnly":true}},
		"pair":{"type":"array","prefixItems":[{"type":"string"},{"type":"string","writeOnly":true}]},
		"tree":{"$ref":"#/$defs/tree"}},
		"dependentSchemas":{"tls":{"properties":{"certificateKey":{"type":"string","writeOnly":true}}}},
		"if":{"properties":{"pin":{"type":"string","writeOnly":true}}},
		"unevaluatedProperties":{"type":"string","writeOnly":true},
		"$defs":{"tree":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}`)
	doc := json.RawMessage(`{"tls":true,"keys":["k1"],"pair":["a","b"],"tree":[[]],"certificateKey":"c","pin":"1","other":"o"}`)
	require.JSONEq(t, `{"tls":true,"tree":[[]]}`, string(s.Redact(doc)))
	require.Equal(t, []string{"certificateKey", "keys", "other", "pair", "pin"}, s.Secrets(doc))
	require.JSONEq(t, string(doc), string(s.Merge(doc, s.Redact(doc))))
	require.JSONEq(t, `["k2"]`, jsonOf(t, s.Merge(doc, json.RawMessage(`{"keys":["k2"]}`)), "keys"))
}

func jsonOf(t *testing.T, doc json.RawMessage, name string) string {
	t.Helper()
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(doc, &all))
	return string(all[name])
}

func TestMerge_keepsSecretsThatAreLeftOut(t *testing.T) {
	t.Parallel()
	s := parse(t, cloud)
	shown := s.Redact(json.RawMessage(kept))
	require.JSONEq(t, kept, string(s.Merge(json.RawMessage(kept), shown)), "what was shown can be sent back")
	for update, want := range map[string]string{
		`{"password":""}`:                                                `{"password":"p"}`,
		`{"password":"new"}`:                                             `{"password":"new"}`,
		`{"password":null,"cores":4}`:                                    `{"cores":4}`,
		`{"network":{"name":"other"}}`:                                   `{"password":"p","network":{"name":"other","key":"k"}}`,
		`{"clouds":{"second":{"url":"v:1"},"main":{"url":"u:2"}}}`:       `{"password":"p","clouds":{"second":{"url":"v:1"},"main":{"url":"u:2","password":"m"}}}`,
		`{"nodes":[{"name":"b"},{"name":"c"},{"name":"a","token":"x"}]}`: `{"password":"p","nodes":[{"name":"b","token":"tb"},{"name":"c"},{"name":"a","token":"x"}]}`,
	} {
		require.JSONEq(t, want, string(s.Merge(json.RawMessage(kept), json.RawMessage(update))), update)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(cloud, kept)
	f.Add(`{"oneOf":[{"type":"string"},{"type":"object"}]}`, `{"a":[1,{"b":null}]}`)
	f.Fuzz(func(_ *testing.T, text, doc string) {
		s, err := schema.Parse(json.RawMessage(text))
		if err != nil {
			return
		}
		var c fault.Check
		s.Check(&c, "x", json.RawMessage(doc))
		s.Fields()
		s.Merge(json.RawMessage(doc), s.Redact(json.RawMessage(doc)))
	})
}

func TestFields_mapsListsOfTextsAndRowsAreNoJSON(t *testing.T) {
	t.Parallel()
	fields := parse(t, `{"type":"object","properties":{
		"labels":{"type":"object","additionalProperties":{"type":"string"},"minProperties":1},
		"anything":{"type":"object","additionalProperties":true},
		"hosts":{"type":"array","items":{"type":"string"}},
		"keys":{"type":"array","items":{"type":"string","writeOnly":true}},
		"pairs":{"type":"array","items":{"type":"array"}},
		"boats":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"}}}}}}`).Fields()
	want := []schema.Type{schema.Map, schema.JSON, schema.List, schema.JSON, schema.JSON, schema.Rows}
	for i, f := range fields {
		require.Equal(t, want[i], f.Type, f.Name)
	}
	require.Equal(t, schema.Text, fields[0].Entry.Type)
	require.Equal(t, 1, fields[0].AtLeast)
}
