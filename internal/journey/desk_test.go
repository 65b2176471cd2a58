package journey

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/syndication/webhook/sign"
	"github.com/stretchr/testify/require"
)

// desk is a vendor's endpoint where somebody reads the events and answers as
// told: "204", "500", "429 2" (with Retry-After), "drop", "hang". It answers
// the marketplace's questions, too.
type desk struct {
	*httptest.Server
	mu      sync.Mutex
	events  []deskEvent
	shown   int
	answers []string
	replies map[string]string // by path: what questions are answered, "STATUS body"
	asked   map[string]string // by path: the question that came last
	release chan struct{}
}

type deskEvent struct {
	header   http.Header
	body     []byte
	answered string
	at       time.Time
}

func newDesk(t *testing.T) *desk {
	d := &desk{replies: map[string]string{}, asked: map[string]string{}, release: make(chan struct{})}
	d.Server = httptest.NewServer(http.HandlerFunc(d.serve))
	t.Cleanup(func() {
		close(d.release)
		d.Close()
	})
	return d
}

func (d *desk) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path != "/event" {
		d.question(w, r, body)
		return
	}
	answer := d.take(r.Header, body)
	switch word, after, _ := strings.Cut(answer, " "); word {
	case "drop":
		panic(http.ErrAbortHandler)
	case "hang":
		select {
		case <-d.release:
		case <-r.Context().Done():
		}
	default:
		if after != "" {
			w.Header().Set("Retry-After", after)
		}
		status, _ := strconv.Atoi(word)
		w.WriteHeader(status)
	}
}

// take keeps an event and returns what it is to be answered.
func (d *desk) take(h http.Header, body []byte) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	answer := "204"
	if len(d.answers) > 0 {
		answer, d.answers = d.answers[0], d.answers[1:]
	}
	d.events = append(d.events, deskEvent{header: h, body: body, answered: answer, at: time.Now()})
	return answer
}

// question answers an order validation, a list of values or a metric.
func (d *desk) question(w http.ResponseWriter, r *http.Request, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", r.Method, r.URL.RequestURI())
	for _, name := range []string{"Accept", "Content-Type", "CD-Subscription-Id"} {
		if v := r.Header.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	if len(body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", tidy(body))
	}
	d.asked[r.URL.Path] = b.String()
	status, text, _ := strings.Cut(d.replies[r.URL.Path], " ")
	code, err := strconv.Atoi(status)
	if err != nil {
		code = http.StatusNotFound
	}
	if text != "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(code)
	_, _ = io.WriteString(w, text)
}

// next waits for an event that was not shown yet.
func (d *desk) next(wait time.Duration) (deskEvent, bool) {
	deadline := time.Now().Add(wait)
	for {
		d.mu.Lock()
		if d.shown < len(d.events) {
			d.shown++
			e := d.events[d.shown-1]
			d.mu.Unlock()
			return e, true
		}
		d.mu.Unlock()
		if time.Now().After(deadline) {
			return deskEvent{}, false
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// show writes an event down as it came, its signatures checked.
func (e deskEvent) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "POST /event\nAccept: %s\nContent-Type: %s\n", e.header.Get("Accept"), e.header.Get("Content-Type"))
	fmt.Fprintf(&b, "CMW-Event-Signature: %s\n", verdict(sign.VerifyEvent(e.header, e.body, hookSecret)))
	fmt.Fprintf(&b, "webhook-signature: %s\n", verdict(sign.VerifyStandard(e.header, e.body, e.at, hookSecret)))
	fmt.Fprintf(&b, "\n%s\n", e.body)
	return b.String()
}

func verdict(err error) string {
	if err != nil {
		return err.Error()
	}
	return "good"
}

// say queues answers to events, or sets one to a question.
func (d *desk) say(answers ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, answers...)
}

func (d *desk) reply(path, answer string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replies[path] = answer
}

// lastQuestion is what was asked last at the path.
func (d *desk) lastQuestion(t *testing.T, path string) string {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	require.Contains(t, d.asked, path, "nothing was asked")
	return d.asked[path]
}
