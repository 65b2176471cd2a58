-- +goose Up
-- What plans price and orders ask for, each with a number of its own for
-- connectors. A number is never used again.
CREATE TABLE product_item (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    product_id     INTEGER NOT NULL REFERENCES product (id),
    kind           TEXT NOT NULL CHECK (kind IN ('quantity', 'meter', 'endpoint', 'parameter')),
    identifier     TEXT NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, product_id, kind, identifier)
);

-- What was read of a subscription's metric at its vendor, and what of it is
-- booked as usage. Times are the marketplace's.
CREATE TABLE metric_state (
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    meter           TEXT NOT NULL,
    due_at          TIMESTAMP NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    last_micro      BIGINT,
    read_at         TIMESTAMP,
    booked_until    TIMESTAMP NOT NULL,
    period_start    TIMESTAMP,
    booked_micro    BIGINT NOT NULL DEFAULT 0,
    remainder       BIGINT NOT NULL DEFAULT 0,
    failures        INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (marketplace_id, subscription_id, meter)
);
CREATE INDEX metric_state_due ON metric_state (marketplace_id, due_at);

-- +goose Down
DROP TABLE metric_state;
DROP TABLE product_item;
