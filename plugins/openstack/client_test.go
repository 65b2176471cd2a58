package openstack_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/snapshots"
	"github.com/gophercloud/gophercloud/v2/openstack/blockstorage/v3/volumes"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/flavors"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/keypairs"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/servers"
	"github.com/gophercloud/gophercloud/v2/openstack/compute/v2/volumeattach"
	"github.com/gophercloud/gophercloud/v2/openstack/config"
	"github.com/gophercloud/gophercloud/v2/openstack/config/clouds"
	"github.com/gophercloud/gophercloud/v2/openstack/image/v2/images"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/floatingips"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/extensions/layer3/routers"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/networks"
	"github.com/gophercloud/gophercloud/v2/openstack/networking/v2/subnets"
	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/plugins/plugintest"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// client is a user of the cloud with a standard client: a tenant, or the
// administrator. It shares no code with the plugin.
type client struct {
	t                                         *testing.T
	identity, compute, volume, network, image *gophercloud.ServiceClient
	metric                                    string // the endpoint, "" when there is none
	ctx                                       context.Context
}

func (b *bundle) login(user, password, project, domain string) *client {
	b.t.Helper()
	c, err := b.tryLogin(gophercloud.AuthOptions{
		IdentityEndpoint: b.cloud["authUrl"].(string), Username: user, Password: password, TenantName: project, DomainName: domain, AllowReauth: true,
	}, b.region)
	require.NoError(b.t, err)
	return c
}

// tenant logs in with the clouds.yaml that the customer got.
func (b *bundle) tenant(r sdk.Result) *client {
	b.t.Helper()
	c, err := b.tryTenant(r)
	require.NoError(b.t, err)
	return c
}

func (b *bundle) tryTenant(r sdk.Result) (*client, error) {
	b.t.Helper()
	name := plugintest.Credential(b.t, r, "project").Value
	options, endpoint, _, err := clouds.Parse(clouds.WithCloudName(name), clouds.WithCloudsYAML(strings.NewReader(plugintest.Credential(b.t, r, "clouds.yaml").Value)))
	require.NoError(b.t, err)
	options.AllowReauth = true
	return b.tryLogin(options, endpoint.Region)
}

func (b *bundle) tryLogin(options gophercloud.AuthOptions, region string) (*client, error) {
	b.t.Helper()
	transport := &http.Transport{}
	b.t.Cleanup(transport.CloseIdleConnections)
	ctx := context.Background()
	p, err := config.NewProviderClient(ctx, options, config.WithHTTPClient(http.Client{Transport: transport, Timeout: time.Minute}))
	if err != nil {
		return nil, err
	}
	at := gophercloud.EndpointOpts{Region: region}
	c := &client{t: b.t, ctx: ctx}
	for _, open := range []struct {
		into **gophercloud.ServiceClient
		with func(*gophercloud.ProviderClient, gophercloud.EndpointOpts) (*gophercloud.ServiceClient, error)
	}{
		{&c.identity, openstack.NewIdentityV3}, {&c.compute, openstack.NewComputeV2}, {&c.volume, openstack.NewBlockStorageV3},
		{&c.network, openstack.NewNetworkV2}, {&c.image, openstack.NewImageV2},
	} {
		*open.into, err = open.with(p, at)
		require.NoError(b.t, err)
	}
	at.ApplyDefaults("metric")
	c.metric, _ = p.EndpointLocator(at) // none is fine
	return c, nil
}

// discover finds a small and a larger flavor, an image and an external network.
func (c *client) discover() (w world) {
	c.t.Helper()
	pages, err := flavors.ListDetail(c.compute, nil).AllPages(c.ctx)
	require.NoError(c.t, err)
	all, err := flavors.ExtractFlavors(pages)
	require.NoError(c.t, err)
	least, most := 1<<30, 0
	for _, f := range all {
		if f.VCPUs == 1 && f.RAM < least {
			w.tiny, least = f.ID, f.RAM
		}
		if f.VCPUs >= 3 && f.VCPUs > most {
			w.large, most = f.ID, f.VCPUs
		}
	}
	imagePages, err := images.List(c.image, images.ListOpts{Visibility: images.ImageVisibilityPublic}).AllPages(c.ctx)
	require.NoError(c.t, err)
	found, err := images.ExtractImages(imagePages)
	require.NoError(c.t, err)
	require.NotEmpty(c.t, found, "the cloud has no public image")
	w.image = found[0].ID
	var answer struct{ Networks []struct{ ID string } }
	_, err = c.network.Get(c.ctx, c.network.ServiceURL("networks")+"?router:external=true", &answer, nil)
	require.NoError(c.t, err)
	require.NotEmpty(c.t, answer.Networks, "the cloud has no external network")
	w.external = answer.Networks[0].ID
	require.NotEmpty(c.t, w.tiny, "the cloud has no flavor with one core")
	require.NotEmpty(c.t, w.large, "the cloud has no flavor with three cores or more")
	return w
}

