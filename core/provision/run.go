package provision

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/core/store"
)

// workersPerLane are the jobs of a lane that are under way in a process: those
// in the plugin, and some that wait for a place so that the most urgent of
// them is next.
const workersPerLane = MostInFlight + 8

// newLanesEvery is how often lanes that another process opened are looked for.
const newLanesEvery = 2 * time.Second

// wanted are lanes whose queue this process does not work yet.
type wanted struct {
	mu   sync.Mutex
	seen map[laneKey]bool
	keys []laneKey
	some chan struct{}
}

func newWanted() *wanted { return &wanted{seen: map[laneKey]bool{}, some: make(chan struct{}, 1)} }

func (w *wanted) add(keys ...laneKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, k := range keys {
		if !w.seen[k] {
			w.seen[k] = true
			w.keys = append(w.keys, k)
		}
	}
	if len(w.keys) > 0 {
		select {
		case w.some <- struct{}{}:
		default:
		}
	}
}

func (w *wanted) take() []laneKey {
	w.mu.Lock()
	defer w.mu.Unlock()
	keys := w.keys
	w.keys = nil
	return keys
}

// Run opens the queues of the lanes there are and of those that come, until
// ctx ends.
func (s *Service) Run(ctx context.Context) {
	tick := time.NewTicker(newLanesEvery)
	defer tick.Stop()
	for {
		if err := s.openQueues(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "the queue of a provider was not opened", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.wanted.some:
		}
	}
}

func (s *Service) openQueues(ctx context.Context) error {
	err := s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		keys, err := allLanes(ctx, tx)
		s.wanted.add(keys...)
		return err
	})
	for _, k := range s.wanted.take() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err = errors.Join(err, s.jobs.AddQueue(k.queue(), workersPerLane))
	}
	return err
}

// enter waits for a place in the lane and keeps on record what its circuit
// does. The caller ends the visit with what came of his call.
func (s *Service) enter(ctx context.Context, marketplace int64, l Lane, p Priority) (leave func(error), err error) {
	out, err := s.traffic.enter(ctx, l, p)
	if err != nil {
		return nil, err
	}
	if c := s.circuit(l); c == HalfOpen {
		s.tellCircuit(ctx, marketplace, l, c)
	}
	return func(err error) {
		out(err)
		if c := s.circuit(l); c != Closed || !isOutage(err) {
			s.tellCircuit(context.WithoutCancel(ctx), marketplace, l, c)
		}
	}, nil
}

func (s *Service) circuit(l Lane) Circuit { return Circuit(s.traffic.road(l).breaker.State().String()) }

// tellCircuit writes down a change of the lane's circuit, and tells operators
// of one that opened or closed again. Losing it is no harm: it is compared
// again after the next call.
func (s *Service) tellCircuit(ctx context.Context, marketplace int64, l Lane, circuit Circuit) {
	r := s.traffic.road(l)
	if !r.changed(circuit) {
		return
	}
	err := s.db.InTx(ctx, marketplace, func(tx *store.Tx) error {
		news, err := saveCircuit(ctx, tx, l.key(), circuit, r.lastError())
		if err != nil || !news || circuit == HalfOpen {
			return err
		}
		return s.announceCircuit(ctx, tx, l, circuit, r)
	})
	if err != nil {
		r.forget()
		s.log.WarnContext(ctx, "the state of a circuit was not kept", "provider", l.ProviderID, "cloud", l.Cloud, "error", err)
	}
}

func (s *Service) announceCircuit(ctx context.Context, tx *store.Tx, l Lane, circuit Circuit, r *road) error {
	if circuit == Open && !r.firstOpen() {
		return nil // the same outage goes on
	}
	provider, err := providerByID(ctx, tx, l.ProviderID)
	if err != nil {
		return err
	}
	name := provider.Name
	if l.Cloud != "" {
		name += " (" + l.Cloud + ")"
	}
	topic, summary := "provider.circuitClosed", fmt.Sprintf("The provider %s works again", name)
	if circuit == Open {
		topic, summary = "provider.circuitOpened", fmt.Sprintf("The provider %s does not answer; calls wait: %s", name, r.lastError())
	}
	return s.events.Append(ctx, tx, event.Input{Entity: event.Provider, EntityID: l.ProviderID, Type: event.Modified, Topic: topic,
		Actor: account.SystemActor(tx.Marketplace()).Audit(), Summary: summary,
		Data: map[string]string{"provider": name, "circuit": string(circuit), "reason": r.lastError()}})
}
