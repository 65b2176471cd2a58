package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
)

const livePath = "/events/live"

func (s *server) liveRoutes() {
	register(s, route{method: http.MethodGet, path: livePath, id: "watchEvents", tag: "Events", summary: "Follow what happens",
		description: "Server-sent events as things happen to what your organization bought, sold or resold; operators see everything. " +
			"The name of each is its entity (`Subscription`, `Invoice`, `Order`, …), its data what GET /events says, its id the event's: sent as Last-Event-ID " +
			"it goes on after that one, and nothing is missed. Without it the stream begins now. A comment is sent every 15 seconds."}, s.watchEvents)
}

func (s *server) watchEvents(ctx context.Context, actor account.Actor, in *struct {
	SubscriptionID int64    `query:"subscriptionId" minimum:"1" maximum:"2147483647" doc:"Only what concerns this subscription."`
	Entity         []string `query:"entity" doc:"Only events of these entities, separated by commas."`
	Seconds        int      `query:"seconds" minimum:"1" maximum:"900" default:"900" doc:"How long the stream lasts; then ask again with Last-Event-ID."`
	LastEventID    string   `header:"Last-Event-ID" doc:"The id of the last event that was seen." example:"101"`
}) (*huma.StreamResponse, error) {
	last, err := s.followFrom(ctx, actor, in.LastEventID)
	if err != nil {
		return nil, err
	}
	read := func(ctx context.Context) func(int64) ([]event.Event, error) {
		return func(after int64) ([]event.Event, error) {
			return s.Accounts.EventsSince(ctx, actor, in.SubscriptionID, after, in.Entity...)
		}
	}
	if _, err := read(ctx)(last); err != nil { // before the stream begins an error is still a problem
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		openStream(c)
		ctx, cancel := context.WithTimeout(c.Context(), time.Duration(in.Seconds)*time.Second)
		defer cancel()
		(&eventFeed{to: c.BodyWriter(), from: event.From(last)}).run(ctx, read(ctx))
	}}, nil
}

// followFrom is the id of the event after which a stream begins.
func (s *server) followFrom(ctx context.Context, actor account.Actor, last string) (int64, error) {
	if id, err := strconv.ParseInt(strings.TrimSpace(last), 10, 64); err == nil && id >= 0 {
		return id, nil
	}
	return s.Accounts.NewestEvent(ctx, actor)
}

func openStream(c huma.Context) {
	c.SetHeader("Content-Type", eventStream)
	c.SetHeader("Cache-Control", "no-store")
	c.SetHeader("X-Accel-Buffering", "no")
}

// eventFeed writes events as they come.
type eventFeed struct {
	to   io.Writer
	from *event.Follower
}

// run writes until the client is gone or ctx ends. After an error of a read it
// ends too: the client asks again, and is told then.
func (w *eventFeed) run(ctx context.Context, read func(int64) ([]event.Event, error)) {
	look, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer look.Stop()
	defer beat.Stop()
	err := flushed(w.to, ": follows\n\n")
	for err == nil {
		var fresh []event.Event
		if fresh, err = w.from.Next(read); err == nil {
			err = w.tell(fresh)
		}
		if err != nil {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = flushed(w.to, ": still there\n\n")
		case <-look.C:
		}
	}
}

func (w *eventFeed) tell(fresh []event.Event) error {
	var b strings.Builder
	for _, e := range fresh {
		data, err := json.Marshal(viewEvent(e))
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "id: %d\nevent: %s\ndata: %s\n\n", e.ID, e.Entity, data)
	}
	if b.Len() == 0 {
		return nil
	}
	return flushed(w.to, b.String())
}

// flushed writes and sends at once what a stream says.
func flushed(to io.Writer, text string) error {
	if _, err := io.WriteString(to, text); err != nil {
		return err
	}
	if out, ok := to.(http.ResponseWriter); ok {
		_ = http.NewResponseController(out).Flush() // one that cannot, sends at the end
	}
	return nil
}
