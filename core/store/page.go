package store

import (
	"context"

	"github.com/fondaco/fondaco/core/page"
)

// SelectPage reads one page of a list. query is everything before ORDER BY; for
// pages by cursor its condition on the id is already in it. order is that of
// the list, such as "s.id DESC", and id gives a row's key.
func SelectPage[T any](ctx context.Context, tx *Tx, req page.Request, query, order string, args []any, id func(T) int64) (page.Page[T], error) {
	var rows []T
	paged := query + ` ORDER BY ` + order + ` LIMIT ?`
	if req.Number == 0 {
		err := tx.Select(ctx, &rows, paged, append(args, req.Size()+1)...)
		return page.Cut(req, rows, id), err
	}
	var total int
	if err := tx.Get(ctx, "count", &total, `SELECT COUNT(*) FROM (`+query+`) AS counted`, args...); err != nil {
		return page.Page[T]{}, err
	}
	err := tx.Select(ctx, &rows, paged+` OFFSET ?`, append(args, req.Size(), req.Offset())...)
	return page.Page[T]{Items: rows, Total: total}, err
}
