package openstack

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Inventory lists the projects with our mark in all clouds, and the users of
// ours, also those whose project is gone.
func (p *Provider) Inventory(ctx context.Context, raw json.RawMessage) ([]sdk.Owned, error) {
	s, problems := parse(sdk.Subscription{Settings: raw})
	if len(problems) > 0 {
		return nil, problems.Err()
	}
	found := map[int64][]sdk.Resource{}
	for _, name := range s.settings.names() {
		w, err := p.beginIn(ctx, s, name)
		if err != nil {
			return nil, err
		}
		if err := w.inventory(ctx, found); err != nil {
			return nil, err
		}
	}
	var owned []sdk.Owned
	for id, resources := range found {
		owned = append(owned, sdk.Owned{SubscriptionID: id, Resources: resources})
	}
	slices.SortFunc(owned, func(a, b sdk.Owned) int { return int(a.SubscriptionID - b.SubscriptionID) })
	return owned, nil
}

func (w *work) inventory(ctx context.Context, found map[int64][]sdk.Resource) error {
	add := func(id int64, r sdk.Resource) {
		if !slices.Contains(found[id], r) { // two clouds of the settings may be one
			found[id] = append(found[id], r)
		}
	}
	projects, err := list[project](ctx, w.identity, "projects?tags="+query(w.settings.Mark), "projects")
	if err != nil {
		return w.wrap(err, "listing the projects")
	}
	domains := []string{w.domain.ID}
	for _, p := range projects {
		if id, ok := subscriptionOf(p.Tags, w.settings.Mark); ok {
			add(id, sdk.Resource{Kind: "project", ID: p.ID, Name: p.Name})
			if !slices.Contains(domains, p.DomainID) {
				domains = append(domains, p.DomainID)
			}
		}
	}
	for _, domain := range domains {
		users, err := list[user](ctx, w.identity, "users?domain_id="+query(domain)+"&name__startswith="+query(w.settings.Mark+"-"), "users")
		if err != nil {
			return w.wrap(err, "listing the users")
		}
		for _, u := range users {
			if id, err := strconv.ParseInt(u.Subscription, 10, 64); err == nil && id > 0 && u.Mark == w.settings.Mark {
				add(id, sdk.Resource{Kind: "user", ID: u.ID, Name: u.Name})
			}
		}
	}
	return nil
}
