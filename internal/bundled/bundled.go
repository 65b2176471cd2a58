// Package bundled knows the plugins inside the executable: it starts itself
// again as `fondaco plugin serve NAME` for each of them.
package bundled

import (
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/kong"
	"github.com/fondaco/fondaco/plugins/openstack"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/plugins/vcloud"
)

// providers makes the plugins that a marketplace offers, by name.
func providers() map[string]func(*slog.Logger) sdk.Provider {
	return map[string]func(*slog.Logger) sdk.Provider{
		"kong":      func(log *slog.Logger) sdk.Provider { return kong.New(log) },
		"openstack": func(log *slog.Logger) sdk.Provider { return openstack.New(log) },
		"vcloud":    func(log *slog.Logger) sdk.Provider { return vcloud.New(log) },
	}
}

// Names lists the plugins that a marketplace offers.
func Names() []string { return slices.Sorted(maps.Keys(providers())) }

// Example is the plugin of the author's guide: it can be served and tried, but
// sells boxes that nobody wants, so no marketplace offers it.
const Example = "example"

// Served lists all that the executable can be.
func Served() []string { return append(Names(), Example) }

// Serve is the plugin until the host that started the process says stop or is
// gone. Nothing may be on standard output before: it belongs to the plugin
// protocol. For a name that is none it returns a NotFound fault.
func Serve(name string) error {
	log := sdk.NewLog(slog.LevelInfo)
	p, err := provider(name, log)
	if err != nil {
		return err
	}
	sdk.Serve(p, sdk.WithLog(log))
	return nil
}

func provider(name string, log *slog.Logger) (sdk.Provider, error) {
	if name == Example {
		return &example.Provider{}, nil
	}
	make, ok := providers()[name]
	if !ok {
		return nil, fault.Newf(fault.NotFound, "There is no bundled plugin %q. There are: %s.", name, strings.Join(Served(), ", "))
	}
	return make(log), nil
}
