package invoice

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/store"
	"github.com/fondaco/fondaco/core/subscription"
)

// SelfBilled reports whether the invoice is a pro-forma one: its seller
// writes the real one and collects the money, the marketplace does neither.
func (i Invoice) SelfBilled() bool { return i.SelfBilledBy != nil }

// selfBill makes the invoice a pro-forma one of its seller, the reseller or
// else the vendor, when the plan says so.
func (s *Service) selfBill(ctx context.Context, tx *store.Tx, sub subscription.Subscription, inv *Invoice) error {
	rev, err := catalog.RevisionByID(ctx, tx, sub.RevisionID)
	if err != nil || !rev.Content.SelfBilling {
		return err
	}
	seller := sub.VendorID
	if sub.ResellerID != nil {
		seller = *sub.ResellerID
	}
	o, err := account.OrganizationByID(ctx, tx, seller)
	if err != nil {
		return err
	}
	party := partyOf(o)
	inv.SelfBilledBy, inv.Snapshot.Seller = &seller, &party
	return nil
}
