package openstack_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/openstack/sandbox"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// The tests of this file need what a real cloud cannot be made to do.

func TestProvision_closesTheOtherRegions(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.Regions = []string{"north", "south"} })
	sub := b.sub(1, with(prepaidPlan(), object{"region": "south"}), parameters(2, 2, 5, 1))
	r := b.provision(sub)
	project := idOf(t, r.Resources, "project")
	require.Equal(t, "south", plugintest.Credential(t, r, "region").Value)
	require.Equal(t, 0, b.admin.quota(b.admin.compute, project, "cores"), "b.admin looks at the north")
	require.Equal(t, 0, b.admin.quota(b.admin.volume, project, "gigabytes"))
	require.Equal(t, 0, b.admin.quota(b.admin.network, project, "floatingip"))
	require.Equal(t, sdk.StateActive, b.observe(sub).State)

	moved := b.sub(1, with(prepaidPlan(), object{"region": "north"}), parameters(2, 2, 5, 1))
	problems, err := b.provider.Validate(t.Context(), sdk.Check{Subscription: moved, Current: &sub})
	require.NoError(t, err)
	require.Contains(t, problems[0].Message, "cannot move to another cloud or region")
	_, err = b.update("move", moved)
	require.ErrorContains(t, err, "cannot move to another cloud or region")
}

// TestUpdate_staysInItsRegion changes the default region after a plan that
// names none was sold.
func TestUpdate_staysInItsRegion(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.Regions = []string{"north", "south"} })
	first := b.provision(b.sold(1, parameters(2, 2, 5, 1)))
	b.cloud = with(b.cloud, object{"region": "south"})
	sub := b.sold(1, parameters(3, 2, 5, 1))
	updated, err := b.update("u", sub)
	require.NoError(t, err)
	require.Equal(t, "north", plugintest.Credential(t, updated, "region").Value)
	require.Equal(t, 3, b.admin.quota(b.admin.compute, idOf(t, first.Resources, "project"), "cores"))
	require.Empty(t, b.observe(sub).Differences)
	require.Equal(t, "south", plugintest.Credential(t, b.provision(b.sold(2, parameters(1, 1, 1, 0))), "region").Value)
}

func TestHealth_wantsACertificateItKnows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewUnstartedServer(b.handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	secure, err := sandbox.New(sandbox.Config{AdminPassword: adminPassword, BaseURL: server.URL})
	require.NoError(t, err)
	server.Config.Handler = secure.Handler()
	b.cloud = with(b.cloud, object{"authUrl": server.URL + secure.AuthPath()})
	health := func(change object) sdk.Health {
		h, err := b.provider.Health(t.Context(), plugintest.Raw(t, object{"clouds": object{"main": with(b.cloud, change)}}))
		require.NoError(t, err)
		return h
	}
	require.Contains(t, health(nil).Message, "certificate that is not trusted")
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	require.True(t, health(object{"caCert": string(authority)}).OK)
	require.True(t, health(object{"insecure": true}).OK)
}

func TestProvision_inAnUnknownRegionSaysWhichThereAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.provider.Provision(t.Context(), sdk.Request{Key: "p", Subscription: b.sub(1, with(prepaidPlan(), object{"region": "Nowhere"}), parameters(1, 1, 1, 0))}, nil)
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, `has no region "Nowhere"; it has RegionOne`)
	require.Empty(t, b.inventory(), "nothing was begun")
}

func TestDeprovision_ofAnOrphanSearchesAllClouds(t *testing.T) {
	t.Parallel()
	b, other := setup(t), setup(t)
	other.base = b.base
	sub := other.sold(1, parameters(1, 1, 1, 0))
	r := other.provision(sub)
	settings := plugintest.Raw(t, object{"clouds": object{"a": b.cloud, "z": other.cloud}})
	require.NoError(t, b.remove(sdk.Subscription{ID: sub.ID, Settings: settings}, "orphan"))
	require.Empty(t, other.admin.accounts(idOf(t, r.Resources, "project"), idOf(t, r.Resources, "user")))
}

func TestDeprovision_withADeadCloudIsNotDone(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub := b.sold(1, parameters(1, 1, 1, 0))
	r := b.provision(sub)
	settings := plugintest.Raw(t, object{"clouds": object{"dead": with(b.cloud, object{"authUrl": "http://127.0.0.1:1/v3"}), "main": b.cloud}})
	err := b.remove(sdk.Subscription{ID: sub.ID, Settings: settings}, "orphan")
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
	require.ErrorContains(t, err, `cloud "dead"`)
	require.Empty(t, b.admin.accounts(idOf(t, r.Resources, "project"), idOf(t, r.Resources, "user")), "the other was searched all the same")
}

