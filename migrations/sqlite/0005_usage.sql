-- +goose Up
-- Everything measured, once: (source, event_id) is the identity of an event.
-- Quantities are in millionths of the meter's unit, so sums are exact.
CREATE TABLE usage_event (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    source          TEXT NOT NULL,
    event_id        TEXT NOT NULL,
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    meter           TEXT NOT NULL,
    quantity_micro  BIGINT NOT NULL,
    billable        BOOLEAN NOT NULL,
    status_code     INTEGER NOT NULL DEFAULT 0,
    happened_at     TIMESTAMP NOT NULL,
    received_at     TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, source, event_id)
);
-- For the parts of an hour at the edges of a period.
CREATE INDEX usage_event_by_time ON usage_event (marketplace_id, subscription_id, happened_at);
-- +goose StatementBegin
CREATE TRIGGER usage_event_is_immutable BEFORE UPDATE ON usage_event
BEGIN SELECT RAISE(ABORT, 'a usage event never changes'); END;
-- +goose StatementEnd

-- Hourly sums, kept with the events in one transaction.
CREATE TABLE usage_bucket (
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    meter           TEXT NOT NULL,
    hour            TIMESTAMP NOT NULL,
    quantity_micro  BIGINT NOT NULL CHECK (quantity_micro BETWEEN 0 AND 9000000000000000000),
    refused         BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (marketplace_id, subscription_id, meter, hour)
);

-- What a gateway told us that belongs to nobody: kept for the operator.
CREATE TABLE usage_stray (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    source         TEXT NOT NULL,
    event_id       TEXT NOT NULL,
    reason         TEXT NOT NULL,
    body           TEXT NOT NULL,
    received_at    TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, source, event_id)
);

-- +goose Down
DROP TABLE usage_stray;
DROP TABLE usage_bucket;
DROP TABLE usage_event;
