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

// byHost finds the storefront of a host in all marketplaces, and its
// marketplace.
func byHost(ctx context.Context, tx *store.Tx, host string) (int64, Storefront, error) {
	var found struct {
		MarketplaceID int64 `db:"marketplace_id"`
		Reseller      int64 `db:"reseller_id"`
	}
	err := tx.Get(ctx, "storefront", &found, `SELECT marketplace_id, reseller_id FROM storefront WHERE host = ?`, host)
	if err != nil {
		return 0, Storefront{}, err
	}
	s, err := byReseller(ctx, tx.Within(found.MarketplaceID), found.Reseller)
	return found.MarketplaceID, s, err
}

// hostInUse looks for the host in all marketplaces: it leads to one place.
func hostInUse(ctx context.Context, tx *store.Tx, host string) (bool, error) {
	var n int
	err := tx.Get(ctx, "host", &n, `SELECT (SELECT COUNT(*) FROM storefront WHERE host = ?) + (SELECT COUNT(*) FROM marketplace WHERE host = ?)`, host, host)
	return n > 0, err
}

func write(ctx context.Context, tx *store.Tx, s Storefront) error {
	_, err := tx.Exec(ctx, `INSERT INTO storefront (marketplace_id, reseller_id, host, name, mode, contact, accent, accent_dark, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (marketplace_id, reseller_id) DO UPDATE SET host = excluded.host, name = excluded.name,
		mode = excluded.mode, contact = excluded.contact, accent = excluded.accent, accent_dark = excluded.accent_dark, updated_at = excluded.updated_at`,
		tx.Marketplace(), s.ResellerID, s.Host, s.Name, s.Mode, s.Contact, s.Accent, s.AccentDark, tx.Now(), tx.Now())
	return err
}

// writeLogo keeps the picture; an empty one removes it.
func writeLogo(ctx context.Context, tx *store.Tx, reseller int64, logo []byte) error {
	kind := logoType
	if len(logo) == 0 {
		logo, kind = nil, ""
	}
	_, err := tx.Exec(ctx, `UPDATE storefront SET logo = ?, logo_type = ? WHERE marketplace_id = ? AND reseller_id = ?`, logo, kind, tx.Marketplace(), reseller)
	return err
}

func logoOf(ctx context.Context, tx *store.Tx, reseller int64) ([]byte, string, error) {
	var row struct {
		Logo []byte `db:"logo"`
		Type string `db:"logo_type"`
	}
	err := tx.Get(ctx, "logo", &row, `SELECT logo, logo_type FROM storefront WHERE marketplace_id = ? AND reseller_id = ? AND logo_type <> ''`, tx.Marketplace(), reseller)
	return row.Logo, row.Type, err
}
