package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// logConf is an http-log plugin as the queue uses it.
type logConf struct {
	endpoint, method, contentType string
	headers                       map[string]any
	timeout                       time.Duration
	maxBatch, maxEntries          int
	coalesce                      time.Duration
	retryTime, retryFirst         time.Duration
	retryMax                      time.Duration
}

func logConfOf(p entity) logConf {
	c := p.record("config")
	q := c.record("queue")
	return logConf{
		endpoint: c.str("http_endpoint"), method: c.str("method"), contentType: c.str("content_type"),
		headers: c.record("headers"), timeout: time.Duration(c.num("timeout")) * time.Millisecond,
		maxBatch: int(q.num("max_batch_size")), maxEntries: int(q.num("max_entries")),
		coalesce: seconds(q.num("max_coalescing_delay")), retryTime: seconds(q.num("max_retry_time")),
		retryFirst: seconds(q.num("initial_retry_delay")), retryMax: seconds(q.num("max_retry_delay")),
	}
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// logQueues holds one queue per log server, as Kong does: plugins with the
// same endpoint share it.
type logQueues struct {
	log    *slog.Logger
	client *http.Client
	mu     sync.Mutex
	queues map[string]*logQueue
	closed bool
	wg     sync.WaitGroup
}

func newLogQueues(log *slog.Logger) *logQueues {
	return &logQueues{log: log, client: logClient(), queues: map[string]*logQueue{}}
}

// logClient does not follow redirects: a 3xx is a failure, as in Kong.
func logClient() *http.Client {
	return &http.Client{
		Transport:     newTransport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// add queues an entry. The queue's goroutine lives as long as it has entries.
func (l *logQueues) add(conf logConf, entry json.RawMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		l.log.Warn("log entry dropped: the gateway is closed")
		return
	}
	q, ok := l.queues[conf.endpoint]
	if !ok {
		q = &logQueue{owner: l, wake: make(chan struct{}, 1), empty: make(chan struct{})}
		l.queues[conf.endpoint] = q
		q.conf = conf
		q.entries = append(q.entries, entry)
		l.wg.Go(q.run)
		return
	}
	q.conf = conf // the latest configuration holds, also for what waits
	if len(q.entries) >= conf.maxEntries {
		l.log.Error("log queue is full, the oldest entry is dropped", "endpoint", conf.endpoint)
		q.entries = q.entries[1:]
	}
	q.entries = append(q.entries, entry)
	q.poke()
}

// flush hurries every queue and waits until each has been empty once.
func (l *logQueues) flush(ctx context.Context) error {
	for _, q := range l.hurry(false) {
		select {
		case <-q.empty:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (l *logQueues) hurry(last bool) []*logQueue {
	l.mu.Lock()
	defer l.mu.Unlock()
	var open []*logQueue
	for _, q := range l.queues {
		q.hurried, q.last = true, q.last || last
		q.poke()
		open = append(open, q)
	}
	return open
}

// close gives every batch a last try and waits for the goroutines.
func (l *logQueues) close() {
	l.hurry(true)
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.wg.Wait()
	l.client.CloseIdleConnections()
}

// logQueue delivers the entries of one log server in order, batch by batch.
// The owner's lock guards it.
type logQueue struct {
	owner   *logQueues
	conf    logConf
	entries []json.RawMessage
	wake    chan struct{}
	empty   chan struct{} // closed when the queue has drained and ends
	hurried bool          // do not wait for batches to fill or retries to be due
	last    bool          // one try per batch, then drop
}

func (q *logQueue) poke() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *logQueue) run() {
	for {
		q.collect()
		batch, conf, ok := q.next()
		if !ok {
			return
		}
		q.deliver(batch, conf)
	}
}

// collect waits until a batch is full, its time is up, or somebody hurries.
func (q *logQueue) collect() {
	deadline := time.NewTimer(q.state().coalesce)
	defer deadline.Stop()
	for {
		s := q.state()
		if s.hurried || s.waiting >= s.maxBatch || s.maxBatch == 1 {
			return
		}
		select {
		case <-q.wake:
		case <-deadline.C:
			return
		}
	}
}

type queueState struct {
	logConf
	waiting       int
	hurried, last bool
}

func (q *logQueue) state() queueState {
	q.owner.mu.Lock()
	defer q.owner.mu.Unlock()
	return queueState{q.conf, len(q.entries), q.hurried, q.last}
}

// next returns the front batch, or ends the queue when there is none.
func (q *logQueue) next() ([]json.RawMessage, logConf, bool) {
	q.owner.mu.Lock()
	defer q.owner.mu.Unlock()
	if len(q.entries) == 0 {
		for endpoint, other := range q.owner.queues {
			if other == q {
				delete(q.owner.queues, endpoint)
			}
		}
		close(q.empty)
		return nil, logConf{}, false
	}
	n := min(len(q.entries), q.conf.maxBatch)
	batch := q.entries[:n]
	q.entries = q.entries[n:]
	return batch, q.conf, true
}

// deliver sends the batch until the log server takes it or its time is over.
// The same entries are sent again each time: delivery is at least once.
func (q *logQueue) deliver(batch []json.RawMessage, conf logConf) {
	body := payload(batch, conf.maxBatch)
	giveUp := time.NewTimer(conf.retryTime)
	defer giveUp.Stop()
	for delay := conf.retryFirst; ; delay = min(2*delay, conf.retryMax) {
		err := q.send(body, conf)
		if err == nil {
			return
		}
		q.owner.log.Warn("log batch not taken", "endpoint", conf.endpoint, "entries", len(batch), "error", err)
		if q.state().last || !q.pause(min(delay, conf.retryMax), giveUp.C) {
			q.owner.log.Error("log batch dropped", "endpoint", conf.endpoint, "entries", len(batch))
			return
		}
	}
}

// pause waits before the next try; false means the batch's time is over.
func (q *logQueue) pause(d time.Duration, giveUp <-chan time.Time) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-giveUp:
			return false
		case <-timer.C:
			return true
		case <-q.wake:
			if q.takeHurry() {
				return true
			}
		}
	}
}

// takeHurry tells whether somebody hurries, once per hurry, so that a sink
// that stays down is not hammered.
func (q *logQueue) takeHurry() bool {
	q.owner.mu.Lock()
	defer q.owner.mu.Unlock()
	was := q.hurried
	q.hurried = q.last
	return was
}

func payload(batch []json.RawMessage, maxBatch int) []byte {
	if maxBatch == 1 {
		return batch[0]
	}
	var b bytes.Buffer
	b.WriteByte('[')
	b.Write(bytes.Join(rawSlices(batch), []byte(",")))
	b.WriteByte(']')
	return b.Bytes()
}

func rawSlices(batch []json.RawMessage) [][]byte {
	out := make([][]byte, len(batch))
	for i, raw := range batch {
		out[i] = raw
	}
	return out
}

func (q *logQueue) send(body []byte, conf logConf) error {
	ctx, cancel := context.WithTimeout(context.Background(), max(conf.timeout, time.Millisecond))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, conf.method, conf.endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", conf.contentType)
	req.Header.Set("User-Agent", "lua-resty-http/0.17.2 (Lua) ngx_lua/10026")
	for name, value := range conf.headers {
		if s, ok := value.(string); ok && req.Header.Get(name) == "" || name == "User-Agent" {
			req.Header.Set(name, s)
		}
	}
	res, err := q.owner.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	if res.StatusCode >= 300 {
		return fmt.Errorf("status %d", res.StatusCode)
	}
	return nil
}
