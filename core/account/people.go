package account

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// UserByID reads a person for other nouns, without asking who wants to know.
func UserByID(ctx context.Context, tx *store.Tx, id int64) (User, error) {
	return userByID(ctx, tx, id)
}

// ContactOf returns a person of the organization to speak with: the preferred
// one if they are of it, else its first. 0 when it has nobody.
func ContactOf(ctx context.Context, tx *store.Tx, organization, preferred int64) (int64, error) {
	var ids []int64
	err := tx.Select(ctx, &ids, `SELECT id FROM account_user WHERE marketplace_id = ? AND organization_id = ?
		ORDER BY CASE WHEN id = ? THEN 0 ELSE 1 END, id LIMIT 1`, tx.Marketplace(), organization, preferred)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}

// PeopleFilter narrows a list of persons; zero values do not.
type PeopleFilter struct {
	OrganizationID int64
	Kind           Kind
	Email          string // exactly
	Query          string // part of the name or e-mail
}

// ListPeople lists the persons whom the actor may see, newest first: those of
// its organization, for resellers those of its customers, for operators all.
func (s *Service) ListPeople(ctx context.Context, actor Actor, f PeopleFilter, req page.Request) (page.Page[User], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[User]{}, err
	}
	w := store.NewWhere(actor.MarketplaceID)
	w.Add(` AND id < ?`, before)
	if !actor.SeesAll() {
		w.Add(` AND organization_id IN (SELECT id FROM organization WHERE marketplace_id = ? AND (id = ? OR reseller_id = ?))`,
			actor.MarketplaceID, actor.OrganizationID, actor.OrganizationID)
	}
	if f.OrganizationID != 0 {
		w.Add(` AND organization_id = ?`, f.OrganizationID)
	}
	if f.Kind != "" {
		w.Add(` AND organization_id IN (SELECT id FROM organization WHERE marketplace_id = ? AND kind = ?)`, actor.MarketplaceID, f.Kind)
	}
	if f.Email != "" {
		w.Add(` AND email = ?`, normalEmail(f.Email))
	}
	if f.Query = strings.TrimSpace(f.Query); f.Query != "" {
		w.Contains(f.Query, `name`, `email`)
	}
	var out page.Page[User]
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = store.SelectPage(ctx, tx, req, selectUser+` WHERE marketplace_id = ?`+w.Text, `id DESC`, w.Args, func(u User) int64 { return u.ID })
		return err
	})
	return out, err
}

// RenamePerson changes what a person is called. They may themselves, so may the
// administrators of their organization, and operators.
func (s *Service) RenamePerson(ctx context.Context, actor Actor, id int64, name string) (User, error) {
	var c fault.Check
	c.Need("name", name)
	c.MaxLen("name", name, 200)
	if err := c.Err(); err != nil {
		return User{}, err
	}
	var u User
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := changeable(ctx, tx, actor, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account_user SET name = ? WHERE marketplace_id = ? AND id = ?`, strings.TrimSpace(name), tx.Marketplace(), id); err != nil {
			return err
		}
		if u, err = userByID(ctx, tx, id); err != nil {
			return err
		}
		return audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "user.rename", Entity: "user", EntityID: id, Before: before, After: u})
	})
	return u, err
}

// changeable reads a person whom the actor may change.
func changeable(ctx context.Context, tx *store.Tx, actor Actor, id int64) (User, error) {
	u, err := userByID(ctx, tx, id)
	if err != nil {
		return User{}, err
	}
	if err := actor.NeedOwn("user", u.OrganizationID); err != nil {
		return User{}, err
	}
	if u.ID != actor.UserID && actor.Role != Admin {
		return User{}, fault.New(fault.Forbidden, "Only administrators change other people's accounts.")
	}
	return u, nil
}
