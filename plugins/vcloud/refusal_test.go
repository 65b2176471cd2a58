package vcloud_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmware/go-vcloud-director/v2/types/v56"

	"github.com/fondaco/fondaco/plugins/faultline"
	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestUpdate_refusesBelowWhatIsInUse(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.provision(prepaid(), chosen(10, 16, 100, 4))
	_, err := b.cloud.CreateServer(b.org(), sandbox.Server{Name: "web", Cores: 8, MemoryGb: 12, DiskGb: 60})
	require.NoError(t, err)
	require.NoError(t, b.cloud.UseAddresses(b.org(), 3))
	require.NoError(t, b.cloud.AddNetwork(b.org(), "lan"))
	for _, c := range []struct {
		field, message string
		next           object
	}{
		{"parameters.cores", "8 of the 10 cores are in use; stop or delete servers first or choose at least 8.", chosen(7, 16, 100, 4)},
		{"parameters.memoryGb", "12 of the 16 GB of memory are in use; stop or delete servers first or choose at least 12.", chosen(10, 11, 100, 4)},
		{"parameters.diskGb", "60 of the 100 GB of disk are in use; delete disks or servers first or choose at least 60.", chosen(10, 16, 59, 4)},
		{"parameters.ips", "3 of the 4 addresses are in use; release addresses first or choose at least 3.", chosen(10, 16, 100, 2)},
	} {
		current := b.sub(prepaid(), chosen(10, 16, 100, 4))
		problems, err := b.provider.Validate(context.Background(), sdk.Check{Subscription: b.sub(prepaid(), c.next), Current: &current})
		require.NoError(t, err)
		require.Equal(t, []sdk.Problem{{Field: c.field, Message: c.message}}, problems)
		_, err = b.converge("update", c.field, prepaid(), c.next)
		require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
		require.ErrorContains(t, err, c.message)
		b.asSold(prepaid(), chosen(10, 16, 100, 4))
	}
	_, err = b.converge("update", "none", prepaid(), chosen(10, 16, 100, 0))
	require.ErrorContains(t, err, "1 network is connected to the addresses")
	_, err = b.converge("update", "fits", prepaid(), chosen(8, 12, 60, 3))
	require.NoError(t, err, "exactly what is in use")
	b.asSold(prepaid(), chosen(8, 12, 60, 3))
}

func TestUpdate_refusesAnotherBillingCloudOrModel(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.settings["clouds"].(object)["second"] = b.main()
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	elsewhere, reserved := prepaid(), prepaid()
	elsewhere["cloud"], reserved["allocationModel"] = "second", "ReservationPool"
	for _, c := range []struct {
		field, says      string
		plan, parameters object
		byUpdate         bool
	}{
		{"plan.billing", "stays prepaid or pay-as-you-go", payAsYouGo(), object{}, true},
		{"plan.cloud", "cannot move to another cloud", elsewhere, chosen(1, 1, 1, 0), false},
		{"plan.allocationModel", "which cannot change", reserved, chosen(1, 1, 1, 0), true},
	} {
		current := b.sub(prepaid(), chosen(1, 1, 1, 0))
		problems, err := b.provider.Validate(context.Background(), sdk.Check{Subscription: b.sub(c.plan, c.parameters), Current: &current})
		require.NoError(t, err)
		require.Len(t, problems, 1)
		require.Equal(t, c.field, problems[0].Field)
		require.Contains(t, problems[0].Message, c.says)
		if c.byUpdate {
			_, err = b.converge("update", c.field, c.plan, c.parameters)
			require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
			require.ErrorContains(t, err, c.says)
		}
	}
	b.asSold(prepaid(), chosen(1, 1, 1, 0))
}

func TestProvision_foreignOrganizationIsLeftAlone(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	require.NoError(t, b.cloud.AddOrganization(b.org()))
	_, err := b.converge("provision", "p", prepaid(), chosen(1, 1, 1, 0))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, `"`+b.org()+`"`)
	require.Error(t, b.block("suspend", "s"))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(b.deprovision("d")))
	require.Equal(t, sandbox.Count{Organizations: 1}, b.cloud.Count())
	owned, err := b.provider.Inventory(context.Background(), plugintest.Raw(t, b.settings))
	require.NoError(t, err)
	require.Empty(t, owned)
}

func TestProvision_anotherMarkIsForeign(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.settings["mark"] = "other"
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	b.settings["mark"] = "fondaco"
	require.NoError(t, b.deprovision("d"))
	require.Equal(t, []string{"other-" + string(mustJSON(b.number))}, b.cloud.Organizations())
}

