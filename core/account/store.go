package account

import (
	"context"
	"time"

	"github.com/fondaco/fondaco/core/store"
)

const selectMarketplace = `SELECT id, name, host, sandbox, currency, tax_percent, tax_text, address, vat_id, support_email, created_at,
	overdue_stop_days, overdue_end_days, first_payment_days, allow_private_targets FROM marketplace`

func insertMarketplace(ctx context.Context, tx *store.Tx, in MarketplaceInput) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO marketplace (name, host, sandbox, currency, tax_percent, tax_text, address, vat_id, support_email, created_at,
		overdue_stop_days, overdue_end_days, first_payment_days, allow_private_targets) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		in.Name, in.Host, in.Sandbox, in.Currency, in.TaxPercent, in.TaxText, in.Address, in.VATID, in.SupportEmail, tx.Now(),
		in.Overdue.StopDays, in.Overdue.EndDays, in.Overdue.FirstPaymentDays, in.AllowPrivateTargets)
}

func marketplaceByID(ctx context.Context, tx *store.Tx, id int64) (m Marketplace, err error) {
	return m, tx.Get(ctx, "marketplace", &m, selectMarketplace+` WHERE id = ?`, id)
}

// MarketplaceAt reads the tenant that answers on the host itself, or the one
// that answers on all. A storefront's host is looked for by core/storefront.
func MarketplaceAt(ctx context.Context, tx *store.Tx, host string) (m Marketplace, err error) {
	return m, tx.Get(ctx, "marketplace on host "+host, &m, selectMarketplace+
		` WHERE host = ? OR host = '*' ORDER BY CASE WHEN host = '*' THEN 1 ELSE 0 END LIMIT 1`, host)
}

func marketplaces(ctx context.Context, tx *store.Tx) (all []Marketplace, err error) {
	return all, tx.Select(ctx, &all, selectMarketplace+` ORDER BY id`)
}

// MarketplaceOf returns the transaction's own marketplace.
func MarketplaceOf(ctx context.Context, tx *store.Tx) (Marketplace, error) {
	return marketplaceByID(ctx, tx, tx.Marketplace())
}

func insertOrganization(ctx context.Context, tx *store.Tx, in OrganizationInput) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO organization (marketplace_id, kind, name, email, address, vat_id, reseller_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?, NULLIF(?, 0), ?)`, tx.Marketplace(), in.Kind, in.Name, in.Email, in.Address, in.VATID, in.ResellerID, tx.Now())
}

// OrganizationByID reads an organization for other nouns, without asking who
// wants to know.
func OrganizationByID(ctx context.Context, tx *store.Tx, id int64) (o Organization, err error) {
	return o, tx.Get(ctx, "organization", &o, `SELECT id, kind, name, email, address, vat_id, reseller_id, created_at
		FROM organization WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
}

// OperatorEmails returns the addresses that operators are told at.
func OperatorEmails(ctx context.Context, tx *store.Tx) (emails []string, err error) {
	return emails, tx.Select(ctx, &emails, `SELECT email FROM organization WHERE marketplace_id = ? AND kind = ? ORDER BY id`, tx.Marketplace(), Operator)
}

const selectUser = `SELECT id, organization_id, email, name, role, created_at FROM account_user`

func insertUser(ctx context.Context, tx *store.Tx, in UserInput, hash string) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO account_user (marketplace_id, organization_id, email, name, password_hash, role, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, tx.Marketplace(), in.OrganizationID, in.Email, in.Name, hash, in.Role, tx.Now())
}

func userByID(ctx context.Context, tx *store.Tx, id int64) (u User, err error) {
	return u, tx.Get(ctx, "user", &u, selectUser+` WHERE marketplace_id = ? AND id = ?`, tx.Marketplace(), id)
}

func userByEmail(ctx context.Context, tx *store.Tx, email string) (u User, err error) {
	return u, tx.Get(ctx, "user", &u, selectUser+` WHERE marketplace_id = ? AND email = ?`, tx.Marketplace(), email)
}

