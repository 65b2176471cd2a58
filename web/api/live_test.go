package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// follow reads the event stream at the path for as long as it lasts and gives
// the id and name of each event: "12 Invoice".
func (w *world) follow(role, path, last string) (seen []string) {
	w.t.Helper()
	id := ""
	for line := range strings.SplitSeq(w.as(role).with("Last-Event-ID", last).get(path).want(200).raw, "\n") {
		if v, ok := strings.CutPrefix(line, "id: "); ok {
			id = v
		}
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			seen = append(seen, id+" "+v)
		}
	}
	return seen
}

func TestLive_goesOnAfterTheLastEventThatWasSeen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.settled(s)
		all := w.follow("customer", "/events/live?seconds=1", "0")
		listed := w.as("customer").get("/events?limit=200").want(200).list("items")
		require.Len(t, all, len(listed))
		require.Greater(t, len(all), 3)
		cut := strings.Fields(all[2])[0]
		require.Equal(t, all[3:], w.follow("customer", "/events/live?seconds=1", cut))
		require.Empty(t, w.follow("customer", "/events/live?seconds=1", ""), "without an id it begins now")
		for _, one := range w.follow("customer", "/events/live?seconds=1&entity=Invoice,Order", "0") {
			require.Regexp(t, "^[0-9]+ (Invoice|Order)$", one)
		}
		require.Empty(t, w.follow("stranger", fmt.Sprintf("/events/live?seconds=1&subscriptionId=%d", s.subscription), "0"))
	})
}

func TestLive_tellsWhatHappensMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.sold()
		w.settled(s)
		last := strings.Fields(w.follow("customer", "/events/live?seconds=1", "0")[0])[0]
		told := make(chan []string, 1)
		go func() { told <- w.follow("customer", "/events/live?seconds=3&entity=Subscription", last) }()
		w.as("customer").post(fmt.Sprintf("/subscriptions/%d/suspend", s.subscription), nil).want(200)
		seen := <-told
		require.NotEmpty(t, seen)
		newest := w.as("customer").get("/events").want(200)
		var suspended int64
		for i := range newest.list("items") {
			if newest.at(fmt.Sprintf("items.%d.topic", i)) == "subscription.suspended" {
				suspended = newest.num(fmt.Sprintf("items.%d.id", i))
			}
		}
		require.Contains(t, seen, fmt.Sprintf("%d Subscription", suspended))
	})
}
