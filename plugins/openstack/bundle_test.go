package openstack_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/openstack/sandbox"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// object is JSON in the making.
type object = map[string]any

// adminPassword is the sandbox's, and must never be in a message.
const adminPassword = "sandbox-s3cret"

// bundle is a provider with a cloud: the sandbox, or the real one that the
// OS_* variables name.
type bundle struct {
	t        *testing.T
	provider *openstack.Provider
	sandbox  *sandbox.Cloud // nil on a real cloud
	clock    *clock.Manual  // the sandbox's
	handler  http.Handler   // the sandbox's
	cloud    object         // the settings of the cloud "main"
	region   string
	base     int64 // subscription ids begin here
	admin    *client
	world    world
	emptied  [][2]string // project and user of tenants that are to leave nothing
}

// world is what servers are made of.
type world struct{ tiny, large, image, external string }

// eachCloud runs the test on the sandbox, and on a real cloud when there is
// one. OPENSTACK_TESTS=required makes it a failure that there is none.
func eachCloud(t *testing.T, test func(b *bundle)) {
	t.Parallel()
	t.Run("sandbox", func(t *testing.T) { t.Parallel(); test(setup(t)) })
	t.Run("real", func(t *testing.T) {
		t.Parallel()
		if os.Getenv("OS_AUTH_URL") == "" {
			if os.Getenv("OPENSTACK_TESTS") == "required" {
				t.Fatal("OS_AUTH_URL names no cloud")
			}
			t.Skip("OS_AUTH_URL names no cloud")
		}
		test(setupReal(t))
	})
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	b := begin(t, slog.New(slog.DiscardHandler))
	b.clock = clock.NewManual(time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC))
	cfg := sandbox.Config{Clock: b.clock, AdminPassword: adminPassword, Gnocchi: true}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	b.sandbox, err = sandbox.New(cfg)
	require.NoError(t, err)
	b.handler = b.sandbox.Handler()
	server := httptest.NewServer(b.handler)
	t.Cleanup(func() { server.Close(); require.NoError(t, b.sandbox.Close()) })
	b.provider.SetTimes(5*time.Second, time.Millisecond, 5*time.Second)
	b.region = "RegionOne"
	if len(cfg.Regions) > 0 {
		b.region = cfg.Regions[0]
	}
	b.cloud = object{"authUrl": server.URL + b.sandbox.AuthPath(), "username": "admin", "password": adminPassword, "region": b.region}
	b.world = world{sandbox.FlavorTinyID, sandbox.FlavorLargeID, sandbox.ImageID, sandbox.ExternalNetworkID}
	b.admin = b.login("admin", adminPassword, "admin", "Default")
	return b
}

func setupReal(t *testing.T) *bundle {
	t.Helper()
	b := begin(t, callLog(t))
	b.provider.SetTimes(30*time.Second, time.Second, 2*time.Minute)
	env := func(name, otherwise string) string {
		if v := os.Getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	b.region = env("OS_REGION_NAME", "RegionOne")
	domain := env("OS_USER_DOMAIN_NAME", "Default")
	b.cloud = object{
		"authUrl": os.Getenv("OS_AUTH_URL"), "username": os.Getenv("OS_USERNAME"), "password": os.Getenv("OS_PASSWORD"), "region": b.region,
		"projectName": env("OS_PROJECT_NAME", "admin"), "userDomainName": domain, "projectDomainName": env("OS_PROJECT_DOMAIN_NAME", "Default"),
	}
	b.admin = b.login(os.Getenv("OS_USERNAME"), os.Getenv("OS_PASSWORD"), env("OS_PROJECT_NAME", "admin"), domain)
	b.world = b.admin.discover()
	return b
}

func begin(t *testing.T, log *slog.Logger) *bundle {
	t.Helper()
	b := &bundle{t: t, provider: openstack.New(log), base: 1<<30 + rand.Int64N(1<<30-1000)}
	t.Cleanup(b.provider.Close)
	return b
}

// callLog writes every call of the provider to the file OPENSTACK_CALL_LOG.
func callLog(t *testing.T) *slog.Logger {
	t.Helper()
	path := os.Getenv("OPENSTACK_CALL_LOG")
	if path == "" {
		return slog.New(slog.DiscardHandler)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return slog.New(slog.NewJSONHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug})).With("test", t.Name())
}

