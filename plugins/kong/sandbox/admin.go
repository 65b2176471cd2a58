package sandbox

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// maxAdminBody bounds what one Admin API call may send.
const maxAdminBody = 4 << 20

// answer is what an Admin API call says.
type answer struct {
	status int
	body   any
}

// serveAdmin answers the Admin API.
func (g *Gateway) serveAdmin(w http.ResponseWriter, r *http.Request) {
	start := tick()
	a, err := g.admin(r)
	if err != nil {
		a = answer{err.status, err.body()}
	}
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Kong-Admin-Latency", strconv.FormatInt(tick().Sub(start).Milliseconds(), 10))
	h.Set("Server", "kong/"+Version)
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	raw, _ := json.Marshal(a.body) // built of JSON values
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(a.status)
	_, _ = w.Write(raw)
}

// admin finds what the path means and does it.
func (g *Gateway) admin(r *http.Request) (answer, *apiError) {
	path, err := segments(r.URL)
	if err != nil {
		return answer{}, plain(http.StatusBadRequest, "bad path")
	}
	switch {
	case len(path) == 0:
		return readOnly(r, g.root())
	case len(path) == 1 && path[0] == "status":
		return readOnly(r, g.status())
	}
	t, ok := g.target(path)
	if !ok {
		return answer{}, notFound()
	}
	if t.missing {
		return answer{}, notFound()
	}
	if t.item == "" {
		return g.collection(r, t)
	}
	return g.item(r, t)
}

func segments(u *url.URL) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(strings.Trim(u.EscapedPath(), "/"), "/") {
		if part == "" {
			continue
		}
		s, err := url.PathUnescape(part)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func readOnly(r *http.Request, body any) (answer, *apiError) {
	if r.Method != http.MethodGet {
		return answer{}, plain(http.StatusMethodNotAllowed, "Method not allowed")
	}
	return answer{http.StatusOK, body}, nil
}

func (g *Gateway) root() any {
	available := map[string]any{}
	for name := range g.kinds.schemas {
		available[name] = map[string]any{"version": Version}
	}
	return map[string]any{
		"version": Version, "tagline": "Welcome to kong (Fondaco sandbox)", "node_id": g.nodeID, "hostname": "sandbox",
		"lua_version": "LuaJIT 2.1", "plugins": map[string]any{"available_on_server": available},
		"configuration": map[string]any{"database": "postgres", "router_flavor": "traditional_compatible"},
	}
}

func (g *Gateway) status() any {
	return map[string]any{
		"database": map[string]any{"reachable": true},
		"server": map[string]any{
			"connections_accepted": 1, "connections_active": 1, "connections_handled": 1, "connections_reading": 0,
			"connections_waiting": 0, "connections_writing": 1, "total_requests": 1,
		},
	}
}

// target is what a path names: a kind, within a parent or not, and one item
// of it or the collection.
type target struct {
	kind    *kind
	path    string // of the collection, for links to the next page
	parent  string // the field that names the parent, "" at the top
	owner   string // the parent's id
	missing bool   // the parent does not exist
	item    string
}

func (g *Gateway) target(path []string) (target, bool) {
	k := g.kinds.collection(path[0])
	if k == nil || len(path) > 4 {
		return target{}, false
	}
	t := target{kind: k, path: "/" + path[0]}
	if len(path) <= 2 {
		if len(path) == 2 {
			t.item = path[1]
		}
		return t, true
	}
	child := g.kinds.nested(k, path[2])
	if child == nil {
		return target{}, false
	}
	g.mu.RLock()
	owner, found := g.store.find(k, path[1])
	g.mu.RUnlock()
	t = target{kind: child, path: "/" + strings.Join(path[:3], "/"), parent: strings.TrimSuffix(k.name, "s"), owner: owner.id(), missing: !found}
	if len(path) == 4 {
		t.item = path[3]
	}
	return t, true
}

func (g *Gateway) collection(r *http.Request, t target) (answer, *apiError) {
	switch r.Method {
	case http.MethodGet:
		return g.list(r, t)
	case http.MethodPost:
		in, err := readBody(r)
		if err != nil {
			return answer{}, err
		}
		return g.create(t, in)
	}
	return answer{}, plain(http.StatusMethodNotAllowed, "Method not allowed")
}

func (g *Gateway) item(r *http.Request, t target) (answer, *apiError) {
	switch r.Method {
	case http.MethodGet:
		e, ok := g.lookup(t)
		if !ok {
			return answer{}, notFound()
		}
		return answer{http.StatusOK, e}, nil
	case http.MethodDelete:
		return g.destroy(t)
	case http.MethodPut, http.MethodPatch:
		in, err := readBody(r)
		if err != nil {
			return answer{}, err
		}
		if r.Method == http.MethodPut {
			return g.upsert(t, in)
		}
		return g.patch(t, in)
	}
	return answer{}, plain(http.StatusMethodNotAllowed, "Method not allowed")
}

// readBody reads a JSON object; an empty body is an empty object.
func readBody(r *http.Request) (map[string]any, *apiError) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxAdminBody+1))
	if err != nil || len(raw) > maxAdminBody {
		return nil, plain(http.StatusRequestEntityTooLarge, "Payload too large")
	}
	in := map[string]any{}
	if len(strings.TrimSpace(string(raw))) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, plain(http.StatusBadRequest, "Cannot parse JSON body")
	}
	return in, nil
}
