package portal

import (
	"context"
	"net/http"
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
}

// healthPatience bounds the wait for one provider's answer.
const healthPatience = 5 * time.Second

func (p *Portal) providers(v *visit) error {
	d := providersData{Page: v.base("Providers"), Empty: ui.Empty{Title: "No provider is set up",
		Text: "A provider is a gateway or cloud that makes real what customers buy. Without one nothing can be ordered. It is set up in the configuration."}}
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
	var out []providerRow
	for _, provider := range all {
		row := providerRow{Provider: provider, Badge: badge{ui.Good, "Works"}}
		ctx, cancel := context.WithTimeout(v.r.Context(), healthPatience)
		row.Health, err = v.Provision.Health(ctx, v.actor, provider.ID)
		cancel()
		if err != nil {
			row.Health = sdk.Health{Message: fault.As(err).Message}
		}
		if !row.Health.OK {
			row.Badge = badge{ui.Bad, "Does not work"}
		}
		out = append(out, row)
	}
	return out, nil
}
