package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/vmware/go-vcloud-director/v2/govcd"
	"github.com/vmware/go-vcloud-director/v2/types/v56"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a cloud with the library logged in.
type bundle struct {
	cloud  *sandbox.Cloud
	server *httptest.Server
	vcd    *govcd.VCDClient
}

func setup(t *testing.T, change ...func(*sandbox.Config)) *bundle {
	t.Helper()
	cfg := sandbox.Config{Clock: clock.NewManual(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))}
	for _, c := range change {
		c(&cfg)
	}
	cloud, err := sandbox.New(cfg)
	require.NoError(t, err)
	b := &bundle{cloud: cloud, server: httptest.NewServer(cloud.Handler())}
	b.vcd = b.client(t)
	t.Cleanup(func() {
		b.server.Close()
		_ = cloud.Close()
	})
	require.NoError(t, b.vcd.Authenticate("administrator", "sandbox", "System"))
	return b
}

func (b *bundle) client(t *testing.T) *govcd.VCDClient {
	t.Helper()
	endpoint, err := url.Parse(b.server.URL + "/api")
	require.NoError(t, err)
	vcd := govcd.NewVCDClient(*endpoint, true)
	vcd.Client.RequestIdFunc = nil // it is not safe for concurrent use
	t.Cleanup(vcd.Client.Http.CloseIdleConnections)
	return vcd
}

// org makes an organization by the library's own call.
func (b *bundle) org(t *testing.T, name string) *govcd.AdminOrg {
	t.Helper()
	_, err := govcd.CreateOrg(b.vcd, name, name, "made by a test", &types.OrgSettings{OrgGeneralSettings: &types.OrgGeneralSettings{}}, true)
	require.NoError(t, err)
	org, err := b.vcd.QueryOrgByName(name)
	require.NoError(t, err)
	admin := govcd.NewAdminOrg(&b.vcd.Client)
	admin.AdminOrg.HREF = b.server.URL + "/api/admin/org/" + org.HREF[len(org.HREF)-36:]
	require.NoError(t, admin.Refresh())
	return admin
}

func (b *bundle) vdc(t *testing.T, org *govcd.AdminOrg, cores, memoryGb, diskGb int64) govcd.Task {
	t.Helper()
	task, err := org.CreateOrgVdcAsync(b.vdcParams(org.AdminOrg.Name, cores, memoryGb, diskGb))
	require.NoError(t, err)
	return task
}

func (b *bundle) vdcParams(name string, cores, memoryGb, diskGb int64) *types.VdcConfiguration {
	return &types.VdcConfiguration{
		Name: name, AllocationModel: "AllocationVApp", VCpuInMhz: 1000, IsEnabled: true,
		ComputeCapacity:      []*types.ComputeCapacity{{CPU: &types.CapacityWithUsage{Units: "MHz", Limit: cores * 1000}, Memory: &types.CapacityWithUsage{Units: "MB", Limit: memoryGb * 1024}}},
		ProviderVdcReference: &types.Reference{HREF: b.server.URL + "/api/admin/providervdc/00000000-0000-4000-8000-000000000001"},
		VdcStorageProfile: []*types.VdcStorageProfileConfiguration{{
			Enabled: new(true), Units: "MB", Limit: diskGb * 1024, Default: true,
			ProviderVdcStorageProfile: &types.Reference{HREF: b.server.URL + "/api/admin/pvdcStorageProfile/00000000-0000-4000-8000-000000000002"},
		}},
	}
}

// TestLibrary_readsWhatItWrites goes through the library's own functions, not
// those that the plugin uses: the sandbox is more than the plugin's mirror.
func TestLibrary_readsWhatItWrites(t *testing.T) {
	t.Parallel()
	b := setup(t)
	org := b.org(t, "acme")
	require.Equal(t, "made by a test", org.AdminOrg.Description)
	task := b.vdc(t, org, 4, 8, 100)
	require.NoError(t, task.WaitTaskCompletion())
	require.NoError(t, org.Refresh())
	vdc, err := org.GetAdminVDCByName("acme", false)
	require.NoError(t, err)
	require.EqualValues(t, 4000, vdc.AdminVdc.ComputeCapacity[0].CPU.Limit)
	profile, err := vdc.GetDefaultStorageProfileReference()
	require.NoError(t, err)
	details, err := b.vcd.GetStorageProfileByHref(profile.HREF)
	require.NoError(t, err)
	require.EqualValues(t, 100*1024, details.Limit)

	role, err := org.GetRoleReference(govcd.OrgUserRoleOrganizationAdministrator)
	require.NoError(t, err)
	require.NotEmpty(t, role.HREF)
	require.NoError(t, org.AddMetadataEntryWithVisibility("a", "b", types.MetadataStringValue, types.MetadataHiddenVisibility, true), "the library sends one entry with PUT")
	entry, err := org.GetMetadataByKey("a", true)
	require.NoError(t, err)
	require.Equal(t, "b", entry.TypedValue.Value)

	vdcs, err := b.vcd.Client.QueryAllVdcs()
	require.NoError(t, err)
	require.Len(t, vdcs, 1)
	require.NoError(t, org.Disable())
	version, err := b.vcd.Client.GetVcdShortVersion()
	require.NoError(t, err)
	require.Equal(t, "10.4.3", version)
}

