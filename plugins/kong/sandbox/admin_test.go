package sandbox_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAdmin_saysWhatItIs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	r := b.do("GET", b.admin+"/", "")
	require.Equal(t, 200, r.status)
	require.Equal(t, "3.9.3", r.json(t)["version"])
	require.Equal(t, "Welcome to kong (Fondaco sandbox)", r.json(t)["tagline"])
	require.Equal(t, "kong/3.9.3", r.header.Get("Server"))
	require.NotEmpty(t, r.header.Get("X-Kong-Admin-Latency"))
	require.Equal(t, "*", r.header.Get("Access-Control-Allow-Origin"))
	require.Equal(t, 200, b.do("GET", b.admin+"/status", "").status)
}

func TestAdmin_refusalsAreKongs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	b.must("POST", "/routes/rt1/plugins", `{"name":"rate-limiting","consumer":{"username":"alice"},"config":{"minute":100,"month":100}}`)
	limit := b.must("GET", "/consumers/alice/plugins", "")["data"].([]any)[0].(map[string]any)["id"].(string)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		code                     float64
		message                  string
	}{
		{"same key", "POST", "/consumers/alice/key-auth", `{"key":"secret-key-1"}`, 409, 5, `UNIQUE violation detected on '{key="secret-key-1"}'`},
		{"same username", "POST", "/consumers", `{"username":"alice"}`, 409, 5, `UNIQUE violation detected on '{username="alice"}'`},
		{"same group", "POST", "/consumers/alice/acls", `{"group":"gold"}`, 409, 5, `UNIQUE violation detected`},
		{"same plugin and scope", "POST", "/routes/rt1/plugins", `{"name":"key-auth"}`, 409, 5, `UNIQUE violation detected`},
		{"unknown config field and no limit", "POST", "/plugins", `{"name":"rate-limiting","config":{"moth":3}}`, 400, 2,
			"2 schema violations (at least one of these fields must be non-empty: 'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'; config.moth: unknown field)"},
		{"longer window lower", "PATCH", "/plugins/" + limit, `{"config":{"month":2}}`, 400, 2, "The limit for month(2.0) cannot be lower than the limit for minute(100.0)"},
		{"service with routes", "DELETE", "/services/svc1", "", 400, 4, "an existing 'routes' entity references this 'services' entity"},
		{"unknown service", "POST", "/routes", `{"paths":["/x"],"service":{"id":"11111111-1111-4111-8111-111111111111"}}`, 400, 4, "does not reference an existing 'services' entity"},
		{"unknown plugin", "POST", "/plugins", `{"name":"teleport"}`, 400, 2, "plugin 'teleport' not enabled"},
		{"bad regex", "POST", "/routes", `{"paths":["~/x/(?<id>["]}`, 400, 2, "invalid regex"},
		{"bad tag", "POST", "/consumers", `{"username":"x","tags":["a/b"]}`, 400, 2, "invalid tag"},
		{"key-auth for a consumer", "POST", "/consumers/alice/plugins", `{"name":"key-auth"}`, 400, 2, "consumer: value must be null"},
		{"unsupported by the sandbox", "POST", "/plugins", `{"name":"request-transformer","config":{"append":{"headers":["a:b"]}}}`, 400, 2, "does not support"},
	} {
		r := b.do(c.method, b.admin+c.path, c.body)
		require.Equal(t, c.status, r.status, "%s: %s", c.name, r.body)
		require.Contains(t, r.json(t)["message"], c.message, c.name)
		require.Equal(t, c.code, r.json(t)["code"], c.name)
	}
}

func TestAdmin_goneAndUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("PUT", "/consumers/dave", `{}`)
	require.Equal(t, 204, b.do("DELETE", b.admin+"/consumers/nobody", "").status)
	r := b.do("DELETE", b.admin+"/consumers/dave/key-auth/11111111-1111-4111-8111-111111111111", "")
	require.Equal(t, 404, r.status)
	require.Equal(t, `{"message":"Not found"}`, r.body)
	require.Equal(t, 404, b.do("GET", b.admin+"/consumers/nobody/acls", "").status)
	require.Equal(t, 404, b.do("GET", b.admin+"/upstreams", "").status)
	require.Equal(t, 405, b.do("PUT", b.admin+"/services", "").status)
	require.Equal(t, 400, b.do("POST", b.admin+"/services", "{").status)
}

func TestAdmin_deletingAConsumerTakesWhatIsItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	b.must("POST", "/consumers/alice/plugins", `{"name":"request-termination"}`)
	b.must("DELETE", "/consumers/alice", "")
	require.Empty(t, b.must("GET", "/key-auths", "")["data"])
	require.Empty(t, b.must("GET", "/acls", "")["data"])
	require.Len(t, b.must("GET", "/plugins", "")["data"], 5, "the others stay")
}

func TestAdmin_putOnAGroupResetsItsTags(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	before := b.must("GET", "/consumers/alice/acls/gold", "")
	after := b.must("PUT", "/consumers/alice/acls/gold", `{}`)
	require.Equal(t, before["id"], after["id"])
	require.Equal(t, []any{"t1"}, before["tags"])
	require.Nil(t, after["tags"])
}

func TestAdmin_makesAKeyOf32CharactersWhenNoneIsGiven(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.must("PUT", "/consumers/c", `{}`)
	made := b.must("POST", "/consumers/c/key-auth", `{}`)
	require.Len(t, made["key"], 32)
	id := made["id"].(string)
	r := b.do("POST", b.admin+"/consumers/c/key-auth", `{"id":"`+id+`"}`)
	require.Equal(t, 400, r.status, r.body)
	require.Equal(t, "primary key violation", r.json(t)["name"])
}

func TestAdmin_patchLeavesTheRestAndNullClears(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.observedSetup()
	p := b.must("POST", "/consumers/alice/plugins", `{"name":"rate-limiting","config":{"minute":10,"month":100,"policy":"cluster"},"tags":["a"]}`)
	got := b.must("PATCH", "/plugins/"+p["id"].(string), `{"config":{"minute":null,"month":5}}`)
	config := got["config"].(map[string]any)
	require.Nil(t, config["minute"])
	require.Equal(t, 5.0, config["month"])
	require.Equal(t, "cluster", config["policy"])
	require.Equal(t, []any{"a"}, got["tags"])
	require.Equal(t, p["created_at"], got["created_at"])
}

func TestAdmin_listsPageByPageAndByTag(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 25 {
		b.must("PUT", fmt.Sprintf("/consumers/c%d", i), fmt.Sprintf(`{"tags":["all","t%d"]}`, i%2))
	}
	seen := map[string]bool{}
	offset := ""
	for pages := 1; ; pages++ {
		page := b.must("GET", "/consumers?size=10&offset="+url.QueryEscape(offset), "")
		for _, c := range page["data"].([]any) {
			seen[c.(map[string]any)["username"].(string)] = true
		}
		if page["offset"] == nil {
			require.Equal(t, 3, pages)
			require.Nil(t, page["next"])
			break
		}
		offset = page["offset"].(string)
	}
	require.Len(t, seen, 25)
	require.Len(t, b.must("GET", "/consumers?tags=all,t0", "")["data"], 13)
	require.Len(t, b.must("GET", "/consumers?tags=t0/t1", "")["data"], 25)
	require.Empty(t, b.must("GET", "/consumers?tags=all,none", "")["data"])
	require.Equal(t, 400, b.do("GET", b.admin+"/consumers?size=0", "").status)
}
