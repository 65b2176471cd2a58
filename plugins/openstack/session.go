package openstack

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gophercloud/gophercloud/v2"
	"github.com/gophercloud/gophercloud/v2/openstack"
	"github.com/gophercloud/gophercloud/v2/openstack/identity/v3/tokens"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// The services that the plugin asks, by the names it uses for them.
const (
	compute = "compute"
	volume  = "volume"
	network = "network"
	image   = "image"
	metric  = "metric"
)

// serviceTypes are the names that catalogs list them under, best first.
func serviceTypes() map[string][]string {
	return map[string][]string{
		compute: {"compute"}, volume: {"volumev3", "block-storage", "block-store"}, network: {"network"}, image: {"image"}, metric: {"metric"},
	}
}

// computeVersion is the microversion of all calls to Nova: the first with the
// project of a server group, and with keypairs by user.
const computeVersion = "2.13"

// sessionFor is how long a token and what was looked up with it are used.
const sessionFor = 5 * time.Minute

// session is a cloud with a token of its administrator.
type session struct {
	name     string
	config   cloud
	secrets  document.Secrets
	identity api
	catalog  []tokens.CatalogEntry
	project  string // the administrator's own
	domain   named  // where tenants go
	role     named  // what they get
	until    time.Time
}

// named is an object of which only that matters.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// open returns a session of the cloud, a new one when there is none that is
// young enough.
func (p *Provider) open(ctx context.Context, s settings, name string) (*session, error) {
	key := fingerprint(s, name)
	p.mu.Lock()
	have := p.sessions[key]
	p.mu.Unlock()
	if have != nil && p.clock.Now().Before(have.until) {
		return have, nil
	}
	made, err := p.connect(ctx, s, name)
	if err != nil {
		return nil, err
	}
	if err := made.lookUp(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for k, old := range p.sessions {
		if !p.clock.Now().Before(old.until) {
			delete(p.sessions, k)
		}
	}
	p.sessions[key] = made
	return made, nil
}

// fingerprint tells the settings of clouds apart, passwords included.
func fingerprint(s settings, name string) [32]byte {
	return sha256.Sum256(slices.Concat([]byte(name+"\x00"+s.PasswordSeed+"\x00"), s.Raw[name]))
}

// connect logs in.
func (p *Provider) connect(ctx context.Context, all settings, name string) (*session, error) {
	c := all.clouds[name]
	s := &session{name: name, config: c, secrets: all.secrets(), until: p.clock.Now().Add(sessionFor)}
	client, err := openstack.NewClient(c.AuthURL)
	if err != nil {
		return nil, sdk.Permanent("settings.clouds.%s.authUrl: Give a full address such as https://cloud.example.com:5000/v3.", name)
	}
	client.HTTPClient = http.Client{Transport: &logged{next: p.transportFor(c), log: p.log, clock: p.clock, session: s}, Timeout: p.times.call}
	client.UserAgent.Prepend("fondaco-openstack/" + Version)
	err = openstack.AuthenticateV3(ctx, client, &tokens.AuthOptions{
		IdentityEndpoint: c.AuthURL, Username: c.Username, Password: c.Password, DomainName: c.UserDomainName, AllowReauth: true,
		Scope: tokens.Scope{ProjectName: c.ProjectName, DomainName: c.ProjectDomainName},
	}, gophercloud.EndpointOpts{})
	if err != nil {
		return nil, s.wrap(err, "logging in")
	}
	result, ok := client.GetAuthResult().(tokens.CreateResult)
	if !ok {
		return nil, s.unreadable("logging in")
	}
	catalog, err := result.ExtractServiceCatalog()
	if err != nil {
		return nil, s.wrap(err, "reading the catalog")
	}
	own, err := result.ExtractProject()
	if err == nil && own == nil {
		err = errUnreadable
	}
	if err != nil {
		return nil, s.wrap(err, "reading the token")
	}
	s.catalog, s.project = catalog.Entries, own.ID
	s.identity = api{&gophercloud.ServiceClient{ProviderClient: client, Endpoint: client.IdentityBase + "v3/", Type: "identity"}}
	return s, nil
}

// transportFor is the way to a cloud; clouds with certificates of their own
// have their own.
func (p *Provider) transportFor(c cloud) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := c.CACert
	if c.Insecure {
		key = "insecure"
	}
	if t := p.transports[key]; t != nil {
		return t
	}
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: p.times.call}
	if c.Insecure {
		t.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the operator asked for it
	} else if c.CACert != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		pool.AppendCertsFromPEM([]byte(c.CACert))
		t.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	p.transports[key] = t
	return t
}

