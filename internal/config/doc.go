// Package config is what an installation can set, and the one place that
// knows under which names: each setting is a command line flag, an
// environment variable and a key of the TOML configuration file, in this
// order of precedence, then its default.
//
// It owns names, help texts, defaults and checks. It does not read the
// command line (cmd/fondaco does) and starts nothing.
package config
