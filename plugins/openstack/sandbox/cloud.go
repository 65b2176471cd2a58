package sandbox

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/fondaco/fondaco/core/clock"
)

// Config is what a cloud is made with. The zero value is a cloud with one
// region and the administrator admin.
type Config struct {
	// Clock is what usage is counted by; the machine's when nil.
	Clock clock.Clock
	// Log gets what nobody is told otherwise; nothing when nil.
	Log *slog.Logger
	// AdminUser and AdminPassword log in to the project admin of the domain
	// Default; "admin" and "sandbox" when empty.
	AdminUser     string
	AdminPassword string
	// Regions, each with services of its own; RegionOne when empty.
	Regions []string
	// Gnocchi gives every region a metric service.
	Gnocchi bool
	// BaseURL is the address in the catalog; the request's own when empty.
	BaseURL string
	// Snapshot is a file that keeps the cloud over a restart; none when empty.
	Snapshot string
}

// Cloud is one Keystone with the services of its regions. It is safe for
// concurrent use.
type Cloud struct {
	cfg    Config
	mux    *http.ServeMux
	mu     sync.Mutex // guards the rest
	store  *store
	tokens map[string]token
}

// New returns a cloud, as its snapshot left it when there is one.
func New(cfg Config) (*Cloud, error) {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.AdminUser == "" {
		cfg.AdminUser = "admin"
	}
	if cfg.AdminPassword == "" {
		cfg.AdminPassword = "sandbox"
	}
	if len(cfg.Regions) == 0 {
		cfg.Regions = []string{"RegionOne"}
	}
	for _, name := range cfg.Regions {
		if name == "" || name == "identity" || strings.ContainsAny(name, "/?#{} ") {
			return nil, errors.New("sandbox: a region's name must fit into an address")
		}
	}
	st, err := openStore(cfg.Snapshot)
	if err != nil {
		return nil, err
	}
	c := &Cloud{cfg: cfg, store: st, tokens: map[string]token{}}
	c.seed()
	c.mux = c.routes()
	return c, st.commit()
}

// Handler answers for all services: identity under /identity/v3, the others
// under /REGION/SERVICE.
func (c *Cloud) Handler() http.Handler { return c.mux }

// AuthPath is where identity is, relative to the handler.
func (c *Cloud) AuthPath() string { return "/identity/v3" }

// Close ends the snapshot. Call it after the listener is shut.
func (c *Cloud) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.store.close()
}

// IDs that are the same in every sandbox, so that a demo can name them.
const (
	ImageID           = "5f9b1a7e-0000-4000-8000-000000000001"
	ExternalNetworkID = "5f9b1a7e-0000-4000-8000-000000000002" // of the first region
	FlavorTinyID      = "5f9b1a7e-0000-4000-8000-000000000011" // 1 core, 512 MB, 1 GB
	FlavorSmallID     = "5f9b1a7e-0000-4000-8000-000000000012" // 1 core, 2 GB, 20 GB
	FlavorMediumID    = "5f9b1a7e-0000-4000-8000-000000000013" // 2 cores, 4 GB, 40 GB
	FlavorLargeID     = "5f9b1a7e-0000-4000-8000-000000000014" // 4 cores, 8 GB, 80 GB
)

const (
	defaultDomain = "default"
	adminRole     = "5f9b1a7e000040008000000000000021"
	memberRole    = "5f9b1a7e000040008000000000000022"
	adminProject  = "5f9b1a7e000040008000000000000031"
	adminUser     = "5f9b1a7e000040008000000000000041"
)

// seed makes what every cloud has, over what a snapshot brought back: the
// administrator's password is the configured one.
func (c *Cloud) seed() {
	c.store.put("domains", object{"id": defaultDomain, "name": "Default", "description": "The default domain", "enabled": true, "tags": []any{}, "options": object{}})
	for name, id := range map[string]string{"admin": adminRole, "member": memberRole} {
		c.store.put("roles", object{"id": id, "name": name, "domain_id": nil, "description": nil, "options": object{}})
	}
	if c.store.get("projects", adminProject) == nil {
		c.store.put("projects", newProject(object{"name": "admin", "domain_id": defaultDomain}, adminProject))
	}
	admin := newUser(object{"name": c.cfg.AdminUser, "domain_id": defaultDomain}, adminUser)
	admin["_password"] = hashed(adminUser, c.cfg.AdminPassword)
	c.store.put("users", admin)
	c.store.put("assignments", object{"id": assignmentID(adminProject, adminUser, adminRole)})
	c.seedCompute()
	for i, region := range c.cfg.Regions {
		c.seedNetwork(region, i == 0)
	}
}
