package catalog

import (
	"context"
	"strings"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/page"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/storefront"
)

// PlanFilter narrows a list of plans; zero values do not.
type PlanFilter struct {
	ProductID int64
	Name      string // a part of the name
	// Hidden lists also those of the actor's own that are off the storefront.
	Hidden bool
}

// BrowsePlans lists plans of published products and of the actor's own, each
// as the only one in the listing of its product.
func (s *Service) BrowsePlans(ctx context.Context, actor account.Actor, f PlanFilter, req page.Request) (page.Page[Listing], error) {
	var out page.Page[Listing]
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		shop, err := storefront.Of(ctx, tx, actor.ResellerID)
		if err != nil || !shop.Mode.ShowsPrices() {
			return err
		}
		query, args := f.sql(tx, actor)
		found, err := store.SelectPage(ctx, tx, req, query, "pl.product_id, pl.position, pl.id", args, func(r planRow) int64 { return r.ID })
		if err != nil {
			return err
		}
		ids := make([]int64, len(found.Items))
		for i, r := range found.Items {
			ids[i] = r.ProductID
		}
		seen, err := listingsOf(ctx, tx, actor, ids)
		out = page.Map(found, func(r planRow) Listing {
			l := seen[r.ProductID]
			l.Plans = []Plan{r.plan()}
			return l
		})
		return err
	})
	return out, err
}

func (f PlanFilter) sql(tx *store.Tx, actor account.Actor) (string, []any) {
	own, whose := ownOf(actor)
	query := selectPlan + ` AND NOT r.excluded AND EXISTS (SELECT 1 FROM product p WHERE p.id = pl.product_id AND (p.status = ? OR ` + own + `)`
	args := append([]any{actor.ResellerID, tx.Marketplace(), Published}, whose...)
	add := func(clause string, arg ...any) { query, args = query+clause, append(args, arg...) }
	if f.Hidden {
		add(" AND (NOT pl.hidden OR "+own+"))", whose...)
	} else {
		add(" AND NOT pl.hidden)")
	}
	if f.ProductID != 0 {
		add(" AND pl.product_id = ?", f.ProductID)
	}
	if f.Name != "" {
		add(` AND LOWER(pl.name) LIKE ? ESCAPE '\'`, "%"+escapeLike.Replace(strings.ToLower(f.Name))+"%")
	}
	return query, args
}