func TestProvision_failedTasks(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	for _, c := range []struct {
		name, operation string
		failure         types.Error
		code            sdk.Code
		says            string
	}{
		{"no room", "vdcCreateVdc", types.Error{MajorErrorCode: 400, MinorErrorCode: "INSUFFICIENT_CAPACITY", Message: "The provider VDC has too little memory."}, sdk.CodePermanent, "The provider VDC has too little memory."},
		{"trouble", "vdcCreateVdc", types.Error{MajorErrorCode: 500, MinorErrorCode: "INTERNAL_SERVER_ERROR", Message: "A host is gone."}, sdk.CodeTransient, "A host is gone."},
		{"edge", "edgeGatewayCreate", types.Error{MajorErrorCode: 500, MinorErrorCode: "INTERNAL_SERVER_ERROR", Message: "No edge cluster."}, sdk.CodeTransient, "No edge cluster."},
		{"marks", "metadataUpdate", types.Error{MajorErrorCode: 503, Message: "Later."}, sdk.CodeTransient, "Later."},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.cloud.FailTask(c.operation, c.failure)
			_, err := b.converge("provision", "p", prepaid(), chosen(4, 8, 100, 2))
			require.Equal(t, c.code, sdk.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, c.says)
			b.provision(prepaid(), chosen(4, 8, 100, 2))
			b.asSold(prepaid(), chosen(4, 8, 100, 2))
			require.Equal(t, sandbox.Count{Organizations: 1, VDCs: 1, EdgeGateways: 1}, b.cloud.Count())
		})
	}
}

func TestProvision_wrongSettingsAreToldByName(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	for field, says := range map[string]string{
		"password": "does not accept the user and password", "providerVdc": `no provider VDC "wrong-name"`, "storageProfile": `no storage profile of the provider VDC "wrong-name"`,
		"networkPool": `no network pool "wrong-name"`, "externalNetwork": `no external network "wrong-name"`,
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.main()[field] = "wrong-name"
			_, err := b.converge("provision", "p", prepaid(), chosen(1, 1, 1, 1))
			require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), "%v", err)
			require.ErrorContains(t, err, says)
			require.Equal(t, sandbox.Count{}, b.cloud.Count(), "nothing was made")
			h, err := b.provider.Health(context.Background(), plugintest.Raw(t, b.settings))
			require.NoError(t, err)
			require.False(t, h.OK)
			require.Contains(t, h.Message, says)
		})
	}
}

func TestProvision_moreAddressesThanThereAre(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.Addresses = 3 })
	_, err := b.converge("provision", "p", prepaid(), chosen(1, 1, 1, 4))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "3 free addresses")
	require.Equal(t, sandbox.Count{}, b.cloud.Count())
}

func TestHealth_saysVersionAndAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	h, err := b.provider.Health(context.Background(), plugintest.Raw(t, b.settings))
	require.NoError(t, err)
	require.True(t, h.OK, h.Message)
	require.Contains(t, h.Message, "Cloud Director 10.")
}

func TestHealth_whatIsNoCloud(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	other := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(other.Close)
	b := setup(t)
	for address, says := range map[string]string{"http://127.0.0.1:1/api": "cannot be reached", other.URL + "/api": "does not answer as Cloud Director does"} {
		b.main()["url"] = address
		h, err := b.provider.Health(context.Background(), plugintest.Raw(t, b.settings))
		require.NoError(t, err)
		require.False(t, h.OK)
		require.Contains(t, h.Message, says)
	}
}

func TestSession_endedIsMadeAnew(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t)
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	b.cloud.EndSessions()
	b.asSold(prepaid(), chosen(1, 1, 1, 0))
}

func TestSession_apiToken(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	b := setup(t, func(c *sandbox.Config) { c.APIToken = "api-t0ken" })
	delete(b.main(), "user")
	delete(b.main(), "password")
	b.main()["apiToken"] = "api-t0ken"
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	b.main()["apiToken"] = "another"
	_, err := b.provider.Observe(context.Background(), b.sub(prepaid(), chosen(1, 1, 1, 0)))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err), "%v", err)
	require.NotContains(t, err.Error(), "another")
}

func TestUpdate_changedPasswordSecretIsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.provision(prepaid(), chosen(1, 1, 1, 0))
	b.settings["passwordSecret"] = "quite another secret"
	_, err := b.converge("update", "u", prepaid(), chosen(2, 1, 1, 0))
	require.Equal(t, sdk.CodePermanent, sdk.CodeOf(err))
	require.ErrorContains(t, err, "settings.passwordSecret was changed")
	b.settings["passwordSecret"] = passwordSecret
}

// TestSecrets_areInNoMessageAndNoLog goes through every way to fail and looks
// for everything secret.
func TestSecrets_areInNoMessageAndNoLog(t *testing.T) {
	t.Parallel()
	onlySandbox(t)
	for _, fault := range faultline.Faults() {
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			for _, n := range []int{1, 2, 3, 8, 18, 24, 26, 28} {
				b := setup(t)
				b.provider.SetPace(100*time.Millisecond, time.Millisecond, time.Second)
				b.line.Break(n, fault)
				_, err := b.provider.Provision(context.Background(), sdk.Request{Key: "p", Subscription: b.sub(prepaid(), chosen(4, 8, 100, 2))}, nil)
				b.line.Mend()
				b.provider.SetPace(10*time.Second, time.Millisecond, time.Second)
				result := b.provision(prepaid(), chosen(4, 8, 100, 2))
				told := b.log.String()
				if err != nil {
					told += err.Error()
				}
				for _, secret := range []string{adminPassword, passwordSecret, plugintest.Credential(t, result, "password").Value} {
					require.NotContains(t, told, secret)
				}
			}
		})
	}
}

func TestNew_isQuietAboutWhatTheLibrarySends(t *testing.T) {
	t.Parallel()
	p := vcloud.New(setup(t).logger())
	t.Cleanup(p.Close)
	require.False(t, libraryLogs())
}
