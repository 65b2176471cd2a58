package provision

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/schema"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Kinds knows the product types that plugins bring. It asks each plugin for
// its description and remembers the answer for a while.
type Kinds struct {
	plugins Plugins
	clock   clock.Clock
	log     *slog.Logger

	mu    sync.Mutex
	known map[string]described // by plugin
}

var _ catalog.Kinds = (*Kinds)(nil)

// described is what a plugin said last, and why it does not answer now.
type described struct {
	kinds   []catalog.Kind
	down    string
	askedAt time.Time
}

// How long an answer, or none, is remembered, and how long one is waited for.
const (
	keepDescription = time.Minute
	keepSilence     = 5 * time.Second
	describeTimeout = 10 * time.Second
)

// NewKinds returns the types of the plugins.
func NewKinds(plugins Plugins, c clock.Clock, log *slog.Logger) *Kinds {
	return &Kinds{plugins: plugins, clock: c, log: log.With("component", "kinds"), known: map[string]described{}}
}

// Kind returns what is known of a type; of several plugins that bring it, the
// first by name that answers.
func (k *Kinds) Kind(ctx context.Context, t catalog.Type) (catalog.Kind, error) {
	var found *catalog.Kind
	var silent []string
	for _, name := range k.plugins.Names() {
		d := k.describe(ctx, name)
		if d.down != "" && d.kinds == nil {
			silent = append(silent, name)
		}
		for _, kind := range d.kinds {
			if kind.Type == t && (found == nil || found.Unavailable != "" && kind.Unavailable == "") {
				found = &kind
			}
		}
	}
	switch {
	case found != nil:
		return *found, nil
	case len(silent) > 0:
		return catalog.Kind{}, fault.Newf(fault.Unavailable, "Nothing is known of products of type %s: the plugin %s does not answer.", t, strings.Join(silent, ", "))
	}
	return catalog.Kind{}, fault.Newf(fault.NotFound, "There is no product type %q.", t)
}

// Kinds lists the types by name. A plugin that never answered stands in the
// list without a type.
func (k *Kinds) Kinds(ctx context.Context) ([]catalog.Kind, error) {
	var all []catalog.Kind
	for _, name := range k.plugins.Names() {
		d := k.describe(ctx, name)
		all = append(all, d.kinds...)
		if d.kinds == nil && d.down != "" {
			all = append(all, catalog.Kind{Plugin: name, Name: name, Unavailable: d.down})
		}
	}
	slices.SortStableFunc(all, func(a, b catalog.Kind) int { return strings.Compare(string(a.Type), string(b.Type)) })
	return all, ctx.Err()
}

// describe returns what the plugin says of itself, or said when it last
// answered.
func (k *Kinds) describe(ctx context.Context, name string) described {
	now := k.clock.Now()
	k.mu.Lock()
	d, known := k.known[name]
	k.mu.Unlock()
	keep := keepDescription
	if d.down != "" {
		keep = keepSilence
	}
	if known && now.Sub(d.askedAt) < keep {
		return d
	}
	kinds, err := k.ask(ctx, name)
	if ctx.Err() != nil {
		return d // who asked went away: that says nothing about the plugin
	}
	d.askedAt, d.down = now, ""
	if err != nil {
		k.log.WarnContext(ctx, "plugin does not describe itself", "plugin", name, "error", err)
		d.down = fmt.Sprintf("The plugin %s does not answer: %s", name, unwell(err))
		kinds = unavailable(d.kinds, d.down)
	}
	d.kinds = kinds
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known[name] = d
	return d
}

func unavailable(kinds []catalog.Kind, why string) []catalog.Kind {
	out := slices.Clone(kinds)
	for i := range out {
		out[i].Unavailable = why
	}
	return out
}

func (k *Kinds) ask(ctx context.Context, name string) ([]catalog.Kind, error) {
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	plugin, err := k.plugins.Provider(name)
	if err != nil {
		return nil, err
	}
	d, err := plugin.Describe(ctx)
	if err != nil {
		return nil, err
	}
	return kindsOf(name, d)
}

// kindsOf reads a description. The type api is built in, whatever its plugin
// says of it.
func kindsOf(name string, d sdk.Description) ([]catalog.Kind, error) {
	schemas, err := parseAll(map[string][]byte{"product": d.ProductSchema, "plan": d.PlanSchema, "parameters": d.ParametersSchema})
	if err != nil {
		return nil, sdk.Permanent("the plugin's schemas cannot be read: %v", err)
	}
	kinds := []catalog.Kind{}
	for _, t := range d.ProductTypes {
		if t := catalog.Type(t); t != catalog.API && t.Valid() {
			kinds = append(kinds, catalog.Kind{Type: t, Plugin: name, Name: string(t), ProductSchema: schemas["product"],
				PlanSchema: schemas["plan"], ParametersSchema: schemas["parameters"], Meters: meters(d.Meters)})
		}
	}
	return kinds, nil
}

func meters(all []sdk.Meter) []catalog.Meter {
	out := make([]catalog.Meter, len(all))
	for i, m := range all {
		out[i] = catalog.Meter{Name: m.Name, Unit: m.Unit}
	}
	return out
}

func parseAll(raw map[string][]byte) (map[string]*schema.Schema, error) {
	out := map[string]*schema.Schema{}
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		s, err := schema.Parse(raw[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = s
	}
	return out, nil
}
