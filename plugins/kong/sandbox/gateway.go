package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fondaco/fondaco/core/clock"
)

// Version is the Kong version whose answers the sandbox copies.
const Version = "3.9.3"

// Config says how a Gateway is built. The zero value is a gateway in memory
// on the machine's clock.
type Config struct {
	// Clock decides in which window (second to year) a request is counted.
	// It may be shifted to see the next month. System when nil.
	Clock clock.Clock
	// Wall stamps entities and log entries. System when nil.
	Wall clock.Clock
	// Log receives what the gateway could not tell a client. None when nil.
	Log *slog.Logger
	// Snapshot is the file that keeps entities and counters over a restart;
	// "" keeps them in memory only. No two gateways may share it.
	Snapshot string
	// PropagationDelay is how long a change of services, routes and plugins
	// takes to reach the proxy; a real node needs up to 5 s. Consumers, keys
	// and groups take effect at once, as they nearly do there.
	PropagationDelay time.Duration
}

// Gateway is an in-memory double of one Kong node: an Admin API and a proxy
// over the same entities. It is safe for concurrent use.
type Gateway struct {
	cfg       Config
	mu        sync.RWMutex // guards store
	kinds     *kindSet
	store     *store
	table     atomic.Pointer[table]
	stale     atomic.Bool // the table is older than the store
	counters  *counters
	logs      *logQueues
	inflight  *inflight
	transport *http.Transport
	journal   *journal
	nodeID    string

	wg     sync.WaitGroup
	done   chan struct{}
	closed sync.Once
}

// New builds a gateway and loads its snapshot when there is one. A snapshot
// that cannot be read is an error: starting empty would forget sold keys.
func New(cfg Config) (*Gateway, error) {
	g := &Gateway{
		cfg: withDefaults(cfg), kinds: newKinds(), counters: newCounters(), inflight: newInflight(),
		transport: newTransport(), nodeID: newUUID(), done: make(chan struct{}),
	}
	g.store = newStore(g.kinds)
	g.logs, g.journal = newLogQueues(g.cfg.Log), &journal{path: cfg.Snapshot}
	if err := g.load(); err != nil {
		return nil, fmt.Errorf("sandbox gateway %s: %w", cfg.Snapshot, err)
	}
	g.table.Store(buildTable(g.store))
	g.wg.Go(g.keepCounters)
	return g, nil
}

func withDefaults(cfg Config) Config {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Wall == nil {
		cfg.Wall = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Log = cfg.Log.With("component", "kong-sandbox")
	return cfg
}

func newTransport() *http.Transport {
	return &http.Transport{
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     30 * time.Second,
		DisableCompression:  true, // the vendor's bytes pass unchanged

		ResponseHeaderTimeout: time.Minute,
	}
}

// Admin returns the Admin API.
func (g *Gateway) Admin() http.Handler { return http.HandlerFunc(g.serveAdmin) }

// Proxy returns the proxy that consumers call.
func (g *Gateway) Proxy() http.Handler { return http.HandlerFunc(g.serveProxy) }

// Flush delivers the log entries of every request that was answered before
// the call, without waiting for batches to fill or retries to be due. It
// returns when the sinks took them, when they were given up, or with ctx's
// error.
func (g *Gateway) Flush(ctx context.Context) error {
	if err := g.inflight.wait(ctx); err != nil {
		return err
	}
	return g.logs.flush(ctx)
}

// Close tries once more to deliver queued log entries, saves the counters
// and waits for the gateway's goroutines. The listeners must be shut first.
// Closing twice does nothing.
func (g *Gateway) Close() error {
	var err error
	g.closed.Do(func() {
		close(g.done)
		g.logs.close()
		g.wg.Wait()
		err = errors.Join(g.saveCounters(), g.journal.close())
		g.transport.CloseIdleConnections()
	})
	return err
}

// change alters the store, publishes that to the proxy, and returns when the
// journal has it, so that an acknowledged write survives a kill.
func (g *Gateway) change(alter func() *apiError) *apiError {
	g.mu.Lock()
	refused := alter()
	g.journal.add(g.store.drain())
	g.mu.Unlock()
	if refused != nil {
		return refused
	}
	g.publish()
	if err := g.journal.commit(); err != nil {
		g.cfg.Log.Error("change not saved", "error", err)
		return plain(http.StatusInternalServerError, "An unexpected error occurred")
	}
	return nil
}

// publish lets the proxy see the store, at once or after the delay.
func (g *Gateway) publish() {
	if g.cfg.PropagationDelay <= 0 {
		g.stale.Store(true)
		return
	}
	g.wg.Go(func() {
		timer := time.NewTimer(g.cfg.PropagationDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
			g.stale.Store(true)
		case <-g.done:
		}
	})
}

// current is the table to proxy by. It is built when it is asked for, so that
// a thousand changes in a row cost one.
func (g *Gateway) current() *table {
	if !g.stale.Load() {
		return g.table.Load()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.stale.Swap(false) {
		g.table.Store(buildTable(g.store))
	}
	return g.table.Load()
}

// inflight knows the proxied requests under way, so that Flush can wait for
// those that have not queued their log entry yet.
type inflight struct {
	mu   sync.Mutex
	open map[chan struct{}]struct{}
}

func newInflight() *inflight { return &inflight{open: map[chan struct{}]struct{}{}} }

func (f *inflight) begin() (end func()) {
	c := make(chan struct{})
	f.mu.Lock()
	f.open[c] = struct{}{}
	f.mu.Unlock()
	return func() {
		f.mu.Lock()
		delete(f.open, c)
		f.mu.Unlock()
		close(c)
	}
}

// wait returns when every request that was under way at the call has ended.
func (f *inflight) wait(ctx context.Context) error {
	f.mu.Lock()
	open := make([]chan struct{}, 0, len(f.open))
	for c := range f.open {
		open = append(open, c)
	}
	f.mu.Unlock()
	for _, c := range open {
		select {
		case <-c:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