// actorRow joins a person with their organization.
type actorRow struct {
	MarketplaceID  int64  `db:"marketplace_id"`
	UserID         int64  `db:"user_id"`
	OrganizationID int64  `db:"organization_id"`
	Kind           Kind   `db:"kind"`
	Role           Role   `db:"role"`
	Name           string `db:"name"`
	Email          string `db:"email"`
	Organization   string `db:"organization"`
	ResellerID     int64  `db:"reseller_id"`
	PasswordHash   string `db:"password_hash"`
}

func (r actorRow) actor() Actor {
	return Actor{MarketplaceID: r.MarketplaceID, UserID: r.UserID, OrganizationID: r.OrganizationID, Kind: r.Kind,
		Role: r.Role, Name: r.Name, Email: r.Email, Organization: r.Organization, ResellerID: r.ResellerID}
}

const actorColumns = `u.marketplace_id, u.id AS user_id, u.organization_id, o.kind, u.role, u.name, u.email,
	o.name AS organization, COALESCE(o.reseller_id, 0) AS reseller_id, u.password_hash`

func actorByEmail(ctx context.Context, tx *store.Tx, email string) (Actor, string, error) {
	var row actorRow
	err := tx.Get(ctx, "user", &row, `SELECT `+actorColumns+` FROM account_user u JOIN organization o ON o.id = u.organization_id
		WHERE u.marketplace_id = ? AND u.email = ?`, tx.Marketplace(), email)
	return row.actor(), row.PasswordHash, err
}

func actorByID(ctx context.Context, tx *store.Tx, user int64) (Actor, error) {
	var row actorRow
	err := tx.Get(ctx, "user", &row, `SELECT `+actorColumns+` FROM account_user u JOIN organization o ON o.id = u.organization_id
		WHERE u.marketplace_id = ? AND u.id = ?`, tx.Marketplace(), user)
	return row.actor(), err
}

type tokenRow struct {
	actorRow
	TokenID    int64      `db:"token_id"`
	LastUsedAt *time.Time `db:"last_used_at"`
}

func tokenByHash(ctx context.Context, tx *store.Tx, hash string, now time.Time) (row tokenRow, err error) {
	return row, tx.Get(ctx, "token", &row, `SELECT `+actorColumns+`, t.id AS token_id, t.last_used_at
		FROM api_token t JOIN account_user u ON u.id = t.user_id JOIN organization o ON o.id = u.organization_id
		WHERE t.token_hash = ? AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?)`, hash, now)
}

const selectToken = `SELECT id, name, created_at, last_used_at, revoked_at FROM api_token`

func insertToken(ctx context.Context, tx *store.Tx, user int64, name, hash string) (int64, error) {
	return tx.Insert(ctx, `INSERT INTO api_token (marketplace_id, user_id, name, token_hash, created_at) VALUES (?, ?, ?, ?, ?)`,
		tx.Marketplace(), user, name, hash, tx.Now())
}

func tokenByID(ctx context.Context, tx *store.Tx, user, id int64) (t Token, err error) {
	return t, tx.Get(ctx, "API token", &t, selectToken+` WHERE marketplace_id = ? AND user_id = ? AND id = ?`, tx.Marketplace(), user, id)
}

func tokensOf(ctx context.Context, tx *store.Tx, user int64) (all []Token, err error) {
	return all, tx.Select(ctx, &all, selectToken+` WHERE marketplace_id = ? AND user_id = ? ORDER BY id DESC`, tx.Marketplace(), user)
}

func revokeToken(ctx context.Context, tx *store.Tx, id int64) error {
	_, err := tx.Exec(ctx, `UPDATE api_token SET revoked_at = ? WHERE marketplace_id = ? AND id = ? AND revoked_at IS NULL`,
		tx.Now(), tx.Marketplace(), id)
	return err
}

func touchToken(ctx context.Context, tx *store.Tx, id int64, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE api_token SET last_used_at = ? WHERE marketplace_id = ? AND id = ?`, at, tx.Marketplace(), id)
	return err
}
