package sandbox

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// The sizes of a page, as Kong has them.
const (
	defaultPage = 100
	maxPage     = 1000
)

// lookup returns the target's item when it exists under its parent.
func (g *Gateway) lookup(t target) (entity, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.find(t)
}

// find is lookup for those who hold the lock.
func (g *Gateway) find(t target) (entity, bool) {
	if t.parent == "" {
		return g.store.find(t.kind, t.item)
	}
	found := g.store.where(t.kind, func(e entity) bool {
		named := t.kind.nameField != "" && e.str(t.kind.nameField) == t.item
		return e.ref(t.parent) == t.owner && (e.id() == t.item || named)
	})
	if len(found) == 0 {
		return nil, false
	}
	return found[0], true
}

func (g *Gateway) list(r *http.Request, t target) (answer, *apiError) {
	q := r.URL.Query()
	size, offset, err := pageOf(q)
	if err != nil {
		return answer{}, err
	}
	g.mu.RLock()
	all := g.store.where(t.kind, func(e entity) bool {
		inParent := t.parent == "" || e.ref(t.parent) == t.owner
		return inParent && e.id() > offset && tagged(e, q.Get("tags")) && (q.Get("custom_id") == "" || e.str("custom_id") == q.Get("custom_id"))
	})
	g.mu.RUnlock()
	body := map[string]any{"data": all, "next": nil}
	if len(all) == 0 {
		body["data"] = []entity{}
	}
	if len(all) > size {
		next := base64.RawURLEncoding.EncodeToString([]byte(all[size-1].id()))
		body["data"], body["offset"] = all[:size], next
		body["next"] = t.path + "?offset=" + url.QueryEscape(next)
	}
	return answer{http.StatusOK, body}, nil
}

func pageOf(q url.Values) (size int, offset string, err *apiError) {
	size = defaultPage
	if s := q.Get("size"); s != "" {
		n, convErr := strconv.Atoi(s)
		if convErr != nil || n < 1 || n > maxPage {
			return 0, "", &apiError{status: 400, name: "invalid size", message: "size must be an integer between 1 and 1000", code: 9}
		}
		size = n
	}
	raw, decodeErr := base64.RawURLEncoding.DecodeString(q.Get("offset"))
	if decodeErr != nil {
		return 0, "", &apiError{status: 400, name: "invalid offset", message: "Invalid offset: bad base64", code: 7}
	}
	return size, string(raw), nil
}

// tagged tells whether e has all ("a,b") or any ("a/b") of the tags.
func tagged(e entity, query string) bool {
	if query == "" {
		return true
	}
	have := e.strings("tags")
	if strings.Contains(query, "/") {
		return slices.ContainsFunc(strings.Split(query, "/"), func(t string) bool { return slices.Contains(have, t) })
	}
	for want := range strings.SplitSeq(query, ",") {
		if !slices.Contains(have, want) {
			return false
		}
	}
	return true
}

// create answers POST on a collection.
func (g *Gateway) create(t target, in map[string]any) (answer, *apiError) {
	in = t.owned(in)
	id := entity(in).id()
	if id == "" {
		id = newUUID()
	}
	e, err := g.build(t.kind, in, id, nil)
	if err != nil {
		return answer{}, err
	}
	return g.write(http.StatusCreated, e, func() *apiError { return g.store.insert(t.kind, e) })
}

// upsert answers PUT: the item is made, or replaced as a whole.
func (g *Gateway) upsert(t target, in map[string]any) (answer, *apiError) {
	in = t.owned(in)
	id := t.item
	if old, found := g.lookup(t); found {
		id = old.id()
	}
	if !isUUID(t.item) {
		in[t.kind.nameField] = t.item
		if id == t.item {
			id = newUUID()
		}
	}
	e, err := g.build(t.kind, in, id, nil)
	if err != nil {
		return answer{}, err
	}
	return g.write(http.StatusOK, e, func() *apiError { return g.store.put(t.kind, e) })
}

