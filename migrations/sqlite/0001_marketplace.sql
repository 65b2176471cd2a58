-- +goose Up
-- A marketplace is the tenant: every other table carries its id.
CREATE TABLE marketplace (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL,
    host            TEXT NOT NULL UNIQUE,
    sandbox         BOOLEAN NOT NULL DEFAULT FALSE,
    clock_offset_us BIGINT NOT NULL DEFAULT 0,
    currency        TEXT NOT NULL,
    tax_percent     DECIMAL_TEXT NOT NULL DEFAULT '0',
    tax_text        TEXT NOT NULL DEFAULT '',
    address         TEXT NOT NULL DEFAULT '',
    vat_id          TEXT NOT NULL DEFAULT '',
    support_email   TEXT NOT NULL DEFAULT '',
    created_at      TIMESTAMP NOT NULL
);

-- Every move of a sandbox clock: moved_at is real time.
CREATE TABLE clock_move (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    moved_at        TIMESTAMP NOT NULL,
    clock_offset_us BIGINT NOT NULL
);
CREATE INDEX clock_move_at ON clock_move (marketplace_id, moved_at);

-- What happened, told to everybody concerned: written with the change itself.
CREATE TABLE event (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    entity          TEXT NOT NULL,
    entity_id       INTEGER NOT NULL,
    type            TEXT NOT NULL CHECK (type IN ('CREATED', 'MODIFIED', 'DELETED')),
    topic           TEXT NOT NULL,
    subscription_id INTEGER,
    customer_id     INTEGER,
    vendor_id       INTEGER,
    summary         TEXT NOT NULL,
    data            TEXT NOT NULL DEFAULT '{}',
    actor           TEXT NOT NULL,
    happened_at     TIMESTAMP NOT NULL,
    dispatched_at   TIMESTAMP
);
CREATE INDEX event_by_subscription ON event (marketplace_id, subscription_id, id);
CREATE INDEX event_by_entity ON event (marketplace_id, entity, entity_id, id);

CREATE TABLE audit_entry (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    happened_at     TIMESTAMP NOT NULL,
    actor_id        INTEGER NOT NULL,
    actor           TEXT NOT NULL,
    action          TEXT NOT NULL,
    entity          TEXT NOT NULL,
    entity_id       INTEGER NOT NULL,
    before          TEXT NOT NULL DEFAULT '',
    after           TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_by_entity ON audit_entry (marketplace_id, entity, entity_id, id);

-- Answers already given to a request with an Idempotency-Key.
CREATE TABLE idempotency_key (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    user_id         INTEGER NOT NULL,
    request_key     TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    status          INTEGER NOT NULL DEFAULT 0,
    content_type    TEXT NOT NULL DEFAULT '',
    body            BLOB,
    created_at      TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, user_id, request_key)
);

-- +goose Down
DROP TABLE idempotency_key;
DROP TABLE audit_entry;
DROP TABLE event;
DROP TABLE clock_move;
DROP TABLE marketplace;
