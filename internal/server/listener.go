package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

// Limits of a listener. A body may take longer than a header: an OpenAPI
// document of 15 MB arrives over slow lines too. Answers have no time limit,
// because pages follow events for as long as they are open.
const (
	headerTimeout  = 10 * time.Second
	bodyTimeout    = 2 * time.Minute
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// Config is what a listener needs. All of it is required.
type Config struct {
	Name    string // "public" or "admin", for the log and errors
	Address string // host:port; port 0 takes a free one
	Handler http.Handler
	Log     *slog.Logger
}

// Listener is an HTTP server on one address.
type Listener struct {
	name   string
	log    *slog.Logger
	socket net.Listener
	http   *http.Server

	// stopping ends event streams at once when Stop is called; other requests
	// are left to finish.
	stopping context.Context
	stop     context.CancelFunc

	serving sync.WaitGroup
	failed  chan error
}

// Listen takes the address, so that a busy one is told before anything else
// is started. Requests are answered from Start on.
func Listen(ctx context.Context, cfg Config) (*Listener, error) {
	var lc net.ListenConfig
	socket, err := lc.Listen(ctx, "tcp", cfg.Address)
	if err != nil {
		return nil, fault.Newf(fault.Unavailable, "The %s listener cannot listen on %s: %v.", cfg.Name, cfg.Address, err)
	}
	l := &Listener{name: cfg.Name, log: cfg.Log.With("component", "server", "listener", cfg.Name), socket: socket, failed: make(chan error, 1)}
	l.stopping, l.stop = context.WithCancel(context.WithoutCancel(ctx))
	l.http = &http.Server{
		Handler:           l.endStreams(limitBodyTime(cfg.Handler)),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(l.log.Handler(), slog.LevelWarn),
	}
	return l, nil
}

// Addr returns the address that is listened on, with the real port.
func (l *Listener) Addr() string { return l.socket.Addr().String() }

// Start answers requests until Stop.
func (l *Listener) Start() {
	l.serving.Go(func() {
		if err := l.http.Serve(l.socket); err != nil && !errors.Is(err, http.ErrServerClosed) {
			l.failed <- fmt.Errorf("%s listener: %w", l.name, err)
		}
	})
}

// Failed tells when the listener ended by itself.
func (l *Listener) Failed() <-chan error { return l.failed }

// Stop takes no more requests and waits for those under way; when ctx ends
// first, they are cut off and it says so. Stopping twice, or without Start, is
// harmless.
func (l *Listener) Stop(ctx context.Context) error {
	l.stop()
	err := l.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(fmt.Errorf("%s listener: requests under way were cut off: %w", l.name, err), l.http.Close())
	}
	_ = l.socket.Close() // Shutdown closes it, but not before Start
	l.serving.Wait()
	return err
}

// limitBodyTime bounds how long a request's body may take. It is not
// http.Server.ReadTimeout, because that would end event streams, too.
func limitBodyTime(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// A writer that has no deadlines (in tests) is served without.
			_ = http.NewResponseController(w).SetReadDeadline(clock.System{}.Now().Add(bodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

// endStreams cancels a request that turned out to be an event stream when the
// listener stops: it would never end by itself.
func (l *Listener) endStreams(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		rec := &recorder{ResponseWriter: w}
		var release func() bool
		rec.onHeader = func(h http.Header) {
			if isEventStream(h) {
				release = context.AfterFunc(l.stopping, cancel)
			}
		}
		defer func() {
			if release != nil {
				release()
			}
		}()
		next.ServeHTTP(rec, r.WithContext(ctx))
	})
}
