package provision

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Target is a subscription as its plugin is to see it, and the way there.
type Target struct {
	Subscription subscription.Subscription
	Provider     Provider
	Lane         Lane
	Desired      sdk.Subscription
}

// Targets says what should exist for each of the subscriptions. Documents that
// several of them share are read and written once.
func (s *Service) Targets(ctx context.Context, tx *store.Tx, subs []subscription.Subscription) ([]Target, error) {
	d := s.desk(tx)
	ids := make([]int64, len(subs))
	for i, sub := range subs {
		ids[i] = sub.ID
	}
	resources, err := resourcesOf(ctx, tx, ids...)
	if err != nil {
		return nil, err
	}
	all := make([]Target, len(subs))
	for i, sub := range subs {
		if all[i], err = d.target(ctx, sub, resources[sub.ID]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// target is Targets for one.
func (s *Service) target(ctx context.Context, tx *store.Tx, sub subscription.Subscription) (Target, error) {
	all, err := s.Targets(ctx, tx, []subscription.Subscription{sub})
	if err != nil {
		return Target{}, err
	}
	return all[0], nil
}

// desk keeps what was read in a transaction.
type desk struct {
	s         *Service
	tx        *store.Tx
	providers map[int64]source
	offers    map[offerKey]offer
}

// source is a provider with its settings in clear.
type source struct {
	provider Provider
	settings json.RawMessage
}

// offerKey tells apart what is sold: the revision, under the plan's present
// name.
type offerKey struct {
	product, revision int64
	plan              string
}

// offer is what a plugin gets of a product and a plan, and the cloud that the
// plan names.
type offer struct {
	product, plan json.RawMessage
	cloud         string
}

func (s *Service) desk(tx *store.Tx) *desk {
	return &desk{s: s, tx: tx, providers: map[int64]source{}, offers: map[offerKey]offer{}}
}

func (d *desk) target(ctx context.Context, sub subscription.Subscription, resources []sdk.Resource) (Target, error) {
	src, err := d.source(ctx, sub.ProviderID)
	if err != nil {
		return Target{}, err
	}
	o, err := d.offer(ctx, sub)
	if err != nil {
		return Target{}, err
	}
	return Target{Subscription: sub, Provider: src.provider, Lane: src.provider.lane(o.cloud),
		Desired: sdk.Subscription{ID: sub.ID, Settings: src.settings, Product: o.product, Plan: o.plan,
			Parameters: json.RawMessage(sub.Parameters), Resources: resources}}, nil
}

func (d *desk) source(ctx context.Context, id int64) (source, error) {
	if src, known := d.providers[id]; known {
		return src, nil
	}
	p, err := providerByID(ctx, d.tx, id)
	if err != nil {
		return source{}, err
	}
	settings, err := d.s.settings(p)
	d.providers[id] = source{p, settings}
	return d.providers[id], err
}

// settings opens what a provider is configured with.
func (s *Service) settings(p Provider) (json.RawMessage, error) {
	settings, err := s.box.Open(sealSettings, p.Settings)
	if err != nil {
		return nil, fmt.Errorf("provider %d: %w", p.ID, err)
	}
	return json.RawMessage(settings.Reveal()), nil
}

func (d *desk) offer(ctx context.Context, sub subscription.Subscription) (o offer, err error) {
	key := offerKey{sub.ProductID, sub.RevisionID, sub.Plan}
	if o, known := d.offers[key]; known {
		return o, nil
	}
	product, err := catalog.ProductByID(ctx, d.tx, sub.ProductID)
	if err != nil {
		return o, err
	}
	rev, err := catalog.RevisionByID(ctx, d.tx, sub.RevisionID)
	if err != nil {
		return o, err
	}
	o.cloud = cloudOf(rev.Content.Configuration)
	o.product, o.plan, err = d.s.documents(ctx, d.tx, product, catalog.Plan{ID: sub.PlanID, Name: sub.Plan}, rev.Content)
	d.offers[key] = o
	return o, err
}
