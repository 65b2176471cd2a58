package main

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/internal/config"
)

type migrateCmd struct {
	configFlag
	config.Store `embed:""`
}

// Help is the long help of `fondaco migrate --help`.
func (migrateCmd) Help() string {
	return `Run it before an upgrade's new servers start, when the old ones should go on meanwhile. Several at once are safe on PostgreSQL. There is no way back but a backup: make one first.`
}

// Run migrates and says so.
func (c *migrateCmd) Run(ctx context.Context, std streams) error {
	ctx, end := interruptible(ctx)
	defer end()
	return withDatabase(ctx, c.Store, func(db *store.DB) error {
		_, err := fmt.Fprintf(std.out, "The %s database is up to date.\n", db.Name())
		return err
	})
}
