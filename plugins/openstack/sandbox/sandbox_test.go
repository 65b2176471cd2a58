package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/openstack/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type object = map[string]any

// bundle is a cloud with somebody who asks it.
type bundle struct {
	t      *testing.T
	cloud  *sandbox.Cloud
	clock  *clock.Manual
	server *httptest.Server
	token  string
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, clock: clock.NewManual(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC))}
	cfg := sandbox.Config{Clock: b.clock}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	b.cloud, err = sandbox.New(cfg)
	require.NoError(t, err)
	b.server = httptest.NewServer(b.cloud.Handler())
	t.Cleanup(func() { b.server.Close(); require.NoError(t, b.cloud.Close()) })
	b.token = b.login("admin", "sandbox", "admin")
	return b
}

// login returns a token, "" when there is none to be had.
func (b *bundle) login(user, password, project string) string {
	b.t.Helper()
	domain := object{"name": "Default"}
	head, _, _ := b.send("POST", "/identity/v3/auth/tokens", object{"auth": object{
		"identity": object{"methods": []string{"password"}, "password": object{"user": object{"name": user, "password": password, "domain": domain}}},
		"scope":    object{"project": object{"name": project, "domain": domain}},
	}})
	return head.Get("X-Subject-Token")
}

func (b *bundle) send(method, path string, body any) (http.Header, int, object) {
	b.t.Helper()
	text, err := json.Marshal(body)
	require.NoError(b.t, err)
	req, err := http.NewRequest(method, b.server.URL+path, bytes.NewReader(text))
	require.NoError(b.t, err)
	req.Header.Set("X-Auth-Token", b.token)
	res, err := b.server.Client().Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	require.NoError(b.t, err)
	var answer object
	_ = json.Unmarshal(raw, &answer) // some have none
	return res.Header, res.StatusCode, answer
}

func (b *bundle) must(want int, method, path string, body any) object {
	b.t.Helper()
	_, status, answer := b.send(method, path, body)
	require.Equal(b.t, want, status, "%s %s: %v", method, path, answer)
	return answer
}

// tenant makes a project with a user, and returns its id.
func (b *bundle) tenant(name string) string {
	b.t.Helper()
	project := b.must(201, "POST", "/identity/v3/projects", object{"project": object{"name": name, "tags": []string{"x"}}})["project"].(object)["id"].(string)
	user := b.must(201, "POST", "/identity/v3/users", object{"user": object{"name": name, "password": "pw", "colour": "blue"}})["user"].(object)
	require.Equal(b.t, "blue", user["colour"], "unknown properties are kept")
	require.NotContains(b.t, user, "password")
	roles := b.must(200, "GET", "/identity/v3/roles?name=member", nil)["roles"].([]any)
	b.must(204, "PUT", "/identity/v3/projects/"+project+"/users/"+user["id"].(string)+"/roles/"+roles[0].(object)["id"].(string), nil)
	return project
}

func TestIdentity_refusesAsKeystoneDoes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	project := b.tenant("shop")
	require.Empty(t, b.login("admin", "wrong", "admin"))
	require.Empty(t, b.login("shop", "pw", "admin"), "no role there")
	b.must(409, "POST", "/identity/v3/projects", object{"project": object{"name": "shop"}})
	b.must(404, "GET", "/identity/v3/projects/none", nil)
	b.must(201, "PUT", "/identity/v3/projects/"+project+"/tags/y", nil)
	require.Len(t, b.must(200, "GET", "/identity/v3/projects?tags=x,y", nil)["projects"], 1)
	require.Empty(t, b.must(200, "GET", "/identity/v3/projects?tags=x,z", nil)["projects"])

	admin := b.token
	b.token = b.login("shop", "pw", "shop")
	b.must(403, "GET", "/identity/v3/projects", nil)
	b.must(200, "GET", "/identity/v3/projects/"+project, nil)
	b.must(403, "PUT", "/RegionOne/compute/v2.1/os-quota-sets/"+project, object{"quota_set": object{"cores": 99}})
	b.must(403, "GET", "/RegionOne/compute/v2.1/servers?all_tenants=1", nil)
	tenant := b.token
	b.token = admin
	b.must(200, "PATCH", "/identity/v3/projects/"+project, object{"project": object{"enabled": false}})
	b.token = tenant
	b.must(401, "GET", "/RegionOne/compute/v2.1/servers", nil)
	b.token = "nobody"
	b.must(401, "GET", "/identity/v3/projects", nil)
}

func TestTokens_endWithTheClock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.clock.Advance(3 * time.Hour)
	b.must(200, "GET", "/identity/v3/projects", nil)
	b.clock.Advance(2 * time.Hour)
	b.must(401, "GET", "/identity/v3/projects", nil)
}

