package account

import (
	"context"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// ResellerFor is the reseller that the actor acts for: itself, or the one that
// somebody who sees all names. One that is not the actor does not exist.
func ResellerFor(ctx context.Context, tx *store.Tx, actor Actor, named int64) (int64, error) {
	if named == 0 {
		named = actor.OrganizationID
	}
	o, err := OrganizationByID(ctx, tx, named)
	if fault.Is(err, fault.NotFound) || err == nil && (o.Kind != Reseller || !actor.Owns(o.ID)) {
		err = fault.InvalidField("resellerId", "There is no such reseller.")
	}
	return o.ID, err
}
