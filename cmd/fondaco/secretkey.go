package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/internal/config"
)

// secretKey returns the installation's key. A missing file is only written
// for an empty database: where there is data, a new key would leave every
// credential in it unreadable, and a folder that was not mounted is likelier.
func secretKey(ctx context.Context, data config.Store, s config.Secret) ([]byte, error) {
	if s.SecretKey != "" {
		return secret.ParseKey(s.SecretKey.Reveal())
	}
	if _, err := os.Stat(s.SecretKeyFile); errors.Is(err, fs.ErrNotExist) {
		used, err := inUse(ctx, data)
		if err != nil {
			return nil, err
		}
		if used {
			return nil, fault.InvalidField("secretKeyFile", "There is no file "+s.SecretKeyFile+
				", but the database holds a marketplace whose credentials need its key. Put the file back; a new key could not read them.")
		}
	}
	return secret.LoadOrCreateKey(s.SecretKeyFile)
}

// inUse reports whether the database holds a marketplace.
func inUse(ctx context.Context, s config.Store) (used bool, err error) {
	err = withDatabase(ctx, s, func(db *store.DB) error {
		all, err := account.New(db).Marketplaces(ctx)
		used = len(all) > 0
		return err
	})
	return used, err
}

// withDatabase opens the database, brings it up to date and closes it again
// after do.
func withDatabase(ctx context.Context, s config.Store, do func(db *store.DB) error) error {
	if err := s.Check(); err != nil {
		return err
	}
	db, err := store.Open(ctx, store.Config{URL: s.Database})
	if err != nil {
		return err
	}
	if err := app.Migrate(ctx, db); err != nil {
		return errors.Join(err, db.Close())
	}
	return errors.Join(do(db), db.Close())
}
