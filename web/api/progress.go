package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/provision"
)

const (
	eventStream = "text/event-stream"
	// lookEvery is how often a stream looks for progress.
	lookEvery = 250 * time.Millisecond
	// beatEvery keeps proxies from closing a silent stream.
	beatEvery = 15 * time.Second
	// longestStream ends a stream; the client then asks again and goes on.
	longestStream = 15 * time.Minute
)

const progressPath = "/subscriptions/{id}/provisioning/events"

func (s *server) progressRoutes() {
	register(s, route{method: http.MethodGet, path: progressPath, id: "watchProvisioning", tag: "Subscriptions", summary: "Watch provisioning",
		description: "Server-sent events about the newest change to the outside world: `progress` (step, total, text), and at the end `done` or `failed`, " +
			"each with what GET /subscriptions/{id} says under progress. The stream ends after that. An event's id, sent as Last-Event-ID, goes on after it. " +
			"A comment is sent every 15 seconds."}, s.watchProvisioning)
}

func (s *server) watchProvisioning(ctx context.Context, actor account.Actor, in *struct {
	ByID
	LastEventID string `header:"Last-Event-ID" doc:"The id of the last event that was seen." example:"31-4"`
}) (*huma.StreamResponse, error) {
	attempt, begun, err := s.Provision.Progress(ctx, actor, in.ID) // before the stream begins an error is still a problem
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		openStream(c)
		ctx, cancel := context.WithTimeout(c.Context(), longestStream)
		defer cancel()
		w := &progressStream{to: c.BodyWriter(), last: in.LastEventID}
		w.run(ctx, attempt, begun, func() (provision.Attempt, bool, error) { return s.Provision.Progress(ctx, actor, in.ID) })
	}}, nil
}

// progressStream writes an attempt's progress as it changes.
type progressStream struct {
	to   io.Writer
	last string // the id of the event that was written last
}

// run writes until the attempt is over, the client is gone or ctx ends. The
// server is not blamed for an error of a read: the client asks again.
func (w *progressStream) run(ctx context.Context, a provision.Attempt, begun bool, next func() (provision.Attempt, bool, error)) {
	look, beat := time.NewTicker(lookEvery), time.NewTicker(beatEvery)
	defer look.Stop()
	defer beat.Stop()
	err := w.send(": follows\n\n")
	for err == nil {
		if begun {
			if err = w.tell(a); err != nil || !a.Open() {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
			err = w.send(": still there\n\n")
		case <-look.C:
			a, begun, err = next()
		}
	}
}

// tell writes the attempt, unless the client has seen it like this.
func (w *progressStream) tell(a provision.Attempt) error {
	id := fmt.Sprintf("%d-%d", a.ID, a.Version)
	if id == w.last {
		return nil
	}
	w.last = id
	name := "progress"
	switch a.Status {
	case provision.Done:
		name = "done"
	case provision.Failed, provision.Superseded:
		name = "failed"
	}
	data, err := json.Marshal(viewProgress(a))
	if err != nil {
		return err
	}
	return w.send(fmt.Sprintf("id: %s\nevent: %s\ndata: %s\n\n", id, name, data))
}

func (w *progressStream) send(text string) error { return flushed(w.to, text) }
