package portal_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/subscription"
	"github.com/stretchr/testify/require"
)

// events reads the event stream at the path until it ends, and gives the names
// of its events and all that was in them.
func (b *browser) events(path string, each func(event string)) (names []string, text string) {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil)
	require.NoError(b.t, err)
	res, err := b.client.Do(req)
	require.NoError(b.t, err)
	defer res.Body.Close()
	require.Equal(b.t, "text/event-stream", res.Header.Get("Content-Type"))
	require.Equal(b.t, "no-store", res.Header.Get("Cache-Control"))
	lines := bufio.NewScanner(res.Body)
	var all strings.Builder
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			names = append(names, name)
			each(name)
		}
	}
	require.NoError(b.t, lines.Err())
	return names, all.String()
}

func TestProgress_isStreamedUntilItIsOver(t *testing.T) {
	m := setup(t)
	hold := make(chan struct{})
	m.cloud.change(func(c *cloud) { c.hold = hold })
	sub := m.orderProject()
	b := m.as(m.customer)
	require.Eventually(t, func() bool { b.open(pathOf(sub)); return strings.Contains(b.text("#progress"), "Step 2 of 3") }, 10*time.Second, 50*time.Millisecond)
	b.has("Setting up your access", "Setting quotas")
	released := false
	names, text := b.events(pathOf(sub)+"/events", func(string) {
		if !released {
			released = true
			close(hold)
		}
	})
	require.Equal(t, "progress", names[0])
	require.Equal(t, "done", names[len(names)-1])
	require.Contains(t, text, "Setting quotas")
	m.idle()
	require.Equal(t, subscription.Active, m.sub(sub.ID).Status)

	names, _ = b.events(pathOf(sub)+"/events", func(string) {})
	require.Equal(t, []string{"progress", "done"}, names, "nothing moves any more")
}

func TestProgress_isClosedToOthers(t *testing.T) {
	m := setup(t)
	sub := m.buy(m.plan.ID)
	b := m.as(m.stranger)
	b.open(pathOf(sub) + "/events")
	require.Equal(t, http.StatusNotFound, b.status)
}
