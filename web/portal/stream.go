package portal

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// How an event stream goes: after how long without news it says that it is
// still there, and after how long it ends, so that the browser asks anew with
// rights that may have changed.
const (
	beatEvery = 15 * time.Second
	streamFor = 30 * time.Minute
)

// follow answers with an event stream: it looks every so often, sends an event
// with what look gives whenever that changes, and "done" when look says that
// nothing more will come.
func (v *visit) follow(event string, every time.Duration, look func() (html string, more bool, err error)) error {
	html, more, err := look()
	if err != nil {
		return err // nothing is sent yet: a page says why
	}
	s := v.stream(every)
	s.send(event, html)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for looks := 0; more && s.err == nil && looks < int(streamFor/every); looks++ {
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

// watch answers with an event stream: it looks every so often and sends what
// look gives, whole events or "" when nothing is new, until the time is over.
func (v *visit) watch(every, lasts time.Duration, look func() (string, error)) error {
	s := v.stream(every)
	s.write(": follows\n\n")
	tick, end := time.NewTicker(every), time.NewTimer(lasts)
	defer tick.Stop()
	defer end.Stop()
	for s.err == nil {
		select {
		case <-v.r.Context().Done():
			return nil
		case <-end.C:
			return nil
		case <-tick.C:
		}
		switch news, err := look(); {
		case err != nil:
			return s.broken(err)
		case news != "":
			s.write(news)
		default:
			s.beat()
		}
	}
	return nil
}

// stream begins an event stream that is looked after every so often.
func (v *visit) stream(every time.Duration) stream {
	h := v.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies that collect answers would hold it back
	v.w.WriteHeader(http.StatusOK)
	return stream{visit: v, out: http.NewResponseController(v.w), patience: int(beatEvery / every)}
}

// stream writes events until the browser is gone.
type stream struct {
	*visit
	out      *http.ResponseController
	patience int // looks without news after which it says that it is there
	silent   int // looks since something was sent
	err      error
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
	if s.silent++; s.silent >= s.patience {
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
