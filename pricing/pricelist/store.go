package pricelist

import (
	"context"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

const selectPrice = `SELECT id, reseller_id, plan_id, rule, percent, recurring_price, setup_price, set_by, created_at
	FROM reseller_price WHERE marketplace_id = ?`

// latest leaves the rules that hold.
const latest = ` AND NOT EXISTS (SELECT 1 FROM reseller_price n WHERE n.marketplace_id = reseller_price.marketplace_id
	AND n.plan_id = reseller_price.plan_id AND n.reseller_id = reseller_price.reseller_id AND n.id > reseller_price.id)`

func insert(ctx context.Context, tx *store.Tx, p Price) (Price, error) {
	id, err := tx.Insert(ctx, `INSERT INTO reseller_price (marketplace_id, reseller_id, plan_id, rule, percent, recurring_price, setup_price, set_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), p.ResellerID, p.PlanID, p.Kind, p.Percent, p.RecurringPrice, p.SetupPrice, p.SetBy, tx.Now())
	if err != nil {
		return Price{}, err
	}
	return p, tx.Get(ctx, "reseller price", &p, selectPrice+` AND id = ?`, tx.Marketplace(), id)
}

// ofPlan reads the rules that hold for a plan, of all resellers.
func ofPlan(ctx context.Context, tx *store.Tx, plan int64) (all []Price, err error) {
	return all, tx.Select(ctx, &all, selectPrice+` AND plan_id = ?`+latest+` ORDER BY reseller_id`, tx.Marketplace(), plan)
}

// ofReseller reads the rules that hold of a reseller, by plan.
func ofReseller(ctx context.Context, tx *store.Tx, reseller int64) (map[int64]*Price, error) {
	var all []Price
	err := tx.Select(ctx, &all, selectPrice+` AND reseller_id = ?`+latest, tx.Marketplace(), reseller)
	out := map[int64]*Price{}
	for _, p := range all {
		out[p.PlanID] = &p
	}
	return out, err
}

// history reads every rule that a reseller ever set for a plan, newest first.
func history(ctx context.Context, tx *store.Tx, reseller, plan int64) (all []Price, err error) {
	return all, tx.Select(ctx, &all, selectPrice+` AND reseller_id = ? AND plan_id = ? ORDER BY id DESC`, tx.Marketplace(), reseller, plan)
}

// forSale reads the ids of the published products' plans, newest first, below
// the given one.
func forSale(ctx context.Context, tx *store.Tx, before int64, limit int) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT pl.id FROM plan pl JOIN product p ON p.id = pl.product_id
		WHERE pl.marketplace_id = ? AND pl.id < ? AND p.status = ? AND NOT pl.hidden ORDER BY pl.id DESC LIMIT ?`,
		tx.Marketplace(), before, catalog.Published, limit)
}

func soldBy(ctx context.Context, tx *store.Tx, reseller, before int64, limit int) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT id FROM subscription WHERE marketplace_id = ? AND reseller_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		tx.Marketplace(), reseller, before, limit)
}

// runningOf reads what is billed period by period.
func runningOf(ctx context.Context, tx *store.Tx, reseller int64) (ids []int64, err error) {
	return ids, tx.Select(ctx, &ids, `SELECT id FROM subscription WHERE marketplace_id = ? AND reseller_id = ? AND status IN (?, ?)`,
		tx.Marketplace(), reseller, subscription.Active, subscription.Suspended)
}
