package provision

import (
	"context"
	"slices"
	"sync"
)

// gate lets a bounded number in at once. Who has to wait goes in by priority,
// and by arrival among equals.
type gate struct {
	mu      sync.Mutex
	limit   int
	inside  int
	waiting []*turn
}

// turn is somebody who waits; ready is closed when he is in.
type turn struct {
	priority Priority
	ready    chan struct{}
}

func newGate(limit int) *gate { return &gate{limit: limit} }

// enter waits for a place. With an error there is none to leave.
func (g *gate) enter(ctx context.Context, p Priority) error {
	t := &turn{priority: p, ready: make(chan struct{})}
	g.mu.Lock()
	after := func(w *turn) bool { return w.priority > p }
	at := slices.IndexFunc(g.waiting, after)
	if at < 0 {
		at = len(g.waiting)
	}
	g.waiting = slices.Insert(g.waiting, at, t)
	g.admit()
	g.mu.Unlock()
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
		g.giveUp(t)
		return ctx.Err()
	}
}

// giveUp takes a turn out of the line, or back when it was let in meanwhile.
func (g *gate) giveUp(t *turn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.waiting, t); i >= 0 {
		g.waiting = slices.Delete(g.waiting, i, i+1)
		return
	}
	g.inside--
	g.admit()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	g.admit()
}

// resize changes how many may be inside; those who are stay.
func (g *gate) resize(limit int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.limit = limit
	g.admit()
}

// count says how many are inside and how many wait.
func (g *gate) count() (inside, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside, len(g.waiting)
}

func (g *gate) admit() {
	for g.inside < g.limit && len(g.waiting) > 0 {
		close(g.waiting[0].ready)
		g.waiting = g.waiting[1:]
		g.inside++
	}
}
