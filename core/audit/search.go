package audit

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
)

// Filter narrows the trail; zero values do not.
type Filter struct {
	Entity   string // "product"
	EntityID int64
	Query    string // part of the actor's name or of the action, in any case
}

// Search returns the entries that pass the filter, newest first.
func Search(ctx context.Context, tx *store.Tx, f Filter, req page.Request) (page.Page[Record], error) {
	before, err := req.Before()
	if err != nil {
		return page.Page[Record]{}, err
	}
	where, args := "", []any{tx.Marketplace(), before}
	if f.Entity != "" {
		where, args = where+" AND entity = ?", append(args, f.Entity)
	}
	if f.EntityID != 0 {
		where, args = where+" AND entity_id = ?", append(args, f.EntityID)
	}
	if q := strings.ToLower(strings.TrimSpace(f.Query)); q != "" {
		like := "%" + escapeLike(q) + "%"
		where, args = where+` AND (LOWER(actor) LIKE ? ESCAPE '\' OR LOWER(action) LIKE ? ESCAPE '\')`, append(args, like, like)
	}
	var rows []Record
	err = tx.Select(ctx, &rows, `SELECT id, happened_at, actor, action, entity, entity_id, before, after
		FROM audit_entry WHERE marketplace_id = ? AND id < ?`+where+` ORDER BY id DESC LIMIT ?`, append(args, req.Size()+1)...)
	return page.Cut(req, rows, func(r Record) int64 { return r.ID }), err
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}
