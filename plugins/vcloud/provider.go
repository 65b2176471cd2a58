package vcloud

import (
	"context"
	"crypto/tls"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
	"github.com/vmware/go-vcloud-director/v2/util"

	"github.com/fondaco/fondaco/plugins/document"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// Version is the plugin's semantic version.
const Version = "0.1.0"

//go:embed schemas/*.json
var schemas embed.FS

// How long things may take.
const (
	callTimeout  = 60 * time.Second
	taskLook     = time.Second
	taskPatience = 90 * time.Second
	busyPause    = 2 * time.Second
)

// raceTries is how often a change is started over when others change the
// same objects.
const raceTries = 5

// Provider provisions organizations in VMware Cloud Director. It keeps no
// state of its own but logins: what it needs to know again is in the clouds'
// metadata. It is safe for concurrent use.
type Provider struct {
	log      *slog.Logger
	strict   *http.Transport
	insecure *http.Transport
	sessions *sessions
	pace     pace
}

var _ sdk.Provider = (*Provider)(nil)

// quiet switches off the library's own log, which would hold what is sent,
// passwords too, and costs half of its time even when nobody reads it.
var quiet = sync.OnceFunc(func() {
	util.EnableLogging, util.LogHttpRequest, util.LogHttpResponse = false, false, false
})

// New returns a provider that logs to log.
func New(log *slog.Logger) *Provider {
	quiet()
	return &Provider{
		log:    log.With("component", "vcloud"),
		strict: newTransport(false), insecure: newTransport(true), sessions: newSessions(),
		pace: pace{call: callTimeout, look: taskLook, patience: taskPatience},
	}
}

func newTransport(insecure bool) *http.Transport {
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second, TLSHandshakeTimeout: 15 * time.Second,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: insecure, MinVersion: tls.VersionTLS12}, //nolint:gosec // the operator's choice
	}
}

func (p *Provider) transport(insecure bool) *http.Transport {
	if insecure {
		return p.insecure
	}
	return p.strict
}

// Close ends idle connections.
func (p *Provider) Close() {
	p.strict.CloseIdleConnections()
	p.insecure.CloseIdleConnections()
}

// Describe says what the plugin is.
func (p *Provider) Describe(context.Context) (sdk.Description, error) {
	return document.Described(sdk.Description{
		Name: "vcloud", Version: Version, ProductTypes: []string{"vcloud"},
		Meters: []sdk.Meter{
			{Name: "coreHours", Unit: "core-hour"}, {Name: "memoryGbHours", Unit: "GB-hour"}, {Name: "diskGbHours", Unit: "GB-hour"},
		},
		Abilities: []sdk.Ability{sdk.CanUpdate, sdk.CanSuspend, sdk.CanObserve, sdk.CanCollectUsage, sdk.CanInventory},
	}, schemas)
}

// Validate checks the documents that are given; those left out (a settings
// page has no plan yet) are not missed. With Current set it also looks at what
// is in use.
func (p *Provider) Validate(ctx context.Context, check sdk.Check) ([]sdk.Problem, error) {
	s, problems := parse(check.Subscription)
	if len(problems) > 0 || check.Current == nil {
		return problems, nil
	}
	return p.validateChange(ctx, s, *check.Current)
}

// Health says whether each cloud takes the login and has what the settings
// name.
func (p *Provider) Health(ctx context.Context, raw json.RawMessage) (sdk.Health, error) {
	if document.Blank(raw) {
		return sdk.Health{Message: "There are no settings yet."}, nil
	}
	s, problems := parse(sdk.Subscription{Settings: raw})
	if len(problems) > 0 {
		return sdk.Health{Message: problems.Sentence()}, nil
	}
	var lines []string
	ok := true
	for _, name := range slices.Sorted(maps.Keys(s.settings.Clouds)) {
		line, err := p.cloudHealth(ctx, s, *s.settings.Clouds[name])
		if err != nil {
			ok, line = false, sdk.MessageOf(err, "The cloud did not answer as expected.")
		}
		lines = append(lines, name+": "+line)
	}
	return sdk.Health{OK: ok, Message: strings.Join(lines, "\n")}, nil
}

func (p *Provider) cloudHealth(ctx context.Context, s sale, c cloud) (line string, err error) {
	err = p.with(ctx, s, c, func(w *work) error {
		if err := w.lookUp(); err != nil {
			return err
		}
		if c.ExternalNetwork != "" {
			if _, err := w.externalNetwork(); err != nil {
				return err
			}
		}
		version, err := w.vcd.Client.GetVcdShortVersion()
		line = fmt.Sprintf("Cloud Director %s at %s", version, w.where)
		return w.wrap(err, "asking for the version")
	})
	return line, err
}

// work is one call on behalf of one subscription in one cloud.
type work struct {
	*client
	sale
	base targets
}

// targets are what a VDC is made on.
type targets struct{ providerVDC, networkPool, storageProfile *types.Reference }

// with runs do in a cloud, again after a new login when the session has
// ended, and again when somebody else was faster.
func (p *Provider) with(ctx context.Context, s sale, c cloud, do func(*work) error) error {
	var err error
	for range raceTries {
		if err = p.once(ctx, s, c, do); !errors.Is(err, errRace) && !errors.Is(err, errSession) {
			return err
		}
		p.log.InfoContext(ctx, "starting over", "subscription", s.id, "cloud", c.name, "reason", err)
	}
	if errors.Is(err, errSession) {
		return sdk.Transient(err, "The cloud %s ends every session at once.", c.name)
	}
	return sdk.Transient(err, "The cloud %s keeps changing under way, or hides from the settings' user what it needs.", c.name)
}

// search runs do on the tenant wherever it is among the clouds, and reports
// whether it is anywhere. When there is more than one to look in, a foreign
// organization and a cloud that cannot be reached do not end the search; what
// was not reached is an error in the end, unless the tenant was found.
func (p *Provider) search(ctx context.Context, s sale, clouds []cloud, do func(*work, *tenant) error) (found bool, err error) {
	var missed error
	for _, c := range clouds {
		here := false
		err := p.with(ctx, s, c, func(w *work) error {
			t, err := w.load()
			if err != nil || t == nil {
				return err
			}
			here = true
			return do(w, t)
		})
		switch {
		case here && err != nil:
			return true, err
		case here:
			found = true
		case err != nil && len(clouds) > 1 && errors.Is(err, errForeign):
		case err != nil && missed == nil:
			missed = err
		}
	}
	if found {
		missed = nil
	}
	return found, missed
}

func (p *Provider) once(ctx context.Context, s sale, c cloud, do func(*work) error) error {
	connection, err := p.connect(ctx, c, []string{s.settings.PasswordSecret})
	if err != nil {
		return err
	}
	s.cloud = c
	err = do(&work{client: connection, sale: s})
	if errors.Is(err, errSession) {
		p.sessions.drop(connection.session)
	}
	return err
}