func TestTasks_takeTimeAndMakeBusy(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *sandbox.Config) { c.TaskDelay = 500 * time.Millisecond })
	org := b.org(t, "acme")
	task := b.vdc(t, org, 1, 1, 1)
	require.NoError(t, task.Refresh())
	require.Equal(t, "running", task.Task.Status)
	require.NoError(t, org.Refresh())
	vdc, err := org.GetAdminVDCByName("acme", false)
	require.NoError(t, err)
	require.Len(t, vdc.AdminVdc.Tasks.Task, 1)
	require.Zero(t, vdc.AdminVdc.Status)
	_, err = vdc.UpdateAsync()
	require.ErrorContains(t, err, "busy")
	require.NoError(t, task.WaitInspectTaskCompletion(nil, 5*time.Millisecond))
	require.NoError(t, vdc.Refresh())
	require.Equal(t, 1, vdc.AdminVdc.Status)
	require.Nil(t, vdc.AdminVdc.Tasks)
}

func TestTasks_failAsTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.cloud.FailTask("vdcCreateVdc", types.Error{MajorErrorCode: 400, MinorErrorCode: "NO_ROOM", Message: "No room."})
	task := b.vdc(t, b.org(t, "acme"), 1, 1, 1)
	require.ErrorContains(t, task.WaitTaskCompletion(), "No room.")
}

func TestLogin_isAskedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	stranger := b.client(t)
	require.Error(t, stranger.Authenticate("administrator", "wrong", "System"))
	require.Error(t, stranger.Authenticate("admin", "wrong", "acme"))
	for _, path := range []string{"/api/query?type=organization", "/api/admin/org/x", "/cloudapi/1.0.0/edgeGateways/"} {
		res, err := b.server.Client().Get(b.server.URL + path)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		require.Equal(t, http.StatusUnauthorized, res.StatusCode, path)
	}
}

func TestQuery_pagesThroughAll(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for i := range 60 {
		require.NoError(t, b.cloud.AddOrganization(fmt.Sprintf("org-%02d", i)))
	}
	all, err := b.vcd.QueryAllOrgs()
	require.NoError(t, err)
	require.Len(t, all, 60, "the library asks page by page")
	_, err = b.vcd.QueryOrgByName("org-60")
	require.Error(t, err)
}

func TestServers_stayWithinTheLimits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.vdc(t, b.org(t, "acme"), 4, 8, 100)
	first, err := b.cloud.CreateServer("acme", sandbox.Server{Name: "a", Cores: 4, MemoryGb: 4, DiskGb: 50})
	require.NoError(t, err)
	second, err := b.cloud.CreateServer("acme", sandbox.Server{Name: "b", Cores: 1, MemoryGb: 1, DiskGb: 50, Off: true})
	require.NoError(t, err)
	require.ErrorContains(t, b.cloud.StartServer(second), "4000 MHz")
	require.NoError(t, b.cloud.StopServer(first))
	require.NoError(t, b.cloud.StartServer(second))
	_, err = b.cloud.CreateServer("acme", sandbox.Server{Name: "c", DiskGb: 1, Off: true})
	require.ErrorContains(t, err, "storage profile")
	require.NoError(t, b.cloud.DeleteServer(first))
	require.Error(t, b.cloud.StopServer(first))
}

func TestSnapshot_survivesARestart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cloud.json")
	keep := func(c *sandbox.Config) { c.Snapshot = file }
	b := setup(t, keep)
	b.vdc(t, b.org(t, "acme"), 4, 8, 100)
	_, err := b.cloud.CreateServer("acme", sandbox.Server{Name: "a", Cores: 4, MemoryGb: 4, DiskGb: 50})
	require.NoError(t, err)
	before := b.cloud.Count()

	// Not closed: what was answered is on disk already.
	again := setup(t, keep)
	require.Equal(t, before, again.cloud.Count())
	require.Equal(t, []string{"acme"}, again.cloud.Organizations())
	_, err = again.cloud.CreateServer("acme", sandbox.Server{Name: "b", Cores: 1})
	require.Error(t, err, "the running server still counts")
}

func TestSnapshot_tasksEndWithTheCloud(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "cloud.json")
	slow := setup(t, func(c *sandbox.Config) { c.Snapshot, c.TaskDelay = file, 500*time.Millisecond })
	org := slow.org(t, "acme")
	task := slow.vdc(t, org, 1, 1, 1)

	again := setup(t, func(c *sandbox.Config) { c.Snapshot = file })
	task.Task.HREF = again.server.URL + "/api/task/" + task.Task.ID[len(task.Task.ID)-36:]
	found, err := again.vcd.Client.GetTaskByHREF(task.Task.HREF)
	require.NoError(t, err)
	require.Equal(t, "error", found.Task.Status)
	require.Equal(t, "The cell was restarted.", found.Task.Error.Message)
}

func TestNew_needsAClockAndAReadableSnapshot(t *testing.T) {
	t.Parallel()
	_, err := sandbox.New(sandbox.Config{})
	require.ErrorContains(t, err, "clock")
	file := filepath.Join(t.TempDir(), "dir")
	_, err = sandbox.New(sandbox.Config{Clock: clock.System{}, Snapshot: filepath.Dir(file)})
	require.Error(t, err)
}
