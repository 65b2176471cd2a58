package connector

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/pricing/invoice"
)

func (s *server) subscriptionRoutes() []route {
	return []route{
		{method: http.MethodGet, path: "subscription", handle: s.listSubscriptions},
		{method: http.MethodHead, path: "subscription", handle: s.countSubscriptions},
		{method: http.MethodGet, path: "subscription/{id}", handle: s.getSubscription},
		{method: http.MethodPatch, path: "subscription/{id}", handle: s.patchSubscription},
		{method: http.MethodPost, path: "subscription/{id}/endpoints", handle: s.setEndpoints},
		{method: http.MethodPost, path: "subscription/{id}/instructions", handle: s.setInstructions},
		{method: http.MethodPost, path: "subscription/{id}/credentials", handle: s.setCredentials},
		{method: http.MethodPost, path: "subscription/{id}/invoice", handle: s.charge},
		{method: http.MethodPost, path: "subscription/{id}/invoice/oneshot", handle: s.setLines(s.Invoices.SetOneShot)},
		{method: http.MethodPost, path: "subscription/{id}/invoice/recurring", handle: s.setLines(s.Invoices.SetRecurring)},
		{method: http.MethodGet, path: "subscription/{id}/metadata", handle: s.subscriptionMetadata},
		{method: http.MethodPut, path: "subscription/{id}/metadata", handle: s.putSubscriptionMetadata},
		{method: http.MethodDelete, path: "subscription/{id}/metadata/{key}", handle: s.deleteSubscriptionMetadata},
	}
}

// preference is what Prefer: response=… asks for; "" is all.
func (c *call) preference() string {
	for _, header := range c.r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(header, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			if strings.EqualFold(name, "response") {
				return strings.ToLower(strings.Trim(value, `" `))
			}
		}
	}
	return ""
}

// detailed reads what only a subscription that is read alone has.
func (s *server) detailed(ctx context.Context, c *call, sub subscription.Subscription) (picture, error) {
	all, err := s.pictures(ctx, c, []subscription.Subscription{sub})
	if err != nil {
		return picture{}, err
	}
	p := all[0]
	read := s.Fulfilment.Masked
	if c.actor.Kind == account.Customer {
		read = s.Fulfilment.Access // values, and a trace of it
	}
	access, err := read(ctx, c.actor, sub.ID)
	if err != nil {
		return picture{}, err
	}
	p.give(access, c.language)
	p.detail = &subscriptionDetail{Credentials: credentialsOf(access, c.language)}
	return p, s.addDetail(ctx, c, &p)
}

// addDetail adds possible upgrades, the plan's values and extra lines.
func (s *server) addDetail(ctx context.Context, c *call, p *picture) error {
	d := p.detail
	d.PossibleUpgrades, d.BillingItemValues = []*ref{}, valuesOf(p.of, p.content)
	return s.DB.View(ctx, c.actor.MarketplaceID, func(tx *store.Tx) error {
		if p.sub.ActivatedAt != nil && !p.sub.Gone() {
			d.Uptime = int(tx.Now().Sub(*p.sub.ActivatedAt).Hours())
		}
		oneShot, recurring, err := invoice.ExtraLines(ctx, tx, p.sub.ID)
		if err != nil {
			return err
		}
		d.OneShotCosts, d.RecurringCosts = p.extraLines(c.actor, "ONESHOTCOST", oneShot), p.extraLines(c.actor, "RECURRINGCOST", recurring)
		plans, err := catalog.PlansOf(ctx, tx, p.sub.ProductID)
		if err != nil {
			return err
		}
		for _, plan := range plans[p.sub.ProductID] {
			if plan.ID != p.sub.PlanID && !plan.Hidden && subscription.Interchangeable(p.content.Terms, plan.Revision.Content.Terms) {
				d.PossibleUpgrades = append(d.PossibleUpgrades, refer("productVersion", plan.ID))
			}
		}
		return nil
	})
}

