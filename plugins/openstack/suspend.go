package openstack

import (
	"context"
	"net/http"
	"time"

	"github.com/gophercloud/gophercloud/v2"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// buildPause is how long a server that is being built is waited for.
const buildPause = 5 * time.Second

func okHead() *gophercloud.RequestOpts { return &gophercloud.RequestOpts{OkCodes: []int{204}} }

// Suspend disables the user and the project, and stops the servers unless the
// settings say otherwise. Everything is kept.
func (p *Provider) Suspend(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "suspend", req, func(w *work, t tenant) error {
		if err := w.addTag(ctx, t.project, w.suspendedTag()); err != nil {
			return err
		}
		if err := w.enable(ctx, t, false); err != nil {
			return err
		}
		if !w.cloud.stopsServers() {
			return nil
		}
		return w.stopServers(ctx, t.project)
	})
}

// Resume enables project and user again. It starts no server: which of them
// ran is the customer's to say.
func (p *Provider) Resume(ctx context.Context, req sdk.Request) error {
	return p.block(ctx, "resume", req, func(w *work, t tenant) error {
		if err := w.dropTag(ctx, t.project, w.suspendedTag()); err != nil {
			return err
		}
		return w.enable(ctx, t, true)
	})
}

// block changes the suspension of an existing tenant.
func (p *Provider) block(ctx context.Context, operation string, req sdk.Request, change func(*work, tenant) error) error {
	s, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	c, err := idempotency.NewClaim(operation, req)
	if err != nil {
		return err
	}
	w, err := p.begin(ctx, s)
	if err != nil {
		return err
	}
	t, err := w.existing(ctx)
	if err != nil {
		return err
	}
	if err := w.claim(ctx, t.project, c); err != nil {
		return err
	}
	return change(w, t)
}

// enable enables or disables user and project, the user first: what is
// disabled ends its tokens at once.
func (w *work) enable(ctx context.Context, t tenant, enabled bool) error {
	if t.user != nil && t.user.Enabled != enabled {
		if err := w.changeUser(ctx, t.user, map[string]any{"enabled": enabled}); err != nil {
			return err
		}
	}
	return w.enableProject(ctx, t.project, enabled)
}

// stopServers stops what runs, in every region. A server that is being built
// cannot be stopped yet.
func (w *work) stopServers(ctx context.Context, p *project) error {
	building := 0
	for _, name := range w.regions() {
		r, err := w.session.region(name)
		if err != nil {
			return err
		}
		if !r.offers(compute) {
			continue
		}
		servers, err := r.owned(ctx, serverKind(), p.ID)
		if err != nil {
			return err
		}
		for _, server := range servers {
			switch server.text("status") {
			case "BUILD":
				building++
			case "ACTIVE":
				if err := r.stop(ctx, server); err != nil {
					return err
				}
			}
		}
	}
	if building > 0 {
		return sdk.NotYet(buildPause, "%d servers are still being built and are stopped afterwards.", building)
	}
	return nil
}

func (r *region) stop(ctx context.Context, server object) error {
	err := r.apis[compute].post(ctx, "servers/"+server.id()+"/action", map[string]any{"os-stop": nil}, nil)
	// Conflict: it is being stopped, or something else is going on with it.
	if isGone(err) || gophercloud.ResponseCodeIs(err, http.StatusConflict) {
		return nil
	}
	return r.wrap(err, "stopping a server")
}
