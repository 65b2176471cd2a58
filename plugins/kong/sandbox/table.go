package sandbox

import (
	"cmp"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// table is what the proxy works from: the routes in the order they are tried,
// and the plugins. It is built from the store after a change and never
// altered, so a request sees one state from start to end.
type table struct {
	routes   []*compiledRoute
	services map[string]entity
	plugins  map[scope]entity
}

// scope is what a plugin is configured for; "" is everything of that kind.
type scope struct{ name, route, service, consumer string }

type compiledRoute struct {
	entity  entity
	paths   []compiledPath
	methods []string
	hosts   []string
}

type compiledPath struct {
	prefix string
	regex  *regexp.Regexp // nil for a prefix
}

// match is a route found for a request.
type match struct {
	route    entity
	prefix   string // what strip_path strips
	captures map[string]string
}

func buildTable(s *store) *table {
	t := &table{services: map[string]entity{}, plugins: map[scope]entity{}}
	for id, e := range s.entities[s.kinds.services.name] {
		t.services[id] = e
	}
	for _, e := range s.entities[s.kinds.routes.name] {
		t.routes = append(t.routes, compile(e)...)
	}
	slices.SortFunc(t.routes, before)
	for _, e := range s.entities[s.kinds.plugins.name] {
		if e.is("enabled") {
			t.plugins[scope{e.str("name"), e.ref("route"), e.ref("service"), e.ref("consumer")}] = e
		}
	}
	return t
}

// compile makes one compiled route per path, because each path has its own
// place in the order.
func compile(e entity) []*compiledRoute {
	base := compiledRoute{entity: e, methods: e.strings("methods"), hosts: e.strings("hosts")}
	paths := e.strings("paths")
	if len(paths) == 0 {
		return []*compiledRoute{&base}
	}
	out := make([]*compiledRoute, len(paths))
	for i, p := range paths {
		r := base
		pattern, isRegex := strings.CutPrefix(p, "~")
		if isRegex {
			r.paths = []compiledPath{{regex: regexp.MustCompile("^(?:" + pattern + ")")}} // compiled once by the schema
		} else {
			r.paths = []compiledPath{{prefix: p}}
		}
		out[i] = &r
	}
	return out
}

// before orders routes as Kong tries them: more kinds of conditions first,
// then regular expressions by regex_priority, then the longer prefix, then
// the older route.
func before(a, b *compiledRoute) int {
	return cmp.Or(
		cmp.Compare(b.conditions(), a.conditions()),
		cmp.Compare(b.regexRank(), a.regexRank()),
		cmp.Compare(b.prefixLen(), a.prefixLen()),
		cmp.Compare(a.entity.num("created_at"), b.entity.num("created_at")),
		cmp.Compare(a.entity.id(), b.entity.id()),
	)
}

func (r *compiledRoute) conditions() int {
	return min(len(r.methods), 1) + min(len(r.hosts), 1) + min(len(r.paths), 1)
}

func (r *compiledRoute) regexRank() float64 {
	if len(r.paths) == 0 || r.paths[0].regex == nil {
		return -1
	}
	return r.entity.num("regex_priority")
}

func (r *compiledRoute) prefixLen() int {
	if len(r.paths) == 0 {
		return 0
	}
	return len(r.paths[0].prefix)
}

// find returns the first route that takes the request. Paths are compared in
// their percent-encoded form.
func (t *table) find(r *http.Request) (match, bool) {
	path := r.URL.EscapedPath()
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	for _, route := range t.routes {
		if len(route.methods) > 0 && !slices.Contains(route.methods, r.Method) {
			continue
		}
		if len(route.hosts) > 0 && !slices.Contains(route.hosts, host) {
			continue
		}
		if m, ok := route.matchPath(path); ok {
			return m, true
		}
	}
	return match{}, false
}

func (r *compiledRoute) matchPath(path string) (match, bool) {
	m := match{route: r.entity, captures: map[string]string{}}
	if len(r.paths) == 0 {
		return m, true
	}
	p := r.paths[0]
	if p.regex == nil {
		m.prefix = p.prefix
		return m, strings.HasPrefix(path, p.prefix)
	}
	found := p.regex.FindStringSubmatch(path)
	if found == nil {
		return m, false
	}
	m.prefix = found[0]
	for i, name := range p.regex.SubexpNames() {
		if name != "" {
			m.captures[name] = found[i]
		}
	}
	return m, true
}

// plugin returns the plugin of that name that is configured closest to the
// request, or nil: consumer and route before service and consumer, before
// route and service, before consumer, route, service, all.
func (t *table) plugin(name, route, service, consumer string) entity {
	for _, at := range [...]scope{
		{name, route, service, consumer},
		{name, route, "", consumer},
		{name, "", service, consumer},
		{name, route, service, ""},
		{name, "", "", consumer},
		{name, route, "", ""},
		{name, "", service, ""},
		{name, "", "", ""},
	} {
		if p, ok := t.plugins[at]; ok {
			return p
		}
	}
	return nil
}
