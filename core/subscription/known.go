package subscription

import (
	"context"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Person returns a person and their organization to that organization, to its
// reseller and to operators; and a customer's to those who sold to it. For all
// others they do not exist.
func (s *Service) Person(ctx context.Context, actor account.Actor, id int64) (account.User, account.Organization, error) {
	var u account.User
	var o account.Organization
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		if u, err = account.UserByID(ctx, tx, id); err != nil {
			return err
		}
		o, err = known(ctx, tx, actor, u.OrganizationID, "user", soldTo)
		return err
	})
	if err != nil {
		return account.User{}, account.Organization{}, err
	}
	return u, o, nil
}

// Partner returns an organization as Person does; customers get those who sold
// to them, too.
func (s *Service) Partner(ctx context.Context, actor account.Actor, id int64) (account.Organization, error) {
	var o account.Organization
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		o, err = known(ctx, tx, actor, id, "company", soldTo, boughtFrom)
		return err
	})
	return o, err
}

// Two ways to know an organization (the first arguments) for the actor's (the
// others): as its customer, and as who sold to it.
const (
	soldTo     = `customer_id = ? AND (vendor_id = ? OR reseller_id = ?)`
	boughtFrom = `? IN (vendor_id, reseller_id) AND (customer_id = ? OR reseller_id = ?)`
)

func known(ctx context.Context, tx *store.Tx, actor account.Actor, organization int64, what string, ways ...string) (account.Organization, error) {
	o, err := account.OrganizationByID(ctx, tx, organization)
	if err != nil || actor.Owns(o.ID) || (o.ResellerID != nil && actor.Owns(*o.ResellerID)) {
		return o, err
	}
	for _, way := range ways {
		var ids []int64
		err := tx.Select(ctx, &ids, `SELECT id FROM subscription WHERE marketplace_id = ? AND `+way+` LIMIT 1`,
			tx.Marketplace(), o.ID, actor.OrganizationID, actor.OrganizationID)
		if err != nil {
			return account.Organization{}, err
		}
		if len(ids) > 0 && actor.OrganizationID != 0 {
			return o, nil
		}
	}
	return account.Organization{}, fault.Newf(fault.NotFound, "There is no such %s.", what)
}
