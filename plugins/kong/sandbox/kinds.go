package sandbox

// kindSet is the schema of the gateway: every kind of entity, and the plugins.
type kindSet struct {
	services, routes, consumers, keyAuths, acls, plugins *kind

	all     []*kind
	schemas map[string]pluginSchema
}

func newKinds() *kindSet {
	ks := &kindSet{
		services: servicesKind(), routes: routesKind(), consumers: consumersKind(), keyAuths: keyAuthsKind(), acls: aclsKind(),
		plugins: pluginsKind(), schemas: pluginSchemas(),
	}
	ks.all = []*kind{ks.services, ks.routes, ks.consumers, ks.keyAuths, ks.acls, ks.plugins}
	return ks
}

// named returns the kind of that name, nil when there is none.
func (ks *kindSet) named(name string) *kind {
	for _, k := range ks.all {
		if k.name == name {
			return k
		}
	}
	return nil
}

// collection returns the kind that a top-level path names, nil for none.
func (ks *kindSet) collection(path string) *kind {
	switch path {
	case "key-auths":
		return ks.keyAuths
	case "keyauth_credentials":
		return nil
	}
	return ks.named(path)
}

// nested returns the kind of a collection under an entity, nil for none.
func (ks *kindSet) nested(parent *kind, path string) *kind {
	switch {
	case path == "plugins" && (parent == ks.services || parent == ks.routes || parent == ks.consumers):
		return ks.plugins
	case path == "routes" && parent == ks.services:
		return ks.routes
	case path == "key-auth" && parent == ks.consumers:
		return ks.keyAuths
	case path == "acls" && parent == ks.consumers:
		return ks.acls
	}
	return nil
}

// kind describes one entity type of the Admin API.
type kind struct {
	name      string // in paths and error texts
	nameField string // the field that stands for the id in paths, "" for none
	fields    []field
	foreign   []foreign
	unique    [][]string
	stamped   bool // has updated_at
}

// foreign is a reference to another kind. Without cascade the parent cannot
// be deleted while the child exists.
type foreign struct {
	field   string
	kind    string
	cascade bool
}

func servicesKind() *kind {
	return &kind{
		name: "services", nameField: "name", stamped: true,
		unique: [][]string{{"name"}},
		fields: []field{
			{name: "name", typ: tString}, {name: "protocol", typ: tString, def: "http", oneOf: []string{"http", "https"}, required: true},
			{name: "host", typ: tString, required: true}, {name: "port", typ: tInteger, def: 80.0, required: true},
			{name: "path", typ: tString, check: leadingSlash}, {name: "retries", typ: tInteger, def: 5.0},
			{name: "connect_timeout", typ: tInteger, def: 60000.0}, {name: "read_timeout", typ: tInteger, def: 60000.0},
			{name: "write_timeout", typ: tInteger, def: 60000.0}, {name: "enabled", typ: tBoolean, def: true, required: true},
			{name: "tags", typ: tTags}, {name: "client_certificate", typ: tNull}, {name: "ca_certificates", typ: tNull},
			{name: "tls_verify", typ: tNull}, {name: "tls_verify_depth", typ: tNull}, {name: "tls_sans", typ: tNull},
		},
	}
}

func routesKind() *kind {
	return &kind{
		name: "routes", nameField: "name", stamped: true,
		unique:  [][]string{{"name"}},
		foreign: []foreign{{field: "service", kind: "services"}},
		fields: []field{
			{name: "name", typ: tString}, {name: "protocols", typ: tStrings, def: []any{"http", "https"}, required: true},
			{name: "methods", typ: tStrings, check: methodNames}, {name: "hosts", typ: tStrings},
			{name: "paths", typ: tStrings, check: routePaths}, {name: "headers", typ: tNull},
			{name: "https_redirect_status_code", typ: tInteger, def: 426.0}, {name: "regex_priority", typ: tInteger, def: 0.0},
			{name: "strip_path", typ: tBoolean, def: true, required: true}, {name: "path_handling", typ: tString, def: "v0", oneOf: []string{"v0", "v1"}},
			{name: "preserve_host", typ: tBoolean, def: false, required: true}, {name: "request_buffering", typ: tBoolean, def: true},
			{name: "response_buffering", typ: tBoolean, def: true}, {name: "snis", typ: tNull}, {name: "sources", typ: tNull},
			{name: "destinations", typ: tNull}, {name: "tags", typ: tTags}, {name: "service", typ: tForeign},
		},
	}
}

func consumersKind() *kind {
	return &kind{
		name: "consumers", nameField: "username", stamped: true,
		unique: [][]string{{"username"}, {"custom_id"}},
		fields: []field{{name: "username", typ: tString}, {name: "custom_id", typ: tString}, {name: "tags", typ: tTags}},
	}
}

func keyAuthsKind() *kind {
	return &kind{
		name: "keyauth_credentials", nameField: "key",
		unique:  [][]string{{"key"}},
		foreign: []foreign{{field: "consumer", kind: "consumers", cascade: true}},
		fields: []field{
			{name: "key", typ: tString}, {name: "ttl", typ: tInteger}, {name: "tags", typ: tTags},
			{name: "consumer", typ: tForeign, required: true},
		},
	}
}

func aclsKind() *kind {
	return &kind{
		name: "acls", nameField: "group",
		unique:  [][]string{{"consumer", "group"}},
		foreign: []foreign{{field: "consumer", kind: "consumers", cascade: true}},
		fields: []field{
			{name: "group", typ: tString, required: true}, {name: "tags", typ: tTags},
			{name: "consumer", typ: tForeign, required: true},
		},
	}
}

func pluginsKind() *kind {
	return &kind{
		name: "plugins", nameField: "instance_name", stamped: true,
		unique: [][]string{{"consumer", "name", "route", "service"}, {"instance_name"}},
		foreign: []foreign{
			{field: "service", kind: "services", cascade: true},
			{field: "route", kind: "routes", cascade: true},
			{field: "consumer", kind: "consumers", cascade: true},
		},
		fields: []field{
			{name: "name", typ: tString, required: true}, {name: "instance_name", typ: tString},
			{name: "service", typ: tForeign}, {name: "route", typ: tForeign}, {name: "consumer", typ: tForeign},
			{name: "consumer_group", typ: tNull}, {name: "config", typ: tRecord}, {name: "enabled", typ: tBoolean, def: true, required: true},
			{name: "protocols", typ: tStrings, def: []any{"grpc", "grpcs", "http", "https"}}, {name: "ordering", typ: tNull},
			{name: "tags", typ: tTags},
		},
	}
}
