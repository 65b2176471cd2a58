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
)

type pluginCmd struct {
	Serve pluginServeCmd `cmd:"" help:"Be the bundled plugin NAME. Started by the server, not by people."`
	List  pluginListCmd  `cmd:"" help:"Start every plugin once and show what it says of itself."`
	New   pluginNewCmd   `cmd:"" help:"Write a plugin of your own to begin with."`
	Test  pluginTestCmd  `cmd:"" help:"Try whether a plugin keeps the plugin contract."`
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

// describeTimeout bounds the start of all plugins for the list.
const describeTimeout = 30 * time.Second

// Run prints one line a plugin. A plugin that does not start is told on its
// line, and is an error in the end.
func (c *pluginListCmd) Run(ctx context.Context, std streams) error {
	ctx, end := interruptible(ctx)
	defer end()
	plugins, err := host.New(host.Config{Bundled: bundled.Names(), Dir: c.PluginDir, RequireChecksum: c.PluginRequireChecksum,
		Log: slog.New(slog.NewTextHandler(std.err, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	if err := plugins.Start(ctx); err != nil {
		return err
	}
	defer func() { _ = plugins.Stop(context.WithoutCancel(ctx)) }() // it always ends them
	ctx, cancel := context.WithTimeout(ctx, describeTimeout)
	defer cancel()
	return c.print(ctx, std.out, plugins)
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

func describe(ctx context.Context, plugins *host.Host, name string) (sdk.Description, error) {
	provider, err := plugins.Provider(name)
	if err != nil {
		return sdk.Description{}, err
	}
	return provider.Describe(ctx)
}
