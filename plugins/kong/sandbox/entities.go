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
	for _, e := range g.store.under(t.kind, t.parent, t.owner) {
		named := t.kind.nameField != "" && e.str(t.kind.nameField) == t.item
		if e.id() == t.item || named {
			return e, true
		}
	}
	return nil, false
}

func (g *Gateway) list(r *http.Request, t target) (answer, *apiError) {
	q := r.URL.Query()
	size, offset, err := pageOf(q)
	if err != nil {
		return answer{}, err
	}
	all := g.listed(t, func(e entity) bool {
		custom := q.Get("custom_id")
		return e.id() > offset && tagged(e, q.Get("tags")) && (custom == "" || e.str("custom_id") == custom)
	})
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

// listed returns the matching items of a collection, by id.
func (g *Gateway) listed(t target, match func(entity) bool) []entity {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if t.parent == "" {
		return g.store.where(t.kind, match)
	}
	return slices.DeleteFunc(g.store.under(t.kind, t.parent, t.owner), func(e entity) bool { return !match(e) })
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
	return answer{http.StatusCreated, e}, g.change(func() *apiError { return g.store.insert(t.kind, e) })
}

// upsert answers PUT: the item is made, or replaced as a whole.
func (g *Gateway) upsert(t target, in map[string]any) (answer, *apiError) {
	in = t.owned(in)
	if !isUUID(t.item) && t.kind.nameField != "" {
		in[t.kind.nameField] = t.item
	}
	var e entity
	err := g.change(func() (err *apiError) {
		id := t.item
		if old, found := g.find(t); found {
			id = old.id()
		} else if !isUUID(id) {
			id = newUUID()
		}
		if e, err = g.build(t.kind, in, id, nil); err != nil {
			return err
		}
		return g.store.put(t.kind, e)
	})
	return answer{http.StatusOK, e}, err
}

// patch answers PATCH: what is given changes, the rest stays.
func (g *Gateway) patch(t target, in map[string]any) (answer, *apiError) {
	var e entity
	err := g.change(func() (err *apiError) {
		old, found := g.find(t)
		if !found {
			return notFound()
		}
		if e, err = g.build(t.kind, merge(old, expand(t.kind, in)), old.id(), old); err != nil {
			return err
		}
		return g.store.put(t.kind, e)
	})
	return answer{http.StatusOK, e}, err
}

// destroy answers DELETE: 204 also for a top-level item that is gone.
func (g *Gateway) destroy(t target) (answer, *apiError) {
	return answer{http.StatusNoContent, nil}, g.change(func() *apiError {
		e, found := g.find(t)
		switch {
		case found:
			return g.store.remove(t.kind, e.id())
		case t.parent != "":
			return notFound()
		}
		return nil
	})
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
	case g.kinds.plugins:
		if !v.any() {
			g.kinds.checkPlugin(e, &v)
		}
	case g.kinds.consumers:
		if e["username"] == nil && e["custom_id"] == nil {
			v.entity = append(v.entity, "at least one of these fields must be non-empty: 'custom_id', 'username'")
		}
	case g.kinds.keyAuths:
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
	if k.name != "services" || !ok {
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
