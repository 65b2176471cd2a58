package cart

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Filter narrows a list of carts; zero values do not.
type Filter struct {
	CustomerID int64
	ResellerID int64
	CreatedBy  int64
	CheckedOut *bool
	Search     string // in the name and the notes

	owner int64 // whose carts the asker may see; 0: all
}

// List returns the carts of the actor's organization, newest first; all of them
// for operators.
func (s *Service) List(ctx context.Context, actor account.Actor, f Filter, req page.Request) (page.Page[Cart], error) {
	if err := actor.Need(account.UseSubscriptions); err != nil {
		return page.Page[Cart]{}, err
	}
	if !actor.SeesAll() {
		f.owner = actor.OrganizationID
	}
	var out page.Page[Cart]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		before, err := req.Before()
		if err != nil {
			return err
		}
		query, args := f.sql(tx.Marketplace(), before)
		if out, err = store.SelectPage(ctx, tx, req, query, "id DESC", args, func(c Cart) int64 { return c.ID }); err != nil {
			return err
		}
		return fill(ctx, tx, out.Items)
	})
	return out, err
}

func (f Filter) sql(marketplace, before int64) (string, []any) {
	query, args := selectCart+" AND id < ?", []any{marketplace, before}
	add := func(clause string, arg ...any) { query, args = query+clause, append(args, arg...) }
	for _, c := range []struct {
		column string
		id     int64
	}{{"customer_id", f.CustomerID}, {"reseller_id", f.ResellerID}, {"created_by", f.CreatedBy}} {
		if c.id != 0 {
			add(" AND "+c.column+" = ?", c.id)
		}
	}
	if f.owner != 0 {
		add(" AND (customer_id = ? OR reseller_id = ?)", f.owner, f.owner)
	}
	switch {
	case f.CheckedOut == nil:
	case *f.CheckedOut:
		add(" AND checked_out_at IS NOT NULL")
	default:
		add(" AND checked_out_at IS NULL")
	}
	if f.Search != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(f.Search)) + "%"
		add(` AND (LOWER(name) LIKE ? ESCAPE '\' OR LOWER(notes) LIKE ? ESCAPE '\')`, like, like)
	}
	return query, args
}
