package host

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/fondaco/fondaco/core/clock"
)

const (
	maxHandshake      = 16 << 10 // bytes of a handshake line, certificate included
	maxLine           = 8 << 10  // bytes of a log line; the rest of it is dropped
	maxLinesPerSecond = 200      // log lines of one plugin; more are counted and dropped
)

// firstLineReader hands on a plugin's first line on standard output, which is
// the handshake, and swallows the rest, so that a plugin that prints more
// neither blocks nor fills anything.
type firstLineReader struct {
	src   *bufio.Reader
	ended chan struct{} // closed at the end of the stream

	mu       sync.Mutex
	line     []byte
	complete bool
	unread   []byte
}

func (r *firstLineReader) reset(src *os.File) {
	r.src, r.ended = bufio.NewReaderSize(src, maxHandshake), make(chan struct{})
}

// firstLine returns what came of the first line, and whether all of it did.
func (r *firstLineReader) firstLine() (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.TrimRight(string(r.line), "\r\n"), r.complete
}

// Read gives the first line, then blocks until the stream ends.
func (r *firstLineReader) Read(p []byte) (int, error) {
	if r.line == nil {
		// ErrBufferFull is a line too long for a handshake: go-plugin gets its
		// beginning and the end of the stream, and refuses it.
		line, err := r.src.ReadSlice('\n')
		r.keep(line, err == nil)
	}
	if len(r.unread) > 0 {
		n := copy(p, r.unread)
		r.unread = r.unread[n:]
		return n, nil
	}
	if r.complete {
		_, _ = io.Copy(io.Discard, r.src)
	}
	r.close()
	return 0, io.EOF
}

func (r *firstLineReader) keep(line []byte, complete bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.line = append([]byte{}, line...)
	r.complete = complete
	r.unread = r.line
}

func (r *firstLineReader) close() {
	select {
	case <-r.ended:
	default:
		close(r.ended)
	}
}

// Close is nothing: the child closes the file.
func (r *firstLineReader) Close() error { return nil }

// lineLog writes a plugin's lines into the host's log: at most
// maxLinesPerSecond of at most maxLine bytes. Lines of sdk.NewLog and hclog
// keep their level and attributes.
type lineLog struct {
	log   *slog.Logger
	clock clock.Clock

	mu      sync.Mutex
	second  time.Time
	count   int
	dropped int
	last    string
	crash   bool // inside a stack trace
}

func newLineLog(log *slog.Logger, c clock.Clock) *lineLog { return &lineLog{log: log, clock: c} }

// read logs all of r.
func (l *lineLog) read(r io.Reader) {
	lines := bufio.NewReaderSize(r, maxLine)
	for {
		line, more, err := lines.ReadLine()
		if err != nil {
			l.end()
			return
		}
		l.write(string(line))
		for more && err == nil {
			_, more, err = lines.ReadLine()
		}
	}
}

func (l *lineLog) write(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = line
	if second := l.clock.Now().Truncate(time.Second); !second.Equal(l.second) {
		l.tellDropped()
		l.second, l.count = second, 0
	}
	if l.count++; l.count > maxLinesPerSecond {
		l.dropped++
		return
	}
	level, message, attrs := parseLine(line)
	if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
		l.crash = true
	}
	if l.crash {
		level = slog.LevelError
	}
	l.log.LogAttrs(context.Background(), level, message, attrs...)
}

func (l *lineLog) tellDropped() {
	if l.dropped > 0 {
		l.log.Warn("plugin logs too much; lines were dropped", "dropped", l.dropped)
	}
	l.dropped = 0
}

// end tells of what was dropped in the last second.
func (l *lineLog) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tellDropped()
}

func (l *lineLog) lastLine() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// parseLine reads a line in hclog's JSON form; any other is a message at info.
func parseLine(line string) (slog.Level, string, []slog.Attr) {
	fields := map[string]any{}
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &fields) != nil {
		return slog.LevelInfo, line, nil
	}
	message, ok := fields["@message"].(string)
	if !ok {
		return slog.LevelInfo, line, nil
	}
	name, _ := fields["@level"].(string)
	var attrs []slog.Attr
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		// Ours say who wrote the line and when; a plugin cannot overwrite them.
		reserved := []string{"component", "plugin", slog.TimeKey, slog.LevelKey, slog.MessageKey}
		if !strings.HasPrefix(key, "@") && !slices.Contains(reserved, key) {
			attrs = append(attrs, slog.Any(key, fields[key]))
		}
	}
	return levelOf(name), message, attrs
}

func levelOf(name string) slog.Level {
	var level slog.Level
	if strings.EqualFold(name, "trace") {
		return slog.LevelDebug
	}
	if level.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return level
}

// lineWriter cuts what is written into lines for a lineLog. It is written to
// by one goroutine.
type lineWriter struct {
	log *lineLog
	buf []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		w.buf = append(w.buf, line[:min(len(line), maxLine-len(w.buf))]...)
		if found {
			w.log.write(string(w.buf))
			w.buf = w.buf[:0]
		}
		rest = after
	}
	return len(p), nil
}

// goPluginLog is a logger for go-plugin, whose words are of use to who debugs
// it: everything at debug level.
func goPluginLog(log *slog.Logger) hclog.Logger {
	l := hclog.NewInterceptLogger(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Trace})
	l.RegisterSink(sink{log})
	return l
}

type sink struct{ log *slog.Logger }

// Accept takes a line of go-plugin.
func (s sink) Accept(name string, _ hclog.Level, message string, args ...any) {
	s.log.Debug("go-plugin: "+cmp.Or(name, "host")+": "+message, args...)
}
