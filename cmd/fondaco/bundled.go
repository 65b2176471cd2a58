package main

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/fondaco/fondaco/plugins/kong"
	"github.com/fondaco/fondaco/plugins/sdk"
)

// providers are the plugins inside this executable, by name.
func providers() map[string]func(*slog.Logger) sdk.Provider {
	return map[string]func(*slog.Logger) sdk.Provider{
		"kong": func(log *slog.Logger) sdk.Provider { return kong.New(log) },
	}
}

// bundled lists their names.
func bundled() []string { return slices.Sorted(maps.Keys(providers())) }
