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
	// "" keeps them in memory only.
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
	store     *store
	table     atomic.Pointer[table]
	counters  *counters
	logs      *logQueues
	inflight  *inflight
	transport *http.Transport
	saver     *saver
	nodeID    string

	wg     sync.WaitGroup
	done   chan struct{}
	closed sync.Once
}

// New builds a gateway and loads its snapshot when there is one. A snapshot
// that cannot be read is an error: starting empty would forget sold keys.
func New(cfg Config) (*Gateway, error) {
	g := &Gateway{
		cfg: withDefaults(cfg), store: newStore(), counters: newCounters(), inflight: newInflight(),
		transport: newTransport(), nodeID: newUUID(), done: make(chan struct{}),
	}
	g.logs = newLogQueues(g.cfg.Log)
	g.saver = newSaver(cfg.Snapshot, g.cfg.Log, g.snapshot)
	if err := g.load(); err != nil {
		return nil, fmt.Errorf("sandbox gateway %s: %w", cfg.Snapshot, err)
	}
	g.table.Store(buildTable(g.store))
	g.saver.start()
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

// Close tries once more to deliver queued log entries, writes the snapshot
// and waits for the gateway's goroutines. The listeners must be shut first.
// Closing twice does nothing.
func (g *Gateway) Close() error {
	var err error
	g.closed.Do(func() {
		close(g.done)
		g.logs.close()
		err = errors.Join(g.saver.close())
		g.wg.Wait()
		g.transport.CloseIdleConnections()
	})
	return err
}

// changed publishes the store to the proxy and writes the snapshot, so that
// an acknowledged write survives a kill. The caller holds no lock.
func (g *Gateway) changed() error {
	g.publish()
	return g.saver.now()
}

func (g *Gateway) publish() {
	if g.cfg.PropagationDelay <= 0 {
		g.rebuild()
		return
	}
	g.wg.Go(func() {
		timer := time.NewTimer(g.cfg.PropagationDelay)
		defer timer.Stop()
		select {
		case <-timer.C:
			g.rebuild()
		case <-g.done:
		}
	})
}

func (g *Gateway) rebuild() {
	g.mu.RLock()
	defer g.mu.RUnlock()
	g.table.Store(buildTable(g.store))
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
