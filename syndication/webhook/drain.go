package webhook

import (
	"context"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/syndication/webhook/send"
)

const (
	// loadAtOnce is how many deliveries are read together; below lowWater more
	// are read.
	loadAtOnce = 500
	lowWater   = loadAtOnce / 2
	// mostUnwritten bounds the outcomes that are not in the database yet: what a
	// crash repeats at most, of one endpoint.
	mostUnwritten = 256
	// firstWindow is how many attempts run at once at an endpoint that was not
	// tried yet. Each that arrives lets one more run, up to widest.
	firstWindow, widest = 4, 32
)

// drain sends what is due to one endpoint, oldest first. Of one subscription an
// event is sent when the one before it had its attempt; beside that as many run
// at once as the receiver bears.
type drain struct {
	engine *engine
	found
	to target

	look    bool  // there may be more to read
	after   int64 // the last delivery that was read; 0: from the start
	held    map[int64]bool
	ready   []Delivery
	waiting map[string][]Delivery // for the one of the same subscription that is under way
	busy    map[string]bool
	queued  int // in ready and waiting
	flying  int
	window  int
	own     bool // the endpoint's own attempt is under way, which needs no seat
	ending  bool // nothing more is begun
	answers chan result

	mu       sync.Mutex
	written  []int64 // outcomes that were recorded
	recorded chan struct{}
}

func newDrain(e *engine, f found) *drain {
	return &drain{engine: e, found: f, look: true, window: firstWindow, held: map[int64]bool{}, waiting: map[string][]Delivery{},
		busy: map[string]bool{}, answers: make(chan result, widest), recorded: make(chan struct{}, 1)}
}

// run sends until nothing is due or ctx ends; then it waits for what is under
// way.
func (d *drain) run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	stopped := ctx.Done()
	for {
		if d.look && !d.ending && d.queued < lowWater {
			if err := d.load(ctx); err != nil {
				d.trouble(ctx, "deliveries could not be read", err)
			}
		}
		d.launch()
		if len(d.held) == 0 && !d.look {
			return
		}
		select {
		case r := <-d.answers:
			d.answered(r)
		case <-d.recorded:
			d.forget()
		case <-tick.C:
			d.look = d.look || !d.ending && len(d.ready) == 0
		case <-stopped:
			d.windDown()
			stopped = nil
		}
	}
}

// trouble ends the drain; its endpoint rests for a moment.
func (d *drain) trouble(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		d.engine.s.log.ErrorContext(ctx, what, "endpoint", d.ID, "error", err)
	}
	d.engine.rest(d.ID, restAfterTrouble)
	d.windDown()
}

// windDown begins nothing more and forgets what was not begun.
func (d *drain) windDown() {
	d.ending, d.look = true, false
	for _, p := range d.ready {
		delete(d.held, p.ID)
	}
	for _, list := range d.waiting {
		for _, p := range list {
			delete(d.held, p.ID)
		}
	}
	d.ready, d.queued = nil, 0
	clear(d.waiting)
}

// load reads the next deliveries, and the endpoint as it is now.
func (d *drain) load(ctx context.Context) error {
	var rows []loaded
	err := d.engine.s.db.View(ctx, d.MarketplaceID, func(tx *store.Tx) (err error) {
		if d.to, err = d.engine.s.targetOf(ctx, tx, d.ID); err != nil || !d.to.open() {
			return err
		}
		rows, err = dueAt(ctx, tx, d.ID, d.engine.s.db.Clock().Now(), d.after)
		return err
	})
	if err != nil {
		return err
	}
	if !d.to.open() {
		d.windDown()
		return nil
	}
	if d.to.FailingSince != nil {
		d.window = 1
	}
	d.look, d.after = len(rows) == loadAtOnce, 0
	if d.look {
		d.after = rows[len(rows)-1].ID
	}
	var old []int64
	for _, r := range rows {
		switch {
		case d.held[r.ID]:
		case r.Outdated:
			old = append(old, r.ID)
		default:
			d.enqueue(r.Delivery)
		}
	}
	if len(old) == 0 {
		return nil
	}
	return d.engine.s.db.InTx(ctx, d.MarketplaceID, func(tx *store.Tx) error { return supersede(ctx, tx, old) })
}

// enqueue gives the delivery its turn: behind those of the same subscription.
func (d *drain) enqueue(p Delivery) {
	d.held[p.ID] = true
	d.queued++
	if key := p.order(); d.busy[key] {
		d.waiting[key] = append(d.waiting[key], p)
	} else {
		d.busy[key] = true
		d.ready = append(d.ready, p)
	}
}

// next lets the one that waits for the subscription's turn go.
func (d *drain) next(key string) {
	list := d.waiting[key]
	if len(list) == 0 {
		delete(d.waiting, key)
		delete(d.busy, key)
		return
	}
	d.ready, d.waiting[key] = append(d.ready, list[0]), list[1:]
}

// launch begins as many attempts as the endpoint bears. One at a time needs no
// seat among those that all endpoints share: however many hang, none is left
// out.
func (d *drain) launch() {
	for d.flying < d.window && len(d.ready) > 0 && len(d.held)-d.queued < mostUnwritten {
		own := !d.own
		if !own && !d.engine.sit() {
			return // tick looks again
		}
		p := d.ready[0]
		d.ready = d.ready[1:]
		d.queued--
		d.flying++
		d.own = true
		go d.fly(p, d.to, own)
	}
}

// fly makes one attempt; run waits for its answer.
func (d *drain) fly(p Delivery, to target, own bool) {
	r := d.engine.s.attempt(d.engine.sending, p, to)
	if !own {
		d.engine.rise()
	}
	r.drain, r.own = d, own
	d.answers <- r
}

// answered hands the outcome on to be recorded.
func (d *drain) answered(r result) {
	d.flying--
	d.own = d.own && !r.own
	d.next(r.order())
	if r.cut { // the server stops; this was no fair attempt
		delete(d.held, r.ID)
		return
	}
	d.adapt(r.attempt)
	d.engine.results <- r
}

// adapt opens the window with each arrival, halves it when the receiver is
// troubled and closes it to one when it does not answer at all. One that is
// busy and says for how long is left alone.
func (d *drain) adapt(a send.Attempt) {
	switch {
	case a.Outcome == send.Delivered:
		d.window = min(d.window+1, widest)
	case a.StatusCode != 0:
		d.window = max(d.window/2, 1)
	default:
		d.window = 1
	}
	if a.RetryAfter != nil && *a.RetryAfter > 0 {
		d.engine.rest(d.ID, min(*a.RetryAfter, longestRest))
		d.windDown()
	}
}

// settled is told by the recorder of outcomes that are written, or that could
// not be: those are sent again.
func (d *drain) settled(id int64, err error) {
	if err != nil {
		d.engine.rest(d.ID, restAfterTrouble)
		id = -id
	}
	d.mu.Lock()
	d.written = append(d.written, id)
	d.mu.Unlock()
	select {
	case d.recorded <- struct{}{}:
	default: // it will look
	}
}

// forget lets go of what is settled. After an outcome that could not be
// written the drain ends: what it holds may be just as much in trouble.
func (d *drain) forget() {
	d.mu.Lock()
	ids := d.written
	d.written = nil
	d.mu.Unlock()
	for _, id := range ids {
		if id < 0 {
			id = -id
			d.windDown()
		}
		delete(d.held, id)
	}
}
