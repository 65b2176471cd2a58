-- +goose Up
CREATE TABLE organization (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    kind           TEXT NOT NULL CHECK (kind IN ('operator', 'vendor', 'customer', 'reseller')),
    name           TEXT NOT NULL,
    email          TEXT NOT NULL,
    address        TEXT NOT NULL DEFAULT '',
    vat_id         TEXT NOT NULL DEFAULT '',
    created_at     TIMESTAMP NOT NULL
);
CREATE INDEX organization_by_kind ON organization (marketplace_id, kind, id);

-- A person. "user" is a reserved word in PostgreSQL.
CREATE TABLE account_user (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    organization_id INTEGER NOT NULL REFERENCES organization (id),
    email           TEXT NOT NULL,
    name            TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    role            TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    created_at      TIMESTAMP NOT NULL,
    UNIQUE (marketplace_id, email)
);

CREATE TABLE api_token (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    user_id        INTEGER NOT NULL REFERENCES account_user (id),
    name           TEXT NOT NULL,
    token_hash     TEXT NOT NULL UNIQUE,
    created_at     TIMESTAMP NOT NULL,
    last_used_at   TIMESTAMP,
    revoked_at     TIMESTAMP
);
CREATE INDEX api_token_by_user ON api_token (marketplace_id, user_id, id);

-- Browser sessions; the data is the session library's own encoding.
CREATE TABLE session (
    token_hash     TEXT PRIMARY KEY,
    marketplace_id INTEGER NOT NULL,
    data           BLOB NOT NULL,
    expires_at     TIMESTAMP NOT NULL
);
CREATE INDEX session_by_expiry ON session (expires_at);

-- +goose Down
DROP TABLE session;
DROP TABLE api_token;
DROP TABLE account_user;
DROP TABLE organization;
