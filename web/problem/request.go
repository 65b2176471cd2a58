package problem

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
)

// Header carries the request id, in and out.
const Header = "X-Request-Id"

type requestKey struct{}

var idForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{8,100}$`)

// RequestID returns the id of the request that ctx belongs to, "" outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// WithRequestID gives each request an id: the caller's own if it looks like
// one, otherwise a new one. It is idempotent, so faces may be nested.
func WithRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if RequestID(r.Context()) != "" {
			next.ServeHTTP(w, r)
			return
		}
		id := r.Header.Get(Header)
		if !idForm.MatchString(id) {
			id = rand.Text()
		}
		w.Header().Set(Header, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// Recover turns a panic into an Internal problem and logs where it was.
func Recover(log *slog.Logger) func(http.Handler) http.Handler {
	return RecoverWith(log, func(w http.ResponseWriter, r *http.Request, err error) {
		Write(w, Of(err, RequestID(r.Context())))
	})
}

// RecoverWith is Recover for an API whose errors have a form of their own.
func RecoverWith(log *slog.Logger, write func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				p := recover()
				if p == nil {
					return
				}
				if p == http.ErrAbortHandler {
					panic(p)
				}
				log.ErrorContext(r.Context(), "panic in a request", "panic", p, "requestId", RequestID(r.Context()), "stack", string(debug.Stack()))
				write(w, r, fault.As(nil))
			}()
			next.ServeHTTP(w, r)
		})
	}
}

// AccessLog writes one line per request: method, path, status, time. Queries,
// headers and bodies stay out of it.
func AccessLog(log *slog.Logger, c clock.Clock) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, seen := c.Now(), &observed{ResponseWriter: w}
			defer func() {
				log.InfoContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", seen.code(),
					"bytes", seen.bytes, "duration", c.Now().Sub(start).Round(time.Microsecond), "requestId", RequestID(r.Context()))
			}()
			next.ServeHTTP(seen, r)
		})
	}
}

// observed remembers what was answered.
type observed struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (o *observed) WriteHeader(status int) {
	if o.status == 0 {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

func (o *observed) Write(b []byte) (int, error) {
	n, err := o.ResponseWriter.Write(b)
	o.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

func (o *observed) code() int {
	if o.status == 0 {
		return http.StatusOK
	}
	return o.status
}

// Log writes an error that the person sees only in part. Faults that are the
// caller's own are not worth a line.
func Log(ctx context.Context, log *slog.Logger, err error) {
	switch fault.CodeOf(err) {
	case fault.Internal:
		log.ErrorContext(ctx, "request failed", "error", fault.As(err), "cause", err.Error(), "requestId", RequestID(ctx))
	case fault.Unavailable:
		log.WarnContext(ctx, "another system did not answer", "error", fault.As(err), "requestId", RequestID(ctx))
	}
}
