package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/fondaco/fondaco/internal/server"
)

type versionCmd struct{}

// Run prints one line.
func (versionCmd) Run(std streams) error {
	b := build()
	_, err := fmt.Fprintf(std.out, "fondaco %s (commit %s, %s)\n", b.Version, b.Revision, b.Go)
	return err
}

// build reads what the Go tool wrote into the executable.
func build() server.Build {
	b := server.Build{Version: "development", Revision: "unknown", Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}
