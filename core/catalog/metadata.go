package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Metadata are keys and values that somebody keeps beside a thing; they mean
// nothing to the marketplace.
type Metadata map[string]string

// Scan reads the JSON column.
func (m *Metadata) Scan(src any) error { return scanJSON(src, m) }

// String is the JSON object that the column keeps.
func (m Metadata) String() string {
	if len(m) == 0 {
		return "{}"
	}
	raw, err := json.Marshal(map[string]string(m))
	if err != nil {
		return "{}" // strings can be encoded
	}
	return string(raw)
}

// Bounds of metadata.
const (
	maxMetadata      = 100
	maxMetadataKey   = 255
	maxMetadataValue = 4000
)

// Validate reports every wrong key.
func (m Metadata) Validate() error {
	var c fault.Check
	c.That(len(m) <= maxMetadata, "", fmt.Sprintf("At most %d keys.", maxMetadata))
	for key, value := range m {
		c.That(key != "" && len(key) <= maxMetadataKey, key, fmt.Sprintf("A key has 1 to %d characters.", maxMetadataKey))
		c.MaxLen(key, value, maxMetadataValue)
	}
	return c.Err()
}

// With returns the metadata with those of a change in their place.
func (m Metadata) With(change Metadata) Metadata {
	all := Metadata{}
	maps.Copy(all, m)
	maps.Copy(all, change)
	return all
}

// Without returns the metadata without a key; one that is not there is NotFound.
func (m Metadata) Without(key string) (Metadata, error) {
	if _, ok := m[key]; !ok {
		return nil, fault.Newf(fault.NotFound, "There is no metadata %q.", key)
	}
	rest := maps.Clone(m)
	delete(rest, key)
	return rest, nil
}

// MetadataFunc makes new metadata of the old.
type MetadataFunc func(old Metadata) (Metadata, error)

// Merge puts the keys of a change beside those there are.
func Merge(change Metadata) MetadataFunc {
	return func(old Metadata) (Metadata, error) {
		all := old.With(change)
		return all, all.Validate()
	}
}

// Drop takes a key away.
func Drop(key string) MetadataFunc {
	return func(old Metadata) (Metadata, error) { return old.Without(key) }
}

// ChangeMetadata changes what the vendor keeps beside one of its products, and
// returns all of it.
func (s *Service) ChangeMetadata(ctx context.Context, actor account.Actor, product int64, change MetadataFunc) (Metadata, error) {
	var after Metadata
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := s.lockOwn(ctx, tx, actor, product)
		if err != nil {
			return err
		}
		if after, err = change(p.Metadata); err != nil {
			return err
		}
		return saveMetadata(ctx, tx, actor, "product", p.ID, p.Metadata, after)
	})
	return after, err
}

// ChangePlanMetadata is ChangeMetadata for a plan.
func (s *Service) ChangePlanMetadata(ctx context.Context, actor account.Actor, plan int64, change MetadataFunc) (Metadata, error) {
	var after Metadata
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		p, err := s.lockPlan(ctx, tx, actor, plan)
		if err != nil {
			return err
		}
		if after, err = change(p.Metadata); err != nil {
			return err
		}
		return saveMetadata(ctx, tx, actor, "plan", p.ID, p.Metadata, after)
	})
	return after, err
}

func saveMetadata(ctx context.Context, tx *store.Tx, actor account.Actor, table string, id int64, before, after Metadata) error {
	if _, err := tx.Exec(ctx, `UPDATE `+table+` SET metadata = ? WHERE marketplace_id = ? AND id = ?`, after.String(), tx.Marketplace(), id); err != nil {
		return err
	}
	return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: table + ".metadata", Entity: table, EntityID: id, Before: before, After: after})
}
