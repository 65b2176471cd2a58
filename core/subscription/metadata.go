package subscription

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Metadata is what a vendor notes on a subscription, such as its own number for
// it. Everybody whose subscription it is may read it.
type Metadata map[string]string

// Bounds of metadata.
const (
	mostMetadata    = 100
	longestMetadata = 2000
)

var metadataForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)

// Validate reports every wrong entry.
func (m Metadata) Validate() error {
	var c fault.Check
	for _, name := range slices.Sorted(maps.Keys(m)) {
		c.That(metadataForm.MatchString(name), "metadata", fmt.Sprintf("%.120q is no name: use letters, digits and ._:- and at most 100 of them.", name))
		c.MaxLen("metadata."+name, m[name], longestMetadata)
	}
	return c.Err()
}

// Metadata returns the metadata of a subscription the actor may see.
func (s *Service) Metadata(ctx context.Context, actor account.Actor, id int64) (Metadata, error) {
	var m Metadata
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if _, err = Visible(ctx, tx, actor, id); err != nil {
			return err
		}
		m, err = metadataOf(ctx, tx, id)
		return err
	})
	return m, err
}

// PutMetadata adds entries and replaces those of the same name; others stay.
// Only the vendor and operators write: its systems rely on what is there.
func (s *Service) PutMetadata(ctx context.Context, actor account.Actor, id int64, in Metadata) (Metadata, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	return s.note(ctx, actor, id, func(tx *store.Tx, m Metadata) error {
		maps.Copy(m, in)
		if len(m) > mostMetadata {
			return fault.InvalidField("metadata", fmt.Sprintf("A subscription has at most %d entries.", mostMetadata))
		}
		for name, value := range in {
			if err := saveMetadata(ctx, tx, id, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteMetadata removes an entry; that one is not there is no error.
func (s *Service) DeleteMetadata(ctx context.Context, actor account.Actor, id int64, name string) error {
	_, err := s.note(ctx, actor, id, func(tx *store.Tx, m Metadata) error {
		delete(m, name)
		_, err := tx.Exec(ctx, `DELETE FROM subscription_metadata WHERE marketplace_id = ? AND subscription_id = ? AND name = ?`, tx.Marketplace(), id, name)
		return err
	})
	return err
}

// note changes the metadata of a subscription that the actor sold, and returns
// what it is then.
func (s *Service) note(ctx context.Context, actor account.Actor, id int64, fn func(tx *store.Tx, m Metadata) error) (m Metadata, err error) {
	_, err = s.change(ctx, actor, id, account.FulfilSubscriptions, func(tx *store.Tx, sub *Subscription) error {
		if err := actor.NeedOwn("subscription", sub.VendorID); err != nil {
			return err
		}
		if m, err = metadataOf(ctx, tx, id); err != nil {
			return err
		}
		before := maps.Clone(m)
		if err := fn(tx, m); err != nil {
			return err
		}
		if err := Touch(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "subscription.metadata", Entity: "subscription", EntityID: id, Before: before, After: m})
	})
	return m, err
}

func metadataOf(ctx context.Context, tx *store.Tx, id int64) (Metadata, error) {
	var rows []struct {
		Name  string `db:"name"`
		Value string `db:"value"`
	}
	err := tx.Select(ctx, &rows, `SELECT name, value FROM subscription_metadata WHERE marketplace_id = ? AND subscription_id = ?`, tx.Marketplace(), id)
	m := make(Metadata, len(rows))
	for _, r := range rows {
		m[r.Name] = r.Value
	}
	return m, err
}

func saveMetadata(ctx context.Context, tx *store.Tx, id int64, name, value string) error {
	_, err := tx.Exec(ctx, `INSERT INTO subscription_metadata (marketplace_id, subscription_id, name, value) VALUES (?, ?, ?, ?)
		ON CONFLICT (marketplace_id, subscription_id, name) DO UPDATE SET value = excluded.value`, tx.Marketplace(), id, name, value)
	return err
}
