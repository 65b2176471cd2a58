package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/internal/bundled"
	"github.com/fondaco/fondaco/plugins/sdk/conformance"
	"github.com/fondaco/fondaco/plugins/trial"
)

type pluginTestCmd struct {
	Plugin   string        `arg:"" placeholder:"NAME|PATH" help:"A bundled plugin's name, or any executable."`
	Settings string        `xor:"against" placeholder:"FILE" help:"JSON file that says what is sold: settings, product, plan and more; see --help."`
	Sandbox  bool          `xor:"against" help:"Use the sandbox that belongs to the bundled plugin."`
	Patience time.Duration `default:"1m" placeholder:"TIME" help:"How long one operation may take, retries included (default: ${default})."`
	Cuts     int           `default:"8" placeholder:"N" help:"At how many points each operation is interrupted (default: ${default})."`
	Log      string        `placeholder:"FILE" help:"Write what the plugin says to this file."`
	PassEnv  []string      `placeholder:"NAME" help:"Environment variables that the plugin may see, beside PATH, HOME and the like."`
}

// Help is the long help of `fondaco plugin test --help`.
func (pluginTestCmd) Help() string {
	return `It starts the plugin as the marketplace does, puts every promise of the plugin contract to the test, kills the plugin many times on the way, and prints a table. What it made it removes. It exits with 1 when a check fails.

The file of --settings is one JSON object:

  {
    "settings": {"url": "https://cloud.example", "password": "secret"},
    "product": {}, "plan": {"size": 1}, "parameters": {},
    "otherPlan": {"size": 2}, "invalidPlan": {"size": 0},
    "tamper": ["./tamper.sh"], "use": ["./use.sh"]
  }

Only settings are required; what is missing leaves checks out. otherParameters may stand for otherPlan or beside it. tamper is a command that changes, behind the plugin's back, what exists of the subscription it reads on standard input; use is one that makes usage and prints the window, such as 2026-11-24T08:00:00Z 2026-11-24T12:00:00Z. firstSubscription is the first subscription number to use, 900000 when it is left out.`
}

// Run tries the plugin and prints the table.
func (c *pluginTestCmd) Run(ctx context.Context, std streams) (err error) {
	ctx, end := interruptible(ctx)
	defer end()
	subject, stop, err := c.subject(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	plugin, err := trial.Start(ctx, c.config())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plugin.Stop(context.WithoutCancel(ctx)), c.keepLog(plugin)) }()
	subject.Patience, subject.Cuts = c.Patience, c.Cuts
	report := conformance.Verify(ctx, plugin.Subject(subject), tellOutcome(std.err))
	if err := report.Write(std.out); err != nil {
		return err
	}
	switch failed := report.Count(conformance.Fail); {
	case ctx.Err() != nil:
		return fault.New(fault.Unavailable, "It was interrupted; not everything was checked.")
	case failed > 0:
		return fault.Newf(fault.Precondition, "The plugin does not keep the contract: %d of %d checks failed.", failed, len(report.Outcomes))
	}
	return nil
}

// tellOutcome says on standard error how far it is: some clouds take minutes.
func tellOutcome(w io.Writer) func(conformance.Outcome) {
	return func(o conformance.Outcome) { fmt.Fprintf(w, "%s: %s\n", o.Check.Name, o.Verdict) }
}

func (c *pluginTestCmd) config() trial.Config {
	cfg := trial.Config{PassEnv: c.PassEnv, StartTimeout: c.Patience}
	if slices.Contains(bundled.Served(), c.Plugin) {
		cfg.Bundled = c.Plugin
	} else {
		cfg.Path = c.Plugin
	}
	return cfg
}

// subject is what is sold in the trial, and how to end what it needs.
func (c *pluginTestCmd) subject(ctx context.Context) (conformance.Subject, func() error, error) {
	nothing := func() error { return nil }
	switch {
	case c.Sandbox:
		start, ok := sandboxes()[c.Plugin]
		if !ok {
			return conformance.Subject{}, nil, fault.InvalidField("--sandbox",
				fmt.Sprintf("There is no sandbox for %q; there are those of %s.", c.Plugin, strings.Join(sandboxNames(), ", ")))
		}
		s, err := start(ctx, wholeLine)
		return s.subject, s.stop, err
	case c.Settings != "":
		sheet, err := trial.ReadSheet(c.Settings)
		return sheet.Subject(), nothing, err
	}
	return conformance.Subject{}, nil, fault.InvalidField("--settings", "Name a file with what is sold, or use --sandbox.")
}

func (c *pluginTestCmd) keepLog(plugin *trial.Plugin) error {
	if c.Log == "" {
		return nil
	}
	return os.WriteFile(c.Log, []byte(plugin.Output()), 0o600)
}