// net makes a network with a subnet behind a router to the outside.
func (c *client) net(w world) string {
	c.t.Helper()
	n, err := networks.Create(c.ctx, c.network, networks.CreateOpts{Name: "inner"}).Extract()
	require.NoError(c.t, err)
	s, err := subnets.Create(c.ctx, c.network, subnets.CreateOpts{NetworkID: n.ID, CIDR: "10.9.0.0/24", IPVersion: gophercloud.IPv4, Name: "inner"}).Extract()
	require.NoError(c.t, err)
	r, err := routers.Create(c.ctx, c.network, routers.CreateOpts{Name: "way-out", GatewayInfo: &routers.GatewayInfo{NetworkID: w.external}}).Extract()
	require.NoError(c.t, err)
	_, err = routers.AddInterface(c.ctx, c.network, r.ID, routers.AddInterfaceOpts{SubnetID: s.ID}).Extract()
	require.NoError(c.t, err)
	return n.ID
}

func (c *client) boot(flavor, image, network string) (string, error) {
	s, err := servers.Create(c.ctx, c.compute, servers.CreateOpts{
		Name: "server", FlavorRef: flavor, ImageRef: image, Networks: []servers.Network{{UUID: network}},
	}, nil).Extract()
	if err != nil {
		return "", err
	}
	return s.ID, nil
}

// status is the server's, "" when it is gone.
func (c *client) status(id string) string {
	s, err := servers.Get(c.ctx, c.compute, id).Extract()
	if err != nil {
		return ""
	}
	return s.Status
}

func (c *client) makeVolume(size int) (string, error) {
	v, err := volumes.Create(c.ctx, c.volume, volumes.CreateOpts{Size: size, Name: "disk"}, nil).Extract()
	if err != nil {
		return "", err
	}
	return v.ID, nil
}

func (c *client) volumeStatus(id string) string {
	v, err := volumes.Get(c.ctx, c.volume, id).Extract()
	if err != nil {
		return ""
	}
	return v.Status
}

func (c *client) makeSnapshot(volume string) {
	c.t.Helper()
	_, err := snapshots.Create(c.ctx, c.volume, snapshots.CreateOpts{VolumeID: volume, Name: "yesterday"}).Extract()
	require.NoError(c.t, err)
}

func (c *client) attach(server, volume string) {
	c.t.Helper()
	_, err := volumeattach.Create(c.ctx, c.compute, server, volumeattach.CreateOpts{VolumeID: volume}).Extract()
	require.NoError(c.t, err)
}

func (c *client) floatingIP(external string) (string, error) {
	ip, err := floatingips.Create(c.ctx, c.network, floatingips.CreateOpts{FloatingNetworkID: external}).Extract()
	if err != nil {
		return "", err
	}
	return ip.ID, nil
}

// extras makes the things that people forget about.
func (c *client) extras() {
	c.t.Helper()
	_, err := keypairs.Create(c.ctx, c.compute, keypairs.CreateOpts{Name: "laptop", PublicKey: publicKey}).Extract()
	require.NoError(c.t, err)
	protected := true
	_, err = images.Create(c.ctx, c.image, images.CreateOpts{Name: "mine", DiskFormat: "raw", ContainerFormat: "bare", Protected: &protected}).Extract()
	require.NoError(c.t, err)
	group := object{"server_group": object{"name": "apart", "policies": []string{"anti-affinity"}}}
	_, err = c.compute.Post(c.ctx, c.compute.ServiceURL("os-server-groups"), group, nil, &gophercloud.RequestOpts{OkCodes: []int{200}})
	require.NoError(c.t, err)
	sg := object{"security_group": object{"name": "web"}}
	_, err = c.network.Post(c.ctx, c.network.ServiceURL("security-groups"), sg, nil, nil)
	require.NoError(c.t, err)
}

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl test"

