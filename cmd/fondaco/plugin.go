package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/internal/bundled"
	"github.com/fondaco/fondaco/internal/config"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/prometheus/client_golang/prometheus"
)

type pluginCmd struct {
	Serve    pluginServeCmd    `cmd:"" help:"Be the bundled plugin NAME. Started by the server, not by people."`
	List     pluginListCmd     `cmd:"" help:"Start every plugin once and show what it says of itself."`
	Describe pluginDescribeCmd `cmd:"" help:"Show what the plugin NAME asks for and measures: its JSON Schemas and meters."`
	New      pluginNewCmd      `cmd:"" help:"Write a plugin of your own to begin with."`
	Test     pluginTestCmd     `cmd:"" help:"Try whether a plugin keeps the plugin contract."`
}

type pluginServeCmd struct {
	Name string `arg:"" help:"Which bundled plugin."`
}

// Run serves until the server that started it says stop or is gone.
func (c *pluginServeCmd) Run() error {
	return bundled.Serve(c.Name)
}

type pluginListCmd struct {
	configFlag
	config.Plugin `embed:""`
}

// Run prints one line a plugin. A plugin that does not start is told on its
// line, and is an error in the end.
func (c *pluginListCmd) Run(ctx context.Context, std streams) error {
	return withPlugins(ctx, std, c.Plugin, func(ctx context.Context, plugins *host.Host) error {
		return c.print(ctx, std.out, plugins)
	})
}

func (c *pluginListCmd) print(ctx context.Context, out io.Writer, plugins *host.Host) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tFROM\tPRODUCT TYPES")
	failed := 0
	for _, info := range plugins.Plugins() {
		from := "plugin folder"
		if info.Bundled {
			from = "bundled"
		}
		d, err := describe(ctx, plugins, info.Name)
		if err != nil {
			failed++
			fmt.Fprintf(table, "%s\t-\t%s\tdoes not start: %v\n", info.Name, from, err)
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", info.Name, d.Version, from, strings.Join(d.ProductTypes, ", "))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fault.Newf(fault.Unavailable, "%d of the plugins did not start.", failed)
	}
	return nil
}

// hostConfig is where plugins come from; metrics may be nil.
func hostConfig(p config.Plugin, log *slog.Logger, metrics prometheus.Registerer) host.Config {
	return host.Config{Bundled: bundled.Names(), Dir: p.PluginDir, RequireChecksum: p.PluginRequireChecksum,
		MaxMemory: p.MaxMemory(), Log: log, Metrics: metrics}
}

// describeTimeout bounds what is asked of the plugins, their start included.
const describeTimeout = 30 * time.Second

// withPlugins runs do with a host of its own, and ends the plugins afterwards.
func withPlugins(ctx context.Context, std streams, p config.Plugin, do func(ctx context.Context, plugins *host.Host) error) error {
	if err := p.Check(); err != nil {
		return err
	}
	ctx, end := interruptible(ctx)
	defer end()
	log := slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	plugins, err := host.New(hostConfig(p, log, nil))
	if err != nil {
		return err
	}
	if err := plugins.Start(ctx); err != nil {
		return err
	}
	defer func() { _ = plugins.Stop(context.WithoutCancel(ctx)) }() // it always ends them
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	return do(ctx, plugins)
}

func describe(ctx context.Context, plugins *host.Host, name string) (sdk.Description, error) {
	provider, err := plugins.Provider(name)
	if err != nil {
		return sdk.Description{}, err
	}
	return provider.Describe(ctx)
}
