package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/config"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
)

type providerCmd struct {
	Set  providerSetCmd  `cmd:"" help:"Add a provider, or change the one of that name."`
	List providerListCmd `cmd:"" help:"Show the marketplace's providers and whether they work."`
}

// installation is what commands need that work inside the marketplace without
// serving it.
type installation struct {
	configFlag
	config.Store  `embed:""`
	config.Secret `embed:""`
	config.Plugin `embed:""`
	Host          string `placeholder:"HOST" help:"The marketplace's host name. Not needed when there is one marketplace only."`
}

// open builds the app without starting it, hands it to do together with the
// marketplace acting by itself, and closes everything.
func (in installation) open(ctx context.Context, std streams, do func(a *app.App, plugins *host.Host, actor account.Actor) error) (err error) {
	var check fault.Check
	check.Merge("", in.Store.Check())
	check.Merge("", in.Secret.Check())
	check.Merge("", in.Plugin.Check())
	if err := check.Err(); err != nil {
		return err
	}
	key, err := secretKey(ctx, in.Store, in.Secret)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	plugins, err := host.New(hostConfig(in.Plugin, log, nil))
	if err != nil {
		return err
	}
	if err := plugins.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plugins.Stop(context.WithoutCancel(ctx))) }()
	a, err := app.New(ctx, app.Config{DatabaseURL: in.Database, SecretKey: key, Plugins: plugins, Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(context.WithoutCancel(ctx))) }()
	m, err := marketplaceOn(ctx, a.Accounts, in.Host)
	if err != nil {
		return err
	}
	return do(a, plugins, account.SystemActor(m.ID))
}

type providerSetCmd struct {
	installation
	Name        string `arg:"" help:"The provider's name, such as main-gateway."`
	Plugin      string `name:"plugin" default:"kong" placeholder:"NAME" help:"The plugin that works with it (default: ${default}); fondaco plugin list shows all."`
	ProductType string `default:"api" placeholder:"TYPE" help:"Type of the products it provisions (default: ${default})."`
	Settings    string `required:"" placeholder:"FILE" help:"JSON file with the settings that the plugin asks for; - reads standard input."`
}

// Help is the long help of `fondaco provider set --help`.
func (providerSetCmd) Help() string {
	return `For Kong the settings are:

  {
    "adminUrl": "http://kong:8001",
    "proxyUrl": "https://api.example.com",
    "ingestUrl": "http://fondaco:8420/ingest/kong",
    "ingestSecret": "made with openssl rand -hex 24"
  }

adminUrl is Kong's Admin API; proxyUrl is what customers call; ingestUrl is where Kong sends its request log.

For OpenStack, with --plugin openstack --product-type openstack:

  {
    "passwordSeed": "made with openssl rand -hex 32",
    "clouds": {
      "main": {
        "authUrl": "https://cloud.example.com:5000/v3",
        "username": "admin",
        "password": "PASSWORD",
        "region": "RegionOne"
      }
    }
  }

For VMware Cloud Director, with --plugin vcloud --product-type vcloud:

  {
    "passwordSecret": "made with openssl rand -hex 32",
    "clouds": {
      "main": {
        "url": "https://vcd.example.com/api",
        "user": "administrator",
        "password": "PASSWORD",
        "providerVdc": "pvdc-1",
        "networkPool": "pool-1",
        "storageProfile": "standard",
        "externalNetwork": "internet"
      }
    }
  }

Plans name one of the clouds. fondaco plugin describe NAME shows everything that a plugin takes.

The plugin checks the settings before anything is kept, and they are kept encrypted. A running server uses them from the next call on.`
}

// Run checks the settings with the plugin, keeps them, and tries them.
func (c *providerSetCmd) Run(ctx context.Context, std streams) error {
	ctx, end := interruptible(ctx)
	defer end()
	settings, ingest, err := readSettings(std.in, c.Settings)
	if err != nil {
		return err
	}
	return c.open(ctx, std, func(a *app.App, plugins *host.Host, actor account.Actor) error {
		if err := checkSettings(ctx, plugins, c.Plugin, settings); err != nil {
			return err
		}
		p, err := a.Provision.SaveProvider(ctx, actor, provision.ProviderInput{Name: c.Name, Plugin: c.Plugin,
			ProductType: catalog.Type(c.ProductType), Settings: settings, IngestSecret: ingest, Force: true}) // what does not work is told below
		if err != nil {
			return err
		}
		fmt.Fprintf(std.out, "Provider %d, %s, is kept.\n", p.ID, p.Name)
		health, err := a.Provision.Health(ctx, actor, p.ID)
		if err != nil {
			return err
		}
		if !health.OK {
			return fault.Newf(fault.Unavailable, "It does not work yet: %s", health.Message)
		}
		_, err = fmt.Fprintf(std.out, "It works: %s\n", health.Message)
		return err
	})
}

// readSettings returns the JSON document and the ingest secret in it.
func readSettings(in io.Reader, path string) (json.RawMessage, secret.Text, error) {
	read := func() ([]byte, error) { return os.ReadFile(path) }
	if path == "-" {
		read = func() ([]byte, error) { return io.ReadAll(io.LimitReader(in, 1<<20)) }
	}
	raw, err := read()
	if err != nil {
		return nil, "", fault.InvalidField("--settings", err.Error()+".")
	}
	var known struct {
		IngestSecret secret.Text `json:"ingestSecret"`
	}
	if err := json.Unmarshal(raw, &known); err != nil {
		return nil, "", fault.InvalidField("--settings", "This is not a JSON object: "+err.Error()+".")
	}
	return raw, known.IngestSecret, nil
}

// checkSettings asks the plugin, so that what is kept has been understood.
func checkSettings(ctx context.Context, plugins *host.Host, name string, settings json.RawMessage) error {
	plugin, err := plugins.Provider(name)
	if err != nil {
		return err
	}
	problems, err := plugin.Validate(ctx, sdk.Check{Subscription: sdk.Subscription{Settings: settings}})
	if err != nil {
		return fault.Newf(fault.Unavailable, "The plugin %s could not check the settings.", name).Because(err)
	}
	var check fault.Check
	for _, p := range problems {
		check.Add(p.Field, p.Message)
	}
	return check.Err()
}

type providerListCmd struct {
	installation
}

// Run prints one line a provider.
func (c *providerListCmd) Run(ctx context.Context, std streams) error {
	ctx, end := interruptible(ctx)
	defer end()
	return c.open(ctx, std, func(a *app.App, _ *host.Host, actor account.Actor) error {
		all, err := a.Provision.Providers(ctx, actor)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "NAME\tPLUGIN\tPRODUCT TYPE\tSTATE")
		for _, p := range all {
			health, err := a.Provision.Health(ctx, actor, p.ID)
			if err != nil {
				return err
			}
			state := "works: "
			if !health.OK {
				state = "does not work: "
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", p.Name, p.Plugin, p.ProductType, state+health.Message)
		}
		return table.Flush()
	})
}
