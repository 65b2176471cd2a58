package vcloud

import (
	"context"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Suspend disables the organization, so that nobody can log in, and its VDC,
// so that nothing can be started. What runs goes on running.
func (p *Provider) Suspend(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "suspend", req, func(w *work, t *tenant) error {
		if err := w.enableOrg(t, false); err != nil {
			return err
		}
		return w.enableVdc(t, false)
	})
}

// Resume ends a suspension. The organization comes last: while it is
// disabled, all of it counts as suspended.
func (p *Provider) Resume(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "resume", req, func(w *work, t *tenant) error {
		if err := w.enableVdc(t, true); err != nil {
			return err
		}
		return w.enableOrg(t, true)
	})
}

// block changes an existing tenant.
func (p *Provider) block(ctx context.Context, operation string, req sdk.Request, change func(*work, *tenant) error) error {
	s, clouds, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	c, err := idempotency.NewClaim(operation, req)
	if err != nil {
		return err
	}
	found, err := p.search(ctx, s, clouds, func(w *work, t *tenant) error {
		if t.marks.removing {
			return sdk.Permanent("The organization %s is being removed.", s.orgName())
		}
		if err := w.claim(t, c, false); err != nil {
			return err
		}
		return change(w, t)
	})
	if err == nil && !found {
		err = sdk.Permanent("The cloud has no organization %s. Provision the subscription first.", s.orgName())
	}
	return err
}

func (w *work) enableOrg(t *tenant, on bool) error {
	if t.org.AdminOrg.IsEnabled == on {
		return nil
	}
	return w.enable(t.org.AdminOrg.HREF, on, "switching the organization")
}

func (w *work) enableVdc(t *tenant, on bool) error {
	if t.vdc == nil || t.vdc.AdminVdc.IsEnabled == on {
		return nil
	}
	return w.enable(t.vdc.AdminVdc.HREF, on, "switching the VDC")
}
