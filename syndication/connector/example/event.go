package example

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// notification is an event. It says that something changed, not what: that is
// read from the connector API, so late and repeated events do no harm.
type notification struct {
	Entity string `json:"entity"` // "Subscription"; others are none of our business
	ID     int    `json:"id"`
	Type   string `json:"type"` // "CREATED", "MODIFIED" or "DELETED"
}

// event takes an event and answers when everything it asks for is done: 204,
// or 500, and then the marketplace sends it again later.
func (c *Connector) event(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "cannot read the event", http.StatusBadRequest)
		return
	}
	if err := verify(r.Header, body, c.cfg.Now(), c.cfg.Secrets); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		http.Error(w, "cannot read the event: "+err.Error(), http.StatusBadRequest)
		return
	}
	if err := c.once(r.Context(), r.Header.Get("webhook-id"), n); err != nil {
		c.cfg.Log.ErrorContext(r.Context(), "event not done", "type", n.Type, "subscription", n.ID, "error", err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// once does what an event asks for, unless it was done before. An event that
// failed is not remembered: it will come again.
func (c *Connector) once(ctx context.Context, webhookID string, n notification) error {
	c.one.Lock()
	defer c.one.Unlock()
	if n.Entity != "Subscription" || c.seen.has(webhookID) {
		return nil
	}
	if err := c.follow(ctx, n.ID); err != nil {
		return err
	}
	c.seen.add(webhookID)
	return nil
}

// follow brings the service to what the marketplace says of the subscription.
func (c *Connector) follow(ctx context.Context, id int) error {
	sub, err := c.market.subscription(ctx, id)
	if errors.Is(err, errNone) { // somebody pressed the button for test events
		c.cfg.Log.WarnContext(ctx, "an event of no subscription of ours", "error", err)
		return nil
	}
	if err != nil {
		return err
	}
	switch sub.DeploymentStatus {
	case "PENDING":
		if !sub.Paid { // another event comes when it is
			return nil
		}
		return c.deploy(ctx, sub)
	case "DEPLOYED": // renewed, upgraded, or paid after all
		return c.update(ctx, sub, false)
	case "STOPPED": // an invoice is overdue
		return c.update(ctx, sub, true)
	case "UNDEPLOY_SENT": // the end: remove it, and say so
		if err := c.wikis.remove(id); err != nil {
			return err
		}
		return c.market.report(ctx, id, "UNDEPLOYED")
	case "UNDEPLOYED":
		return c.wikis.remove(id)
	}
	return nil // WAITING_PAYMENT and whatever else does not concern us
}

// deploy makes the wiki and tells the customer, through the marketplace, where
// it is and how to get in. All of it can be done again without harm.
func (c *Connector) deploy(ctx context.Context, sub subscription) error {
	wiki, err := c.desired(ctx, sub)
	if err != nil {
		return err
	}
	if wiki, err = c.wikis.put(wiki); err != nil {
		return err
	}
	address := fmt.Sprintf("%s/wikis/%d", c.cfg.URL, wiki.ID)
	about := object{"en": "Sign in as admin and invite your people.", "it": "Entra come admin e invita la tua squadra."}
	for _, step := range []func() error{
		func() error {
			return c.market.put(ctx, sub.ID, "endpoints", []object{{"endpoint": address, "category": "APP", "description": "Your wiki"}})
		},
		func() error { return c.market.put(ctx, sub.ID, "instructions", about) },
		func() error {
			return c.market.put(ctx, sub.ID, "credentials", []object{
				{"key": "user", "value": "admin", "weight": 1},
				{"key": "password", "value": wiki.Password, "weight": 2, "description": object{"en": "Change it after the first visit."}}})
		},
		func() error { return c.market.name(ctx, sub.ID, wiki.Address) },
		func() error { return c.market.report(ctx, sub.ID, "DEPLOYED") },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	c.cfg.Log.InfoContext(ctx, "wiki deployed", "subscription", sub.ID)
	return nil
}

// update follows an upgrade, puts the wiki to sleep or wakes it.
func (c *Connector) update(ctx context.Context, sub subscription, asleep bool) error {
	wiki, err := c.desired(ctx, sub)
	if err != nil {
		return err
	}
	wiki.Asleep = asleep
	_, err = c.wikis.put(wiki)
	return err
}

// desired is the wiki that was bought.
func (c *Connector) desired(ctx context.Context, sub subscription) (Wiki, error) {
	plan, err := c.market.planName(ctx, sub)
	return Wiki{ID: sub.ID, Plan: plan, Seats: sub.quantity("seats"), Address: sub.parameter("address"), Region: sub.parameter("region")}, err
}
