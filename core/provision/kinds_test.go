package provision_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/stretchr/testify/require"
)

// shelf is a set of plugins that only describe themselves.
type shelf map[string]*describer

func (s shelf) Provider(name string) (sdk.Provider, error) {
	if s[name] == nil {
		return nil, fault.New(fault.NotFound, "There is no such plugin.")
	}
	return s[name], nil
}

func (s shelf) Names() []string { return slices.Sorted(maps.Keys(s)) }

type describer struct {
	sdk.Provider
	types  []string
	schema string
	err    error
	asked  int
}

func (d *describer) Describe(context.Context) (sdk.Description, error) {
	d.asked++
	return sdk.Description{ProductTypes: d.types, ParametersSchema: json.RawMessage(d.schema), Meters: []sdk.Meter{{Name: "hours", Unit: "hour"}}}, d.err
}

func kindsOf(plugins shelf) (*provision.Kinds, *clock.Manual) {
	now := clock.NewManual(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return provision.NewKinds(plugins, now, slog.New(slog.DiscardHandler)), now
}

func types(t *testing.T, k *provision.Kinds) (all []string) {
	t.Helper()
	kinds, err := k.Kinds(t.Context())
	require.NoError(t, err)
	for _, kind := range kinds {
		all = append(all, string(kind.Type)+" of "+kind.Plugin)
	}
	return all
}

func TestKinds_areWhatThePluginsNameButForTheBuiltInOne(t *testing.T) {
	t.Parallel()
	k, _ := kindsOf(shelf{"b": {types: []string{"tub", "box", "api"}}, "a": {types: []string{"api"}}, "c": {types: []string{"Not A Type"}}})
	require.Equal(t, []string{"box of b", "tub of b"}, types(t, k))
	kind, err := k.Kind(t.Context(), "box")
	require.NoError(t, err)
	require.Equal(t, []catalog.Meter{{Name: "hours", Unit: "hour"}}, kind.Meters)
	require.NotNil(t, kind.PlanSchema, "no schema takes any object")
	_, err = k.Kind(t.Context(), "barrel")
	require.True(t, fault.Is(err, fault.NotFound), "%v", err)
}

func TestKinds_askAPluginOnceAMinute(t *testing.T) {
	t.Parallel()
	plugin := &describer{types: []string{"box"}}
	k, now := kindsOf(shelf{"p": plugin})
	for range 5 {
		_, err := k.Kind(t.Context(), "box")
		require.NoError(t, err)
	}
	require.Equal(t, 1, plugin.asked)
	now.Set(now.Now().Add(2 * time.Minute))
	plugin.types = []string{"box", "tub"}
	require.Equal(t, []string{"box of p", "tub of p"}, types(t, k))
}

func TestKinds_ofASilentPluginAreToldAndComeBack(t *testing.T) {
	t.Parallel()
	plugin := &describer{types: []string{"box"}, err: errors.New("reset")}
	k, now := kindsOf(shelf{"p": plugin})
	require.Equal(t, []string{" of p"}, types(t, k), "it never answered: nothing is known but its name")
	_, err := k.Kind(t.Context(), "box")
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.Equal(t, 1, plugin.asked, "it is left in peace for a moment")

	plugin.err = nil
	now.Set(now.Now().Add(10 * time.Second))
	kind, err := k.Kind(t.Context(), "box")
	require.NoError(t, err)
	require.Empty(t, kind.Unavailable)

	plugin.err = errors.New("gone again")
	now.Set(now.Now().Add(2 * time.Minute))
	kind, err = k.Kind(t.Context(), "box")
	require.NoError(t, err, "what it said before still holds")
	require.Contains(t, kind.Unavailable, "The plugin p does not answer")
}

func TestKinds_ofAPluginWithABrokenSchemaSaySo(t *testing.T) {
	t.Parallel()
	k, _ := kindsOf(shelf{"p": {types: []string{"box"}, schema: `{"type":"thing"}`}, "q": {types: []string{"tub"}}})
	kinds, err := k.Kinds(t.Context())
	require.NoError(t, err)
	require.Len(t, kinds, 2)
	require.Contains(t, kinds[0].Unavailable, "schemas cannot be read")
	require.Equal(t, catalog.Type("tub"), kinds[1].Type, "the others are not held up")
}
