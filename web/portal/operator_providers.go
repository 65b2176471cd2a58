package portal

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// providersData is the data of page "operator/providers".
type providersData struct {
	ui.Page
	Rows  []providerRow
	Empty ui.Empty
}

// providerRow is a provider with the answer to how it is.
type providerRow struct {
	provision.Provider
	Health sdk.Health
	Badge  badge
	Href   string
	Lanes  []laneRow
}

// healthPatience bounds the wait for one provider's answer.
const healthPatience = 5 * time.Second

func (p *Portal) providers(v *visit) error {
	d := providersData{Page: v.base("Providers"), Empty: ui.Empty{Title: "No provider is set up",
		Text:   "A provider is a gateway or cloud that makes real what customers buy. Without one nothing can be ordered.",
		Action: &ui.Link{Label: "Set up a provider", Href: "/operator/providers/new", Kind: "primary"}}}
	var err error
	if d.Rows, err = v.providerRows(); err != nil {
		return err
	}
	return v.render(http.StatusOK, "operator/providers", d)
}

// providerRows asks every provider how it is.
func (v *visit) providerRows() ([]providerRow, error) {
	all, err := v.Provision.Providers(v.r.Context(), v.actor)
	if err != nil {
		return nil, err
	}
	lanes, err := v.laneRows(all)
	out := make([]providerRow, len(all))
	for i, provider := range all {
		out[i] = v.askProvider(provider)
		out[i].Lanes = ofProvider(lanes, provider.ID)
	}
	return out, err
}

func ofProvider(lanes []laneRow, id int64) []laneRow {
	return slices.DeleteFunc(slices.Clone(lanes), func(l laneRow) bool { return l.ProviderID != id })
}

func (v *visit) askProvider(provider provision.Provider) providerRow {
	row := providerRow{Provider: provider, Badge: badge{ui.Good, "Works"}, Href: providerPath(provider.ID)}
	ctx, cancel := context.WithTimeout(v.r.Context(), healthPatience)
	defer cancel()
	var err error
	if row.Health, err = v.Provision.Health(ctx, v.actor, provider.ID); err != nil {
		row.Health = sdk.Health{Message: fault.As(err).Message}
	}
	if !row.Health.OK {
		row.Badge = badge{ui.Bad, "Does not work"}
	}
	return row
}

// providerRow asks one provider how it is.
func (v *visit) providerRow(id int64) (*providerRow, error) {
	p, err := v.providerOf(id)
	if err != nil {
		return nil, err
	}
	row := v.askProvider(p)
	lanes, err := v.laneRows([]provision.Provider{p})
	row.Lanes = lanes
	return &row, err
}
