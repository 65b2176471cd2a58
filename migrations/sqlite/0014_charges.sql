-- +goose Up
-- What vendors charge beside their plans, invoices that are collected line by
-- line before they are issued, and those that a seller collects itself. CHECKs
-- are edited as in 0008.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''paid'', ''cancelled''', '''paid'', ''cancelled'', ''draft''') WHERE type = 'table' AND name = 'invoice';
UPDATE sqlite_schema SET sql = replace(sql, '''custom'', ''adjustment''', '''custom'', ''oneShot'', ''recurringCharge'', ''adjustment''') WHERE type = 'table' AND name = 'invoice_line';
PRAGMA writable_schema = RESET;

-- Lines of a vendor's own. One that goes on an invoice only once knows which;
-- NULL: it waits, at least until purchased_at.
CREATE TABLE extra_line (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    kind            TEXT NOT NULL CHECK (kind IN ('oneShot', 'recurring', 'discount', 'upsell')),
    identifier      TEXT NOT NULL DEFAULT '',
    description     TEXT NOT NULL,
    unit            TEXT NOT NULL DEFAULT '',
    tags            TEXT NOT NULL DEFAULT '{}',
    price           DECIMAL_TEXT NOT NULL,
    quantity        DECIMAL_TEXT NOT NULL,
    platform_cost   DECIMAL_TEXT,
    purchased_at    TIMESTAMP NOT NULL,
    created_at      TIMESTAMP NOT NULL,
    invoice_id      INTEGER REFERENCES invoice (id)
);
CREATE INDEX extra_line_by_subscription ON extra_line (marketplace_id, subscription_id, id);
CREATE INDEX extra_line_postponed ON extra_line (marketplace_id, purchased_at) WHERE kind = 'upsell' AND invoice_id IS NULL;

ALTER TABLE invoice_line ADD COLUMN identifier TEXT NOT NULL DEFAULT '';
ALTER TABLE invoice_line ADD COLUMN unit TEXT NOT NULL DEFAULT '';
ALTER TABLE invoice_line ADD COLUMN tags TEXT NOT NULL DEFAULT '{}';
ALTER TABLE invoice_line ADD COLUMN platform_cost DECIMAL_TEXT;

-- The vendor or reseller whose pro-forma invoice it is; NULL: the marketplace
-- bills and collects. The reference is that of a payment somebody recorded.
ALTER TABLE invoice ADD COLUMN self_billed_by INTEGER;
ALTER TABLE invoice ADD COLUMN reference TEXT NOT NULL DEFAULT '';
CREATE INDEX invoice_open ON invoice (marketplace_id, due_at) WHERE status = 'unpaid';
CREATE INDEX customer_order_by_invoice ON customer_order (marketplace_id, invoice_id);
-- Periods that were billed ahead of their start.
ALTER TABLE subscription ADD COLUMN renewed_ahead INTEGER NOT NULL DEFAULT 0;

-- A draft is not issued: it may change until it is.
DROP TRIGGER invoice_is_immutable;
DROP TRIGGER invoice_line_is_kept;
-- +goose StatementBegin
CREATE TRIGGER invoice_is_immutable BEFORE UPDATE OF number, customer_id, subscription_id, currency, net, tax_percent, tax, total, snapshot, issued_at, due_at, self_billed_by ON invoice
WHEN OLD.status <> 'draft' BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_line_is_kept BEFORE DELETE ON invoice_line
WHEN (SELECT status FROM invoice WHERE id = OLD.invoice_id) <> 'draft' BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER invoice_is_immutable;
DROP TRIGGER invoice_line_is_kept;
ALTER TABLE subscription DROP COLUMN renewed_ahead;
DROP INDEX customer_order_by_invoice;
DROP INDEX invoice_open;
ALTER TABLE invoice DROP COLUMN reference;
ALTER TABLE invoice DROP COLUMN self_billed_by;
ALTER TABLE invoice_line DROP COLUMN platform_cost;
ALTER TABLE invoice_line DROP COLUMN tags;
ALTER TABLE invoice_line DROP COLUMN unit;
ALTER TABLE invoice_line DROP COLUMN identifier;
DROP TABLE extra_line;
-- +goose StatementBegin
CREATE TRIGGER invoice_is_immutable BEFORE UPDATE OF number, customer_id, subscription_id, currency, net, tax_percent, tax, total, snapshot, issued_at, due_at ON invoice
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_line_is_kept BEFORE DELETE ON invoice_line
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''custom'', ''oneShot'', ''recurringCharge'', ''adjustment''', '''custom'', ''adjustment''') WHERE type = 'table' AND name = 'invoice_line';
UPDATE sqlite_schema SET sql = replace(sql, '''paid'', ''cancelled'', ''draft''', '''paid'', ''cancelled''') WHERE type = 'table' AND name = 'invoice';
PRAGMA writable_schema = RESET;
