package openstack

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Version is the plugin's semantic version.
const Version = "0.1.0"

//go:embed schemas/*.json
var schemas embed.FS

// times are how long things may take.
type times struct {
	call     time.Duration // one call of a cloud's API
	pause    time.Duration // between two looks at what is being deleted
	patience time.Duration // for deletions, before "not yet"
}

// Provider provisions tenants of OpenStack clouds. It keeps no state of its
// own: what it needs to know again is in tags in Keystone. It is safe for
// concurrent use.
type Provider struct {
	log   *slog.Logger
	clock clock.Clock
	times times

	mu         sync.Mutex // guards the next two
	sessions   map[[32]byte]*session
	transports map[string]*http.Transport

	keyring *keyring
}

var _ sdk.Provider = (*Provider)(nil)

// New returns a provider that logs to log.
func New(log *slog.Logger) *Provider {
	return &Provider{
		log: log.With("component", "openstack"), clock: clock.System{},
		times:    times{call: 30 * time.Second, pause: time.Second, patience: 90 * time.Second},
		sessions: map[[32]byte]*session{}, transports: map[string]*http.Transport{}, keyring: &keyring{keys: map[[32]byte][]byte{}},
	}
}

// Close ends idle connections.
func (p *Provider) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.transports {
		t.CloseIdleConnections()
	}
}

// Describe says what the plugin is.
func (p *Provider) Describe(context.Context) (sdk.Description, error) {
	return document.Described(sdk.Description{
		Name: "openstack", Version: Version, ProductTypes: []string{"openstack"},
		Meters: []sdk.Meter{
			{Name: coreHours, Unit: "core-hour"}, {Name: memoryGBHours, Unit: "GB-hour"},
			{Name: diskGBHours, Unit: "GB-hour"}, {Name: ipHours, Unit: "IP-hour"},
		},
		Abilities: []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanCollectUsage, sdk.CanInventory},
	}, schemas)
}
