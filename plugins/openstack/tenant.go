package openstack

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/plugins/idempotency"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// project is a Keystone project.
type project struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	DomainID string   `json:"domain_id"`
	Enabled  bool     `json:"enabled"`
	Tags     []string `json:"tags"`
}

// user is a Keystone user. Users have no tags; ours have properties instead,
// which Keystone keeps as they are.
type user struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	DomainID     string `json:"domain_id"`
	Enabled      bool   `json:"enabled"`
	Mark         string `json:"fondaco_mark"`
	Subscription string `json:"fondaco_subscription"`
	Project      string `json:"fondaco_project"`
	Login        string `json:"fondaco_login"`
}

// work is one call on behalf of one subscription in one cloud.
type work struct {
	*session
	sale
	provider *Provider
}

// tenant is what Keystone has of the subscription.
type tenant struct {
	project *project // nil when there is none
	user    *user    // nil when there is none
}

// begin opens the plan's cloud.
func (p *Provider) begin(ctx context.Context, s sale) (*work, error) {
	if _, ok := s.settings.clouds[s.plan.Cloud]; !ok {
		return nil, sdk.Permanent("The settings have no cloud %q.", s.plan.Cloud)
	}
	return p.beginIn(ctx, s, s.plan.Cloud)
}

func (p *Provider) beginIn(ctx context.Context, s sale, name string) (*work, error) {
	open, err := p.open(ctx, s.settings, name)
	if err != nil {
		return nil, err
	}
	s.cloud = s.settings.clouds[name]
	return &work{session: open, sale: s, provider: p}, nil
}

func (w *work) ours(p project) bool {
	return slices.Contains(p.Tags, w.settings.Mark) && slices.Contains(p.Tags, w.subscriptionTag())
}

// projects are those with our tags, wherever they are; there should be one.
func (w *work) projects(ctx context.Context) ([]project, error) {
	found, err := list[project](ctx, w.identity, "projects?tags="+query(w.settings.Mark+","+w.subscriptionTag()), "projects")
	if err != nil {
		return nil, w.wrap(err, "looking for the project")
	}
	// A cloud may not know the filter, and answer with everybody's.
	return slices.DeleteFunc(found, func(p project) bool { return !w.ours(p) }), nil
}

// loadProject returns the subscription's, nil when there is none. One that is not
// ours and has the name is an error.
func (w *work) loadProject(ctx context.Context) (*project, error) {
	found, err := w.projects(ctx)
	if err != nil {
		return nil, err
	}
	if len(found) > 1 {
		return nil, sdk.Permanent("%s has %d projects tagged %s. Remove the tags of all but one.", w.called(), len(found), w.subscriptionTag())
	}
	if len(found) == 1 {
		// A plan that names no region had the default one when it was sold.
		if w.plan.defaulted {
			w.plan.Region = or(w.regionOf(found[0].Tags), w.plan.Region)
		}
		return &found[0], nil
	}
	named, err := list[project](ctx, w.identity, fmt.Sprintf("projects?domain_id=%s&name=%s", query(w.domain.ID), query(w.tenantName())), "projects")
	if err != nil {
		return nil, w.wrap(err, "looking for the project %s", w.tenantName())
	}
	for _, p := range named {
		if p.Name == w.tenantName() && p.DomainID == w.domain.ID && !w.ours(p) {
			return nil, w.foreign("project", p.Name, w.settings.Mark)
		}
	}
	return nil, nil
}

// loadUser returns the subscription's user, nil when there is none. One that
// is not ours and has the name is an error.
func (w *work) loadUser(ctx context.Context, domain string) (*user, error) {
	found, err := list[user](ctx, w.identity, fmt.Sprintf("users?domain_id=%s&name=%s", query(domain), query(w.tenantName())), "users")
	if err != nil {
		return nil, w.wrap(err, "looking for the user %s", w.tenantName())
	}
	for _, u := range found {
		if u.Name != w.tenantName() || u.DomainID != domain {
			continue
		}
		if u.Mark != w.settings.Mark || u.Subscription != strconv.FormatInt(w.id, 10) {
			return nil, w.foreign("user", u.Name, w.settings.Mark)
		}
		return &u, nil
	}
	return nil, nil
}

