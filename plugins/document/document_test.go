package document_test

import (
	"encoding/json"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestDecode_namesTheWrongField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		raw   string
		ok    bool
		found document.Problems
	}{
		{`{"limits":{"cores":4}}`, true, nil},
		{``, false, nil},
		{` null `, false, nil},
		{`{"limits":{"cores":1.5}}`, false, document.Problems{{Field: "plan.limits.cores", Message: "This cannot be a number 1.5."}}},
		{`{"limits":{"cores":"few"}}`, false, document.Problems{{Field: "plan.limits.cores", Message: "This cannot be a string."}}},
		{`[1]`, false, document.Problems{{Field: "plan", Message: "This cannot be a array."}}},
		{`{`, false, document.Problems{{Field: "plan", Message: "This is not a JSON object."}}},
	} {
		var plan struct {
			Limits struct {
				Cores int64 `json:"cores"`
			} `json:"limits"`
		}
		var found document.Problems
		require.Equal(t, c.ok, found.Decode("plan", json.RawMessage(c.raw), &plan), c.raw)
		require.Equal(t, c.found, found, c.raw)
		if c.ok {
			require.EqualValues(t, 4, plan.Limits.Cores)
		}
	}
}

func TestDecodeSaying_hasWordsOfItsOwn(t *testing.T) {
	t.Parallel()
	var found document.Problems
	var into struct {
		Cores int64 `json:"cores"`
	}
	ok := found.DecodeSaying("parameters", json.RawMessage(`{"cores":true}`), &into, func(got string) string { return "Not 100% a " + got + "!" })
	require.False(t, ok)
	require.Equal(t, document.Problems{{Field: "parameters.cores", Message: "Not 100% a bool!"}}, found)
}

func TestProblems_becomeOnePermanentError(t *testing.T) {
	t.Parallel()
	var found document.Problems
	found.That(true, "id", "never said")
	require.NoError(t, found.Err())
	found.That(false, "id", "The subscription has no number.")
	found.That(false, "plan", "Choose %d or more.", 3)
	require.Equal(t, "id: The subscription has no number. plan: Choose 3 or more.", found.Sentence())
	require.Equal(t, sdk.Permanent("id: The subscription has no number. plan: Choose 3 or more."), found.Err())
}

func TestAddress_isFullAndOfHTTP(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"http://[::1]:8001", "https://api.example.com/v1?x=y"} {
		var found document.Problems
		u, ok := found.Address("settings.url", good, "https://x.example")
		require.True(t, ok, good)
		require.Equal(t, good, u.String())
		require.Empty(t, found, good)
	}
	for _, bad := range []string{"", "api.example.com", "ftp://api.example.com", "https://:80", "http://a b", "://"} {
		var found document.Problems
		_, ok := found.Address("settings.url", bad, "https://x.example")
		require.False(t, ok, bad)
		require.Equal(t, document.Problems{{Field: "settings.url", Message: "Give a full address such as https://x.example."}}, found, bad)
	}
}

func TestScrub_leavesNoSecret(t *testing.T) {
	t.Parallel()
	s := document.Secrets{"", "s3cret", "t0ken"}
	require.Equal(t, "user (secret) with (secret), (secret)", s.Scrub("user s3cret with t0ken, s3cret"))
	require.Equal(t, "nothing to hide", s.Scrub("nothing to hide"))
}

func TestCanonical_isTheSameForTheSameContent(t *testing.T) {
	t.Parallel()
	one := document.Canonical([]any{"x", json.RawMessage(`{"b": 1.0, "a": [null]}`)})
	require.Equal(t, `["x",{"a":[null],"b":1}]`, one)
	require.Equal(t, one, document.Canonical([]any{"x", json.RawMessage(`{"a":[null],"b":1}`)}))
	require.Empty(t, document.Canonical(func() {}))
}

// TestFingerprint_neverChanges holds what stands in tags of clouds already.
func TestFingerprint_neverChanges(t *testing.T) {
	t.Parallel()
	require.Equal(t, "e3b0c44298fc", document.Fingerprint(""))
	require.Equal(t, "ba7816bf8f01", document.Fingerprint("abc"))
	require.NotEqual(t, document.Fingerprint("a", "bc"), document.Fingerprint("ab", "c"))
	require.Equal(t, document.Fingerprint("a\x00bc"), document.Fingerprint("a", "bc"))
}

func TestDescribed_hasTheFourSchemas(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{}
	for _, name := range []string{"settings", "product", "plan", "parameters"} {
		_, err := document.Described(sdk.Description{}, files)
		require.ErrorIs(t, err, fs.ErrNotExist)
		files["schemas/"+name+".json"] = &fstest.MapFile{Data: []byte(`"` + name + `"`)}
	}
	d, err := document.Described(sdk.Description{Name: "acme"}, files)
	require.NoError(t, err)
	require.Equal(t, sdk.Description{
		Name: "acme", SettingsSchema: json.RawMessage(`"settings"`), ProductSchema: json.RawMessage(`"product"`),
		PlanSchema: json.RawMessage(`"plan"`), ParametersSchema: json.RawMessage(`"parameters"`),
	}, d)
}