// settings are the provider instance's.
func (b *bundle) settings() object { return object{"clouds": object{"main": b.cloud}} }

func prepaidPlan() object { return object{"cloud": "main", "billing": "prepaid"} }
func meteredPlan() object { return object{"cloud": "main", "billing": "payAsYouGo"} }

func parameters(cores, memoryGB, diskGB, ips int) object {
	return object{"cores": cores, "memoryGb": memoryGB, "diskGb": diskGB, "ips": ips}
}

// sold is subscription n of the test with a prepaid plan.
func (b *bundle) sold(n int64, parameters object) sdk.Subscription {
	return b.sub(n, prepaidPlan(), parameters)
}

// metered is subscription n with a pay-as-you-go plan.
func (b *bundle) metered(n int64) sdk.Subscription { return b.sub(n, meteredPlan(), object{}) }

func (b *bundle) sub(n int64, plan, parameters object) sdk.Subscription {
	b.t.Helper()
	return sdk.Subscription{ID: b.base + n, Settings: plugintest.Raw(b.t, b.settings()), Product: plugintest.Raw(b.t, object{}), Plan: plugintest.Raw(b.t, plan), Parameters: plugintest.Raw(b.t, parameters)}
}

func (b *bundle) name(sub sdk.Subscription) string { return fmt.Sprintf("fondaco-%d", sub.ID) }

// provision makes the subscription and promises its removal.
func (b *bundle) provision(sub sdk.Subscription) sdk.Result {
	b.t.Helper()
	r, err := b.provider.Provision(b.t.Context(), sdk.Request{Key: fmt.Sprintf("provision-%d", sub.ID), Subscription: sub}, nil)
	b.t.Cleanup(func() {
		sub.Resources = r.Resources
		require.NoError(b.t, b.remove(sub, "cleanup"))
	})
	require.NoError(b.t, err)
	return r
}

func (b *bundle) update(key string, sub sdk.Subscription) (sdk.Result, error) {
	return b.provider.Update(b.t.Context(), sdk.Request{Key: key, Subscription: sub}, nil)
}

func (b *bundle) observe(sub sdk.Subscription) sdk.Observation {
	b.t.Helper()
	o, err := b.provider.Observe(b.t.Context(), sub)
	require.NoError(b.t, err)
	return o
}

// remove deprovisions, as often as the provider says "not yet".
func (b *bundle) remove(sub sdk.Subscription, key string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	return plugintest.Settled(ctx, 5*time.Second, func(ctx context.Context) error {
		return b.provider.Deprovision(ctx, sdk.Request{Key: key, Subscription: sub}, nil)
	})
}

// idOf is the id of the resource of a kind.
func idOf(t *testing.T, r []sdk.Resource, kind string) string {
	t.Helper()
	for _, one := range r {
		if one.Kind == kind {
			return one.ID
		}
	}
	t.Fatalf("there is no %s in %v", kind, r)
	return ""
}

// waitFor asks until it is so.
func (b *bundle) waitFor(what string, is func() bool) {
	b.t.Helper()
	require.Eventually(b.t, is, time.Minute, b.pause(), what)
}

func (b *bundle) pause() time.Duration {
	if b.sandbox != nil {
		return time.Millisecond
	}
	return 500 * time.Millisecond
}

func statusIs(t *testing.T, err error, status int) {
	t.Helper()
	require.Truef(t, gophercloud.ResponseCodeIs(err, status), "want status %d, got %v", status, err)
}
