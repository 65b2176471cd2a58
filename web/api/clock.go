package api

import (
	"context"
	"net/http"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

type clockView struct {
	Now time.Time `json:"now" doc:"The marketplace's time."`
}

type clockRequest struct {
	AdvanceTo time.Time `json:"advanceTo" doc:"An instant or a day, not before now." example:"2026-12-23T00:00:00Z"`
}

func (s *server) clockRoutes() {
	register(s, route{method: http.MethodGet, path: "/sandbox/clock", id: "getClock", tag: "Sandbox", summary: "Read the marketplace's clock"}, s.getClock)
	register(s, route{method: http.MethodPost, path: "/sandbox/clock", id: "advanceClock", tag: "Sandbox", summary: "Advance the clock",
		description: "Sandbox marketplaces only. Everything that would have happened until then happens, in order, before this answers.",
		example:     `{"advanceTo":"2026-12-23T00:00:00Z"}`}, s.advanceClock)
}

func viewClock(now time.Time) clockView { return clockView{Now: now.UTC()} }

func (s *server) getClock(ctx context.Context, actor account.Actor, _ *struct{}) (*reply[clockView], error) {
	now, err := s.TimeMachine.Now(ctx, actor.MarketplaceID)
	return answer(now, err, viewClock)
}

func (s *server) advanceClock(ctx context.Context, actor account.Actor, in *struct{ Body body[clockRequest] }) (*reply[clockView], error) {
	to, err := read(&in.Body, func(r clockRequest, c *fault.Check) time.Time {
		c.That(!r.AdvanceTo.IsZero() || !c.OK(), "advanceTo", "Say until when, such as 2026-12-23T00:00:00Z.")
		return r.AdvanceTo
	})
	if err != nil {
		return nil, err
	}
	now, err := s.TimeMachine.Advance(ctx, actor, to)
	return answer(now, err, viewClock)
}