// leftovers names everything of the project and the user that is there, as
// the administrator sees it. An untouched cloud has none.
func (c *client) leftovers(project, user string) []string {
	c.t.Helper()
	own := c.self().Project.ID
	var out []string
	for _, k := range []struct {
		client           *gophercloud.ServiceClient
		path, key, owner string
	}{
		{c.compute, "servers/detail?all_tenants=1&project_id=" + project, "servers", "tenant_id"},
		{c.compute, "os-server-groups?all_projects=true", "server_groups", "project_id"},
		{c.volume, "volumes/detail?all_tenants=1&project_id=" + project, "volumes", "os-vol-tenant-attr:tenant_id"},
		{c.volume, "snapshots/detail?all_tenants=1&project_id=" + project, "snapshots", "os-extended-snapshot-attributes:project_id"},
		{c.network, "floatingips?project_id=" + project, "floatingips", "project_id"},
		{c.network, "ports?project_id=" + project, "ports", "project_id"},
		{c.network, "routers?project_id=" + project, "routers", "project_id"},
		{c.network, "networks?project_id=" + project, "networks", "project_id"},
		{c.network, "subnets?project_id=" + project, "subnets", "project_id"},
		// Asked for one project alone, Neutron would make its default group.
		{c.network, "security-groups?project_id=" + own + "&project_id=" + project, "security_groups", "project_id"},
		{c.image, "images?owner=" + project, "images", "owner"},
	} {
		at := k.client.ServiceURL(k.path)
		var answer object
		header := map[string]string{}
		if k.client == c.compute {
			header["X-OpenStack-Nova-API-Version"] = "2.13"
		}
		_, err := k.client.Get(c.ctx, at, &answer, &gophercloud.RequestOpts{MoreHeaders: header})
		require.NoError(c.t, err, k.path)
		for _, one := range answer[k.key].([]any) {
			if o := one.(object); o[k.owner] == project {
				out = append(out, fmt.Sprintf("%s %v", k.key, o["id"]))
			}
		}
	}
	var keys struct{ Keypairs []any }
	_, err := c.compute.Get(c.ctx, c.compute.ServiceURL("os-keypairs")+"?user_id="+user, &keys, &gophercloud.RequestOpts{MoreHeaders: map[string]string{"X-OpenStack-Nova-API-Version": "2.10"}})
	require.NoError(c.t, err)
	if len(keys.Keypairs) > 0 {
		out = append(out, "key pairs")
	}
	return append(out, c.accounts(project, user)...)
}

// accounts names project and user when they are there.
func (c *client) accounts(project, user string) (out []string) {
	c.t.Helper()
	for _, path := range []string{"projects/" + project, "users/" + user} {
		_, err := c.identity.Get(c.ctx, c.identity.ServiceURL(path), new(any), nil)
		if !gophercloud.ResponseCodeIs(err, http.StatusNotFound) {
			require.NoError(c.t, err)
			out = append(out, path)
		}
	}
	return out
}

// self is who the client is, for which project, in which roles.
type self struct {
	User, Project struct{ ID string }
	Roles         []struct{ ID, Name string }
}

func (c *client) self() self {
	c.t.Helper()
	own, err := c.identity.GetAuthResult().ExtractTokenID()
	require.NoError(c.t, err)
	var answer struct{ Token self }
	_, err = c.identity.Get(c.ctx, c.identity.ServiceURL("auth", "tokens"), &answer, &gophercloud.RequestOpts{MoreHeaders: map[string]string{"X-Subject-Token": own}})
	require.NoError(c.t, err)
	return answer.Token
}

// quota reads one of the project's limits back.
func (c *client) quota(service *gophercloud.ServiceClient, project, name string) int {
	c.t.Helper()
	path, key := "os-quota-sets/", "quota_set"
	if service == c.network {
		path, key = "quotas/", "quota"
	}
	var answer map[string]map[string]any
	_, err := service.Get(c.ctx, service.ServiceURL(path+project), &answer, nil)
	require.NoError(c.t, err)
	var n int
	_, err = fmt.Sscan(fmt.Sprint(answer[key][name]), &n)
	require.NoError(c.t, err, name)
	return n
}

// patch changes something in Keystone behind the plugin's back.
func (c *client) patch(path string, body object) {
	c.t.Helper()
	_, err := c.identity.Patch(c.ctx, c.identity.ServiceURL(path), body, nil, &gophercloud.RequestOpts{OkCodes: []int{200}})
	require.NoError(c.t, err)
}

func (c *client) delete(path string) {
	c.t.Helper()
	_, err := c.identity.Delete(c.ctx, c.identity.ServiceURL(path), nil)
	require.NoError(c.t, err)
}
