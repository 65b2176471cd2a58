// Command fondaco is the whole marketplace: server, worker, command line and
// the bundled plugins, which it starts as "fondaco plugin serve NAME".
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	cli "github.com/alecthomas/kong"

	"github.com/fondaco/fondaco/core/fault"
)

// grammar is the command line. One file of this package per command.
type grammar struct {
	Demo     demoCmd     `cmd:"" group:"Run" help:"Try everything on this machine: marketplace, gateway, upstream API, mail and webhooks."`
	Serve    serveCmd    `cmd:"" group:"Run" help:"Run the marketplace: portal, API, jobs, billing, plugins."`
	Migrate  migrateCmd  `cmd:"" group:"Run" help:"Bring the database's tables up to date and exit. serve does it too."`
	Admin    adminCmd    `cmd:"" group:"Manage" help:"Set up marketplaces."`
	Token    tokenCmd    `cmd:"" group:"Manage" help:"API tokens."`
	Provider providerCmd `cmd:"" group:"Manage" help:"Providers: the gateways and clouds that plugins work with."`
	Plugin   pluginCmd   `cmd:"" group:"Manage" help:"Plugins, which provision what is sold."`
	Health   healthCmd   `cmd:"" name:"healthcheck" group:"Manage" help:"Ask a running server whether it is ready; for container health checks."`
	Openapi  openapiCmd  `cmd:"" name:"openapi" group:"Manage" help:"Print the API's OpenAPI document."`
	Version  versionCmd  `cmd:"" group:"Manage" help:"Print version, commit and Go version."`
}

const description = `Fondaco is a marketplace where vendors sell APIs and cloud services, customers buy and use them, and the bill is right.

To try it:

    fondaco demo

In production:

    fondaco admin create --help
    fondaco serve --config fondaco.toml

Every setting is a flag, an environment variable (in brackets below) or a key of the TOML file given with --config; the first that is given wins in this order.`

// streams are the process's own, or a test's.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it was understood and did not work
	exitUsage  = 2 // it was not understood
)

func run(ctx context.Context, args []string, std streams) int {
	parser, err := cli.New(&grammar{}, cli.Name("fondaco"), cli.Description(description), cli.Writers(std.out, std.err),
		cli.Resolvers(&fileResolver{}), cli.ConfigureHelp(cli.HelpOptions{Compact: true, WrapUpperBound: 100}),
		cli.BindTo(ctx, (*context.Context)(nil)), cli.Bind(std))
	if err != nil {
		panic(err) // the grammar is wrong; every test finds it
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return usage(std.err, err)
	}
	if err := parsed.Run(); err != nil {
		tell(std.err, err)
		return exitFailed
	}
	return exitOK
}

// usage explains a command line that was not understood.
func usage(w io.Writer, err error) int {
	tell(w, err)
	help := "fondaco"
	if wrong, ok := errors.AsType[*cli.ParseError](err); ok && wrong.Context.Selected() != nil {
		help = wrong.Context.Selected().FullPath()
	}
	fmt.Fprintf(w, "%s --help explains the flags.\n", help)
	return exitUsage
}

// tell prints an error for a person: the sentence, then every wrong setting.
func tell(w io.Writer, err error) {
	e, ok := errors.AsType[*fault.Error](err)
	if !ok {
		fmt.Fprintf(w, "fondaco: %v\n", err)
		return
	}
	fmt.Fprintf(w, "fondaco: %s\n", e.Message)
	for _, f := range e.Fields {
		fmt.Fprintf(w, "  %s: %s\n", f.Name, f.Message)
	}
	if cause := errors.Unwrap(e); cause != nil {
		fmt.Fprintf(w, "  because: %v\n", cause)
	}
}

// interruptible ends the returned context at Ctrl-C or SIGTERM. After end a
// second signal ends the process at once. Commands that run long ask for it;
// `plugin serve` has its own way.
func interruptible(ctx context.Context) (_ context.Context, end context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
}
