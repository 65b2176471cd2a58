package sandbox

import (
	"net/http"
	"slices"
	"strings"
)

func (c *Cloud) identityRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /identity/v3/auth/tokens", c.handle(true, c.issueToken))
	c.add(mux, "GET /identity/v3/auth/tokens", showToken)
	for pattern, answer := range map[string]answerFunc{
		"GET /identity/v3/domains":                                    listIdentity("domains"),
		"GET /identity/v3/domains/{id}":                               showIdentity("domains", "domain"),
		"GET /identity/v3/roles":                                      listIdentity("roles"),
		"GET /identity/v3/roles/{id}":                                 showIdentity("roles", "role"),
		"GET /identity/v3/projects":                                   listIdentity("projects"),
		"POST /identity/v3/projects":                                  createProject,
		"GET /identity/v3/projects/{id}":                              showIdentity("projects", "project"),
		"PATCH /identity/v3/projects/{id}":                            patchIdentity("projects", "project"),
		"DELETE /identity/v3/projects/{id}":                           deleteProject,
		"GET /identity/v3/projects/{id}/tags":                         listTags,
		"PUT /identity/v3/projects/{id}/tags/{tag}":                   addTag,
		"DELETE /identity/v3/projects/{id}/tags/{tag}":                removeTag,
		"GET /identity/v3/users":                                      listIdentity("users"),
		"POST /identity/v3/users":                                     createUser,
		"GET /identity/v3/users/{id}":                                 showIdentity("users", "user"),
		"PATCH /identity/v3/users/{id}":                               patchIdentity("users", "user"),
		"DELETE /identity/v3/users/{id}":                              deleteUser,
		"GET /identity/v3/role_assignments":                           listAssignments,
		"PUT /identity/v3/projects/{id}/users/{user}/roles/{role}":    grant,
		"HEAD /identity/v3/projects/{id}/users/{user}/roles/{role}":   checkGrant,
		"DELETE /identity/v3/projects/{id}/users/{user}/roles/{role}": revoke,
	} {
		c.add(mux, pattern, adminOnly(answer))
	}
}

// adminOnly refuses tenants, but what they may see of themselves.
func adminOnly(answer answerFunc) answerFunc {
	return func(r *request) (int, any, *refusal) {
		id := r.PathValue("id")
		own := r.Method == http.MethodGet && id != "" && (id == r.caller.user || id == r.caller.project)
		if !r.caller.admin && !own {
			return 0, nil, forbiddenIdentity("identity:" + strings.ToLower(r.Method))
		}
		return answer(r)
	}
}

func newProject(in object, id string) object {
	out := object{"description": "", "enabled": true, "tags": []any{}, "options": object{}, "domain_id": defaultDomain}.with(in)
	return out.with(object{"id": id, "parent_id": out.text("domain_id"), "is_domain": false, "links": object{"self": "/identity/v3/projects/" + id}})
}

// newUser keeps properties that Keystone does not know, as Keystone does.
func newUser(in object, id string) object {
	out := object{"enabled": true, "options": object{}, "domain_id": defaultDomain, "password_expires_at": nil}.with(in)
	if password, ok := out["password"].(string); ok {
		out["_password"] = hashed(id, password)
	}
	delete(out, "password")
	out["id"], out["links"] = id, object{"self": "/identity/v3/users/" + id}
	return out
}

func listIdentity(kinds string) answerFunc {
	return func(r *request) (int, any, *refusal) {
		list := r.candidates(kinds, func(o object) bool { return matchesIdentity(o, r) })
		links := object{"next": nil, "previous": nil, "self": r.base() + r.URL.RequestURI()}
		return http.StatusOK, object{kinds: shownAll(list), "links": links}, nil
	}
}

// candidates uses the index where the query gives a name or tags.
func (r *request) candidates(kinds string, match func(object) bool) []object {
	q := r.URL.Query()
	if tags := q.Get("tags"); tags != "" {
		return r.cloud.store.with(kinds, "tag="+tags[strings.LastIndex(tags, ",")+1:], match)
	}
	if name := q.Get("name"); name != "" {
		return r.cloud.store.with(kinds, "name="+name, match)
	}
	return r.cloud.store.where(kinds, match)
}

func matchesIdentity(o object, r *request) bool {
	q := r.URL.Query()
	for _, field := range []string{"name", "domain_id"} {
		if want := q.Get(field); want != "" && o.text(field) != want {
			return false
		}
	}
	if !strings.HasPrefix(o.text("name"), q.Get("name__startswith")) {
		return false
	}
	tags := o.texts("tags")
	return q.Get("tags") == "" || !slices.ContainsFunc(strings.Split(q.Get("tags"), ","), func(t string) bool { return !slices.Contains(tags, t) })
}

// find returns the object of the path, or Keystone's words that there is none.
func (r *request) find(kinds, kind string) (object, *refusal) {
	if o := r.cloud.store.get(kinds, r.PathValue("id")); o != nil {
		return o, nil
	}
	return nil, identityRefusal(http.StatusNotFound, "Could not find %s: %s.", kind, r.PathValue("id"))
}

