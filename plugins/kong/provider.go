package kong

import (
	"context"
	"embed"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/kong/go-kong/kong"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Version is the plugin's semantic version.
const Version = "0.1.0"

//go:embed schemas/*.json
var schemas embed.FS

// How long one Admin API call, and the wait for the proxy, may take.
const (
	adminTimeout = 15 * time.Second
	probeTimeout = 12 * time.Second // a default node needs up to 5 s
)

// Provider provisions API products in Kong Gateway. It keeps no state of its
// own: what it needs to know again is in tags in Kong. It is safe for
// concurrent use.
type Provider struct {
	log       *slog.Logger
	transport *http.Transport
	products  *keyedLock
	probeFor  time.Duration
	patience  time.Duration // for one call
}

var _ sdk.Provider = (*Provider)(nil)

// New returns a provider that logs to log.
func New(log *slog.Logger) *Provider {
	return &Provider{
		log:       log.With("component", "kong"),
		transport: &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: adminTimeout},
		products:  newKeyedLock(),
		probeFor:  probeTimeout,
		patience:  adminTimeout,
	}
}

// Close ends idle connections.
func (p *Provider) Close() { p.transport.CloseIdleConnections() }

// Describe says what the plugin is.
func (p *Provider) Describe(context.Context) (sdk.Description, error) {
	return document.Described(sdk.Description{
		Name: "kong", Version: Version, ProductTypes: []string{"api"},
		Meters:    []sdk.Meter{{Name: "requests", Unit: "request"}},
		Abilities: []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanInventory},
	}, schemas)
}

// Validate checks the documents that are given; those left out (a settings
// page has no plan yet) are not missed.
func (p *Provider) Validate(_ context.Context, check sdk.Check) ([]sdk.Problem, error) {
	_, problems := parse(check.Subscription)
	return problems, nil
}

// CollectUsage returns none: usage arrives in the gateway's log stream.
func (p *Provider) CollectUsage(context.Context, sdk.Subscription, time.Time, time.Time) ([]sdk.Usage, error) {
	return nil, nil
}

// Health says whether the Admin API answers and takes the token.
func (p *Provider) Health(ctx context.Context, raw json.RawMessage) (sdk.Health, error) {
	s, problems := parse(sdk.Subscription{Settings: raw})
	if len(problems) > 0 {
		return sdk.Health{Message: problems.Sentence()}, nil
	}
	if len(raw) == 0 {
		return sdk.Health{Message: "There are no settings yet."}, nil
	}
	c, err := p.connect(s)
	if err != nil {
		return sdk.Health{Message: sdk.MessageOf(err, noAnswer)}, nil
	}
	info, err := c.kong.Info.Get(ctx)
	if kong.IsNotFoundErr(err) || err == nil && info.Version == "" {
		return sdk.Health{Message: c.where + " answers, but not as Kong's Admin API does. Check that adminUrl is not the gateway's address."}, nil
	}
	if err != nil {
		return sdk.Health{Message: sdk.MessageOf(c.wrap(err, "asking for the version"), noAnswer)}, nil
	}
	return sdk.Health{OK: true, Message: "Kong " + info.Version + " at " + c.where}, nil
}
