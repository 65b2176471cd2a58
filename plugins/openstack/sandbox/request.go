package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// token is who calls, for which project.
type token struct {
	user, project string
	expires       time.Time
}

// caller is a valid token.
type caller struct {
	token
	admin bool
}

// request is one call with what every handler needs.
type request struct {
	*http.Request
	cloud  *Cloud
	caller caller
	region string
	body   object
}

// refusal is an answer that is no success.
type refusal struct {
	status int
	body   any
	header map[string]string
}

// answerFunc answers a call: a status and a body (nil for none), or a refusal.
type answerFunc func(r *request) (int, any, *refusal)

// handle makes an answerFunc a handler. Everything happens under one lock: a
// double is looked at one call at a time.
func (c *Cloud) handle(open bool, answer answerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := &request{Request: r, cloud: c, region: r.PathValue("region")}
		if r.Body != nil {
			_ = json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&in.body) // none is an empty one
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		status, body, no := in.answered(open, answer)
		if no != nil {
			status, body = no.status, no.body
			for name, value := range no.header {
				w.Header().Set(name, value)
			}
		}
		if err := c.store.commit(); err != nil {
			c.cfg.Log.ErrorContext(r.Context(), "snapshot not written", "error", err)
			status, body = http.StatusInternalServerError, object{"error": object{"message": "the snapshot cannot be written", "code": 500}}
		}
		c.write(w, status, body)
	}
}

func (r *request) answered(open bool, answer answerFunc) (int, any, *refusal) {
	if !open {
		if no := r.identify(); no != nil {
			return 0, nil, no
		}
	}
	if r.region != "" && !slices.Contains(r.cloud.cfg.Regions, r.region) {
		return 0, nil, identityRefusal(http.StatusNotFound, "There is no region %s.", r.region)
	}
	return answer(r)
}

func (c *Cloud) write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Date", c.cfg.Clock.Now().UTC().Format(http.TimeFormat))
	if head, ok := body.(tokenAnswer); ok {
		w.Header().Set("X-Subject-Token", head.id)
		body = head.body
	}
	if body == nil {
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller may be gone
}

// identify finds out who calls. What was disabled or removed since ends a
// token, as in Keystone.
func (r *request) identify() *refusal {
	t, known := r.cloud.tokens[r.Header.Get("X-Auth-Token")]
	no := identityRefusal(http.StatusUnauthorized, "The request you have made requires authentication.")
	if !known || !r.cloud.cfg.Clock.Now().Before(t.expires) {
		return no
	}
	user, project := r.cloud.store.get("users", t.user), r.cloud.store.get("projects", t.project)
	if user == nil || !user.is("enabled") || project == nil || !project.is("enabled") {
		return no
	}
	roles := r.cloud.rolesOf(t.user, t.project)
	if len(roles) == 0 {
		return no
	}
	r.caller = caller{t, slices.Contains(roles, adminRole)}
	return nil
}

// base is the address that the catalog and links begin with.
func (r *request) base() string {
	if r.cloud.cfg.BaseURL != "" {
		return strings.TrimRight(r.cloud.cfg.BaseURL, "/")
	}
	return "http://" + r.Host
}

func (r *request) now() time.Time { return r.cloud.cfg.Clock.Now().UTC() }

// The two forms of time.
func (r *request) zoned() string  { return r.now().Format("2006-01-02T15:04:05Z") }
func (r *request) micros() string { return r.now().Format("2006-01-02T15:04:05.000000") }

// mine tells whether the caller may see an object of the project: its own, and
// for administrators all.
func (r *request) mine(project string) bool { return r.caller.admin || project == r.caller.project }

// wantedProject is whose objects a list shows: the caller's own, or what an
// administrator asks for; "" is everybody's.
func (r *request) wantedProject(all bool) string {
	if r.caller.admin && all {
		return r.URL.Query().Get("project_id")
	}
	return r.caller.project
}

// page cuts a list as ?limit and ?marker say, and names the rest.
func (r *request) page(list []object) (page []object, next string) {
	q := r.URL.Query()
	if marker := q.Get("marker"); marker != "" {
		i := slices.IndexFunc(list, func(o object) bool { return o.id() == marker })
		list = list[i+1:]
	}
	limit, err := strconv.Atoi(q.Get("limit"))
	if err != nil || limit < 1 || limit >= len(list) {
		return list, ""
	}
	q.Set("marker", list[limit-1].id())
	return list[:limit], r.base() + r.URL.Path + "?" + q.Encode()
}

// shownAll is a list as it is answered, never null.
func shownAll(list []object) []object {
	out := make([]object, 0, len(list))
	for _, o := range list {
		out = append(out, o.shown())
	}
	return out
}

// listed is the answer of Nova, Cinder and Neutron for a list.
func (r *request) listed(key string, list []object) object {
	page, next := r.page(list)
	out := object{key: shownAll(page)}
	if next != "" {
		out[key+"_links"] = []object{{"rel": "next", "href": next}}
	}
	return out
}
