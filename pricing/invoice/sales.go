package invoice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/pricing/money"
)

// Sale is what a product was billed for in a month of UTC: the net amount of
// invoices less credit notes, without those that were cancelled.
type Sale struct {
	Month     time.Time
	ProductID int64
	Product   string
	Net       money.Money
}

// Sales sums what was billed from from (included) to to (excluded) for the
// products of the actor's organization, or of all for operators: by month,
// product and currency, oldest first.
func (s *Service) Sales(ctx context.Context, actor account.Actor, from, to time.Time) ([]Sale, error) {
	if err := actor.Need(account.EditProducts); err != nil {
		return nil, err
	}
	var rows []soldRow
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		rows, err = sold(ctx, tx, actor, from, to)
		return err
	})
	return sales(rows), err
}

type soldRow struct {
	ProductID int64         `db:"product_id"`
	Product   string        `db:"product"`
	Currency  string        `db:"currency"`
	Net       money.Decimal `db:"net"`
	IssuedAt  time.Time     `db:"issued_at"`
}

func sold(ctx context.Context, tx *store.Tx, actor account.Actor, from, to time.Time) (rows []soldRow, err error) {
	where, args := "", []any{tx.Marketplace(), Cancelled, Draft, from.UTC(), to.UTC()}
	if !actor.SeesAll() {
		where, args = ` AND s.vendor_id = ?`, append(args, actor.OrganizationID)
	}
	return rows, tx.Select(ctx, &rows, `SELECT s.product_id, p.name AS product, i.currency, i.net, i.issued_at
		FROM invoice i JOIN subscription s ON s.id = i.subscription_id JOIN product p ON p.id = s.product_id
		WHERE i.marketplace_id = ? AND i.status NOT IN (?, ?) AND i.issued_at >= ? AND i.issued_at < ?`+where+` ORDER BY i.id`, args...)
}

// sales adds up exactly; a database would add decimals as floats.
func sales(rows []soldRow) []Sale {
	type key struct {
		month    time.Time
		product  int64
		currency string
	}
	place := map[key]int{}
	var out []Sale
	for _, r := range rows {
		at := r.IssuedAt.UTC()
		k := key{time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC), r.ProductID, r.Currency}
		i, known := place[k]
		if !known {
			i, place[k] = len(out), len(out)
			out = append(out, Sale{Month: k.month, ProductID: r.ProductID, Product: r.Product, Net: money.New(money.Int(0), r.Currency)})
		}
		out[i].Net.Amount = out[i].Net.Amount.Add(r.Net)
	}
	slices.SortStableFunc(out, func(a, b Sale) int {
		return cmp.Or(a.Month.Compare(b.Month), cmp.Compare(a.ProductID, b.ProductID), cmp.Compare(a.Net.Currency, b.Net.Currency))
	})
	return out
}
