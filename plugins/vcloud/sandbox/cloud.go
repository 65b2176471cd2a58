package sandbox

import (
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// Version is the release that the sandbox says it is.
const Version = "10.4.3.22036238"

// apiVersion is the one that the library speaks.
const apiVersion = "37.0"

// Clock tells the time.
type Clock interface{ Now() time.Time }

// Config is what a Cloud needs.
type Config struct {
	Clock Clock        // required
	Log   *slog.Logger // default: discards
	// User and Password of the system administrator; default "administrator"
	// and "sandbox".
	User, Password string
	// APIToken is taken instead of them. Default: none is.
	APIToken string
	// Snapshot is a file that keeps the cloud over a restart; default: none.
	Snapshot string
	// TaskDelay is how long a task runs, in real time; default: no time.
	TaskDelay time.Duration
	// The names of what the cloud has; default "provider", "pool", "standard"
	// and "internet".
	ProviderVDC, NetworkPool, StorageProfile, ExternalNetwork string
	// Addresses are how many the external network has; default 250.
	Addresses int
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	for _, d := range []struct {
		value    *string
		fallback string
	}{
		{&c.User, "administrator"}, {&c.Password, "sandbox"}, {&c.ProviderVDC, "provider"}, {&c.NetworkPool, "pool"},
		{&c.StorageProfile, "standard"}, {&c.ExternalNetwork, "internet"},
	} {
		if *d.value == "" {
			*d.value = d.fallback
		}
	}
	if c.Addresses == 0 {
		c.Addresses = 250
	}
	return c
}

// Cloud is one vCloud Director. It is safe for concurrent use.
type Cloud struct {
	cfg Config

	mu     sync.Mutex
	state  state
	tokens map[string]session
	busy   map[string]string // task by the object it works on
	faults map[string][]types.Error
	dirty  bool
	timers sync.WaitGroup
	closed bool
}

// New returns a cloud, with what the snapshot holds.
func New(cfg Config) (*Cloud, error) {
	if cfg.Clock == nil {
		return nil, errors.New("the sandbox needs a clock")
	}
	c := &Cloud{
		cfg: cfg.withDefaults(), state: newState(), tokens: map[string]session{}, busy: map[string]string{}, faults: map[string][]types.Error{},
	}
	return c, c.load()
}

// Close ends running tasks and writes the snapshot.
func (c *Cloud) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.timers.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.save()
}

// Handler answers the API.
func (c *Cloud) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range c.routes() {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { c.serve(w, r, serve) })
	}
	return mux
}

// operation answers one call; it runs under the lock.
type operation func(call) answer

func (c *Cloud) routes() map[string]operation {
	return map[string]operation{
		"GET /api/versions":                             c.versions,
		"POST /cloudapi/1.0.0/sessions/provider":        c.loginProvider,
		"POST /cloudapi/1.0.0/sessions":                 c.loginTenant,
		"POST /oauth/provider/token":                    c.loginToken,
		"GET /api/admin":                                c.about,
		"GET /api/org":                                  c.listOrgs,
		"GET /api/query":                                c.query,
		"GET /api/task/{id}":                            c.getTask,
		"POST /api/admin/orgs":                          c.createOrg,
		"GET /api/admin/org/{id}":                       c.getOrg,
		"DELETE /api/admin/org/{id}":                    c.deleteOrg,
		"POST /api/admin/org/{id}/action/enable":        c.enableOrg,
		"POST /api/admin/org/{id}/action/disable":       c.disableOrg,
		"GET /api/admin/org/{id}/metadata/":             c.getMetadata,
		"POST /api/admin/org/{id}/metadata":             c.mergeMetadata,
		"GET /api/admin/org/{id}/metadata/SYSTEM/{key}": c.getEntry,
		"PUT /api/admin/org/{id}/metadata/SYSTEM/{key}": c.putEntry,
		"POST /api/admin/org/{id}/users":                c.createUser,
		"POST /api/admin/org/{id}/vdcsparams":           c.createVdc,
		"GET /api/admin/vdc/{id}":                       c.getVdc,
		"PUT /api/admin/vdc/{id}":                       c.updateVdc,
		"DELETE /api/admin/vdc/{id}":                    c.deleteVdc,
		"POST /api/admin/vdc/{id}/action/enable":        c.enableVdc,
		"POST /api/admin/vdc/{id}/action/disable":       c.disableVdc,
		"GET /api/vdcStorageProfile/{id}":               c.getProfile,
		"GET /api/admin/vdcStorageProfile/{id}":         c.getProfile,
		"PUT /api/admin/vdcStorageProfile/{id}":         c.updateProfile,
		"DELETE /api/admin/catalog/{id}":                c.deleteCatalog,
		"POST /api/vApp/{id}/action/undeploy":           c.undeployVApp,
		"DELETE /api/vApp/{id}":                         c.deleteVApp,
		"GET /cloudapi/1.0.0/externalNetworks/{$}":      c.listExternalNetworks,
		"GET /cloudapi/1.0.0/edgeGateways/{$}":          c.listEdges,
		"POST /cloudapi/1.0.0/edgeGateways/{$}":         c.createEdge,
		"GET /cloudapi/1.0.0/edgeGateways/{id}":         c.getEdge,
		"PUT /cloudapi/1.0.0/edgeGateways/{id}":         c.updateEdge,
		"DELETE /cloudapi/1.0.0/edgeGateways/{id}":      c.deleteEdge,
		"GET /cloudapi/1.0.0/orgVdcNetworks/{$}":        c.listNetworks,
		"DELETE /cloudapi/1.0.0/orgVdcNetworks/{id}":    c.deleteNetwork,
	}
}

// serve takes the lock, checks the session, answers, and keeps what changed.
func (c *Cloud) serve(w http.ResponseWriter, r *http.Request, serve operation) {
	in := call{Request: r, base: "http://" + r.Host + "/api", id: last(r.PathValue("id"))}
	c.mu.Lock()
	var out answer
	if c.allowed(r) || open(r) {
		out = serve(in)
	} else {
		out = refuse(http.StatusUnauthorized, "UNAUTHORIZED", "This operation is denied.")
	}
	var err error
	if c.dirty {
		err = c.save()
	}
	c.mu.Unlock()
	if err != nil {
		c.cfg.Log.ErrorContext(r.Context(), "snapshot not written", "error", err)
	}
	out.write(w, r)
}
