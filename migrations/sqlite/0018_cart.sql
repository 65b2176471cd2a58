-- +goose Up
-- Keys and values that vendors keep beside what they sell.
ALTER TABLE product ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE plan ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
-- How the vendor's systems call the plan.
ALTER TABLE plan ADD COLUMN identifier TEXT NOT NULL DEFAULT '';
UPDATE plan SET identifier = LOWER(REPLACE(name, ' ', '-'));
CREATE INDEX plan_by_identifier ON plan (marketplace_id, identifier);

-- What somebody means to order, until it is checked out.
CREATE TABLE cart (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    customer_id    INTEGER NOT NULL REFERENCES organization (id),
    reseller_id    INTEGER REFERENCES organization (id),
    created_by     INTEGER NOT NULL REFERENCES account_user (id),
    name           TEXT NOT NULL,
    notes          TEXT NOT NULL,
    metadata       TEXT NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    updated_at     TIMESTAMP NOT NULL,
    checked_out_at TIMESTAMP
);
CREATE INDEX cart_by_customer ON cart (marketplace_id, customer_id, id);
CREATE INDEX cart_by_reseller ON cart (marketplace_id, reseller_id, id);

CREATE TABLE cart_item (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    cart_id        INTEGER NOT NULL REFERENCES cart (id),
    plan_id        INTEGER NOT NULL REFERENCES plan (id),
    quantity       INTEGER NOT NULL,
    parameters     TEXT NOT NULL,
    metadata       TEXT NOT NULL
);
CREATE INDEX cart_item_by_cart ON cart_item (marketplace_id, cart_id, id);

-- The orders that a checkout has placed; number counts an item's copies from 1.
CREATE TABLE cart_order (
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    item_id        INTEGER NOT NULL REFERENCES cart_item (id),
    number         INTEGER NOT NULL,
    order_id       INTEGER NOT NULL REFERENCES customer_order (id),
    PRIMARY KEY (marketplace_id, item_id, number)
);

-- +goose Down
DROP TABLE cart_order;
DROP TABLE cart_item;
DROP TABLE cart;
DROP INDEX plan_by_identifier;
ALTER TABLE plan DROP COLUMN identifier;
ALTER TABLE plan DROP COLUMN metadata;
ALTER TABLE product DROP COLUMN metadata;
