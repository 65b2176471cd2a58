package sandbox

import (
	"fmt"
	"net/url"
	"strings"
)

// periods are the windows of rate-limiting, shortest first.
func periods() []string { return []string{"second", "minute", "hour", "day", "month", "year"} }

// pluginSchema is the config of one plugin.
type pluginSchema struct {
	fields     []field
	config     func(c entity) string   // a rule on the whole config
	entity     func(c entity) []string // rules across fields
	noConsumer bool
}

// pluginSchemas are the plugins that the sandbox has, with Kong's fields and
// defaults.
func pluginSchemas() map[string]pluginSchema {
	return map[string]pluginSchema{
		"key-auth": {noConsumer: true, fields: []field{
			{name: "key_names", typ: tStrings, def: []any{"apikey"}, required: true},
			{name: "hide_credentials", typ: tBoolean, def: false, required: true}, {name: "anonymous", typ: tNull},
			{name: "key_in_header", typ: tBoolean, def: true, required: true}, {name: "key_in_query", typ: tBoolean, def: true, required: true},
			{name: "key_in_body", typ: tBoolean, def: false, required: true}, {name: "run_on_preflight", typ: tBoolean, def: true, required: true},
			{name: "realm", typ: tString},
		}},
		"acl": {noConsumer: true, entity: aclRules, fields: []field{
			{name: "allow", typ: tStrings}, {name: "deny", typ: tStrings},
			{name: "hide_groups_header", typ: tBoolean, def: false, required: true},
			{name: "always_use_authenticated_groups", typ: tBoolean, def: false, required: true},
		}},
		"rate-limiting": {config: periodOrder, entity: limitRules, fields: []field{
			{name: "second", typ: tNumber, check: positive}, {name: "minute", typ: tNumber, check: positive},
			{name: "hour", typ: tNumber, check: positive}, {name: "day", typ: tNumber, check: positive},
			{name: "month", typ: tNumber, check: positive}, {name: "year", typ: tNumber, check: positive},
			{name: "limit_by", typ: tString, def: "consumer", oneOf: []string{"consumer", "credential", "ip", "service"}},
			{name: "policy", typ: tString, def: "local", oneOf: []string{"local", "cluster", "redis"}},
			{name: "fault_tolerant", typ: tBoolean, def: true, required: true}, {name: "hide_client_headers", typ: tBoolean, def: false, required: true},
			{name: "error_code", typ: tNumber, def: 429.0}, {name: "error_message", typ: tString, def: "API rate limit exceeded"},
			{name: "sync_rate", typ: tNumber, def: -1.0, required: true}, {name: "header_name", typ: tNull}, {name: "path", typ: tNull},
			{name: "redis", typ: tRecord, fields: []field{
				{name: "host", typ: tString}, {name: "port", typ: tInteger, def: 6379.0}, {name: "timeout", typ: tInteger, def: 2000.0},
				{name: "username", typ: tString}, {name: "password", typ: tString}, {name: "database", typ: tInteger, def: 0.0},
				{name: "ssl", typ: tBoolean, def: false}, {name: "ssl_verify", typ: tBoolean, def: false}, {name: "server_name", typ: tString},
			}},
		}},
		"request-transformer": {fields: []field{
			{name: "http_method", typ: tNull},
			{name: "remove", typ: tRecord, fields: transform(nil)},
			{name: "rename", typ: tRecord, fields: transform(notSupported)},
			{name: "replace", typ: tRecord, fields: append(transform(headerPairs), field{name: "uri", typ: tString})},
			{name: "add", typ: tRecord, fields: transform(headerPairs)},
			{name: "append", typ: tRecord, fields: transform(notSupported)},
		}},
		"request-termination": {config: terminationRules, fields: []field{
			{name: "status_code", typ: tInteger, def: 503.0, required: true, check: statusCode}, {name: "message", typ: tString},
			{name: "content_type", typ: tString}, {name: "body", typ: tString},
			{name: "echo", typ: tBoolean, def: false, required: true}, {name: "trigger", typ: tNull},
		}},
		"http-log": {fields: []field{
			{name: "http_endpoint", typ: tString, required: true, check: httpURL},
			{name: "method", typ: tString, def: "POST", oneOf: []string{"POST", "PUT", "PATCH"}},
			{name: "content_type", typ: tString, def: "application/json", oneOf: []string{"application/json", "application/json; charset=utf-8"}},
			{name: "timeout", typ: tNumber, def: 10000.0}, {name: "keepalive", typ: tNumber, def: 60000.0},
			{name: "headers", typ: tMap}, {name: "custom_fields_by_lua", typ: tNull}, {name: "retry_count", typ: tNull},
			{name: "queue_size", typ: tNull}, {name: "flush_timeout", typ: tNull},
			{name: "queue", typ: tRecord, fields: []field{
				{name: "max_batch_size", typ: tInteger, def: 1.0, check: between(1, 1e6)},
				{name: "max_coalescing_delay", typ: tNumber, def: 1.0, check: between(0, 3600)},
				{name: "max_entries", typ: tInteger, def: 10000.0, check: between(1, 1e6)}, {name: "max_bytes", typ: tInteger},
				{name: "max_retry_time", typ: tNumber, def: 60.0}, {name: "initial_retry_delay", typ: tNumber, def: 0.01, check: between(0.001, 1e6)},
				{name: "max_retry_delay", typ: tNumber, def: 60.0, check: between(0.001, 1e6)}, {name: "concurrency_limit", typ: tInteger, def: 1.0},
			}},
		}},
	}
}

