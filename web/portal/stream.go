package portal

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// How an event stream goes: how often it looks, after how many looks without
// news it says that it is still there, and after how many it ends, so that the
// browser asks anew with rights that may have changed.
const (
	lookEvery = 500 * time.Millisecond
	quiet     = 30
	mostLooks = 3600
)

// follow answers with an event stream: an event with what look gives whenever
// that changes, and "done" when look says that nothing more will come.
func (v *visit) follow(event string, look func() (html string, more bool, err error)) error {
	html, more, err := look()
	if err != nil {
		return err // nothing is sent yet: a page says why
	}
	s := stream{visit: v, out: http.NewResponseController(v.w)}
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that collect answers would hold it back
	v.w.WriteHeader(http.StatusOK)
	s.send(event, html)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for looks := 0; more && s.err == nil && looks < mostLooks; looks++ {
		select {
		case <-v.r.Context().Done():
			return nil
		case <-tick.C:
		}
		last := html
		if html, more, err = look(); err != nil {
			return s.broken(err)
		}
		if html != last {
			s.send(event, html)
		} else {
			s.beat()
		}
	}
	if !more {
		s.send("done", "")
	}
	return nil
}

// stream writes events until the browser is gone.
type stream struct {
	*visit
	out    *http.ResponseController
	silent int // looks since something was sent
	err    error
}

func (s *stream) send(event, html string) {
	var b strings.Builder
	fmt.Fprintf(&b, "event: %s\n", event)
	for line := range strings.SplitSeq(html, "\n") {
		fmt.Fprintf(&b, "data: %s\n", line)
	}
	s.write(b.String() + "\n")
}

// beat tells proxies and the browser from time to time that the stream is alive.
func (s *stream) beat() {
	if s.silent++; s.silent >= quiet {
		s.write(": still here\n\n")
	}
}

func (s *stream) write(text string) {
	if s.err == nil {
		_, s.err = s.w.Write([]byte(text))
	}
	if s.err == nil {
		s.err = s.out.Flush()
	}
	s.silent = 0
}

// broken ends a stream that has begun: the browser asks again, and is told
// then what is wrong.
func (s *stream) broken(err error) error {
	if fault.CodeOf(err) == fault.Internal && s.r.Context().Err() == nil {
		s.log.ErrorContext(s.r.Context(), "event stream failed", "path", s.r.URL.Path, "request", s.requestID, "error", err)
	}
	return nil
}
