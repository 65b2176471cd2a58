package conformance

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestSchema_isRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		``: "no JSON", `[]`: "not a JSON object", `{"type":7}`: "plugin:schema",
		`{"$schema":"http://json-schema.org/draft-07/schema#"}`: "not in JSON Schema 2020-12",
		`{"$ref":"https://schemas.example/box.json"}`:           "complete in itself",
	} {
		require.ErrorContains(t, part{name: "plan", schema: json.RawMessage(schema)}.check(), want, schema)
	}
	object := json.RawMessage(`{"type":"object","required":["size"]}`)
	require.NoError(t, part{name: "plan", schema: object}.check(), "no document is none to be wrong")
	require.ErrorContains(t, part{"plan", object, json.RawMessage(`{}`)}.check(), "size")
}

func TestSchema_secretsHaveToBeMarkedWhereverTheyStand(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{"properties":{"password":{"type":"string"}}}`:                                                                                "settings.password",
		`{"properties":{"clouds":{"additionalProperties":{"properties":{"api_key":{"type":"string"}}}}}}`:                              "settings.clouds.api_key",
		`{"properties":{"list":{"items":{"$ref":"#/$defs/x"}}},"$defs":{"x":{"properties":{"adminToken":{}}}}}`:                        "settings.list.adminToken",
		`{"properties":{"password":{"type":"string","writeOnly":true},"tokenSeconds":{"type":"integer"},"secret":{"type":"boolean"}}}`: "",
	} {
		err := part{name: "settings", schema: json.RawMessage(schema)}.check()
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want+" looks like a secret")
		}
	}
}

func TestSecrets_areFoundInDocumentsByTheirMark(t *testing.T) {
	t.Parallel()
	schema := json.RawMessage(`{
		"properties": {
			"url": {"type": "string"},
			"password": {"type": "string", "writeOnly": true},
			"clouds": {"additionalProperties": {"$ref": "#/$defs/cloud"}},
			"keys": {"type": "array", "items": {"type": "string", "writeOnly": true}}
		},
		"allOf": [{"properties": {"token": {"writeOnly": true}}}],
		"$defs": {"cloud": {"properties": {"secret": {"writeOnly": true}, "next": {"$ref": "#/$defs/cloud"}}}}
	}`)
	document := json.RawMessage(`{"url":"u","password":"p","token":"t","keys":["k0","k1"],
		"clouds":{"main":{"secret":"s","next":{"secret":"n"}}}}`)
	require.Equal(t, map[string]string{
		".password": "p", ".token": "t", ".keys.0": "k0", ".keys.1": "k1", ".clouds.main.secret": "s", ".clouds.main.next.secret": "n",
	}, secretsIn(schema, document))
}

func TestReplaced_changesOneTextAnywhere(t *testing.T) {
	t.Parallel()
	out, err := replaced(json.RawMessage(`{"a":{"b":["x","y"]},"c":1}`), []string{"a", "b", "1"}, "z")
	require.NoError(t, err)
	require.JSONEq(t, `{"a":{"b":["x","z"]},"c":1}`, string(out))
	_, err = replaced(json.RawMessage(`{"a":[]}`), []string{"a", "3"}, "z")
	require.Error(t, err)
	_, err = replaced(json.RawMessage(`7`), []string{"a"}, "z")
	require.Error(t, err)
}

func TestLeaked_seesEveryForm(t *testing.T) {
	t.Parallel()
	const secret = `pa"ss wörd/`
	for _, text := range []string{`it is pa"ss wörd/ indeed`, `{"p":"pa\"ss wörd/"}`, "?p=pa%22ss+w%C3%B6rd%2F", "Basic cGEic3Mgd8O2cmQv"} {
		require.NotEmpty(t, leaked(text, secret), text)
	}
	require.Empty(t, leaked("nothing of it", secret))
}

func used(quantities ...string) []sdk.Usage {
	var all []sdk.Usage
	for _, q := range quantities {
		all = append(all, sdk.Usage{Meter: "hours", Quantity: q})
	}
	return all
}

func TestSums_ofTheHoursAreTheWholeUpToRounding(t *testing.T) {
	t.Parallel()
	require.NoError(t, sameSums(used("1"), used("0.333333", "0.333333", "0.333333"), 3))
	require.NoError(t, sameSums(nil, nil, 3))
	require.ErrorContains(t, sameSums(used("1"), used("0.5", "0.49999"), 2), "of hours the whole window has 1.000000 and its 2 hours together have 0.999990")
	require.ErrorContains(t, sameSums(nil, used("0.5"), 2), "has 0.000000")
	require.ErrorContains(t, sameSums(used("lots"), nil, 2), "no decimal")
	require.ErrorContains(t, sameSums(used("-1"), nil, 2), "negative")
}

func TestCuts_areSpreadOverStepsAndTime(t *testing.T) {
	t.Parallel()
	r := &run{Subject: Subject{Cuts: 8}}
	var told []string
	for _, p := range r.spread(10, 40*time.Millisecond) {
		told = append(told, p.String())
	}
	require.Equal(t, []string{"at its step 1", "at its step 3", "at its step 6", "at its step 8",
		"after 0s", "after 10ms", "after 20ms", "after 30ms"}, told)
	require.Len(t, r.spread(0, time.Second), 8, "without steps all of them are spread over the time")
}
