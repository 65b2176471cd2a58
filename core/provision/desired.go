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
	products  map[int64]product
	plans     map[plan]document
}

// source is a provider with its settings in clear.
type source struct {
	provider Provider
	settings json.RawMessage
}

// product is what a plugin gets of a product, and the product's type.
type product struct {
	of   catalog.Type
	text json.RawMessage
}

// plan tells plan documents apart: the revision, under the plan's present name.
type plan struct {
	id, revision int64
	name         string
}

// document is what a plugin gets of a plan, and the cloud that it names.
type document struct {
	text  json.RawMessage
	cloud string
}

func (s *Service) desk(tx *store.Tx) *desk {
	return &desk{s: s, tx: tx, providers: map[int64]source{}, products: map[int64]product{}, plans: map[plan]document{}}
}

func (d *desk) target(ctx context.Context, sub subscription.Subscription, resources []sdk.Resource) (Target, error) {
	src, err := d.source(ctx, sub.ProviderID)
	if err != nil {
		return Target{}, err
	}
	product, err := d.product(ctx, sub.ProductID)
	if err != nil {
		return Target{}, err
	}
	doc, err := d.plan(ctx, sub, product.of)
	if err != nil {
		return Target{}, err
	}
	return Target{Subscription: sub, Provider: src.provider, Lane: src.provider.lane(doc.cloud),
		Desired: sdk.Subscription{ID: sub.ID, Settings: src.settings, Product: product.text, Plan: doc.text,
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

func (d *desk) product(ctx context.Context, id int64) (product, error) {
	if doc, known := d.products[id]; known {
		return doc, nil
	}
	p, err := catalog.ProductByID(ctx, d.tx, id)
	if err != nil {
		return product{}, err
	}
	text, err := d.s.productDocument(ctx, d.tx, p)
	d.products[id] = product{p.Type, text}
	return d.products[id], err
}

func (d *desk) plan(ctx context.Context, sub subscription.Subscription, of catalog.Type) (document, error) {
	key := plan{sub.PlanID, sub.RevisionID, sub.Plan}
	if doc, known := d.plans[key]; known {
		return doc, nil
	}
	rev, err := catalog.RevisionByID(ctx, d.tx, sub.RevisionID)
	if err != nil {
		return document{}, err
	}
	text, err := planDocumentOf(of, catalog.Plan{ID: sub.PlanID, Name: sub.Plan}, rev.Content)
	if err != nil {
		return document{}, err
	}
	d.plans[key] = document{text, cloudOf(rev.Content.Configuration)}
	return d.plans[key], nil
}
