package account

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Noted is what other systems keep metadata of here.
type Noted string

// The kinds of them, by their tables.
const (
	OfUser         Noted = "account_user"
	OfOrganization Noted = "organization"
)

// Bounds of metadata.
const (
	mostMetadata    = 100
	longestMetaName = 100
	longestMeta     = 4000
)

// Metadata returns what is kept beside a person or an organization of the
// actor's, or of its customers.
func (s *Service) Metadata(ctx context.Context, actor Actor, of Noted, id int64) (map[string]string, error) {
	var m map[string]string
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		m, err = metadata(ctx, tx, actor, of, id)
		return err
	})
	return m, err
}

// ChangeMetadata changes it. change gets a copy of what is there.
func (s *Service) ChangeMetadata(ctx context.Context, actor Actor, of Noted, id int64, change func(old map[string]string) (map[string]string, error)) (map[string]string, error) {
	var after map[string]string
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := metadata(ctx, tx, actor, of, id)
		if err != nil {
			return err
		}
		if after, err = change(maps.Clone(before)); err != nil {
			return err
		}
		if err := checkMetadata(after); err != nil {
			return err
		}
		raw, err := json.Marshal(after)
		if err != nil {
			return fmt.Errorf("metadata of %s %d: %w", of, id, err)
		}
		if _, err := tx.Exec(ctx, `UPDATE `+string(of)+` SET metadata = ? WHERE marketplace_id = ? AND id = ?`, string(raw), tx.Marketplace(), id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: string(of) + ".metadata", Entity: string(of), EntityID: id, Before: before, After: after})
	})
	return after, err
}

func checkMetadata(m map[string]string) error {
	var c fault.Check
	c.That(len(m) <= mostMetadata, "metadata", fmt.Sprintf("At most %d entries.", mostMetadata))
	for name, value := range m {
		c.That(name != "" && len(name) <= longestMetaName, "metadata", fmt.Sprintf("A name has 1 to %d characters.", longestMetaName))
		c.MaxLen("metadata."+name, value, longestMeta)
	}
	return c.Err()
}

// metadata reads it for who may: the organization itself, its reseller, and
// operators.
func metadata(ctx context.Context, tx *store.Tx, actor Actor, of Noted, id int64) (map[string]string, error) {
	organization := id
	if of == OfUser {
		u, err := userByID(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		organization = u.OrganizationID
	}
	o, err := OrganizationByID(ctx, tx, organization)
	if err != nil {
		return nil, err
	}
	owners := []int64{o.ID}
	if o.ResellerID != nil {
		owners = append(owners, *o.ResellerID)
	}
	if err := actor.NeedOwn(map[Noted]string{OfUser: "user", OfOrganization: "company"}[of], owners...); err != nil {
		return nil, err
	}
	var raw string
	if err := tx.Get(ctx, "metadata", &raw, `SELECT metadata FROM `+string(of)+` WHERE marketplace_id = ? AND id = ?`+tx.ForUpdate(), tx.Marketplace(), id); err != nil {
		return nil, err
	}
	m := map[string]string{}
	return m, json.Unmarshal([]byte(raw), &m)
}
