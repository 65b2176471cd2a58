package sandbox

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// access runs the plugins in Kong's order of priority. The consumer, known
// after key-auth, takes part in choosing the later ones.
func (x *exchange) access() *refusal {
	steps := []struct {
		name string
		run  func(entity) *refusal
	}{
		{"key-auth", x.keyAuth},
		{"acl", x.acl},
		{"rate-limiting", x.rateLimit},
		{"request-transformer", x.transform},
		{"request-termination", terminate},
	}
	for _, s := range steps {
		if p := x.plugin(s.name); p != nil {
			if refused := s.run(p); refused != nil {
				return refused
			}
		}
	}
	return nil
}

func (x *exchange) plugin(name string) entity {
	return x.table.plugin(name, x.match.route.id(), x.service.id(), x.consumer.id())
}

// keyAuth finds the consumer by key, hides the key when told to, and
// overwrites every header that a client could spoof an identity with.
func (x *exchange) keyAuth(p entity) *refusal {
	conf := p.record("config")
	key, duplicate := x.takeKey(conf)
	if duplicate {
		return unauthorized("Duplicate API key found")
	}
	if key == "" {
		return unauthorized("No API key found in request")
	}
	x.g.mu.RLock()
	x.credential, _ = x.g.store.find(x.g.kinds.keyAuths, key)
	if x.credential.str("key") == key {
		x.consumer, _ = x.g.store.find(x.g.kinds.consumers, x.credential.ref("consumer"))
	}
	x.g.mu.RUnlock()
	if x.consumer == nil {
		x.credential = nil
		return unauthorized("Unauthorized")
	}
	x.identify()
	return nil
}

func unauthorized(message string) *refusal {
	return &refusal{status: http.StatusUnauthorized, message: message, header: http.Header{"Www-Authenticate": {"Key"}}}
}

func (x *exchange) takeKey(conf entity) (key string, duplicate bool) {
	for _, name := range conf.strings("key_names") {
		var values []string
		if conf.is("key_in_header") {
			values = x.header.Values(name)
		}
		query := x.in.URL.Query()
		if len(values) == 0 && conf.is("key_in_query") {
			values = query[name]
		}
		if len(values) == 0 {
			continue
		}
		if conf.is("hide_credentials") {
			x.header.Del(name)
			if query.Has(name) {
				query.Del(name)
				x.query = query.Encode()
			}
		}
		return values[0], len(values) > 1
	}
	return "", false
}

func (x *exchange) identify() {
	set := func(name, value string) {
		x.header.Del(name)
		if value != "" {
			x.header.Set(name, value)
		}
	}
	set("X-Consumer-Id", x.consumer.id())
	set("X-Consumer-Username", x.consumer.str("username"))
	set("X-Consumer-Custom-Id", x.consumer.str("custom_id"))
	set("X-Credential-Identifier", x.credential.id())
	set("X-Anonymous-Consumer", "")
}

// acl lets the consumer in by its groups.
func (x *exchange) acl(p entity) *refusal {
	if x.consumer == nil {
		return &refusal{status: http.StatusUnauthorized, message: "Unauthorized"}
	}
	conf := p.record("config")
	groups := x.groups()
	inList := func(list []string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(list, g) })
	}
	blocked := conf["allow"] != nil && !inList(conf.strings("allow")) || inList(conf.strings("deny"))
	if blocked {
		return &refusal{status: http.StatusForbidden, message: "You cannot consume this service"}
	}
	if !conf.is("hide_groups_header") {
		x.header.Set("X-Consumer-Groups", strings.Join(groups, ", "))
	}
	return nil
}

func (x *exchange) groups() []string {
	x.g.mu.RLock()
	defer x.g.mu.RUnlock()
	var out []string
	for _, e := range x.g.store.under(x.g.kinds.acls, "consumer", x.consumer.id()) {
		out = append(out, e.str("group"))
	}
	return out
}

// transform changes the request's headers and path: remove, replace, add.
func (x *exchange) transform(p entity) *refusal {
	conf := p.record("config")
	for _, name := range conf.record("remove").strings("headers") {
		x.header.Del(name)
	}
	for _, pair := range conf.record("replace").strings("headers") {
		if name, value := splitPair(pair); x.header.Get(name) != "" {
			x.header.Set(name, x.render(value))
		}
	}
	for _, pair := range conf.record("add").strings("headers") {
		if name, value := splitPair(pair); x.header.Get(name) == "" {
			x.header.Set(name, x.render(value))
		}
	}
	if uri := conf.record("replace").str("uri"); uri != "" {
		x.path = x.render(uri)
	}
	return nil
}

func splitPair(pair string) (name, value string) {
	name, value, _ = strings.Cut(pair, ":")
	return name, strings.TrimLeft(value, ":")
}

var templateExpr = regexp.MustCompile(`\$\((uri_captures|headers)(?:\.([A-Za-z0-9_]+)|\["([^"]+)"\])\)`)

// render fills in $(uri_captures.name) and $(headers.name), the part of
// Kong's templates that the sandbox has.
func (x *exchange) render(template string) string {
	return templateExpr.ReplaceAllStringFunc(template, func(expr string) string {
		m := templateExpr.FindStringSubmatch(expr)
		name := m[2] + m[3]
		if m[1] == "headers" {
			return x.in.Header.Get(name)
		}
		return x.match.captures[name]
	})
}

// terminate answers instead of the upstream.
func terminate(p entity) *refusal {
	conf := p.record("config")
	return &refusal{status: int(conf.num("status_code")), message: conf.str("message"), exact: true}
}
