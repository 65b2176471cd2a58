package host

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/fondaco/fondaco/plugins/sdk"
)

const (
	keptCalls    = 200     // calls remembered of each plugin
	keptLines    = 500     // log lines remembered of each plugin
	keptLineSize = 1 << 10 // bytes remembered of a log line
)

// Call is one finished call, as the operator sees it: what was asked of which
// subscription, and how it ended. It holds nothing of what was sent.
type Call struct {
	At             time.Time // when it began, UTC
	Method         string    // as in the contract: "Provision", "Observe"
	SubscriptionID int64     // 0 for calls that concern none
	Duration       time.Duration
	Code           sdk.Code // "" when it went well
}

// LogLine is one line that a plugin wrote, or that the host wrote about it.
type LogLine struct {
	At      time.Time // UTC
	Level   slog.Level
	Message string // with its attributes, as key=value
}

// ring keeps the last values that were added. The zero value keeps none.
type ring[T any] struct {
	most int

	mu     sync.Mutex
	values []T
	next   int // where the oldest stands once it is full
}

func (r *ring[T]) add(v T) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) < r.most {
		r.values = append(r.values, v)
		return
	}
	r.values[r.next] = v
	r.next = (r.next + 1) % r.most
}

// latest returns what is kept, the newest first.
func (r *ring[T]) latest() []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]T, 0, len(r.values))
	for i := range r.values {
		out = append(out, r.values[(r.next+len(r.values)-1-i)%len(r.values)])
	}
	return out
}

// record is what the host remembers of one plugin.
type record struct {
	calls ring[Call]
	lines ring[LogLine]
}

func newRecord() *record {
	return &record{calls: ring[Call]{most: keptCalls}, lines: ring[LogLine]{most: keptLines}}
}

// Calls returns the last calls to the named plugin, the newest first; none for
// a plugin that there is not.
func (h *Host) Calls(name string) []Call {
	if s, ok := h.slots[name]; ok {
		return s.record.calls.latest()
	}
	return nil
}

// Log returns the last lines of the named plugin, the newest first: its own
// from level info on, and the host's about it. None for a plugin that there
// is not.
func (h *Host) Log(name string) []LogLine {
	if s, ok := h.slots[name]; ok {
		return s.record.lines.latest()
	}
	return nil
}

// keeper is a slog.Handler that keeps lines and passes all of them on.
type keeper struct {
	slog.Handler
	lines *ring[LogLine]
	attrs string // of WithAttrs, as text
	group string // of WithGroup, "a.b."
}

// Enabled wants what is kept and what is passed on.
func (k *keeper) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || k.Handler.Enabled(ctx, level)
}

// Handle keeps the line and passes it on.
func (k *keeper) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelInfo {
		k.lines.add(LogLine{At: r.Time.UTC(), Level: r.Level, Message: k.text(r)})
	}
	if !k.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return k.Handler.Handle(ctx, r)
}

func (k *keeper) text(r slog.Record) string {
	var text strings.Builder
	text.WriteString(r.Message)
	text.WriteString(k.attrs)
	r.Attrs(func(a slog.Attr) bool {
		text.WriteString(k.attr(a))
		return true
	})
	return strings.ToValidUTF8(cut(text.String(), keptLineSize), "\uFFFD")
}

func (k *keeper) attr(a slog.Attr) string {
	return " " + k.group + a.Key + "=" + a.Value.Resolve().String()
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most] + "..."
	}
	return text
}

// WithAttrs keeps the attributes for both.
func (k *keeper) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *k
	next.Handler = k.Handler.WithAttrs(attrs)
	for _, a := range attrs {
		next.attrs += k.attr(a)
	}
	return &next
}

// WithGroup keeps the group for both.
func (k *keeper) WithGroup(name string) slog.Handler {
	next := *k
	next.Handler = k.Handler.WithGroup(name)
	next.group = k.group + name + "."
	return &next
}
