package portal

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/event"
	"github.com/fondaco/fondaco/syndication/webhook"
	"github.com/fondaco/fondaco/web/portal/ui"
)

// lookEvery is how often a page's stream looks for something new.
const lookEvery = time.Second

// liveEntities are what pages are told of, with the names of their events.
var liveEntities = []string{event.Subscription, event.Invoice, event.Order}

// live tells a page that something new happened: an event named subscription,
// invoice, order or delivery, at most one of each at a time and with nothing in
// it. The page reads its own address again.
func (p *Portal) live(v *visit) error {
	news, err := v.news()
	if err != nil {
		return err
	}
	return v.watch(lookEvery, v.liveFor(), news.look)
}

// liveRoutes is the stream that lists and pages follow.
func (p *Portal) liveRoutes() []route {
	return []route{get("/live", ui.Account, signedIn, p.live)}
}

// liveFor is how long a stream lasts; ?seconds= makes it shorter.
func (v *visit) liveFor() time.Duration {
	if n := number64(v.query("seconds")); n > 0 {
		return min(time.Duration(n)*time.Second, streamFor)
	}
	return streamFor
}

// news finds what is new for whoever looks.
type news struct {
	*visit
	events *event.Follower
	mark   webhook.Mark
}

// news begins after the event that the browser saw last, or now.
func (v *visit) news() (*news, error) {
	from, err := strconv.ParseInt(v.r.Header.Get("Last-Event-ID"), 10, 64)
	if err != nil || from < 0 {
		if from, err = v.Accounts.NewestEvent(v.r.Context(), v.actor); err != nil {
			return nil, err
		}
	}
	n := &news{visit: v, events: event.From(from)}
	n.mark, err = n.deliveries()
	return n, err
}

// deliveries is the mark of the deliveries that the actor may see.
func (n *news) deliveries() (webhook.Mark, error) {
	if n.Webhooks == nil || !n.actor.May(account.ReplayDeliveries) {
		return webhook.Mark{}, nil
	}
	return n.Webhooks.Mark(n.r.Context(), n.actor)
}

// look writes the events of what is new since it looked last; "" of nothing.
func (n *news) look() (string, error) {
	fresh, err := n.events.Next(func(after int64) ([]event.Event, error) {
		return n.Accounts.EventsSince(n.r.Context(), n.actor, 0, after, liveEntities...)
	})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	told := map[string]bool{}
	for _, e := range fresh {
		if !told[e.Entity] {
			told[e.Entity] = true
			fmt.Fprintf(&b, "id: %d\nevent: %s\ndata:\n\n", fresh[len(fresh)-1].ID, strings.ToLower(e.Entity))
		}
	}
	mark, err := n.deliveries()
	if mark != n.mark {
		n.mark = mark
		b.WriteString("event: delivery\ndata:\n\n")
	}
	return b.String(), err
}