func showIdentity(kinds, kind string) answerFunc {
	return func(r *request) (int, any, *refusal) {
		o, no := r.find(kinds, kind)
		if no != nil {
			return 0, nil, no
		}
		return http.StatusOK, object{kind: o.shown()}, nil
	}
}

// taken tells whether another of the kind has the name in the domain.
func (r *request) taken(kinds string, o object) bool {
	same := r.cloud.store.with(kinds, "name="+o.text("name"), func(x object) bool {
		return x.text("domain_id") == o.text("domain_id") && x.id() != o.id()
	})
	return len(same) > 0
}

func createProject(r *request) (int, any, *refusal) {
	made := newProject(r.body.sub("project"), newID())
	if made.text("name") == "" {
		return 0, nil, identityRefusal(http.StatusBadRequest, "'name' is a required property")
	}
	if r.taken("projects", made) {
		return 0, nil, identityRefusal(http.StatusConflict, "Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is %s, project id %s.", made.text("name"), made.id())
	}
	r.cloud.store.put("projects", made)
	return http.StatusCreated, object{"project": made.shown()}, nil
}

func createUser(r *request) (int, any, *refusal) {
	made := newUser(r.body.sub("user"), newID())
	if made.text("name") == "" {
		return 0, nil, identityRefusal(http.StatusBadRequest, "'name' is a required property")
	}
	if r.taken("users", made) {
		return 0, nil, identityRefusal(http.StatusConflict, "Conflict occurred attempting to store user - Duplicate entry found with name %s at domain ID %s.", made.text("name"), made.text("domain_id"))
	}
	r.cloud.store.put("users", made)
	return http.StatusCreated, object{"user": made.shown()}, nil
}

func patchIdentity(kinds, kind string) answerFunc {
	return func(r *request) (int, any, *refusal) {
		o, no := r.find(kinds, kind)
		if no != nil {
			return 0, nil, no
		}
		changed := o.with(r.body.sub(kind)).with(object{"id": o.id()})
		if password, ok := changed["password"].(string); ok {
			changed["_password"] = hashed(o.id(), password)
			delete(changed, "password")
			r.cloud.endTokens(func(t token) bool { return t.user == o.id() })
		}
		if r.taken(kinds, changed) {
			return 0, nil, identityRefusal(http.StatusConflict, "Conflict occurred attempting to store %s - Duplicate entry found with name %s.", kind, changed.text("name"))
		}
		r.cloud.store.put(kinds, changed)
		if !changed.is("enabled") {
			r.cloud.endTokens(func(t token) bool { return t.user == o.id() || t.project == o.id() })
		}
		return http.StatusOK, object{kind: changed.shown()}, nil
	}
}

// deleteProject leaves what is in it: the other services do not ask Keystone.
func deleteProject(r *request) (int, any, *refusal) {
	return r.deleteIdentity("projects", "project")
}

func deleteUser(r *request) (int, any, *refusal) {
	return r.deleteIdentity("users", "user")
}

func (r *request) deleteIdentity(kinds, kind string) (int, any, *refusal) {
	o, no := r.find(kinds, kind)
	if no != nil {
		return 0, nil, no
	}
	r.cloud.store.remove(kinds, o.id())
	for _, a := range r.cloud.store.with("assignments", kind+"="+o.id(), anyObject) {
		r.cloud.store.remove("assignments", a.id())
	}
	r.cloud.endTokens(func(t token) bool { return t.project == o.id() || t.user == o.id() })
	return http.StatusNoContent, nil, nil
}

func listTags(r *request) (int, any, *refusal) {
	o, no := r.find("projects", "project")
	if no != nil {
		return 0, nil, no
	}
	return http.StatusOK, object{"tags": o["tags"], "links": object{"self": r.base() + "/identity/v3"}}, nil
}

// maxTags is how many Keystone keeps of one project.
const maxTags = 80

func addTag(r *request) (int, any, *refusal) {
	o, no := r.find("projects", "project")
	if no != nil {
		return 0, nil, no
	}
	tag, tags := r.PathValue("tag"), o.texts("tags")
	if len(tags) >= maxTags || strings.ContainsAny(tag, ",/") || len(tag) > 255 {
		return 0, nil, identityRefusal(http.StatusBadRequest, "Invalid tag %q, or too many.", tag)
	}
	if !slices.Contains(tags, tag) {
		r.cloud.store.put("projects", o.with(object{"tags": anyOf(append(tags, tag))}))
	}
	return http.StatusCreated, nil, nil
}

func removeTag(r *request) (int, any, *refusal) {
	o, no := r.find("projects", "project")
	if no != nil {
		return 0, nil, no
	}
	tag, tags := r.PathValue("tag"), o.texts("tags")
	if !slices.Contains(tags, tag) {
		return 0, nil, identityRefusal(http.StatusNotFound, "Could not find project tag: %s.", tag)
	}
	kept := slices.DeleteFunc(tags, func(t string) bool { return t == tag })
	r.cloud.store.put("projects", o.with(object{"tags": anyOf(kept)}))
	return http.StatusNoContent, nil, nil
}

func anyOf(list []string) []any {
	out := make([]any, len(list))
	for i, s := range list {
		out[i] = s
	}
	return out
}