// patch answers PATCH: what is given changes, the rest stays.
func (g *Gateway) patch(t target, in map[string]any) (answer, *apiError) {
	g.mu.Lock()
	old, found := g.find(t)
	if !found {
		g.mu.Unlock()
		return answer{}, notFound()
	}
	e, err := g.build(t.kind, merge(old, expand(t.kind, in)), old.id(), old)
	if err == nil {
		err = g.store.put(t.kind, e)
	}
	g.mu.Unlock()
	if err != nil {
		return answer{}, err
	}
	return g.saved(http.StatusOK, e)
}

// destroy answers DELETE: 204 also for a top-level item that is gone.
func (g *Gateway) destroy(t target) (answer, *apiError) {
	g.mu.Lock()
	e, found := g.find(t)
	var err *apiError
	if found {
		err = g.store.remove(t.kind, e.id())
	}
	g.mu.Unlock()
	switch {
	case err != nil:
		return answer{}, err
	case !found && t.parent != "":
		return answer{}, notFound()
	case !found:
		return answer{http.StatusNoContent, nil}, nil
	}
	a, err := g.saved(http.StatusNoContent, nil)
	a.body = nil
	return a, err
}

func (g *Gateway) write(status int, e entity, put func() *apiError) (answer, *apiError) {
	g.mu.Lock()
	err := put()
	g.mu.Unlock()
	if err != nil {
		return answer{}, err
	}
	return g.saved(status, e)
}

// saved publishes and persists a write before it is acknowledged.
func (g *Gateway) saved(status int, e entity) (answer, *apiError) {
	if err := g.changed(); err != nil {
		g.cfg.Log.Error("snapshot not written", "error", err)
		return answer{}, plain(http.StatusInternalServerError, "An unexpected error occurred")
	}
	return answer{status, e}, nil
}

// owned returns in with the parent's reference set.
func (t target) owned(in map[string]any) map[string]any {
	in = expand(t.kind, in)
	if t.parent != "" {
		in[t.parent] = map[string]any{"id": t.owner}
	}
	return in
}

// build makes a complete entity of in, or says what violates the schema.
func (g *Gateway) build(k *kind, in map[string]any, id string, old entity) (entity, *apiError) {
	in = maps.Clone(in)
	for _, own := range []string{"id", "created_at", "updated_at"} {
		delete(in, own)
	}
	var v violations
	e := entity(normalize(k.fields, in, "", &v))
	switch k {
	case plugins:
		if !v.any() {
			checkPlugin(e, &v)
		}
	case consumers:
		if e["username"] == nil && e["custom_id"] == nil {
			v.entity = append(v.entity, "at least one of these fields must be non-empty: 'custom_id', 'username'")
		}
	case keyAuths:
		if e["key"] == nil {
			e["key"] = newKey()
		}
	}
	if err := v.err(); err != nil {
		return nil, err
	}
	g.stamp(k, e, id, old)
	return e, nil
}

func (g *Gateway) stamp(k *kind, e entity, id string, old entity) {
	now := float64(g.cfg.Wall.Now().Unix())
	e["id"], e["created_at"] = id, now
	if old != nil {
		e["created_at"] = old["created_at"]
	}
	if k.stamped {
		e["updated_at"] = now
	}
}

// expand resolves the shorthand "url" of a service into its parts.
func expand(k *kind, in map[string]any) map[string]any {
	in = maps.Clone(in)
	raw, ok := in["url"].(string)
	if k != services || !ok {
		return in
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return in // "url: unknown field" is a clear enough refusal
	}
	delete(in, "url")
	in["protocol"], in["host"], in["path"] = u.Scheme, u.Hostname(), any(nil)
	in["port"] = map[string]float64{"http": 80, "https": 443}[u.Scheme]
	if port, err := strconv.Atoi(u.Port()); err == nil {
		in["port"] = float64(port)
	}
	if p := u.EscapedPath(); p != "" {
		in["path"] = p
	}
	return in
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (c == '-') || (!dash && !strings.ContainsRune("0123456789abcdefABCDEF", c)) {
			return false
		}
	}
	return true
}
