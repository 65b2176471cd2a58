package storefront

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

const selectStorefront = `SELECT id, reseller_id, host, name, mode, contact, accent, accent_dark, logo_type, created_at, updated_at
	FROM storefront WHERE marketplace_id = ?`

// Of reads a reseller's storefront. One that never made any sells as in the
// standard mode; reseller 0 is the marketplace itself.
func Of(ctx context.Context, tx *store.Tx, reseller int64) (Storefront, error) {
	if reseller == 0 {
		return Storefront{Mode: Standard}, nil
	}
	s, err := byReseller(ctx, tx, reseller)
	if fault.Is(err, fault.NotFound) {
		return Storefront{ResellerID: reseller, Mode: Standard}, nil
	}
	return s, err
}

func byReseller(ctx context.Context, tx *store.Tx, reseller int64) (s Storefront, err error) {
	return s, tx.Get(ctx, "storefront", &s, selectStorefront+` AND reseller_id = ?`, tx.Marketplace(), reseller)
}
