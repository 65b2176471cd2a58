package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// tokenFor is how long a token is good, as in a plain Keystone.
const tokenFor = 4 * time.Hour

// tokenAnswer is a body whose token travels in a header.
type tokenAnswer struct {
	id   string
	body object
}

func hashed(user, password string) string {
	sum := sha256.Sum256([]byte(user + "\x00" + password))
	return hex.EncodeToString(sum[:])
}

func assignmentID(project, user, role string) string { return project + "/" + user + "/" + role }

func assignmentOf(o object) (project, user, role string) {
	parts := strings.Split(o.id(), "/")
	return parts[0], parts[1], parts[2]
}

func (c *Cloud) rolesOf(user, project string) []string {
	var out []string
	for _, role := range []string{adminRole, memberRole} {
		if c.store.get("assignments", assignmentID(project, user, role)) != nil {
			out = append(out, role)
		}
	}
	return out
}

func (c *Cloud) endTokens(of func(token) bool) {
	for id, t := range c.tokens {
		if of(t) || !c.cfg.Clock.Now().Before(t.expires) {
			delete(c.tokens, id)
		}
	}
}

// issueToken logs in with a password, into a project. All refusals are one,
// as in Keystone.
func (c *Cloud) issueToken(r *request) (int, any, *refusal) {
	no := identityRefusal(http.StatusUnauthorized, "The request you have made requires authentication.")
	auth := r.body.sub("auth")
	given := auth.sub("identity").sub("password").sub("user")
	user := c.named("users", given)
	if user == nil || !user.is("enabled") || user.text("_password") != hashed(user.id(), given.text("password")) {
		return 0, nil, no
	}
	project := c.named("projects", auth.sub("scope").sub("project"))
	if project == nil || !project.is("enabled") || len(c.rolesOf(user.id(), project.id())) == 0 {
		return 0, nil, no
	}
	t := token{user.id(), project.id(), r.now().Add(tokenFor)}
	id := "sandbox-" + newID() + newID()
	c.tokens[id] = t
	return http.StatusCreated, tokenAnswer{id, object{"token": c.tokenBody(r, user, project, t)}}, nil
}

// showToken says what a token is good for: the caller's own, or for an
// administrator any.
func showToken(r *request) (int, any, *refusal) {
	id := r.Header.Get("X-Subject-Token")
	t, known := r.cloud.tokens[id]
	if !known || t != r.caller.token && !r.caller.admin {
		return 0, nil, identityRefusal(http.StatusNotFound, "Could not find token.")
	}
	s := r.cloud.store
	return http.StatusOK, tokenAnswer{id, object{"token": r.cloud.tokenBody(r, s.get("users", t.user), s.get("projects", t.project), t)}}, nil
}

// named finds what {"id"} or {"name", "domain"} tells.
func (c *Cloud) named(kinds string, given object) object {
	if id := given.text("id"); id != "" {
		return c.store.get(kinds, id)
	}
	domain := given.sub("domain")
	found := c.store.with(kinds, "name="+given.text("name"), func(o object) bool {
		d := c.store.get("domains", o.text("domain_id"))
		return d != nil && (d.id() == domain.text("id") || d.text("name") == domain.text("name"))
	})
	if len(found) == 0 || given.text("name") == "" {
		return nil
	}
	return found[0]
}

func (c *Cloud) tokenBody(r *request, user, project object, t token) object {
	short := func(o object) object {
		d := c.store.get("domains", o.text("domain_id"))
		return object{"id": o.id(), "name": o.text("name"), "domain": object{"id": d.id(), "name": d.text("name")}}
	}
	var roles []object
	for _, id := range c.rolesOf(t.user, t.project) {
		roles = append(roles, object{"id": id, "name": c.store.get("roles", id).text("name")})
	}
	const format = "2006-01-02T15:04:05.000000Z"
	return object{
		"methods": []string{"password"}, "user": short(user).with(object{"password_expires_at": nil}), "project": short(project), "is_domain": false, "roles": roles,
		"audit_ids": []string{newID()}, "issued_at": r.now().Format(format), "expires_at": t.expires.Format(format), "catalog": c.catalog(r, project.id()),
	}
}

// catalog lists the services with the address that the caller came by.
func (c *Cloud) catalog(r *request, project string) []object {
	services := [][3]string{{"compute", "nova", "/compute/v2.1"}, {"volumev3", "cinderv3", "/volume/v3/" + project}, {"network", "neutron", "/network"}, {"image", "glance", "/image"}}
	if c.cfg.Gnocchi {
		services = append(services, [3]string{"metric", "gnocchi", "/metric"})
	}
	var out []object
	for _, s := range services {
		var endpoints []object
		for _, region := range c.cfg.Regions {
			endpoints = append(endpoints, endpointsAt(region, r.base()+"/"+region+s[2])...)
		}
		out = append(out, object{"id": s[1], "type": s[0], "name": s[1], "endpoints": endpoints})
	}
	var identity []object
	for _, region := range c.cfg.Regions {
		identity = append(identity, endpointsAt(region, r.base()+c.AuthPath())...)
	}
	return append(out, object{"id": "keystone", "type": "identity", "name": "keystone", "endpoints": identity})
}

func endpointsAt(region, address string) []object {
	var out []object
	for _, face := range []string{"public", "internal", "admin"} {
		out = append(out, object{"id": region + "-" + face, "interface": face, "region": region, "region_id": region, "url": address})
	}
	return out
}

func grant(r *request) (int, any, *refusal) {
	for kinds, id := range map[string]string{"projects": r.PathValue("id"), "users": r.PathValue("user"), "roles": r.PathValue("role")} {
		if r.cloud.store.get(kinds, id) == nil {
			return 0, nil, identityRefusal(http.StatusNotFound, "Could not find %s: %s.", strings.TrimSuffix(kinds, "s"), id)
		}
	}
	r.cloud.store.put("assignments", object{"id": assignmentID(r.PathValue("id"), r.PathValue("user"), r.PathValue("role"))})
	return http.StatusNoContent, nil, nil
}

func (r *request) assignment() (object, *refusal) {
	id := assignmentID(r.PathValue("id"), r.PathValue("user"), r.PathValue("role"))
	if o := r.cloud.store.get("assignments", id); o != nil {
		return o, nil
	}
	return nil, identityRefusal(http.StatusNotFound, "Could not find role assignment with role: %s, user or group: %s, project, domain, or system: %s.", r.PathValue("role"), r.PathValue("user"), r.PathValue("id"))
}

func checkGrant(r *request) (int, any, *refusal) {
	_, no := r.assignment()
	return http.StatusNoContent, nil, no
}

func revoke(r *request) (int, any, *refusal) {
	o, no := r.assignment()
	if no == nil {
		r.cloud.store.remove("assignments", o.id())
	}
	return http.StatusNoContent, nil, no
}

func listAssignments(r *request) (int, any, *refusal) {
	q := r.URL.Query()
	out := []object{}
	for _, o := range r.cloud.store.where("assignments", anyObject) {
		project, user, role := assignmentOf(o)
		if w := q.Get("user.id"); w != "" && w != user {
			continue
		}
		if w := q.Get("scope.project.id"); w != "" && w != project {
			continue
		}
		out = append(out, object{"scope": object{"project": object{"id": project}}, "user": object{"id": user}, "role": object{"id": role}})
	}
	return http.StatusOK, object{"role_assignments": out, "links": object{"next": nil}}, nil
}
