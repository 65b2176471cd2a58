package portal

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// sandboxRoutes are what only a sandbox marketplace has.
func (p *Portal) sandboxRoutes() []route {
	return []route{post("/sandbox/clock", ui.Storefront, account.AdvanceClock, p.advanceClock)}
}

// advanceClock moves the marketplace's clock and goes back to the page.
func (p *Portal) advanceClock(v *visit) error {
	back := ui.LocalPath(v.form("return"))
	to, err := v.clockTarget(v.r.Context(), v.form("by"))
	if err != nil {
		return v.refuse(back, err)
	}
	now, err := p.TimeMachine.Advance(v.r.Context(), v.actor, to)
	if err != nil {
		return v.refuse(back, err)
	}
	return v.done(back, v.words.T("It is %s now. Everything due until then has happened.", now.UTC().Format("2 January 2006, 15:04")))
}

// clockTarget is the instant that is by ahead: 1h, 1d, 1w, 1m, or the next
// billing day.
func (v *visit) clockTarget(ctx context.Context, by string) (time.Time, error) {
	switch by {
	case "1h":
		return v.now.Add(time.Hour), nil
	case "1d":
		return v.now.AddDate(0, 0, 1), nil
	case "1w":
		return v.now.AddDate(0, 0, 7), nil
	case "1m":
		return v.now.AddDate(0, 1, 0), nil
	case "period":
		at, ok, err := v.Invoices.NextDue(ctx, v.market.ID)
		if err != nil {
			return time.Time{}, err
		}
		if !ok {
			return time.Time{}, fault.New(fault.Precondition, "No billing day lies ahead: there is no running subscription.")
		}
		return later(at, v.now), nil
	}
	return time.Time{}, fault.InvalidField("by", "Advance by 1h, 1d, 1w, 1m or to the next period.")
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
