-- +goose Up
-- Product types are what plugins bring, so the schema cannot list them; and
-- bought quantities have lines of their own. SQLite cannot change a CHECK, so
-- the text of the tables is edited as its documentation describes (ALTER TABLE,
-- section 7): no row is touched, and nothing that refers to them.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (type IN (''api''))', '') WHERE type = 'table' AND name = 'product';
UPDATE sqlite_schema SET sql = replace(sql, '''recurring'', ''usage''', '''recurring'', ''resource'', ''usage''') WHERE type = 'table' AND name = 'invoice_line';
PRAGMA writable_schema = RESET;

-- What the product's plugin wants to know: as it may be shown, and whole with
-- its secrets, sealed.
ALTER TABLE product ADD COLUMN configuration TEXT NOT NULL DEFAULT '{}';
ALTER TABLE product ADD COLUMN configuration_sealed BLOB;
-- What is done when reality is not as sold.
ALTER TABLE product ADD COLUMN drift_policy TEXT NOT NULL DEFAULT 'report' CHECK (drift_policy IN ('report', 'repair', 'bill'));
-- What the customer chose for the next period; NULL when nothing waits.
ALTER TABLE subscription ADD COLUMN next_parameters TEXT;

-- +goose Down
ALTER TABLE subscription DROP COLUMN next_parameters;
ALTER TABLE product DROP COLUMN drift_policy;
ALTER TABLE product DROP COLUMN configuration_sealed;
ALTER TABLE product DROP COLUMN configuration;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''recurring'', ''resource'', ''usage''', '''recurring'', ''usage''') WHERE type = 'table' AND name = 'invoice_line';
UPDATE sqlite_schema SET sql = replace(sql, 'type              TEXT NOT NULL,', 'type              TEXT NOT NULL CHECK (type IN (''api'')),') WHERE type = 'table' AND name = 'product';
PRAGMA writable_schema = RESET;