func TestDeprovision_saysWhatIsStillThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub := b.sold(1, parameters(1, 1, 5, 0))
	r := b.provision(sub)
	disk, err := b.tenant(r).makeVolume(1)
	require.NoError(t, err)
	b.provider.SetTimes(time.Second, time.Millisecond, 0) // no patience
	err = b.provider.Deprovision(t.Context(), sdk.Request{Key: "d", Subscription: sub}, nil)
	require.Equal(t, sdk.CodeNotYet, sdk.CodeOf(err))
	require.ErrorContains(t, err, "1 volumes are still being deleted in Region RegionOne of the cloud main")
	require.Equal(t, "deleting", b.admin.volumeStatus(disk))
	require.NoError(t, b.remove(sub, "d"))
	require.Empty(t, b.admin.leftovers(idOf(t, r.Resources, "project"), idOf(t, r.Resources, "user")))
}

// TestDeprovision_neverTouchesAnothersThings has a cloud that ignores every
// filter of its lists.
func TestDeprovision_neverTouchesAnothersThings(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, others := b.sold(1, parameters(1, 1, 5, 1)), b.sold(2, parameters(1, 1, 5, 1))
	r, other := b.provision(mine), b.provision(others)
	for _, tenant := range []*client{b.tenant(r), b.tenant(other)} {
		_, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
		require.NoError(t, err)
		_, err = tenant.makeVolume(1)
		require.NoError(t, err)
		tenant.extras()
	}
	project, user := idOf(t, other.Resources, "project"), idOf(t, other.Resources, "user")
	before := b.admin.leftovers(project, user)
	deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
		if q := in.URL.Query(); in.Method == http.MethodGet && !q.Has("user_id") {
			for _, filter := range []string{"project_id", "tenant_id", "owner", "tags", "name", "domain_id", "name__startswith"} {
				q.Del(filter)
			}
			in.URL.RawQuery = q.Encode()
		}
		b.handler.ServeHTTP(w, in)
	}))
	t.Cleanup(deaf.Close)
	b.cloud = with(b.cloud, object{"authUrl": deaf.URL + b.sandbox.AuthPath()})
	require.NoError(t, b.remove(b.sold(1, parameters(1, 1, 5, 1)), "d"))
	require.Equal(t, before, b.admin.leftovers(project, user))
	require.Empty(t, b.admin.leftovers(idOf(t, r.Resources, "project"), idOf(t, r.Resources, "user")))
}

func TestMarks_letTwoMarketplacesShareACloud(t *testing.T) {
	t.Parallel()
	b := setup(t)
	marked := func(mark string) sdk.Subscription {
		sub := b.sold(1, parameters(1, 1, 1, 0))
		sub.Settings = plugintest.Raw(t, with(b.settings(), object{"mark": mark}))
		return sub
	}
	first, second := b.provision(marked("fondaco")), b.provision(marked("fondaco-test"))
	require.NotEqual(t, first.Resources, second.Resources)
	for mark, want := range map[string]sdk.Result{"fondaco": first, "fondaco-test": second} {
		all, err := b.provider.Inventory(t.Context(), marked(mark).Settings)
		require.NoError(t, err)
		require.Equal(t, []sdk.Owned{{SubscriptionID: b.base + 1, Resources: want.Resources}}, all)
	}
	require.NoError(t, b.remove(marked("fondaco"), "d"))
	require.Len(t, b.admin.accounts(second.Resources[0].ID, second.Resources[1].ID), 2)
}

// TestPassword_survivesItsSeed changes the administrator's password, from
// which tenants' passwords follow when the settings have no seed.
func TestPassword_survivesItsSeed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub := b.sold(1, parameters(1, 1, 1, 0))
	first := b.provision(sub)
	b.admin.patch("users/"+b.adminID(), object{"user": object{"password": "n3w-s3cret"}})
	b.cloud = with(b.cloud, object{"password": "n3w-s3cret"})
	b.admin = b.login("admin", "n3w-s3cret", "admin", "Default")
	t.Cleanup(func() { // or the first subscription's settings are of no use any more
		b.admin.patch("users/"+b.adminID(), object{"user": object{"password": adminPassword}})
	})

	sub = b.sold(1, parameters(2, 2, 2, 0))
	updated, err := b.update("u", sub)
	require.NoError(t, err)
	for _, c := range updated.Credentials {
		require.NotContains(t, []string{"password", "clouds.yaml", "openrc"}, c.Name, "not known, so not told: the marketplace keeps what it has")
	}
	b.tenant(first)

	repaired, err := b.provider.Provision(t.Context(), sdk.Request{Key: "repair", Subscription: sub}, nil)
	require.NoError(t, err)
	require.NotEqual(t, plugintest.Credential(t, first, "password"), plugintest.Credential(t, repaired, "password"))
	b.tenant(repaired)

	seeded := func() sdk.Subscription {
		sub := b.sold(2, parameters(1, 1, 1, 0))
		sub.Settings = plugintest.Raw(t, with(b.settings(), object{"passwordSeed": "a long random text"}))
		return sub
	}
	before := b.provision(seeded())
	b.cloud = with(b.cloud, object{"externalNetwork": "changed"})
	require.Equal(t, plugintest.Credential(t, before, "password"), plugintest.Credential(t, b.provision(seeded()), "password"))
}