// load returns what there is of the tenant.
func (w *work) load(ctx context.Context) (t tenant, err error) {
	if t.project, err = w.loadProject(ctx); err != nil {
		return t, err
	}
	domain := w.domain.ID
	if t.project != nil {
		domain = t.project.DomainID
	}
	t.user, err = w.loadUser(ctx, domain)
	return t, err
}

// existing is load for calls that change a tenant: it must be there.
func (w *work) existing(ctx context.Context) (tenant, error) {
	t, err := w.load(ctx)
	if err == nil && t.project == nil {
		return t, sdk.Permanent("%s has no project %s any more. Repair the subscription, which makes an empty one, or terminate it.", w.called(), w.tenantName())
	}
	return t, err
}

// ensureProject makes the project, and writes the claim on it before anything
// else changes.
func (w *work) ensureProject(ctx context.Context, c idempotency.Claim, create bool) (*project, error) {
	have, err := w.loadProject(ctx)
	if err != nil {
		return nil, err
	}
	if have == nil && !create {
		_, err := w.existing(ctx)
		return nil, err
	}
	if have == nil {
		if have, err = w.createProject(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := w.same(have); err != nil {
		return nil, err
	}
	return have, w.claim(ctx, have, c)
}

// createProject makes it with all its tags at once. Names are unique, so of
// two that create at once one is refused, and takes the other's.
func (w *work) createProject(ctx context.Context, c idempotency.Claim) (*project, error) {
	tags := []string{w.settings.Mark, w.subscriptionTag(), w.billingTag(), w.regionTag(), w.noncePrefix() + newNonce(), w.requestTag(c, 0)}
	body := map[string]any{"project": map[string]any{
		"name": w.tenantName(), "domain_id": w.domain.ID, "description": w.description(), "enabled": true, "tags": tags,
	}}
	var answer struct {
		Project project `json:"project"`
	}
	err := w.identity.post(ctx, "projects", body, &answer)
	if isTaken(err) {
		have, lookErr := w.loadProject(ctx)
		if lookErr != nil || have != nil {
			return have, lookErr
		}
	}
	if err == nil && (answer.Project.ID == "" || !w.ours(answer.Project)) {
		err = errUnreadable
	}
	return &answer.Project, w.wrap(err, "creating the project %s", w.tenantName())
}

// same refuses a plan that the project was not made for.
func (w *work) same(p *project) error {
	for _, t := range p.Tags {
		switch {
		case t != w.billingTag() && strings.HasPrefix(t, w.settings.Mark+"-billing-"):
			return sdk.Permanent("%s", billingRefusal)
		case t != w.regionTag() && strings.HasPrefix(t, w.settings.Mark+"-region-"):
			return sdk.Permanent("%s", placeRefusal)
		}
	}
	return nil
}

// claim remembers the request on the project and forgets the oldest.
func (w *work) claim(ctx context.Context, p *project, c idempotency.Claim) error {
	known, err := c.Known(p.Tags, w.requestPrefix())
	if err != nil || known {
		return err
	}
	old, next := requests(p.Tags, w.requestPrefix())
	if err := w.addTag(ctx, p, w.requestTag(c, next)); err != nil {
		return err
	}
	for len(old) >= maxRequests {
		if err := w.dropTag(ctx, p, old[0]); err != nil {
			return err
		}
		old = old[1:]
	}
	return nil
}

func (w *work) addTag(ctx context.Context, p *project, tag string) error {
	if slices.Contains(p.Tags, tag) {
		return nil
	}
	err := w.identity.put(ctx, "projects/"+p.ID+"/tags/"+segment(tag), nil, nil)
	if err == nil {
		p.Tags = append(p.Tags, tag)
	}
	return w.wrap(err, "tagging the project %s", p.Name)
}

func (w *work) dropTag(ctx context.Context, p *project, tag string) error {
	if !slices.Contains(p.Tags, tag) {
		return nil
	}
	err := w.identity.delete(ctx, "projects/"+p.ID+"/tags/"+segment(tag))
	if err == nil || isGone(err) {
		p.Tags = slices.DeleteFunc(p.Tags, func(t string) bool { return t == tag })
		return nil
	}
	return w.wrap(err, "removing a tag of the project %s", p.Name)
}

// nonce returns the project's, and gives it one when somebody took it away.
func (w *work) nonce(ctx context.Context, p *project) (string, error) {
	if nonce := w.nonceOf(p.Tags); nonce != "" {
		return nonce, nil
	}
	nonce := newNonce()
	return nonce, w.addTag(ctx, p, w.noncePrefix()+nonce)
}

// ensureUser makes the user as it should be. An existing one's password is set
// anew only when renew is, and only when it is not the one that follows from
// the settings.
func (w *work) ensureUser(ctx context.Context, p *project, l login, renew bool) (*user, error) {
	have, err := w.loadUser(ctx, p.DomainID)
	if err != nil {
		return nil, err
	}
	if have == nil {
		if have, err = w.createUser(ctx, p, l); err != nil {
			return nil, err
		}
	}
	change := map[string]any{}
	if enabled := !w.suspended(p); have.Enabled != enabled {
		change["enabled"] = enabled
	}
	if have.Project != p.ID {
		change["fondaco_project"], change["default_project_id"] = p.ID, p.ID
	}
	if renew && have.Login != l.mark {
		change["password"], change["fondaco_login"] = l.password, l.mark
		have.Login = l.mark
	}
	if len(change) == 0 {
		return have, nil
	}
	return have, w.changeUser(ctx, have, change)
}

func (w *work) createUser(ctx context.Context, p *project, l login) (*user, error) {
	body := map[string]any{"user": map[string]any{
		"name": w.tenantName(), "domain_id": p.DomainID, "description": w.description(), "default_project_id": p.ID,
		"password": l.password, "enabled": !w.suspended(p), "fondaco_mark": w.settings.Mark,
		"fondaco_subscription": strconv.FormatInt(w.id, 10), "fondaco_project": p.ID, "fondaco_login": l.mark,
	}}
	var answer struct {
		User user `json:"user"`
	}
	err := w.identity.post(ctx, "users", body, &answer)
	if isTaken(err) {
		have, lookErr := w.loadUser(ctx, p.DomainID)
		if lookErr != nil || have != nil {
			return have, lookErr
		}
	}
	if err == nil && answer.User.ID == "" {
		err = errUnreadable
	}
	made := user{ID: answer.User.ID, Name: w.tenantName(), DomainID: p.DomainID, Enabled: !w.suspended(p), Project: p.ID, Login: l.mark}
	return &made, w.wrap(err, "creating the user %s", w.tenantName())
}

func (w *work) changeUser(ctx context.Context, u *user, change map[string]any) error {
	err := w.identity.patch(ctx, "users/"+u.ID, map[string]any{"user": change}, nil)
	return w.wrap(err, "changing the user %s", u.Name)
}

// enableProject enables or disables the project.
func (w *work) enableProject(ctx context.Context, p *project, enabled bool) error {
	if p.Enabled == enabled {
		return nil
	}
	err := w.identity.patch(ctx, "projects/"+p.ID, map[string]any{"project": map[string]any{"enabled": enabled}}, nil)
	return w.wrap(err, "changing the project %s", p.Name)
}

func (w *work) roleAddress(p *project, u *user) string {
	return "projects/" + p.ID + "/users/" + u.ID + "/roles/" + w.role.ID
}

// suspended tells whether the marketplace suspended the tenant, whatever else
// was done to it.
func (w *work) suspended(p *project) bool { return slices.Contains(p.Tags, w.suspendedTag()) }
