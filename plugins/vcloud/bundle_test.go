package vcloud_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/util"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	adminPassword  = "admin-s3cret"
	passwordSecret = "a secret that passwords follow from"
)

type object = map[string]any

// bundle is a provider with a cloud: the sandbox, or the real one that
// VCD_URL, VCD_USER, VCD_PASSWORD, VCD_PROVIDER_VDC, VCD_STORAGE_PROFILE and,
// if it has them, VCD_NETWORK_POOL and VCD_EXTERNAL_NETWORK name.
type bundle struct {
	t        *testing.T
	provider *vcloud.Provider
	cloud    *sandbox.Cloud // nil on a real cloud
	line     *faultline.Line
	clock    *clock.Manual
	settings object
	number   int64
	log      *plugintest.Log
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	b := &bundle{t: t, number: rand.Int64N(1 << 30), log: &plugintest.Log{}}
	b.provider = vcloud.New(b.logger())
	t.Cleanup(b.provider.Close)
	if os.Getenv("VCD_URL") == "" {
		b.sandbox(change...)
		return b
	}
	b.settings = settingsOf(object{
		"url": os.Getenv("VCD_URL"), "user": os.Getenv("VCD_USER"), "password": os.Getenv("VCD_PASSWORD"), "insecure": os.Getenv("VCD_INSECURE") != "",
		"providerVdc": os.Getenv("VCD_PROVIDER_VDC"), "storageProfile": os.Getenv("VCD_STORAGE_PROFILE"),
		"networkPool": os.Getenv("VCD_NETWORK_POOL"), "externalNetwork": os.Getenv("VCD_EXTERNAL_NETWORK"),
	})
	t.Cleanup(func() { _ = b.deprovision("cleanup") })
	return b
}

func (b *bundle) sandbox(change ...func(*sandbox.Config)) {
	b.clock = clock.NewManual(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	cfg := sandbox.Config{Clock: b.clock, Password: adminPassword}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	b.cloud, err = sandbox.New(cfg)
	require.NoError(b.t, err)
	b.line = faultline.New(b.cloud.Handler())
	server := httptest.NewServer(b.line)
	b.t.Cleanup(func() {
		server.Close()
		require.NoError(b.t, b.cloud.Close())
	})
	b.provider.SetPace(10*time.Second, time.Millisecond, 5*time.Second)
	b.settings = settingsOf(object{
		"url": server.URL + "/api", "user": "administrator", "password": adminPassword,
		"providerVdc": "provider", "networkPool": "pool", "storageProfile": "standard", "externalNetwork": "internet",
	})
}

func settingsOf(main object) object {
	return object{"passwordSecret": passwordSecret, "clouds": object{"main": main}}
}

// main is the settings of the one cloud.
func (b *bundle) main() object { return b.settings["clouds"].(object)["main"].(object) }

// onlySandbox skips what a real cloud cannot be made to do.
func onlySandbox(t *testing.T) {
	t.Helper()
	if os.Getenv("VCD_URL") != "" {
		t.Skip("needs the sandbox cloud")
	}
}

func prepaid() object { return object{"cloud": "main", "billing": "prepaid"} }

func payAsYouGo() object { return object{"cloud": "main", "billing": "payAsYouGo"} }

func chosen(cores, memory, disk, ips int) object {
	return object{"cores": cores, "memoryGb": memory, "diskGb": disk, "ips": ips}
}

func (b *bundle) sub(plan, parameters object) sdk.Subscription {
	return sdk.Subscription{
		ID: b.number, Settings: plugintest.Raw(b.t, b.settings), Product: plugintest.Raw(b.t, object{}), Plan: plugintest.Raw(b.t, plan), Parameters: plugintest.Raw(b.t, parameters),
	}
}

// org is the name of the subscription's organization.
func (b *bundle) org() string { return orgName(b.number) }

func orgName(id int64) string { return "fondaco-" + string(mustJSON(id)) }

func mustJSON(v any) []byte {
	out, _ := json.Marshal(v)
	return out
}

// settled repeats a call while the cloud is at work, as the marketplace does.
func settled(call func(context.Context) error) error {
	return plugintest.Settled(context.Background(), 2*time.Millisecond, call)
}

func (b *bundle) converge(operation, key string, plan, parameters object) (result sdk.Result, err error) {
	req := sdk.Request{Key: key, Subscription: b.sub(plan, parameters)}
	call := b.provider.Provision
	if operation == "update" {
		call = b.provider.Update
	}
	err = settled(func(ctx context.Context) error {
		result, err = call(ctx, req, nil)
		return err
	})
	return result, err
}

func (b *bundle) provision(plan, parameters object) sdk.Result {
	b.t.Helper()
	result, err := b.converge("provision", "p", plan, parameters)
	require.NoError(b.t, err)
	return result
}

func (b *bundle) block(operation, key string) error {
	req := sdk.Request{Key: key, Subscription: b.sub(prepaid(), chosen(4, 8, 100, 2))}
	if operation == "suspend" {
		return settled(func(ctx context.Context) error { return b.provider.Suspend(ctx, req) })
	}
	return settled(func(ctx context.Context) error { return b.provider.Resume(ctx, req) })
}

func (b *bundle) deprovision(key string) error {
	req := sdk.Request{Key: key, Subscription: sdk.Subscription{ID: b.number, Settings: plugintest.Raw(b.t, b.settings)}}
	return settled(func(ctx context.Context) error { return b.provider.Deprovision(ctx, req, nil) })
}

func (b *bundle) observe(plan, parameters object) sdk.Observation {
	b.t.Helper()
	o, err := b.provider.Observe(context.Background(), b.sub(plan, parameters))
	require.NoError(b.t, err)
	return o
}

// asSold requires that everything is exactly as sold.
func (b *bundle) asSold(plan, parameters object) {
	b.t.Helper()
	o := b.observe(plan, parameters)
	require.Empty(b.t, o.Differences)
	require.Equal(b.t, sdk.StateActive, o.State)
}

// login tries the customer's credentials at the cloud.
func (b *bundle) login(r sdk.Result) error {
	endpoint, err := url.Parse(b.main()["url"].(string))
	require.NoError(b.t, err)
	vcd := govcd.NewVCDClient(*endpoint, true)
	vcd.Client.RequestIdFunc = nil // it is not safe for concurrent use
	defer vcd.Client.Http.CloseIdleConnections()
	return vcd.Authenticate(plugintest.Credential(b.t, r, "user").Value, plugintest.Credential(b.t, r, "password").Value, plugintest.Credential(b.t, r, "organization").Value)
}

func (b *bundle) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b.log, nil)) }

// libraryLogs tells whether the library would log what it sends.
func libraryLogs() bool { return util.EnableLogging || util.LogHttpRequest || util.LogHttpResponse }
