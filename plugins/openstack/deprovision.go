package openstack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Deprovision removes all that the tenant has, in every region of the cloud,
// then user and project. It can be cut anywhere and called again. Without a
// plan, as for an orphan, all clouds of the settings are searched.
func (p *Provider) Deprovision(ctx context.Context, req sdk.Request, progress sdk.Progress) error {
	s, err := identified(req.Subscription)
	if err != nil {
		return err
	}
	c, err := idempotency.NewClaim("deprovision", req)
	if err != nil {
		return err
	}
	clouds := s.settings.names()
	if s.plan.Cloud != "" {
		clouds = []string{s.plan.Cloud}
	}
	var failed error
	for _, name := range clouds {
		if _, ok := s.settings.clouds[name]; !ok {
			return sdk.Permanent("The settings have no cloud %q, so its tenant %s cannot be removed.", name, s.tenantName())
		}
		w, err := p.beginIn(ctx, s, name)
		if err == nil {
			err = w.removeAll(ctx, c, progress.OrSilent())
		}
		failed = errors.Join(failed, err)
	}
	if e, ok := errors.AsType[*sdk.Error](failed); ok {
		return e // the first: it carries its code
	}
	return failed
}

// removal is what goes from one cloud.
type removal struct {
	tenant
	remnants []string // ids of projects of ours that are gone and may have left things
}

func (w *work) removeAll(ctx context.Context, c idempotency.Claim, progress sdk.Progress) error {
	have, err := w.findAll(ctx)
	if err != nil {
		return err
	}
	ids := slices.Clone(have.remnants)
	if have.project != nil {
		if _, err := c.Known(have.project.Tags, w.requestPrefix()); err != nil {
			return err
		}
		// Nobody fills it again while it is emptied.
		if err := w.enable(ctx, have.tenant, false); err != nil {
			return err
		}
		ids = append(ids, have.project.ID)
	}
	total := len(w.regions())*len(ids) + 1
	for i, name := range w.regions() {
		for j, id := range ids {
			progress(i*len(ids)+j+1, total, fmt.Sprintf("Deleting servers, volumes and networks in %s", name))
			if err := w.empty(ctx, name, id, have.user); err != nil {
				return err
			}
		}
	}
	progress(total, total, "Deleting user and project")
	return w.close(ctx, have)
}

// findAll finds all that may be left. A project that was deleted behind our
// back leaves its servers running; its id is with the user and with the
// marketplace.
func (w *work) findAll(ctx context.Context) (removal, error) {
	var out removal
	var err error
	if out.tenant, err = w.load(ctx); err != nil {
		return out, err
	}
	var candidates []string
	if out.user != nil {
		candidates = append(candidates, out.user.Project)
	}
	for _, r := range w.resources {
		if r.Kind == "project" {
			candidates = append(candidates, r.ID)
		}
	}
	for _, id := range candidates {
		if id == "" || out.project != nil && out.project.ID == id || slices.Contains(out.remnants, id) {
			continue
		}
		_, err := w.identity.get(ctx, "projects/"+segment(id), nil)
		switch {
		case isGone(err):
			out.remnants = append(out.remnants, id)
		case err != nil:
			return out, w.wrap(err, "looking for a former project")
		} // one that is there without our tags is not ours any more
	}
	return out, nil
}

// empty removes what a project has in a region, and its quotas.
func (w *work) empty(ctx context.Context, name, project string, u *user) error {
	r, err := w.session.region(name)
	if err != nil {
		return err
	}
	if err := r.sweep(ctx, w.provider, project); err != nil {
		return err
	}
	if u != nil && r.offers(compute) {
		if err := r.dropKeypairs(ctx, u.ID); err != nil {
			return err
		}
	}
	return r.dropQuotas(ctx, project)
}

// close deletes the user, then the project: while the project is there, the
// rest is found by its tags.
func (w *work) close(ctx context.Context, have removal) error {
	if have.user != nil {
		if err := w.identity.delete(ctx, "users/"+have.user.ID); err != nil && !isGone(err) {
			return w.wrap(err, "deleting the user %s", have.user.Name)
		}
	}
	if have.project == nil {
		return nil
	}
	if err := w.identity.delete(ctx, "projects/"+have.project.ID); err != nil && !isGone(err) {
		return w.wrap(err, "deleting the project %s", have.project.Name)
	}
	return nil
}
