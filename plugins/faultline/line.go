// Package faultline breaks the line between a plugin and its cloud, one call
// at a time, and runs an operation with the line broken at each of its calls
// in turn (Matrix). It is for tests: of the bundled plugins, and of plugins
// that others write in Go.
package faultline

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
)

// Fault is a way in which a call goes wrong.
type Fault string

// The faults. After a cut nothing passes until the line is mended, as if the
// plugin's process had died there; the others spoil one call only.
const (
	CutBefore Fault = "cut before"  // the call never arrives
	CutAfter  Fault = "cut after"   // it has its effect, nobody hears of it
	Status500 Fault = "answers 500" // it has no effect
	Status429 Fault = "answers 429" // it has no effect; Retry-After is 0
	Garbage   Fault = "garbage"     // it has its effect, the answer cannot be read
	Silence   Fault = "silence"     // it has its effect, the answer never comes

	// The plugin's process is killed (OnKill); whatever runs next passes.
	KillBefore Fault = "killed before" // the call never arrives
	KillAfter  Fault = "killed after"  // it has its effect
)

// Faults returns those of the line itself: all but the kills.
func Faults() []Fault {
	return []Fault{CutBefore, CutAfter, Status500, Status429, Garbage, Silence}
}

// Line stands before a cloud and counts the calls that pass. It is safe for
// concurrent use.
type Line struct {
	next http.Handler

	mu     sync.Mutex
	calls  int
	at     int // the call that breaks; 0: none
	fault  Fault
	broke  bool
	silent chan struct{} // closed to end the waiting of a silent call
	kill   func()
}

// New returns a whole line to next.
func New(next http.Handler) *Line { return &Line{next: next, silent: make(chan struct{})} }

// To returns a whole line to a server. Its transport's idle connections are the
// caller's to close.
func To(target *url.URL, transport http.RoundTripper) *Line {
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = transport
	return New(proxy)
}

// OnKill says how the plugin's process is killed; kill returns when it is dead.
func (l *Line) OnKill(kill func()) { l.kill = kill }

// Break breaks the line at the nth call from now on, counted from 1.
func (l *Line) Break(n int, f Fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls, l.at, l.fault, l.broke = 0, n, f, false
}

// Mend makes the line whole and reports whether it had broken: whether there
// was an nth call.
func (l *Line) Mend() (broke bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	broke = l.broke
	l.at, l.broke = 0, false
	close(l.silent)
	l.silent = make(chan struct{})
	return broke
}

// Calls returns how many calls arrived since Break, or since the beginning.
func (l *Line) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// take counts a call and says what happens to it; "" is nothing.
func (l *Line) take() (Fault, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if l.broke && (l.fault == CutBefore || l.fault == CutAfter) {
		return CutBefore, nil
	}
	if l.broke || l.calls != l.at {
		return "", nil
	}
	l.broke = true
	return l.fault, l.silent
}

// ServeHTTP passes a call on, or spoils it.
func (l *Line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch fault, silent := l.take(); fault {
	case "":
		l.next.ServeHTTP(w, r)
	case CutBefore:
		panic(http.ErrAbortHandler)
	case CutAfter:
		l.unheard(r)
		panic(http.ErrAbortHandler)
	case KillBefore:
		l.kill()
		panic(http.ErrAbortHandler)
	case KillAfter:
		l.unheard(r)
		l.kill()
		panic(http.ErrAbortHandler)
	case Status500:
		http.Error(w, `{"error":{"code":500,"message":"broken on purpose"}}`, http.StatusInternalServerError)
	case Status429:
		w.Header().Set("Retry-After", "0")
		http.Error(w, `{"error":{"code":429,"message":"too many requests, on purpose"}}`, http.StatusTooManyRequests)
	case Garbage:
		l.unheard(r)
		_, _ = io.WriteString(w, "\x00\xff{<not an answer")
	case Silence:
		l.unheard(r)
		select {
		case <-r.Context().Done(): // the caller gave up
		case <-silent:
		}
		panic(http.ErrAbortHandler)
	}
}

// unheard lets the call have its effect and drops the answer.
func (l *Line) unheard(r *http.Request) { l.next.ServeHTTP(httptest.NewRecorder(), r) }