func (b *bundle) adminID() string {
	b.t.Helper()
	var answer struct{ Users []struct{ ID string } }
	_, err := b.admin.identity.Get(b.admin.ctx, b.admin.identity.ServiceURL("users")+"?name=admin", &answer, nil)
	require.NoError(b.t, err)
	return answer.Users[0].ID
}

func TestSuspend_leavesServersRunningWhenTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cloud = with(b.cloud, object{"stopServersOnSuspend": false})
	sub := b.sold(1, parameters(1, 1, 1, 0))
	tenant := b.tenant(b.provision(sub))
	server, err := tenant.boot(b.world.tiny, b.world.image, tenant.net(b.world))
	require.NoError(t, err)
	require.NoError(t, b.provider.Suspend(t.Context(), sdk.Request{Key: "s", Subscription: sub}))
	require.Equal(t, "ACTIVE", b.admin.status(server))
}

func TestKeys_areForgottenOldestFirst(t *testing.T) {
	t.Parallel()
	b := setup(t)
	sub := b.sold(1, parameters(1, 1, 1, 0))
	b.provision(sub)
	for i := range 20 {
		_, err := b.update(fmt.Sprint("u", i), b.sold(1, parameters(2+i, 2, 2, 0)))
		require.NoError(t, err)
	}
	_, err := b.update("u19", sub)
	require.Equal(t, sdk.CodeConflict, sdk.CodeOf(err))
	_, err = b.update("u0", sub)
	require.NoError(t, err, "sixteen are remembered")
}

func TestErrors_sayWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		code   sdk.Code
		want   string
	}{
		{"overloaded", status(http.StatusTooManyRequests), sdk.CodeTransient, "had trouble while reading the compute quotas (status 429)"},
		{"broken", status(http.StatusBadGateway), sdk.CodeTransient, "status 502"},
		{"nonsense", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"weather":"fine"}`) }, sdk.CodeTransient, "did not answer well while reading the compute quotas"},
		{"no JSON", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, sdk.CodeTransient, "did not answer well"},
		{"forbidden", status(http.StatusForbidden), sdk.CodePermanent, "does not allow reading the compute quotas"},
		{"refused", status(http.StatusBadRequest), sdk.CodePermanent, "refused reading the compute quotas: because of (secret)"},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, sdk.CodeTransient, "did not answer in time"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var output bytes.Buffer
			b.provider = openstack.New(slog.New(slog.NewTextHandler(&output, &slog.HandlerOptions{Level: slog.LevelDebug})))
			t.Cleanup(b.provider.Close)
			call := 30 * time.Second
			if c.name == "silent" {
				call = 200 * time.Millisecond
			}
			b.provider.SetTimes(call, time.Millisecond, time.Second)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/os-quota-sets/") && strings.Contains(r.URL.Path, "/compute/") {
					c.answer(w, r)
					return
				}
				b.handler.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			b.cloud = with(b.cloud, object{"authUrl": server.URL + b.sandbox.AuthPath()})
			err := b.try("provision", b.sold(1, parameters(1, 1, 1, 0)))
			require.Equal(t, c.code, sdk.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), adminPassword)
			require.NotContains(t, output.String(), adminPassword)
			require.Contains(t, output.String(), "called the cloud")
		})
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"badRequest":{"code":%d,"message":"because of %s"}}`, code, adminPassword)
	}
}

func TestErrors_aWrongPasswordIsForPeopleToMend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cloud = with(b.cloud, object{"password": "wr0ng-s3cret"})
	err := b.try("provision", b.sold(1, parameters(1, 1, 1, 0)))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "settings.clouds.main")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestCancelledCall_saysSo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.provider.Observe(ctx, b.sold(1, parameters(1, 1, 1, 0)))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, sdk.CodeTransient, sdk.CodeOf(err))
}

// TestQuotas_thatDoNotHoldAreNoSuccess has a cloud whose limits are kept
// elsewhere: it takes a quota and answers with another.
func TestQuotas_thatDoNotHoldAreNoSuccess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/compute/v2.1/os-quota-sets/") {
			fmt.Fprint(w, `{"quota_set":{"cores":20,"ram":51200}}`)
			return
		}
		b.handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	b.cloud = with(b.cloud, object{"authUrl": server.URL + b.sandbox.AuthPath()})
	err := b.try("provision", b.sold(1, parameters(1, 1, 1, 0)))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "was told that the quota cores is 1, and says it is 20")
}
