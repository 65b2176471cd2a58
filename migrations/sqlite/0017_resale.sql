-- +goose Up
-- A reseller's own face of the marketplace: a host name, a look, and how much
-- of a shop it is.
CREATE TABLE storefront (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    reseller_id    INTEGER NOT NULL REFERENCES organization (id),
    host           TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    mode           TEXT NOT NULL CHECK (mode IN ('standard', 'listing', 'showcase')),
    contact        TEXT NOT NULL,
    accent         TEXT NOT NULL DEFAULT '',
    accent_dark    TEXT NOT NULL DEFAULT '',
    logo           BLOB,
    logo_type      TEXT NOT NULL DEFAULT '',
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, reseller_id)
);

-- What a reseller asks for a plan: a chain of immutable rules, of which the
-- newest holds. NULL is the price of whom it buys from.
CREATE TABLE reseller_price (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    reseller_id     INTEGER NOT NULL REFERENCES organization (id),
    plan_id         INTEGER NOT NULL REFERENCES plan (id),
    rule            TEXT NOT NULL CHECK (rule IN ('excluded', 'percent', 'absolute')),
    percent         DECIMAL_TEXT,
    recurring_price DECIMAL_TEXT,
    setup_price     DECIMAL_TEXT,
    set_by          TEXT NOT NULL,
    created_at      TIMESTAMP NOT NULL
);
CREATE INDEX reseller_price_by_plan ON reseller_price (marketplace_id, plan_id, reseller_id, id);
-- +goose StatementBegin
CREATE TRIGGER reseller_price_is_immutable BEFORE UPDATE ON reseller_price
BEGIN SELECT RAISE(ABORT, 'a reseller price never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER reseller_price_is_kept BEFORE DELETE ON reseller_price
BEGIN SELECT RAISE(ABORT, 'a reseller price is never deleted'); END;
-- +goose StatementEnd

-- A person who was invited chooses a password with the token, once.
CREATE TABLE invitation (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    user_id        INTEGER NOT NULL REFERENCES account_user (id),
    token_hash     TEXT NOT NULL UNIQUE,
    expires_at     TIMESTAMP NOT NULL,
    accepted_at    TIMESTAMP
);

-- A reseller's revision was derived from that of whom it buys from; an
-- excluded one is not sold.
ALTER TABLE plan_revision ADD COLUMN source_id INTEGER;
ALTER TABLE plan_revision ADD COLUMN excluded BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX plan_revision_by_reseller ON plan_revision (plan_id, reseller_id, number);
CREATE INDEX organization_by_reseller ON organization (marketplace_id, reseller_id, id);
CREATE INDEX customer_order_by_reseller ON customer_order (marketplace_id, reseller_id, id) WHERE reseller_id IS NOT NULL;
CREATE INDEX event_by_reseller ON event (marketplace_id, reseller_id, id) WHERE reseller_id IS NOT NULL;

-- +goose Down
DROP INDEX event_by_reseller;
DROP INDEX customer_order_by_reseller;
DROP INDEX organization_by_reseller;
DROP INDEX plan_revision_by_reseller;
ALTER TABLE plan_revision DROP COLUMN excluded;
ALTER TABLE plan_revision DROP COLUMN source_id;
DROP TABLE invitation;
DROP TABLE reseller_price;
DROP TABLE storefront;
