package gatewaylog_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
)

const one = `{"upstream_status":"200","started_at":1795388962899,"source":"upstream","client_ip":"127.0.0.1",
"consumer":{"username":"12","id":"f748f407","tags":["fondaco","fondaco-product-7","fondaco-subscription-12"]},
"service":{"name":"fondaco-7","tags":["fondaco","fondaco-product-7"]},
"route":{"name":"fondaco-7-get-items","tags":["fondaco","fondaco-product-7","fondaco-endpoint-get-items"]},
"request":{"id":"9d02fc3b25e49f69887650764141853a","method":"GET","headers":{"x":["1","2"]}},
"response":{"status":200},"latencies":{"proxy":4,"kong":7,"receive":1,"request":12},"tries":[{"balancer_start_ns":1.7953889629061e+18}]}`

func TestParse_readsABareEntryAndAnArray(t *testing.T) {
	t.Parallel()
	want := gatewaylog.Entry{
		RequestID: "9d02fc3b25e49f69887650764141853a", SubscriptionID: 12, ConsumerName: "12", Endpoint: "get-items", ProductID: 7,
		StartedAt: time.Date(2026, 11, 22, 23, 9, 22, 899e6, time.UTC), Status: 200, Source: gatewaylog.SourceUpstream, LatencyMS: 12,
	}
	got, err := gatewaylog.Parse([]byte(one))
	require.NoError(t, err)
	require.Equal(t, []gatewaylog.Entry{want}, got)
	got, err = gatewaylog.Parse([]byte(" [" + one + "," + one + "]\n"))
	require.NoError(t, err)
	require.Equal(t, []gatewaylog.Entry{want, want}, got)
	got, err = gatewaylog.Parse([]byte("[]"))
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestParse_knowsWhoIsNotOurs(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"no consumer":        `{"started_at":1,"request":{"id":"a"}}`,
		"a foreign consumer": `{"started_at":1,"request":{"id":"a"},"consumer":{"username":"12","tags":["other"]}}`,
		"a named consumer":   `{"started_at":1,"request":{"id":"a"},"consumer":{"username":"alice","tags":["fondaco"]}}`,
		"null tags":          `{"started_at":1,"request":{"id":"a"},"consumer":{"username":"12","tags":null}}`,
	} {
		got, err := gatewaylog.Parse([]byte(body))
		require.NoError(t, err, name)
		require.Zero(t, got[0].SubscriptionID, name)
		require.Zero(t, got[0].ProductID, name)
		require.Empty(t, got[0].Endpoint, name)
		require.Equal(t, gatewaylog.SourceKong, got[0].Source, name)
	}
}

func TestParse_saysWhereABatchIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, field, message string }{
		"empty":          {" ", "body", "empty"},
		"cut off":        {"[" + one[:200], "body", "cut off: the JSON ends too early at byte 201"},
		"not JSON":       {`[{"a":1},}`, "body", "at byte 10 of 10"},
		"two documents":  {one + one, "body", "not JSON"},
		"a wrong type":   {`[{"request":{"id":7}}]`, "request.id", "byte 19"},
		"a number":       {`7`, "body", "number"},
		"no request id":  {`[{"started_at":1,"request":{"id":"a"}},{"started_at":1}]`, "entries[1].request.id", "exactly once"},
		"no time":        {`{"request":{"id":"a"}}`, "entries[0].started_at", "milliseconds"},
		"a null element": {`[null]`, "entries[0].request.id", "missing"},
	} {
		got, err := gatewaylog.Parse([]byte(c.body))
		require.Nil(t, got, name)
		require.Equal(t, fault.Invalid, fault.CodeOf(err), name)
		require.Contains(t, fault.As(err).Fields[0].Name, c.field, name)
		require.Contains(t, fault.As(err).Fields[0].Message, c.message, name)
	}
}

func TestEscape_givesKongsCharactersAndComesBack(t *testing.T) {
	t.Parallel()
	require.Equal(t, "repos~2fget", gatewaylog.Escape("repos/get"))
	rapid.Check(t, func(t *rapid.T) {
		identifier := rapid.String().Draw(t, "identifier")
		escaped := gatewaylog.Escape(identifier)
		if strings.ContainsAny(escaped, "/, ") || gatewaylog.Unescape(escaped) != identifier {
			t.Fatalf("%q became %q", identifier, escaped)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(one))
	f.Add([]byte("[" + one + "," + one + "]"))
	f.Add([]byte("[" + one[:100]))
	f.Add([]byte(`[null,{"started_at":1e300,"request":{"id":"a"}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		entries, err := gatewaylog.Parse(body)
		if err != nil {
			if !fault.Is(err, fault.Invalid) || entries != nil {
				t.Fatalf("%v with %d entries", err, len(entries))
			}
			return
		}
		if !json.Valid(body) {
			t.Fatal("accepted what is not JSON")
		}
		for i, e := range entries {
			if e.RequestID == "" || e.SubscriptionID < 0 || e.StartedAt.Year() > 9999 {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
	})
}
