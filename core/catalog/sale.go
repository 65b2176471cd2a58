package catalog

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// ForSale returns the plan as it can be ordered now from the reseller; 0 is the
// marketplace itself. A plan of a product that is not published does not exist
// for buyers, nor does one that the reseller does not sell.
func ForSale(ctx context.Context, tx *store.Tx, plan, reseller int64) (Offer, error) {
	pl, err := PlanSoldBy(ctx, tx, plan, reseller)
	if err != nil {
		return Offer{}, err
	}
	p, err := ProductByID(ctx, tx, pl.ProductID)
	if err != nil {
		return Offer{}, err
	}
	switch {
	case p.Status != Published:
		return Offer{}, notForSale(p, "This plan cannot be ordered: its product is not published.")
	case pl.Revision.Excluded:
		return Offer{}, notForSale(p, "This plan is not sold here.")
	}
	return Offer{Product: p, Plan: pl, Revision: pl.Revision}, nil
}

func notForSale(p Product, message string) error {
	e := fault.New(fault.Conflict, message).With("product", p.ID)
	e.Fields = []fault.Field{{Name: "planId", Message: e.Message}}
	return e
}

// PlanSoldBy reads a plan with what the reseller asks for it now: its own newest
// revision, or the marketplace's when it set no price. 0 is the marketplace.
func PlanSoldBy(ctx context.Context, tx *store.Tx, id, reseller int64) (Plan, error) {
	var row planRow
	err := tx.Get(ctx, "plan", &row, selectPlan+` AND pl.id = ?`, reseller, tx.Marketplace(), id)
	return row.plan(), err
}

// plansSoldBy is PlansOf as the reseller sells them.
func plansSoldBy(ctx context.Context, tx *store.Tx, reseller int64, products []int64) (map[int64][]Plan, error) {
	if len(products) == 0 {
		return nil, nil
	}
	var rows []planRow
	err := tx.SelectIn(ctx, &rows, selectPlan+` AND pl.product_id IN (?) ORDER BY pl.position, pl.id`, reseller, tx.Marketplace(), products)
	out := map[int64][]Plan{}
	for _, r := range rows {
		out[r.ProductID] = append(out[r.ProductID], r.plan())
	}
	return out, err
}

// sold leaves, of a query over product p, what the reseller sells at least one
// plan of.
const sold = ` AND EXISTS (SELECT 1 FROM plan pl JOIN plan_revision r ON r.plan_id = pl.id AND r.number = ` + newest + `
	WHERE pl.product_id = p.id AND NOT pl.hidden AND NOT r.excluded)`

// Derived is a reseller's revision that follows from another one.
type Derived struct {
	Source     Revision // of whom the reseller buys from
	ResellerID int64
	Content    PlanContent
	Excluded   bool
}

// Derive writes what a reseller sells from now on. The product must be locked
// (LockProduct): revisions of a plan are numbered one after the other.
func Derive(ctx context.Context, tx *store.Tx, d Derived) error {
	_, err := insertRevision(ctx, tx, Revision{PlanID: d.Source.PlanID, Content: d.Content, ResellerID: &d.ResellerID, SourceID: &d.Source.ID, Excluded: d.Excluded})
	return err
}