// getSubscription answers a document that is kept for the subscription's
// version, or makes it.
func (s *server) getSubscription(ctx context.Context, c *call) (answer, error) {
	id, err := c.id()
	if err != nil {
		return answer{}, err
	}
	of, err := s.Subscriptions.Glance(ctx, c.actor, id)
	if err != nil {
		return answer{}, err
	}
	key, keep := c.documentKey(id, of)
	if raw, known := s.documents.Get(key, s.DB.Clock().Now()); known && keep {
		return written(raw), nil
	}
	raw, err := s.writeSubscription(ctx, c, id)
	if err == nil && keep {
		s.documents.Put(key, raw, s.DB.Clock().Now())
	}
	return written(raw), err
}

func (s *server) writeSubscription(ctx context.Context, c *call, id int64) ([]byte, error) {
	sub, err := s.Subscriptions.Get(ctx, c.actor, id)
	if err != nil {
		return nil, err
	}
	p, err := s.detailed(ctx, c, sub)
	if err != nil {
		return nil, err
	}
	return encode(c.preferred(p))
}

// preferred is the document that the caller prefers.
func (c *call) preferred(p picture) any {
	switch c.preference() {
	case "minimal":
		return p.minimal()
	case "priced":
		return pricedSubscription{p.minimal(), p.cost()}
	case "deployment":
		return p.deployment()
	}
	return p.document(c.actor, c.version)
}

func (s *server) listSubscriptions(ctx context.Context, c *call) (answer, error) {
	req, f, err := c.subscriptionFilter()
	if err != nil {
		return answer{}, err
	}
	found, err := s.Subscriptions.List(ctx, c.actor, f, req)
	if err != nil {
		return answer{}, err
	}
	pictures, err := s.pictures(ctx, c, found.Items)
	if err != nil {
		return answer{}, err
	}
	for i := range pictures {
		access, err := s.Fulfilment.Masked(ctx, c.actor, pictures[i].sub.ID)
		if err != nil {
			return answer{}, err
		}
		pictures[i].give(access, c.language)
	}
	return listOf(c, req, page.Page[picture]{Items: pictures, Total: found.Total}, nil, c.preferred)
}

// countSubscriptions answers the headers of the list.
func (s *server) countSubscriptions(ctx context.Context, c *call) (answer, error) {
	req, f, err := c.subscriptionFilter()
	if err != nil {
		return answer{}, err
	}
	found, err := s.Subscriptions.List(ctx, c.actor, f, req)
	return listOf(c, req, found, err, func(sub subscription.Subscription) int64 { return sub.ID })
}

// most is how many ids a filter may name.
const most = 200

func (c *call) subscriptionFilter() (page.Request, subscription.Filter, error) {
	req, err := c.page()
	if err != nil {
		return req, subscription.Filter{}, err
	}
	f := subscription.Filter{Query: c.value("search"), Parameters: c.pairs("configuration"), Metadata: c.pairs("metadata"), OldestFirst: !c.descending()}
	if f.Query == "" {
		f.Query = c.value("filter") // its name before 20240905
	}
	if f.ProductID, err = c.whole("product"); err != nil {
		return req, f, err
	}
	if f.IDs, err = c.ids("id"); err != nil {
		return req, f, err
	}
	var none bool
	if f.Statuses, none = named(statuses, c.values("status")); none {
		f.IDs = []int64{0} // no subscription has a status that we do not have
	}
	if kinds := c.values("type"); len(kinds) > 0 {
		trial, normal := slices.Contains(kinds, "TRIAL"), slices.Contains(kinds, "NORMAL")
		if trial != normal {
			f.Trial = &trial
		} else if !trial {
			f.IDs = []int64{0} // neither is any of another type
		}
	}
	types, unknown := named(productTypes, c.values("productType"))
	if unknown {
		f.IDs = []int64{0}
	}
	f.Types = types
	return req, f, nil
}

// ids is a list of ids in one parameter.
func (c *call) ids(name string) ([]int64, error) {
	var out []int64
	for _, text := range c.values(name) {
		id, err := wholeID(name, text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out[:min(len(out), most)], nil
}
