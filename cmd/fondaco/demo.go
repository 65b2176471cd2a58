package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/fondaco/fondaco/internal/demo"
)

type demoCmd struct {
	Listen string `default:"127.0.0.1:8420" env:"FONDACO_DEMO_LISTEN" help:"Address of the portal; the other parts take the ports after it."`
	Data   string `default:".demo" type:"path" env:"FONDACO_DEMO_DATA" help:"Folder that keeps everything; start again with it to go on."`
}

// Help is the long help of `fondaco demo --help`.
func (demoCmd) Help() string {
	return `It needs nothing but itself: a SQLite file, a sandbox gateway that answers as Kong does, a small upstream API, a webhook receiver and a mail sink run in this process; the Kong plugin runs as a process of its own.

When it is ready it prints where to look and who to be, and writes the same to demo.json in the folder. Ctrl-C stops everything.`
}

// Run runs the demo until a signal comes.
func (c *demoCmd) Run(ctx context.Context, std streams) error {
	exe, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find my own executable for the plugins: %w", err)
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(c.Data, "demo.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	defer file.Close()
	ctx, end := interruptible(ctx)
	defer end()
	return demo.Run(ctx, demo.Config{Listen: c.Listen, DataDir: c.Data, Executable: exe, Out: std.out, Build: build(),
		Log: slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.LevelInfo}))})
}
