-- +goose Up
-- What a vendor gives the customer of a subscription that it set up itself.
CREATE TABLE fulfilment_endpoint (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    url             TEXT NOT NULL,
    category        TEXT NOT NULL CHECK (category IN ('APP', 'PASSWORD_RESET', 'DOCUMENTATION', 'VIDEO')),
    description     TEXT NOT NULL
);
CREATE INDEX fulfilment_endpoint_by_subscription ON fulfilment_endpoint (marketplace_id, subscription_id, id);

CREATE TABLE fulfilment_instruction (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    language        TEXT NOT NULL,
    text            TEXT NOT NULL,
    UNIQUE (marketplace_id, subscription_id, language)
);

CREATE TABLE fulfilment_credential (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    name            TEXT NOT NULL,
    value_sealed    BLOB,
    description     TEXT NOT NULL DEFAULT '{}',
    weight          INTEGER NOT NULL DEFAULT 0,
    UNIQUE (marketplace_id, subscription_id, name)
);

-- What a vendor notes on a subscription, such as its own number for it.
CREATE TABLE subscription_metadata (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    name            TEXT NOT NULL,
    value           TEXT NOT NULL,
    UNIQUE (marketplace_id, subscription_id, name)
);

-- When an order is to begin; NULL: at once.
ALTER TABLE customer_order ADD COLUMN start_at TIMESTAMP;
-- A buyer's own reference names one order.
CREATE UNIQUE INDEX customer_order_reference ON customer_order (marketplace_id, customer_id, external_reference) WHERE external_reference <> '';

-- +goose Down
DROP INDEX customer_order_reference;
ALTER TABLE customer_order DROP COLUMN start_at;
DROP TABLE subscription_metadata;
DROP TABLE fulfilment_credential;
DROP TABLE fulfilment_instruction;
DROP TABLE fulfilment_endpoint;
