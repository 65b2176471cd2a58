package account

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// OrganizationFilter narrows a list of organizations; zero values do not.
type OrganizationFilter struct {
	Kind  Kind
	Email string // exactly
	Query string // words of the name
}

// FindOrganizations lists the organizations that the actor looks after, newest
// first: its own, for resellers their customers, for operators all.
func (s *Service) FindOrganizations(ctx context.Context, actor Actor, f OrganizationFilter, req page.Request) (page.Page[Organization], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Organization]{}, err
	}
	w := store.NewWhere(actor.MarketplaceID)
	w.Add(` AND id < ?`, before)
	if !actor.SeesAll() {
		w.Add(` AND (id = ? OR reseller_id = ?)`, actor.OrganizationID, actor.OrganizationID)
	}
	if f.Kind != "" {
		w.Add(` AND kind = ?`, f.Kind)
	}
	if f.Email != "" {
		w.Add(` AND email = ?`, f.Email)
	}
	for word := range strings.FieldsSeq(f.Query) {
		w.Contains(word, `name`)
	}
	var out page.Page[Organization]
	err = s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		out, err = store.SelectPage(ctx, tx, req, `SELECT id, kind, name, email, address, vat_id, reseller_id, created_at FROM organization
			WHERE marketplace_id = ?`+w.Text, `id DESC`, w.Args, func(o Organization) int64 { return o.ID })
		return err
	})
	return out, err
}
