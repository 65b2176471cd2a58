package main

import (
	"context"
	"fmt"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/fault"
)

// marketplaceOn returns the marketplace on the host, or the only one there is.
func marketplaceOn(ctx context.Context, accounts *account.Service, host string) (account.Marketplace, error) {
	if host != "" {
		return accounts.MarketplaceByHost(ctx, host)
	}
	all, err := accounts.Marketplaces(ctx)
	switch {
	case err != nil:
		return account.Marketplace{}, err
	case len(all) == 0:
		return account.Marketplace{}, fault.New(fault.Precondition, "There is no marketplace yet. Make one with: fondaco admin create")
	case len(all) > 1:
		return account.Marketplace{}, fault.InvalidField("--host", fmt.Sprintf("There are %d marketplaces. Name the host of the one that is meant.", len(all)))
	}
	return all[0], nil
}
