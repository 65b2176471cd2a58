package main

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/kong"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// providers are the plugins inside this executable, by name.
func providers() map[string]func(*slog.Logger) sdk.Provider {
	return map[string]func(*slog.Logger) sdk.Provider{
		"kong": func(log *slog.Logger) sdk.Provider { return kong.New(log) },
	}
}

// bundled lists the names of those that a marketplace offers.
func bundled() []string { return slices.Sorted(maps.Keys(providers())) }

// exampleName is the plugin of the author's guide: it can be served and tried,
// but sells boxes that nobody wants, so no marketplace offers it.
const exampleName = "example"

// provider makes the named plugin.
func provider(name string) (func(*slog.Logger) sdk.Provider, bool) {
	if name == exampleName {
		return func(*slog.Logger) sdk.Provider { return &example.Provider{} }, true
	}
	p, ok := providers()[name]
	return p, ok
}

// served lists the names of all that this executable can be.
func served() []string { return append(bundled(), exampleName) }
