package openstack

import (
	"context"

	"github.com/fondaco/fondaco/plugins/sdk"
)

// Observe says what really exists for the subscription and how that differs
// from what was sold.
func (p *Provider) Observe(ctx context.Context, sub sdk.Subscription) (sdk.Observation, error) {
	s, err := complete(sub)
	if err != nil {
		return sdk.Observation{}, err
	}
	w, err := p.begin(ctx, s)
	if err != nil {
		return sdk.Observation{}, err
	}
	t, err := w.load(ctx)
	if err != nil {
		return sdk.Observation{}, err
	}
	if t.project == nil && t.user == nil {
		missing := sdk.Difference{Kind: "missing", Subject: "project", Want: w.tenantName()}
		return sdk.Observation{State: sdk.StateAbsent, Differences: []sdk.Difference{missing}}, nil
	}
	out := sdk.Observation{State: sdk.StateActive, Resources: t.resources(), Differences: w.accountDifferences(t)}
	if t.project != nil {
		off, err := w.limitDifferences(ctx, t)
		if err != nil {
			return sdk.Observation{}, err
		}
		out.Differences = append(out.Differences, off...)
	}
	switch {
	case t.project != nil && w.suspended(t.project) && !t.project.Enabled:
		out.State = sdk.StateSuspended
	case len(out.Differences) > 0:
		out.State = sdk.StatePartial
	}
	return out, nil
}

// accountDifferences compares project and user with how the marketplace left
// them: enabled, or disabled by a suspension.
func (w *work) accountDifferences(t tenant) []sdk.Difference {
	var out []sdk.Difference
	want := true
	if t.project == nil {
		out = append(out, sdk.Difference{Kind: "missing", Subject: "project", Want: w.tenantName()})
	} else {
		want = !w.suspended(t.project)
		out = append(out, enabledDifference("project", want, t.project.Enabled)...)
	}
	if t.user == nil {
		return append(out, sdk.Difference{Kind: "missing", Subject: "user", Want: w.tenantName()})
	}
	return append(out, enabledDifference("user", want, t.user.Enabled)...)
}

func enabledDifference(subject string, want, have bool) []sdk.Difference {
	if want == have {
		return nil
	}
	word := map[bool]string{true: "enabled", false: "disabled"}
	return []sdk.Difference{{Kind: "changed", Subject: subject, Want: word[want], Have: word[have]}}
}

// limitDifferences compares the user's role and the quotas.
func (w *work) limitDifferences(ctx context.Context, t tenant) ([]sdk.Difference, error) {
	var out []sdk.Difference
	if t.user != nil {
		_, err := w.identity.client.Head(ctx, w.identity.address(w.roleAddress(t.project, t.user)), okHead())
		if isGone(err) {
			out = append(out, sdk.Difference{Kind: "missing", Subject: "role " + w.role.Name, Want: w.role.Name})
		} else if err != nil {
			return nil, w.wrap(err, "looking for the user's role")
		}
	}
	r, err := w.seller()
	if err != nil {
		return nil, err
	}
	have, err := r.readQuotas(ctx, t.project.ID)
	return append(out, w.quotaDifferences(have)...), err
}
