package kong

import (
	"net/url"
	"strconv"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/kong/gatewaylog"
)

// keyHeader is the header that customers send their key in.
const keyHeader = "apikey"

// suspendedMessage is what a suspended customer reads.
const suspendedMessage = "Subscription suspended"

// wantedPlugin is a plugin as it should be. Which object it is follows from
// name and scope; Kong allows one of each.
type wantedPlugin struct {
	name     string
	subject  string // for people: "limits of get-items"
	service  string // ids, "" for none
	route    string
	consumer string
	config   kong.Configuration
	tags     []string
}

func (w wantedPlugin) matches(p *kong.Plugin) bool {
	return value(p.Name) == w.name && serviceOf(p) == w.service && routeOf(p) == w.route && consumerOf(p) == w.consumer
}

func serviceOf(p *kong.Plugin) string {
	if p.Service == nil {
		return ""
	}
	return value(p.Service.ID)
}

func routeOf(p *kong.Plugin) string {
	if p.Route == nil {
		return ""
	}
	return value(p.Route.ID)
}

func consumerOf(p *kong.Plugin) string {
	if p.Consumer == nil {
		return ""
	}
	return value(p.Consumer.ID)
}

// entity is the plugin as it is sent to Kong.
func (w wantedPlugin) entity() *kong.Plugin {
	p := &kong.Plugin{Name: &w.name, Config: w.config, Enabled: new(true), Tags: kong.StringSlice(w.tags...)}
	if w.service != "" {
		p.Service = &kong.Service{ID: &w.service}
	}
	if w.route != "" {
		p.Route = &kong.Route{ID: &w.route}
	}
	if w.consumer != "" {
		p.Consumer = &kong.Consumer{ID: &w.consumer}
	}
	return p
}

// service is the product's gateway service. Its path is never empty because a
// PATCH cannot empty it.
func (d product) service() *kong.Service {
	u, err := url.Parse(d.API.UpstreamURL)
	if err != nil {
		return nil // checked by parse
	}
	port := map[string]int{"http": 80, "https": 443}[u.Scheme]
	if n, err := strconv.Atoi(u.Port()); err == nil {
		port = n
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return &kong.Service{
		Name: new(d.serviceName()), Protocol: &u.Scheme, Host: new(u.Hostname()), Port: &port, Path: &path,
		Enabled: new(true), Tags: kong.StringSlice(d.tags()...),
	}
}

// route is an endpoint's gateway route.
func (d product) route(e endpoint, serviceID string) *kong.Route {
	t, err := parsePath(e.Path)
	if err != nil {
		return nil // checked by parse
	}
	return &kong.Route{
		Name: new(d.routeName(e.Identifier)), Methods: kong.StringSlice(e.Method), Paths: kong.StringSlice(t.regex(d.SKU)),
		RegexPriority: new(t.priority()), StripPath: new(false), PreserveHost: new(false),
		Service: &kong.Service{ID: &serviceID}, Tags: kong.StringSlice(d.tags(gatewaylog.EndpointTag(e.Identifier))...),
	}
}

// servicePlugins are those that hold for all of the product's endpoints.
func (s sale) servicePlugins(serviceID string) []wantedPlugin {
	tags := s.product.tags(sharedTag)
	return []wantedPlugin{
		{name: "key-auth", subject: "key check of the product", service: serviceID, tags: tags, config: keyAuthConfig()},
		{name: "http-log", subject: "request log of the product", service: serviceID, tags: tags, config: kong.Configuration{
			"http_endpoint": s.settings.IngestURL, "method": "POST",
			"headers": map[string]any{"Authorization": "Bearer " + s.settings.IngestSecret},
			// A day of retries and a long queue: what the log loses is not billed.
			"queue": map[string]any{"max_batch_size": 50, "max_coalescing_delay": 0.5, "max_entries": 100000, "max_retry_time": 86400, "max_retry_delay": 30},
		}},
	}
}

func keyAuthConfig() kong.Configuration {
	return kong.Configuration{
		"key_names": []any{keyHeader}, "key_in_header": true, "key_in_query": false, "key_in_body": false, "hide_credentials": true,
	}
}

// routePlugins are those of one endpoint: who may call it, and what the
// upstream gets to see.
func (s sale) routePlugins(e endpoint, routeID string) []wantedPlugin {
	t, err := parsePath(e.Path)
	if err != nil {
		return nil // checked by parse
	}
	tags := s.product.tags(gatewaylog.EndpointTag(e.Identifier), sharedTag)
	base, _ := url.Parse(s.product.API.UpstreamURL)
	remove, add := []any{"X-Consumer-Groups"}, []any{}
	if h := s.product.API.AuthHeader; h != nil && h.Name != "" {
		// remove before add, or a client could send its own
		remove, add = append(remove, h.Name), append(add, h.Name+":"+h.Value)
	}
	return []wantedPlugin{
		{name: "acl", subject: "access to " + e.Identifier, route: routeID, tags: tags,
			config: kong.Configuration{"allow": []any{s.product.routeName(e.Identifier)}, "hide_groups_header": false}},
		{name: "request-transformer", subject: "upstream request of " + e.Identifier, route: routeID, tags: tags,
			config: kong.Configuration{
				"replace": map[string]any{"uri": t.uri(base.EscapedPath())},
				"remove":  map[string]any{"headers": remove}, "add": map[string]any{"headers": add},
			}},
	}
}

// limitPlugin is the rate limit of one endpoint of the plan for the consumer.
// Every window is named, null when it has no limit, so that one PATCH moves
// all of them and Kong never sees a longer window below a shorter one.
func (s sale) limitPlugin(e planEndpoint, routeID, consumerID string) wantedPlugin {
	config := kong.Configuration{
		"policy": s.settings.RateLimitPolicy, "limit_by": "consumer", "fault_tolerant": false, "hide_client_headers": false,
	}
	limits := e.limits()
	for _, period := range periods() {
		config[period] = nil
		if n, ok := limits[period]; ok {
			config[period] = n
		}
	}
	if r := s.settings.Redis; r != nil && s.settings.RateLimitPolicy == "redis" {
		config["redis"] = r.config()
	}
	return wantedPlugin{
		name: "rate-limiting", subject: "limits of " + e.Identifier, route: routeID, consumer: consumerID,
		tags: s.tags(gatewaylog.EndpointTag(e.Identifier)), config: config,
	}
}

func (r redis) config() map[string]any {
	port := r.Port
	if port == 0 {
		port = 6379
	}
	out := map[string]any{"host": r.Host, "port": port, "database": r.Database, "ssl": r.SSL, "username": nil, "password": nil}
	if r.Username != "" {
		out["username"] = r.Username
	}
	if r.Password != "" {
		out["password"] = r.Password
	}
	return out
}

// suspension blocks the consumer everywhere.
func (s sale) suspension(consumerID string) wantedPlugin {
	return wantedPlugin{
		name: "request-termination", subject: "suspension", consumer: consumerID, tags: s.tags(),
		config: kong.Configuration{"status_code": 403, "message": suspendedMessage},
	}
}
