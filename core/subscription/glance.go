package subscription

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/store"
)

// Glance returns the version of a subscription the actor may see, in one cheap
// query: who kept what it looked like at that version need not read it again.
func (s *Service) Glance(ctx context.Context, actor account.Actor, id int64) (version int64, err error) {
	var row struct {
		Version    int64  `db:"version"`
		CustomerID int64  `db:"customer_id"`
		VendorID   int64  `db:"vendor_id"`
		ResellerID *int64 `db:"reseller_id"`
	}
	err = s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		return tx.Get(ctx, "subscription", &row, `SELECT version, customer_id, vendor_id, reseller_id FROM subscription WHERE marketplace_id = ? AND id = ?`,
			actor.MarketplaceID, id)
	})
	if err != nil {
		return 0, err
	}
	parties := Subscription{CustomerID: row.CustomerID, VendorID: row.VendorID, ResellerID: row.ResellerID}.Parties()
	return row.Version, actor.NeedOwn("subscription", parties...)
}
