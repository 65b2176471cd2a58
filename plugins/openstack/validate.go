package openstack

import (
	"context"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Why a subscription cannot be moved.
const (
	billingRefusal = "A subscription cannot move between prepaid and pay-as-you-go: the limits of the one are what was paid for, the usage of the other is billed at the end of the period. Order a new subscription and terminate this one."
	placeRefusal   = "A subscription cannot move to another cloud or region: its servers and volumes would stay behind. Order a new subscription there and terminate this one."
)

// Validate checks the documents that are given; those left out (a settings
// page has no plan yet) are not missed. Nothing is asked of a cloud, except
// what is in use when an existing subscription is to be resized.
func (p *Provider) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	s, found := parse(check.Subscription)
	if len(found) > 0 || check.Current == nil {
		return found, nil
	}
	current, _ := parse(*check.Current) // what was sold may lack a cloud that is gone
	switch {
	case current.plan.Billing != s.plan.Billing:
		return []sdk.Problem{{Field: "plan.billing", Message: billingRefusal}}, nil
	case current.plan.Cloud != s.plan.Cloud || current.plan.Region != s.plan.Region:
		return []sdk.Problem{{Field: "plan.cloud", Message: placeRefusal}}, nil
	case !s.lowers(current):
		return nil, nil
	}
	return p.inUse(ctx, s)
}

// lowers tells whether anything that is sold becomes less.
func (s sale) lowers(current sale) bool {
	before := current.quotas()
	for i, q := range s.quotas() {
		if q.sold() && q.limit != unlimited && (before[i].limit == unlimited || q.limit < before[i].limit) {
			return true
		}
	}
	return false
}

// inUse finds the limits that are below what is in use.
func (p *Provider) inUse(ctx context.Context, s sale) ([]sdk.Problem, error) {
	w, err := p.begin(ctx, s)
	if err != nil {
		return nil, err
	}
	project, err := w.loadProject(ctx)
	if err != nil || project == nil {
		return nil, err // Update says that there is none
	}
	r, err := w.seller()
	if err != nil {
		return nil, err
	}
	have, err := r.readQuotas(ctx, project.ID)
	if err != nil {
		return nil, err
	}
	field := "parameters."
	if s.plan.Billing == payAsYouGo {
		field = "plan.limits."
	}
	var out document.Problems
	for _, q := range s.quotas() {
		if q.sold() {
			why := q.refusal(have[q.service][q.name])
			out.That(why == "", field+q.amount.name, "%s", why)
		}
	}
	return out, nil
}