// lookUp finds the domain of the tenants and their role.
func (s *session) lookUp(ctx context.Context) error {
	var err error
	if s.domain, err = s.find(ctx, "domains", "domain", s.config.Domain); err != nil {
		return err
	}
	s.role, err = s.find(ctx, "roles", "role", s.config.MemberRole)
	return err
}

// find looks a thing up by name, then by id.
func (s *session) find(ctx context.Context, kinds, kind, name string) (named, error) {
	all, err := list[named](ctx, s.identity, kinds+"?name="+query(name), kinds)
	if err != nil {
		return named{}, s.wrap(err, "looking for the %s %s", kind, name)
	}
	for _, n := range all {
		if n.Name == name {
			return n, nil
		}
	}
	var answer map[string]named
	_, err = s.identity.get(ctx, kinds+"/"+segment(name), &answer)
	if isGone(err) {
		return named{}, sdk.Permanent("%s has no %s %q. Correct settings.clouds.%s.", s.called(), kind, name, s.name)
	}
	if err == nil && answer[kind].ID != name {
		err = errUnreadable
	}
	return answer[kind], s.wrap(err, "looking for the %s %s", kind, name)
}

// region is one of a cloud's regions with its services.
type region struct {
	*session
	region string
	apis   map[string]api
}

// region returns the region of that name.
func (s *session) region(name string) (*region, error) {
	if !slices.Contains(s.regions(), name) {
		return nil, sdk.Permanent("The cloud %q has no region %q; it has %s.", s.name, name, strings.Join(s.regions(), ", "))
	}
	r := &region{session: s, region: name, apis: map[string]api{}}
	for service, types := range serviceTypes() {
		for _, kind := range types {
			address := s.endpoint(kind, name)
			if address == "" {
				continue
			}
			client := &gophercloud.ServiceClient{ProviderClient: s.identity.client.ProviderClient, Endpoint: gophercloud.NormalizeURL(address), Type: kind}
			if service == compute {
				client.Microversion = computeVersion
			}
			if service == network { // its catalog entry has no version
				client.Endpoint = strings.TrimSuffix(client.Endpoint, "v2.0/")
			}
			r.apis[service] = api{client}
			break
		}
	}
	return r, nil
}

func (r *region) offers(service string) bool { return r.apis[service].client != nil }

// place is the region in a sentence.
func (r *region) place() string { return "Region " + r.region + " of the cloud " + r.name }

// sells makes sure that the region has the services that tenants are sold.
func (r *region) sells() error {
	for _, service := range quotaServices() {
		if !r.offers(service) {
			return sdk.Permanent("%s has no %s service in its catalog.", r.place(), service)
		}
	}
	return nil
}

// regions are those of the catalog that have a service of tenants.
func (s *session) regions() []string {
	var out []string
	for _, entry := range s.catalog {
		if entry.Type == "identity" {
			continue
		}
		for _, e := range entry.Endpoints {
			if name := or(e.RegionID, e.Region); e.Interface == s.config.Interface && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (s *session) endpoint(kind, region string) string {
	for _, entry := range s.catalog {
		if entry.Type != kind {
			continue
		}
		for _, e := range entry.Endpoints {
			if e.Interface == s.config.Interface && (e.RegionID == region || e.Region == region) {
				return e.URL
			}
		}
	}
	return ""
}

func (r *region) get(ctx context.Context, service, path string, answer any) error {
	_, err := r.apis[service].get(ctx, path, answer)
	return err
}

func (r *region) put(ctx context.Context, service, path string, body, answer any) error {
	return r.apis[service].put(ctx, path, body, answer)
}

func (r *region) delete(ctx context.Context, service, path string) error {
	return r.apis[service].delete(ctx, path)
}

// serviceAt is the type of the service that an address is of.
func (s *session) serviceAt(address string) string {
	service, longest := "identity", 0
	for _, entry := range s.catalog {
		for _, e := range entry.Endpoints {
			if strings.HasPrefix(address, e.URL) && len(e.URL) > longest {
				service, longest = entry.Type, len(e.URL)
			}
		}
	}
	return service
}

// logged tells the log of every call. It never sees a body.
type logged struct {
	next    http.RoundTripper
	log     *slog.Logger
	clock   clock.Clock
	session *session
}

// RoundTrip passes the call on.
func (l *logged) RoundTrip(r *http.Request) (*http.Response, error) {
	began := l.clock.Now()
	answer, err := l.next.RoundTrip(r)
	status := 0
	if err == nil {
		status = answer.StatusCode
	}
	l.log.DebugContext(r.Context(), "called the cloud", "cloud", l.session.name, "service", l.session.serviceAt(r.URL.String()),
		"method", r.Method, "address", r.URL.Redacted(), "status", status, "ms", l.clock.Now().Sub(began).Milliseconds())
	return answer, err
}
