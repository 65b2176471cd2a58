package main

import (
	"os"

	cli "github.com/alecthomas/kong"

	"github.com/fondaco/fondaco/internal/config"
)

// configFlag is embedded by every command that reads the configuration file.
type configFlag struct {
	Config string `name:"config" short:"c" env:"FONDACO_CONFIG" placeholder:"FILE" help:"Configuration file (TOML). See deploy/fondaco.example.toml."`
}

// fileResolver answers flags from the configuration file. It reads the file
// when the first flag is asked for, when --config is known.
type fileResolver struct {
	file   config.File
	loaded bool
}

// Validate implements cli.Resolver; keys are checked when the file is read.
func (*fileResolver) Validate(*cli.Application) error { return nil }

// Resolve returns the file's value, or nil for a flag that the environment
// sets: it goes before the file.
func (r *fileResolver) Resolve(ctx *cli.Context, _ *cli.Path, flag *cli.Flag) (any, error) {
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	for _, name := range flag.Envs {
		if _, set := os.LookupEnv(name); set {
			return nil, nil
		}
	}
	if value, ok := r.file[flag.Name]; ok {
		return value, nil
	}
	return nil, nil
}

func (r *fileResolver) load(ctx *cli.Context) error {
	if r.loaded {
		return nil
	}
	r.loaded = true
	for _, flag := range ctx.Flags() {
		path, isText := ctx.FlagValue(flag).(string)
		if flag.Name != "config" || !isText || path == "" {
			continue
		}
		file, err := config.ReadFile(path)
		r.file = file
		return err
	}
	return nil
}
