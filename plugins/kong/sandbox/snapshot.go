package sandbox

import (
	"fmt"
	"time"
)

// counterDelay is how long counters may be ahead of the journal.
const counterDelay = 200 * time.Millisecond

// load brings back the state of an earlier gateway and starts a fresh journal.
func (g *Gateway) load() error {
	if g.cfg.Snapshot == "" {
		return nil
	}
	if err := g.journal.replay(g.apply); err != nil {
		return err
	}
	g.store.drain()
	return g.compact()
}

func (g *Gateway) apply(r record) error {
	switch {
	case r.Sandbox != 0:
		g.nodeID = r.NodeID
	case r.Put != "":
		k := g.kinds.named(r.Put)
		if k == nil || r.Entity.id() == "" {
			return fmt.Errorf("unknown kind %q or no id", r.Put)
		}
		g.store.set(k, r.Entity)
	case r.Delete != "":
		k := g.kinds.named(r.Delete)
		if k == nil {
			return fmt.Errorf("unknown kind %q", r.Delete)
		}
		g.store.unset(k, r.ID)
	case r.Counter != nil:
		g.counters.restore(*r.Counter)
	}
	return nil
}

// compact writes the whole state as a new journal.
func (g *Gateway) compact() error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	state := []record{{Sandbox: 1, NodeID: g.nodeID}}
	for _, k := range g.kinds.all {
		for _, e := range g.store.where(k, func(entity) bool { return true }) {
			state = append(state, record{Put: k.name, Entity: e})
		}
	}
	for _, c := range g.counters.open(g.cfg.Clock.Now()) {
		state = append(state, record{Counter: &c})
	}
	return g.journal.rewrite(state)
}

// keepCounters journals counters soon after they moved, until the gateway
// closes.
func (g *Gateway) keepCounters() {
	for {
		select {
		case <-g.done:
			return
		case <-g.counters.moved:
		}
		timer := time.NewTimer(counterDelay)
		select {
		case <-g.done:
			timer.Stop()
			return
		case <-timer.C:
		}
		if err := g.saveCounters(); err != nil {
			g.cfg.Log.Error("counters not saved", "error", err)
		}
	}
}

func (g *Gateway) saveCounters() error {
	var lines []record
	for _, c := range g.counters.changed() {
		lines = append(lines, record{Counter: &c})
	}
	g.journal.add(lines)
	if g.journal.long() {
		return g.compact()
	}
	return g.journal.commit()
}
