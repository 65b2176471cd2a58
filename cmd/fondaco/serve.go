package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/notify/mail"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/config"
	"github.com/fondaco/fondaco/internal/server"
	"github.com/fondaco/fondaco/plugins/host"
)

type serveCmd struct {
	configFlag
	config.Settings `embed:""`
}

// Help is the long help of `fondaco serve --help`.
func (serveCmd) Help() string {
	return `It needs a database, a secret key and its public URL:

  fondaco serve --database postgres://fondaco:PASSWORD@db:5432/fondaco \
    --secret-key-file /etc/fondaco/secret.key --base-url https://market.example.com

The database's tables are brought up to date first. SIGTERM or Ctrl-C stops it: no new requests are taken, those under way and running jobs finish, within --stop-timeout. A second signal ends it at once; nothing acknowledged is lost even then. Any number of servers may share one PostgreSQL database.

Make the first marketplace and its operator with: fondaco admin create --help`
}

// Run serves until a signal comes.
func (c *serveCmd) Run(ctx context.Context, std streams) error {
	if err := c.Check(); err != nil {
		return err
	}
	log := c.Logger(std.err)
	ctx, end := interruptible(ctx)
	defer end()
	s := &service{settings: c.Settings, log: log}
	err := s.start(ctx)
	if err == nil {
		log.InfoContext(ctx, "serving", "listen", s.public.Addr(), "admin", s.admin.Addr(), "baseURL", c.BaseURL, "database", s.app.DB.Name(), "version", build().Version)
		select {
		case <-ctx.Done():
		case err = <-s.public.Failed():
		case err = <-s.admin.Failed():
		}
	}
	end() // from here on a second signal ends the process at once
	log.InfoContext(ctx, "stopping", "timeout", c.StopTimeout.String())
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.StopTimeout)
	defer cancel()
	err = errors.Join(err, s.stop(within))
	if err == nil {
		log.InfoContext(within, "stopped")
	}
	return err
}

// service is everything a serving process runs. Parts are nil until started.
type service struct {
	settings config.Settings
	log      *slog.Logger

	ready   server.Ready
	metrics *server.Metrics
	admin   *server.Listener
	public  *server.Listener
	plugins *host.Host
	app     *app.App
}

// start brings up the parts from the bottom. The admin listener comes first:
// a long migration is alive and not ready. On an error stop ends what runs.
func (s *service) start(ctx context.Context) (err error) {
	s.metrics = server.NewMetrics(build())
	s.admin, err = server.Listen(ctx, server.Config{Name: "admin", Address: s.settings.AdminListen, Log: s.log,
		Handler: server.AdminHandler(&s.ready, s.metrics, s.log)})
	if err != nil {
		return err
	}
	s.admin.Start()
	if err := s.startApp(ctx); err != nil {
		return err
	}
	handler, err := s.app.Handler()
	if err != nil {
		return err
	}
	s.public, err = server.Listen(ctx, server.Config{Name: "public", Address: s.settings.Listen, Log: s.log, Handler: s.metrics.Count(handler)})
	if err != nil {
		return err
	}
	if err := s.app.Start(ctx); err != nil {
		return err
	}
	s.public.Start()
	s.metrics.WatchJobs(s.app.Jobs.Depth)
	s.ready.Set(server.Check{Name: "database", Ask: s.app.DB.Ping}, server.Check{Name: "jobs", Ask: func(ctx context.Context) error {
		_, err := s.app.Jobs.Depth(ctx)
		return err
	}})
	return nil
}

func (s *service) startApp(ctx context.Context) error {
	key, err := secretKey(ctx, s.settings.Store, s.settings.Secret)
	if err != nil {
		return err
	}
	s.plugins, err = host.New(hostConfig(s.settings.Plugin, s.log, s.metrics.Registerer()))
	if err != nil {
		return err
	}
	if err := s.plugins.Start(ctx); err != nil {
		return err
	}
	sender, err := s.mailSender()
	if err != nil {
		return err
	}
	s.app, err = app.New(ctx, s.appConfig(key, sender))
	return err
}

func (s *service) appConfig(key []byte, sender mail.Sender) app.Config {
	set := s.settings
	return app.Config{DatabaseURL: set.Database, SecretKey: key, Plugins: s.plugins, Log: s.log, Clock: clock.System{},
		UsageGrace: set.UsageGrace, LateUsage: set.UsageLateAfter, UsageWait: set.UsageWait, ReconcileEvery: set.ReconcileEvery,
		ProvisionInFlight: set.ProvisionInFlight, CircuitRest: set.CircuitRest, TerminationGrace: set.TerminationGrace,
		WebhookTimeout: set.WebhookTimeout, WebhookDisableAfter: set.WebhookDisableAfter, MetricHeaders: set.Headers(),
		ConnectorPrefixes: set.Prefixes(), CallbackTimeout: set.CallbackTimeout,
		BaseURL: strings.TrimSuffix(set.BaseURL, "/"), Mail: sender, MailFrom: set.SMTPFrom, Metrics: s.metrics.Registerer()}
}

// mailSender returns nil when no mail server is set: then no mail is written.
func (s *service) mailSender() (mail.Sender, error) {
	cfg, ok := s.settings.Mail()
	if !ok {
		return nil, nil
	}
	return mail.NewSMTP(cfg)
}

// stop ends the parts from the top; the admin listener last, so that it can be
// seen that the server is stopping.
func (s *service) stop(ctx context.Context) error {
	s.ready.Stopping()
	var failed error
	note := func(err error) { failed = errors.Join(failed, err) }
	if s.public != nil {
		note(s.public.Stop(ctx))
	}
	if s.app != nil {
		note(s.app.Stop(ctx))
	}
	if s.plugins != nil {
		note(s.plugins.Stop(ctx))
	}
	if s.admin != nil {
		note(s.admin.Stop(ctx))
	}
	return failed
}
