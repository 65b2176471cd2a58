package main

import (
	"fmt"
	"net/http/httptest"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	kong "github.com/fondaco/fondaco/plugins/kong/sandbox"
	openstack "github.com/fondaco/fondaco/plugins/openstack/sandbox"
	vcloud "github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

const sandboxPassword = "bench-admin-password"

// sandbox is an empty foreign system on this machine, and what is sold on it.
type sandbox struct {
	plugin   string
	kind     catalog.Type
	settings string
	plan     string // its configuration; "" for an API
	stop     func() error
}

// sandboxes start them, one for each bundled plugin.
func sandboxes() []func() (sandbox, error) {
	return []func() (sandbox, error){kongSandbox, openstackSandbox, vcloudSandbox}
}

func kongSandbox() (sandbox, error) {
	g, err := kong.New(kong.Config{})
	if err != nil {
		return sandbox{}, err
	}
	admin, proxy := httptest.NewServer(g.Admin()), httptest.NewServer(g.Proxy())
	return sandbox{
		plugin: "kong", kind: catalog.API,
		settings: fmt.Sprintf(`{"adminUrl":%q,"proxyUrl":%q,"ingestUrl":"http://127.0.0.1:9/ingest/kong","ingestSecret":%q}`, admin.URL, proxy.URL, ingestSecret.Reveal()),
		stop:     func() error { proxy.Close(); admin.Close(); return g.Close() },
	}, nil
}

func openstackSandbox() (sandbox, error) {
	c, err := openstack.New(openstack.Config{Clock: clock.System{}, AdminPassword: sandboxPassword})
	if err != nil {
		return sandbox{}, err
	}
	server := httptest.NewServer(c.Handler())
	return sandbox{
		plugin: "openstack", kind: "openstack", plan: `{"cloud":"main","billing":"payAsYouGo"}`,
		settings: fmt.Sprintf(`{"clouds":{"main":{"authUrl":%q,"username":"admin","password":%q,"region":"RegionOne"}}}`, server.URL+c.AuthPath(), sandboxPassword),
		stop:     func() error { server.Close(); return c.Close() },
	}, nil
}

func vcloudSandbox() (sandbox, error) {
	c, err := vcloud.New(vcloud.Config{Clock: clock.System{}, Password: sandboxPassword})
	if err != nil {
		return sandbox{}, err
	}
	server := httptest.NewServer(c.Handler())
	return sandbox{
		plugin: "vcloud", kind: "vcloud", plan: `{"cloud":"main","billing":"payAsYouGo"}`,
		settings: fmt.Sprintf(`{"passwordSecret":%q,"clouds":{"main":{"url":%q,"user":"administrator","password":%q,"providerVdc":"provider",
			"networkPool":"pool","storageProfile":"standard","externalNetwork":"internet"}}}`, sandboxPassword, server.URL+"/api", sandboxPassword),
		stop: func() error { server.Close(); return c.Close() },
	}, nil
}