func transform(check func(any) string) []field {
	return []field{
		{name: "headers", typ: tStrings, def: []any{}, check: check},
		{name: "querystring", typ: tStrings, def: []any{}, check: notSupported},
		{name: "body", typ: tStrings, def: []any{}, check: notSupported},
	}
}

// checkPlugin normalizes the config of a plugin entity and records what is
// wrong with it.
func (ks *kindSet) checkPlugin(e entity, v *violations) {
	schema, known := ks.schemas[e.str("name")]
	if !known {
		v.add("name", fmt.Sprintf("plugin '%s' not enabled; add it to the 'plugins' configuration property", e.str("name")))
		return
	}
	if schema.noConsumer && e["consumer"] != nil {
		v.add("consumer", "value must be null")
	}
	config := normalize(schema.fields, e.record("config"), "config.", v)
	e["config"] = config
	if v.any() && len(v.fields) > 0 && !onlyUnknown(v) {
		return
	}
	if schema.entity != nil {
		v.entity = append(v.entity, schema.entity(config)...)
	}
	if schema.config != nil {
		if message := schema.config(config); message != "" {
			v.add("config", message)
		}
	}
}

func onlyUnknown(v *violations) bool {
	for _, f := range v.fields {
		if f.message != "unknown field" {
			return false
		}
	}
	return true
}

func aclRules(c entity) []string {
	allow, deny := c["allow"] != nil, c["deny"] != nil
	if allow == deny {
		return []string{"exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"}
	}
	return nil
}

func limitRules(c entity) (problems []string) {
	var names []string
	set := 0
	for _, p := range periods() {
		names = append(names, "'config."+p+"'")
		if c[p] != nil {
			set++
		}
	}
	if set == 0 {
		problems = append(problems, "at least one of these fields must be non-empty: "+strings.Join(names, ", "))
	}
	if c.str("policy") == "redis" && c.record("redis").str("host") == "" {
		problems = append(problems, "failed conditional validation given value of field 'config.policy'")
	}
	return problems
}

func periodOrder(c entity) string {
	for i, low := range periods() {
		for _, high := range periods()[i+1:] {
			if c[low] != nil && c[high] != nil && c.num(high) < c.num(low) {
				return fmt.Sprintf("The limit for %s(%.1f) cannot be lower than the limit for %s(%.1f)", high, c.num(high), low, c.num(low))
			}
		}
	}
	return ""
}

func terminationRules(c entity) string {
	if c.str("message") != "" && (c.str("content_type") != "" || c.str("body") != "") {
		return "message cannot be used with content_type or body"
	}
	if c.str("content_type") != "" && c.str("body") == "" {
		return "content_type requires a body"
	}
	return ""
}

func positive(v any) string {
	if v.(float64) <= 0 {
		return "value must be greater than 0"
	}
	return ""
}

func between(low, high float64) func(any) string {
	return func(v any) string {
		if n := v.(float64); n < low || n > high {
			return fmt.Sprintf("value should be between %v and %v", low, high)
		}
		return ""
	}
}

func statusCode(v any) string { return between(100, 599)(v) }

func httpURL(v any) string {
	u, err := url.Parse(v.(string))
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return "missing host in url"
	}
	return ""
}

func headerPairs(v any) string {
	for _, pair := range stringsOf(v) {
		if name, _, ok := strings.Cut(pair, ":"); !ok || name == "" {
			return "invalid value: " + pair
		}
	}
	return ""
}

func notSupported(v any) string {
	if len(stringsOf(v)) > 0 {
		return "the sandbox gateway does not support this field"
	}
	return ""
}
