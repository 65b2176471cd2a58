-- +goose Up
-- A configured instance of a plugin: one Kong, one cloud.
CREATE TABLE provider (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    name            TEXT NOT NULL,
    plugin          TEXT NOT NULL,
    product_type    TEXT NOT NULL,
    settings_sealed BLOB NOT NULL,
    ingest_hash     TEXT NOT NULL UNIQUE,
    created_at      TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, name)
);

CREATE TABLE product (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id    INTEGER NOT NULL REFERENCES marketplace (id),
    vendor_id         INTEGER NOT NULL REFERENCES organization (id),
    sku               TEXT NOT NULL,
    type              TEXT NOT NULL CHECK (type IN ('api')),
    name              TEXT NOT NULL,
    category          TEXT NOT NULL,
    short_description TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    content           TEXT NOT NULL DEFAULT '{}',
    upstream_url      TEXT NOT NULL DEFAULT '',
    auth_header_name  TEXT NOT NULL DEFAULT '',
    auth_header_value BLOB,
    syndication_url    TEXT NOT NULL DEFAULT '',
    syndication_secret BLOB,
    status            TEXT NOT NULL CHECK (status IN ('draft', 'review', 'published', 'rejected', 'retired')),
    review_note       TEXT NOT NULL DEFAULT '',
    search_text       TEXT NOT NULL DEFAULT '',
    created_at        TIMESTAMP NOT NULL,
    updated_at        TIMESTAMP NOT NULL,
    published_at      TIMESTAMP,
    UNIQUE (marketplace_id, sku)
);
CREATE INDEX product_by_status ON product (marketplace_id, status, id);
CREATE INDEX product_by_vendor ON product (marketplace_id, vendor_id, id);

CREATE TABLE endpoint (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    product_id     INTEGER NOT NULL REFERENCES product (id),
    identifier     TEXT NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL DEFAULT '',
    method         TEXT NOT NULL,
    path           TEXT NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, product_id, identifier)
);

CREATE TABLE plan (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    product_id     INTEGER NOT NULL REFERENCES product (id),
    name           TEXT NOT NULL,
    position       INTEGER NOT NULL DEFAULT 0,
    hidden         BOOLEAN NOT NULL DEFAULT FALSE,
    created_at     TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, product_id, name)
);

-- What a plan costs and contains: a chain of immutable revisions.
CREATE TABLE plan_revision (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    plan_id        INTEGER NOT NULL REFERENCES plan (id),
    number         INTEGER NOT NULL,
    content        TEXT NOT NULL,
    created_at     TIMESTAMP NOT NULL,
    UNIQUE (plan_id, number)
);
-- +goose StatementBegin
CREATE TRIGGER plan_revision_is_immutable BEFORE UPDATE ON plan_revision
BEGIN SELECT RAISE(ABORT, 'a plan revision never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER plan_revision_is_kept BEFORE DELETE ON plan_revision
BEGIN SELECT RAISE(ABORT, 'a plan revision is never deleted'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE plan_revision;
DROP TABLE plan;
DROP TABLE endpoint;
DROP TABLE product;
DROP TABLE provider;
