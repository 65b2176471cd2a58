// Package demo runs the whole business on embedded parts: SQLite, the sandbox
// gateway, a real upstream API, a webhook receiver, a mail sink, and a seeded
// sandbox marketplace. See README.md.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/bundled"
	"github.com/fondaco/fondaco/internal/demo/receiver"
	"github.com/fondaco/fondaco/internal/demo/upstream"
	"github.com/fondaco/fondaco/internal/server"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/kong/sandbox"
	openstack "github.com/fondaco/fondaco/plugins/openstack/sandbox"
	vcloud "github.com/fondaco/fondaco/plugins/vcloud/sandbox"
)

// Config says where the demo runs.
type Config struct {
	Listen     string // "127.0.0.1:8420"; the other listeners take the ports after it, or any free ones
	DataDir    string // kept over restarts
	Executable string // started again for each bundled plugin
	Log        *slog.Logger
	Out        io.Writer // where to look and who to be is printed here
	// Plugins replaces child processes in tests.
	Plugins provision.Plugins
	Build   server.Build
	// Ready, when set, is called once everything answers.
	Ready func(File)
}

// Demo is a running demo.
type Demo struct {
	cfg      Config
	app      *app.App
	gateway  *sandbox.Gateway
	stack    *openstack.Cloud
	centre   *vcloud.Cloud
	mails    *mail.Sink
	hooks    *receiver.Receiver
	host     *host.Host
	servers  []*http.Server
	file     File
	previous File
	clock    *marketClock
	ready    server.Ready
	metrics  *server.Metrics
}

// Run starts the demo, says when it is ready, and stops everything when ctx
// ends. Started again on the same folder it goes on where it was.
func Run(ctx context.Context, cfg Config) error {
	d := &Demo{cfg: cfg}
	err := d.start(ctx)
	if err == nil {
		d.announce()
		<-ctx.Done()
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, d.stop(stop))
}

func (d *Demo) start(ctx context.Context) error {
	if err := os.MkdirAll(d.cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	d.previous = readFile(d.path(fileName))
	p, err := openPorts(d.cfg.Listen, readFile(d.path(portsName)))
	if err != nil {
		return err
	}
	d.file = p.file()
	if err := d.file.write(d.path(portsName)); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *ports) error{d.startParts, d.startApp, d.startServers, d.seed, d.startConnector} {
		if err := step(ctx, p); err != nil {
			return err
		}
	}
	return d.file.write(d.path(fileName))
}

func (d *Demo) path(name string) string { return filepath.Join(d.cfg.DataDir, name) }

// startParts makes what stands around the marketplace.
func (d *Demo) startParts(ctx context.Context, _ *ports) error {
	d.clock = &marketClock{real: clock.System{}}
	d.metrics = server.NewMetrics(d.cfg.Build)
	var err error
	d.gateway, err = sandbox.New(sandbox.Config{Clock: d.clock, Log: d.cfg.Log, Snapshot: d.path("gateway.json")})
	if err != nil {
		return fmt.Errorf("sandbox gateway: %w", err)
	}
	if err := d.startClouds(); err != nil {
		return err
	}
	if d.mails, err = mail.NewSink(mail.SinkConfig{Dir: d.path("mail"), Clock: clock.System{}, Log: d.cfg.Log}); err != nil {
		return fmt.Errorf("mail sink: %w", err)
	}
	if d.hooks, err = receiver.New(receiver.Config{Clock: clock.System{}, File: d.path("webhooks.jsonl"),
		Secrets: map[string]string{hookName: hookSecret, resellerHook: resellerSecret}}); err != nil {
		return fmt.Errorf("webhook receiver: %w", err)
	}
	if d.cfg.Plugins != nil {
		return nil
	}
	if d.host, err = host.New(host.Config{Executable: d.cfg.Executable, Bundled: bundled.Names(), Log: d.cfg.Log, Metrics: d.metrics.Registerer()}); err != nil {
		return err
	}
	d.cfg.Plugins = d.host
	return d.host.Start(ctx)
}

// startClouds makes the clouds that the plugins work on. Their hours are the
// marketplace's: when its clock is advanced, what runs there has run for longer.
func (d *Demo) startClouds() error {
	password, err := d.cloudPassword()
	if err != nil {
		return err
	}
	d.stack, err = openstack.New(openstack.Config{Clock: d.clock, Log: d.cfg.Log, AdminUser: cloudAdmin, AdminPassword: password,
		Snapshot: d.path("openstack.json")})
	if err != nil {
		return fmt.Errorf("sandbox OpenStack: %w", err)
	}
	d.centre, err = vcloud.New(vcloud.Config{Clock: d.clock, Log: d.cfg.Log, User: cloudAdmin, Password: password, Snapshot: d.path("vcloud.json")})
	if err != nil {
		return fmt.Errorf("sandbox vCloud: %w", err)
	}
	return nil
}

func (d *Demo) startApp(ctx context.Context, _ *ports) error {
	key, err := secret.LoadOrCreateKey(d.path("secret.key"))
	if err != nil {
		return err
	}
	d.app, err = app.New(ctx, app.Config{DatabaseURL: d.path("fondaco.db"), SecretKey: key, Plugins: d.cfg.Plugins, Log: d.cfg.Log,
		FlushUsage: d.gateway.Flush, TerminationGrace: terminationGrace, BaseURL: d.file.Portal, Mail: d.mails, DemoUsers: demoUsers(), Metrics: d.metrics.Registerer()})
	if err != nil {
		return err
	}
	d.clock.db = d.app.DB
	return d.app.Start(ctx)
}

func (d *Demo) startServers(_ context.Context, p *ports) error {
	public, err := d.app.Handler()
	if err != nil {
		return err
	}
	d.serve(p.portal, d.metrics.Count(public))
	d.serve(p.gateway, d.gateway.Proxy())
	d.serve(p.gatewayAdmin, d.gateway.Admin())
	d.serve(p.openstack, d.stack.Handler())
	d.serve(p.vcloud, d.centre.Handler())
	d.serve(p.upstream, upstream.New(upstream.Config{AuthHeader: authHeaders()}))
	d.serve(p.hooks, d.hooks)
	d.serve(p.mail, d.mails.Handler())
	d.metrics.WatchJobs(d.app.Jobs.Depth)
	d.ready.Set(server.Check{Name: "database", Ask: d.app.DB.Ping})
	d.serve(p.admin, server.AdminHandler(&d.ready, d.metrics, d.cfg.Log))
	return nil
}

func (d *Demo) stop(ctx context.Context) error {
	var err error
	for i := len(d.servers) - 1; i >= 0; i-- {
		// Live pages and waiting clients do not hold up the end.
		short, cancel := context.WithTimeout(ctx, 2*time.Second)
		if d.servers[i].Shutdown(short) != nil {
			err = errors.Join(err, d.servers[i].Close())
		}
		cancel()
	}
	if d.app != nil {
		err = errors.Join(err, d.app.Stop(ctx))
	}
	if d.host != nil {
		err = errors.Join(err, d.host.Stop(ctx))
	}
	if d.gateway != nil {
		err = errors.Join(err, d.gateway.Close())
	}
	if d.stack != nil {
		err = errors.Join(err, d.stack.Close())
	}
	if d.centre != nil {
		err = errors.Join(err, d.centre.Close())
	}
	if d.hooks != nil {
		err = errors.Join(err, d.hooks.Close())
	}
	return err
}
