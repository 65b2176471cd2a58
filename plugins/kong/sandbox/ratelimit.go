package sandbox

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// counterKey names one counter: who, on what, in which window. The policy is
// part of it because each keeps its own counters.
type counterKey struct {
	Policy     string `json:"policy"`
	Identifier string `json:"identifier"`
	Scope      string `json:"scope"`
	Period     string `json:"period"`
	Start      int64  `json:"start"` // unix seconds of the window's start
}

type savedCounter struct {
	counterKey
	Count int64 `json:"count"`
}

// counters are the rate-limiting metrics. They belong to consumer and route,
// not to the plugin, so they outlive a change of it.
type counters struct {
	mu     sync.Mutex
	counts map[counterKey]int64
	dirty  map[counterKey]struct{} // changed since the last look
	moved  chan struct{}
}

func newCounters() *counters {
	return &counters{counts: map[counterKey]int64{}, dirty: map[counterKey]struct{}{}, moved: make(chan struct{}, 1)}
}

// usage is one window's limit and what was left of it before this request.
type usage struct {
	period    string
	limit     int64
	remaining int64
	reset     int64 // seconds to the window's end
}

// take counts one request in all windows unless one of them is full; stop
// names that one.
func (c *counters) take(conf limitConf, identifier string, now time.Time) (used []usage, stop string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keys := make([]counterKey, 0, len(conf.limits))
	for _, l := range conf.limits {
		start, end := window(l.period, now)
		key := counterKey{conf.policy, identifier, conf.scope, l.period, start.Unix()}
		keys = append(keys, key)
		u := usage{period: l.period, limit: l.limit, remaining: l.limit - c.counts[key], reset: max(1, end.Unix()-now.Unix())}
		if u.remaining <= 0 {
			stop = l.period
		}
		used = append(used, u)
	}
	if stop == "" {
		for _, key := range keys {
			c.counts[key]++
			c.note(key)
		}
	}
	return used, stop
}

// note marks a counter to be saved. Policy local forgets at a restart, so its
// counters are not.
func (c *counters) note(key counterKey) {
	if key.Policy == "local" {
		return
	}
	c.dirty[key] = struct{}{}
	select {
	case c.moved <- struct{}{}:
	default:
	}
}

// changed returns the counters that moved since the last call.
func (c *counters) changed() []savedCounter {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []savedCounter
	for key := range c.dirty {
		out = append(out, savedCounter{key, c.counts[key]})
	}
	clear(c.dirty)
	return out
}

// open returns the counters to keep, of windows that are still open at now,
// and forgets the others.
func (c *counters) open(now time.Time) []savedCounter {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []savedCounter
	for key, n := range c.counts {
		_, end := window(key.Period, time.Unix(key.Start, 0).UTC())
		if !end.After(now) {
			delete(c.counts, key)
			continue
		}
		if key.Policy != "local" {
			out = append(out, savedCounter{key, n})
		}
	}
	return out
}

func (c *counters) restore(s savedCounter) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[s.counterKey] = s.Count
}

// window returns the calendar window, in UTC, that t falls into.
func window(period string, t time.Time) (start, end time.Time) {
	t = t.UTC()
	y, m, d := t.Date()
	switch period {
	case "second":
		start = t.Truncate(time.Second)
		return start, start.Add(time.Second)
	case "minute":
		start = t.Truncate(time.Minute)
		return start, start.Add(time.Minute)
	case "hour":
		start = t.Truncate(time.Hour)
		return start, start.Add(time.Hour)
	case "day":
		start = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 0, 1)
	case "month":
		start = time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(0, 1, 0)
	default:
		start = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
		return start, start.AddDate(1, 0, 0)
	}
}

// limitConf is a rate-limiting plugin as the proxy uses it.
type limitConf struct {
	limits  []limit
	policy  string
	scope   string // the plugin's route or service
	by      string
	hide    bool
	code    int
	message string
}

type limit struct {
	period string
	limit  int64
}

func limitConfOf(p entity) limitConf {
	c := p.record("config")
	conf := limitConf{
		policy: c.str("policy"), scope: p.ref("route") + "/" + p.ref("service"), by: c.str("limit_by"),
		hide: c.is("hide_client_headers"), code: int(c.num("error_code")), message: c.str("error_message"),
	}
	for _, period := range periods() {
		if c[period] != nil {
			conf.limits = append(conf.limits, limit{period, int64(c.num(period))})
		}
	}
	return conf
}

// rateLimit counts the request or refuses it, and sets the headers that tell
// the client what is left.
func (x *exchange) rateLimit(p entity) *refusal {
	conf := limitConfOf(p)
	used, stop := x.g.counters.take(conf, x.identifier(conf.by), x.g.cfg.Clock.Now())
	tightest := describeUsage(x.kongHeader, used, stop, conf.hide)
	if stop == "" {
		return nil
	}
	if !conf.hide {
		x.kongHeader.Set("Retry-After", strconv.FormatInt(tightest.reset, 10))
	}
	return &refusal{status: conf.code, message: conf.message}
}

// describeUsage sets X-RateLimit-* for every window and RateLimit-* for the
// one with least left (the longer of two equals), which it returns.
func describeUsage(h http.Header, used []usage, stop string, hide bool) usage {
	var tightest usage
	for i, u := range used {
		if stop == "" || stop == u.period {
			u.remaining--
		}
		u.remaining = max(0, u.remaining)
		if i == 0 || u.remaining <= tightest.remaining { // used is ordered by length
			tightest = u
		}
		if !hide {
			name := strings.ToUpper(u.period[:1]) + u.period[1:]
			h.Set("X-RateLimit-Limit-"+name, strconv.FormatInt(u.limit, 10))
			h.Set("X-RateLimit-Remaining-"+name, strconv.FormatInt(u.remaining, 10))
		}
	}
	if !hide {
		h.Set("RateLimit-Limit", fmt.Sprint(tightest.limit))
		h.Set("RateLimit-Remaining", fmt.Sprint(tightest.remaining))
		h.Set("RateLimit-Reset", fmt.Sprint(tightest.reset))
	}
	return tightest
}

func (x *exchange) identifier(by string) string {
	switch {
	case by == "service":
		return x.service.id()
	case by == "consumer" && x.consumer != nil:
		return x.consumer.id()
	case by == "credential" && x.credential != nil:
		return x.credential.id()
	}
	return x.clientIP()
}
