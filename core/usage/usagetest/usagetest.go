// Package usagetest gives tests a subscription to count for, written straight
// into the tables, without the nouns that would make one.
package usagetest

import (
	"context"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store"
	"github.com/stretchr/testify/require"
)

// Shop is a marketplace with a vendor's product, a provider and subscriptions
// of one customer.
type Shop struct {
	db            *store.DB
	MarketplaceID int64
	Customer      account.Actor
	Vendor        account.Actor
	Stranger      account.Actor // a customer who has nothing
	Operator      account.Actor
	ProviderID    int64
	Secret        secret.Text // of the provider's gateway
	productID     int64
	planID        int64
	RevisionID    int64
}

// NewShop makes a shop; host must be new to the database.
func NewShop(t testing.TB, db *store.DB, host string, sandbox bool) *Shop {
	t.Helper()
	s := &Shop{db: db, Secret: secret.Text("secret of " + host)}
	s.MarketplaceID = s.platform(t, `INSERT INTO marketplace (name, host, sandbox, currency, created_at) VALUES ('Rialto', ?, ?, 'EUR', ?)`,
		host, sandbox, db.Clock().Now())
	s.Customer = s.person(t, account.Customer, "Acme")
	s.Vendor = s.person(t, account.Vendor, "Lagoon Maps")
	s.Stranger = s.person(t, account.Customer, "Stranger")
	s.Operator = s.person(t, account.Operator, "Rialto")
	s.ProviderID = s.Insert(t, `INSERT INTO provider (name, plugin, product_type, settings_sealed, ingest_hash, created_at, marketplace_id)
		VALUES ('Kong', 'kong', 'api', ?, ?, ?, ?)`, []byte("x"), secret.Hash(s.Secret), s.now())
	s.productID = s.Insert(t, `INSERT INTO product (vendor_id, sku, type, name, category, short_description, status, created_at, updated_at, marketplace_id)
		VALUES (?, 'maps', 'api', 'Maps', 'Geo', 'Maps', 'published', ?, ?, ?)`, s.Vendor.OrganizationID, s.now(), s.now())
	s.planID = s.Insert(t, `INSERT INTO plan (product_id, name, created_at, marketplace_id) VALUES (?, 'Basic', ?, ?)`, s.productID, s.now())
	s.RevisionID = s.Insert(t, `INSERT INTO plan_revision (plan_id, number, content, created_at, marketplace_id) VALUES (?, 1, '{}', ?, ?)`, s.planID, s.now())
	return s
}

// Subscribe adds an active subscription of the customer.
func (s *Shop) Subscribe(t testing.TB) int64 {
	t.Helper()
	order := s.Insert(t, `INSERT INTO customer_order (customer_id, placed_by, plan_revision_id, status, created_at, marketplace_id)
		VALUES (?, ?, ?, 'confirmed', ?, ?)`, s.Customer.OrganizationID, s.Customer.UserID, s.RevisionID, s.now())
	return s.Insert(t, `INSERT INTO subscription (customer_id, vendor_id, product_id, plan_id, plan_revision_id, order_id, provider_id,
		status, auto_renew, created_at, marketplace_id) VALUES (?, ?, ?, ?, ?, ?, ?, 'active', ?, ?, ?)`, s.Customer.OrganizationID,
		s.Vendor.OrganizationID, s.productID, s.planID, s.RevisionID, order, s.ProviderID, true, s.now())
}

// Bill records that a period of the subscription has been billed.
func (s *Shop) Bill(t testing.TB, subscription int64, from, to time.Time) int64 {
	t.Helper()
	return s.Insert(t, `INSERT INTO billed_period (subscription_id, plan_revision_id, period_start, period_end, usage_amount, marketplace_id)
		VALUES (?, ?, ?, ?, '0', ?)`, subscription, s.RevisionID, from, to)
}

// Invoice adds an unpaid invoice of the subscription over 47.58 EUR.
func (s *Shop) Invoice(t testing.TB, subscription int64, number string) int64 {
	t.Helper()
	return s.Insert(t, `INSERT INTO invoice (customer_id, subscription_id, number, status, currency, net, tax_percent, tax, total, snapshot, issued_at, due_at, marketplace_id)
		VALUES (?, ?, ?, 'unpaid', 'EUR', '39.00', '22', '8.58', '47.58', '{}', ?, ?, ?)`,
		s.Customer.OrganizationID, subscription, number, s.now(), s.now())
}

// InTx runs fn in a transaction of the shop's marketplace.
func (s *Shop) InTx(t testing.TB, fn func(ctx context.Context, tx *store.Tx) error) {
	t.Helper()
	require.NoError(t, s.db.InTx(t.Context(), s.MarketplaceID, func(tx *store.Tx) error { return fn(t.Context(), tx) }))
}

// Count returns the one number that the query answers; the marketplace is its
// last argument.
func (s *Shop) Count(t testing.TB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	s.InTx(t, func(ctx context.Context, tx *store.Tx) error {
		return tx.Get(ctx, "count", &n, query, append(args, s.MarketplaceID)...)
	})
	return n
}

// Insert adds a row and returns its id; the marketplace is the last argument.
func (s *Shop) Insert(t testing.TB, query string, args ...any) (id int64) {
	t.Helper()
	s.InTx(t, func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = tx.Insert(ctx, query, append(args, s.MarketplaceID)...)
		return err
	})
	return id
}

func (s *Shop) platform(t testing.TB, query string, args ...any) (id int64) {
	t.Helper()
	require.NoError(t, s.db.InTx(t.Context(), store.Platform, func(tx *store.Tx) (err error) {
		id, err = tx.Insert(t.Context(), query, args...)
		return err
	}))
	return id
}

func (s *Shop) person(t testing.TB, kind account.Kind, name string) account.Actor {
	t.Helper()
	id := s.Insert(t, `INSERT INTO organization (kind, name, email, created_at, marketplace_id) VALUES (?, ?, 'a@b.test', ?, ?)`, kind, name, s.now())
	return account.Actor{MarketplaceID: s.MarketplaceID, UserID: id, OrganizationID: id, Kind: kind, Role: account.Admin, Name: "Ada", Organization: name}
}

func (s *Shop) now() time.Time { return s.db.Clock().Now() }
