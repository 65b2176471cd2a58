package bundled

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
)

func TestProvider_describesItselfByItsName(t *testing.T) {
	t.Parallel()
	types := map[string]string{}
	for _, name := range Served() {
		p, err := provider(name, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		d, err := p.Describe(t.Context())
		require.NoError(t, err)
		require.Equal(t, name, d.Name)
		for _, kind := range d.ProductTypes {
			require.Empty(t, types[kind], "%s and %s both sell %s", name, types[kind], kind)
			types[kind] = name
		}
	}
}

func TestServe_namesThePluginsThereAre(t *testing.T) {
	t.Parallel()
	err := Serve("kongo")
	require.True(t, fault.Is(err, fault.NotFound))
	require.ErrorContains(t, err, "kong, openstack, vcloud, example")
}
