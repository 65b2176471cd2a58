-- +goose Up
-- Product types are what plugins bring, so the schema cannot list them; and
-- bought quantities have lines of their own.
ALTER TABLE product DROP CONSTRAINT product_type_check;
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check;
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_kind_check
    CHECK (kind IN ('setup', 'recurring', 'resource', 'usage', 'refund', 'upgrade', 'discount', 'tax', 'custom', 'adjustment'));

-- What the product's plugin wants to know: as it may be shown, and whole with
-- its secrets, sealed.
ALTER TABLE product ADD COLUMN configuration TEXT NOT NULL DEFAULT '{}';
ALTER TABLE product ADD COLUMN configuration_sealed BYTEA;
-- What is done when reality is not as sold.
ALTER TABLE product ADD COLUMN drift_policy TEXT NOT NULL DEFAULT 'report' CHECK (drift_policy IN ('report', 'repair', 'bill'));
-- What the customer chose for the next period; NULL when nothing waits.
ALTER TABLE subscription ADD COLUMN next_parameters TEXT;

-- +goose Down
ALTER TABLE subscription DROP COLUMN next_parameters;
ALTER TABLE product DROP COLUMN drift_policy;
ALTER TABLE product DROP COLUMN configuration_sealed;
ALTER TABLE product DROP COLUMN configuration;
ALTER TABLE invoice_line DROP CONSTRAINT invoice_line_kind_check;
ALTER TABLE invoice_line ADD CONSTRAINT invoice_line_kind_check
    CHECK (kind IN ('setup', 'recurring', 'usage', 'refund', 'upgrade', 'discount', 'tax', 'custom', 'adjustment'));
ALTER TABLE product ADD CONSTRAINT product_type_check CHECK (type IN ('api'));
