package storefront

import (
	"context"
	"slices"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/audit"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/store"
)

// Service is what can be done with storefronts.
type Service struct {
	db       *store.DB
	reserved []string
}

// Config is what the service needs; all of it but what says so.
type Config struct {
	DB *store.DB
	// Reserved are the installation's own host names, which no storefront can
	// take. Optional.
	Reserved []string
}

// New returns the service.
func New(cfg Config) *Service { return &Service{db: cfg.DB, reserved: cfg.Reserved} }

// At returns the marketplace that answers on the host (no port), and the
// storefront whose host it is: the zero Storefront on the marketplace's own.
func (s *Service) At(ctx context.Context, host string) (m account.Marketplace, shop Storefront, err error) {
	err = s.db.View(ctx, store.Platform, func(tx *store.Tx) error {
		var market int64
		market, shop, err = byHost(ctx, tx, host)
		if fault.Is(err, fault.NotFound) {
			m, err = account.MarketplaceAt(ctx, tx, host)
			return err
		}
		if err == nil {
			m, err = account.MarketplaceOf(ctx, tx.Within(market))
		}
		return err
	})
	return m, shop, err
}

// Get returns the reseller's storefront: the actor's, or the one of the
// reseller that an operator names.
func (s *Service) Get(ctx context.Context, actor account.Actor, reseller int64) (Storefront, error) {
	if err := actor.Need(account.ManageStorefront); err != nil {
		return Storefront{}, err
	}
	var shop Storefront
	err := s.db.View(ctx, actor.MarketplaceID, func(tx *store.Tx) error {
		id, err := account.ResellerFor(ctx, tx, actor, reseller)
		if err != nil {
			return err
		}
		shop, err = byReseller(ctx, tx, id)
		return err
	})
	return shop, err
}

// Save makes or changes the reseller's storefront. A host that another
// marketplace or storefront answers on is a Conflict.
func (s *Service) Save(ctx context.Context, actor account.Actor, in Input) (Storefront, error) {
	if err := actor.Need(account.ManageStorefront); err != nil {
		return Storefront{}, err
	}
	in = in.normal()
	var logo []byte
	var c fault.Check
	c.Merge("", in.Validate())
	if in.Logo != nil && len(*in.Logo) > 0 {
		clean, err := cleanLogo(*in.Logo)
		c.Merge("", err)
		logo = clean
	}
	if err := c.Err(); err != nil {
		return Storefront{}, err
	}
	if in.AccentDark == "" {
		in.AccentDark = lightened(in.Accent)
	}
	var shop Storefront
	err := s.db.InTx(ctx, actor.MarketplaceID, func(tx *store.Tx) (err error) {
		shop, err = s.save(ctx, tx, actor, in, logo)
		return err
	})
	return shop, err
}

func (s *Service) save(ctx context.Context, tx *store.Tx, actor account.Actor, in Input, logo []byte) (Storefront, error) {
	reseller, err := account.ResellerFor(ctx, tx, actor, in.ResellerID)
	if err != nil {
		return Storefront{}, err
	}
	before, err := byReseller(ctx, tx, reseller)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Storefront{}, err
	}
	if before.Host != in.Host {
		if err := s.free(ctx, tx, in.Host); err != nil {
			return Storefront{}, err
		}
	}
	after := Storefront{ResellerID: reseller, Host: in.Host, Name: in.Name, Mode: in.Mode, Contact: in.Contact, Accent: in.Accent, AccentDark: in.AccentDark}
	if err := write(ctx, tx, after); store.IsTaken(err) {
		return Storefront{}, hostTaken()
	} else if err != nil {
		return Storefront{}, err
	}
	if in.Logo != nil {
		if err := writeLogo(ctx, tx, reseller, logo); err != nil {
			return Storefront{}, err
		}
	}
	if after, err = byReseller(ctx, tx, reseller); err != nil {
		return Storefront{}, err
	}
	return after, audit.Write(ctx, tx, audit.Entry{Actor: actor.Audit(), Action: "storefront.save", Entity: "organization", EntityID: reseller, Before: before, After: after})
}

// free refuses a host that leads somewhere already.
func (s *Service) free(ctx context.Context, tx *store.Tx, host string) error {
	taken, err := hostInUse(ctx, tx, host)
	if err == nil && (taken || slices.Contains(s.reserved, host)) {
		err = hostTaken()
	}
	return err
}

func hostTaken() error {
	e := fault.New(fault.Conflict, "This host name is taken; choose another.")
	e.Fields = []fault.Field{{Name: "host", Message: e.Message}}
	return e
}

// Logo returns the picture of a reseller's storefront and its media type;
// anybody may see it.
func (s *Service) Logo(ctx context.Context, marketplace, reseller int64) (picture []byte, mediaType string, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) (err error) {
		picture, mediaType, err = logoOf(ctx, tx, reseller)
		return err
	})
	return picture, mediaType, err
}

// Of returns the storefront that a reseller's customers buy on, for anybody who
// looks around; reseller 0 is the marketplace itself.
func (s *Service) Of(ctx context.Context, marketplace, reseller int64) (shop Storefront, err error) {
	err = s.db.View(ctx, marketplace, func(tx *store.Tx) error {
		shop, err = Of(ctx, tx, reseller)
		return err
	})
	return shop, err
}
