package journey

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/syndication/webhook/sign"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
)

// upstreamServer is the vendor's API; it remembers what reached it.
type upstreamServer struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func newUpstream(t *testing.T) *upstreamServer {
	u := &upstreamServer{}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.seen = append(u.seen, r)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"ok":true}`)
	}))
	t.Cleanup(u.Close)
	return u
}

func (u *upstreamServer) last() *http.Request {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.seen[len(u.seen)-1]
}

// hookEvent is one webhook as the vendor received it.
type hookEvent struct {
	Entity     string `json:"entity"`
	EntityURL  string `json:"entityUrl"`
	ID         int64  `json:"id"`
	Type       string `json:"type"`
	Date       string `json:"date"`
	signatures error
	messageID  string
}

// hookSink is the vendor's receiver; it checks both signatures.
type hookSink struct {
	*httptest.Server
	t    *testing.T
	mu   sync.Mutex
	seen []hookEvent
}

func newHookSink(t *testing.T, secret string) *hookSink {
	h := &hookSink{t: t}
	standard, err := standardwebhooks.NewWebhook(sign.StandardSecret(secret))
	require.NoError(t, err)
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e := hookEvent{messageID: r.Header.Get("webhook-id")}
		e.signatures = json.Unmarshal(body, &e)
		if e.signatures == nil {
			e.signatures = sign.VerifyEvent(r.Header, body, secret)
		}
		if e.signatures == nil {
			e.signatures = standard.Verify(body, r.Header)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.seen = append(h.seen, e)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hookSink) events() []hookEvent {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.seen)
}

func (h *hookSink) eventually(ok func([]hookEvent) bool) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return ok(h.events()) }, 20*time.Second, 50*time.Millisecond)
}