func TestRegions_haveServicesOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.Regions = []string{"north", "south"} })
	b.must(200, "POST", "/north/compute/v2.1/os-keypairs", object{"keypair": object{"name": "k"}})
	require.Len(t, b.must(200, "GET", "/north/compute/v2.1/os-keypairs", nil)["keypairs"], 1)
	require.Empty(t, b.must(200, "GET", "/south/compute/v2.1/os-keypairs", nil)["keypairs"])
	b.must(404, "GET", "/west/compute/v2.1/os-keypairs", nil)
	require.Len(t, b.must(200, "GET", "/south/network/v2.0/networks", nil)["networks"], 1, "an external network each")
}

func TestLists_havePages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	first := b.must(200, "GET", "/RegionOne/compute/v2.1/flavors?limit=3", nil)
	require.Len(t, first["flavors"], 3)
	next := first["flavors_links"].([]any)[0].(object)["href"].(string)
	second := b.must(200, "GET", next[len(b.server.URL):], nil)
	require.Len(t, second["flavors"], 1)
	require.NotContains(t, second, "flavors_links")
}

func TestNetwork_listingOneProjectsGroupsMakesItsDefault(t *testing.T) {
	t.Parallel()
	b := setup(t)
	groups := func(query string) []any {
		return b.must(200, "GET", "/RegionOne/network/v2.0/security-groups?"+query, nil)["security_groups"].([]any)
	}
	project := b.tenant("shop")
	require.Len(t, groups("project_id=other&project_id="+project), 1, "the first one's")
	require.Len(t, groups("project_id="+project), 1)
}

func TestSnapshot_keepsTheCloudOverARestart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.jsonl")
	keep := func(c *sandbox.Config) { c.Snapshot = path }
	first := setup(t, keep)
	project := first.tenant("shop")
	first.must(200, "PUT", "/RegionOne/compute/v2.1/os-quota-sets/"+project, object{"quota_set": object{"cores": 3}})
	first.must(200, "PUT", "/RegionOne/network/v2.0/quotas/"+project, object{"quota": object{"floatingip": 1}})
	first.must(204, "DELETE", "/RegionOne/network/v2.0/quotas/"+project, nil)
	gone := first.tenant("gone")
	first.must(204, "DELETE", "/identity/v3/projects/"+gone, nil)
	first.token = first.login("shop", "pw", "shop")
	first.must(202, "POST", "/RegionOne/compute/v2.1/servers", object{"server": object{"name": "s", "flavorRef": sandbox.FlavorTinyID, "imageRef": sandbox.ImageID}})

	// Nothing was closed: what was answered is there, as after a kill.
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(text), `"pw"`, "passwords are not in it")
	require.NoError(t, os.WriteFile(path, append(text, `{"kind":"projects","obj`...), 0o600), "a line that was cut off")
	second := setup(t, keep)
	quotas := second.must(200, "GET", "/RegionOne/compute/v2.1/os-quota-sets/"+project+"/detail", nil)["quota_set"].(object)["cores"]
	require.Equal(t, object{"limit": 3.0, "in_use": 1.0, "reserved": 0.0}, quotas)
	require.Equal(t, 50.0, second.must(200, "GET", "/RegionOne/network/v2.0/quotas/"+project, nil)["quota"].(object)["floatingip"])
	second.must(404, "GET", "/identity/v3/projects/"+gone, nil)
	require.NotEmpty(t, second.login("shop", "pw", "shop"))
}

func TestNew_refusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("{\"sandbox\":1}\n"), 0o600))
	_, err := sandbox.New(sandbox.Config{Snapshot: path})
	require.ErrorContains(t, err, "line 1 is not of a cloud's snapshot")
	_, err = sandbox.New(sandbox.Config{Regions: []string{"a/b"}})
	require.ErrorContains(t, err, "region's name")
}

// TestDiscovery_leadsToEachServiceByLinks: command line clients take no address
// that no version document links to, and ask with and without a slash.
func TestDiscovery_leadsToEachServiceByLinks(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for service, path := range map[string]string{"/identity": "/v3", "/RegionOne/compute": "/v2.1", "/RegionOne/volume": "/v3",
		"/RegionOne/network": "/v2.0", "/RegionOne/image": "/v2"} {
		want := b.server.URL + service + path + "/"
		for _, end := range []string{"", "/"} {
			_, status, list := b.send("GET", service+end, nil)
			require.Equal(t, http.StatusOK, status, service+end)
			require.Contains(t, asText(t, list), want)
			_, status, one := b.send("GET", service+path+end, nil)
			require.Equal(t, http.StatusOK, status, service+path+end)
			require.Contains(t, asText(t, one), want)
		}
	}
}

func asText(t *testing.T, document any) string {
	t.Helper()
	text, err := json.Marshal(document)
	require.NoError(t, err)
	return string(text)
}
