-- +goose Up
CREATE TABLE customer_order (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id   INTEGER NOT NULL REFERENCES marketplace (id),
    customer_id      INTEGER NOT NULL REFERENCES organization (id),
    placed_by        INTEGER NOT NULL,
    plan_revision_id INTEGER NOT NULL REFERENCES plan_revision (id),
    subscription_id  INTEGER,
    invoice_id       INTEGER,
    status           TEXT NOT NULL CHECK (status IN ('awaitingPayment', 'confirmed', 'cancelled')),
    parameters       TEXT NOT NULL DEFAULT '{}',
    created_at       TIMESTAMP NOT NULL
);
CREATE INDEX customer_order_by_customer ON customer_order (marketplace_id, customer_id, id);
CREATE INDEX customer_order_by_subscription ON customer_order (marketplace_id, subscription_id);

CREATE TABLE subscription (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id   INTEGER NOT NULL REFERENCES marketplace (id),
    customer_id      INTEGER NOT NULL REFERENCES organization (id),
    vendor_id        INTEGER NOT NULL REFERENCES organization (id),
    product_id       INTEGER NOT NULL REFERENCES product (id),
    plan_id          INTEGER NOT NULL REFERENCES plan (id),
    plan_revision_id INTEGER NOT NULL REFERENCES plan_revision (id),
    next_revision_id INTEGER REFERENCES plan_revision (id),
    order_id         INTEGER NOT NULL REFERENCES customer_order (id),
    provider_id      INTEGER NOT NULL REFERENCES provider (id),
    status           TEXT NOT NULL CHECK (status IN ('waitingPayment', 'pending', 'active', 'suspended', 'failed', 'terminating', 'terminated')),
    auto_renew       BOOLEAN NOT NULL,
    parameters       TEXT NOT NULL DEFAULT '{}',
    anchor_at        TIMESTAMP,
    period_index     INTEGER NOT NULL DEFAULT 0,
    period_start     TIMESTAMP,
    period_end       TIMESTAMP,
    trial_ends_at    TIMESTAMP,
    bills_at         TIMESTAMP,
    parked_reason    TEXT NOT NULL DEFAULT '',
    created_at       TIMESTAMP NOT NULL,
    activated_at     TIMESTAMP,
    terminated_at    TIMESTAMP
);
CREATE INDEX subscription_by_customer ON subscription (marketplace_id, customer_id, id);
CREATE INDEX subscription_by_vendor ON subscription (marketplace_id, vendor_id, id);
CREATE INDEX subscription_by_product ON subscription (marketplace_id, product_id, id);
CREATE INDEX subscription_due ON subscription (marketplace_id, bills_at);

-- One wish to change the outside world; its id is the idempotency key.
CREATE TABLE provision_attempt (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    operation       TEXT NOT NULL CHECK (operation IN ('provision', 'update', 'suspend', 'resume', 'deprovision')),
    status          TEXT NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'superseded')),
    tries           INTEGER NOT NULL DEFAULT 0,
    step            INTEGER NOT NULL DEFAULT 0,
    steps           INTEGER NOT NULL DEFAULT 0,
    step_text       TEXT NOT NULL DEFAULT '',
    error           TEXT NOT NULL DEFAULT '',
    created_at      TIMESTAMP NOT NULL,
    started_at      TIMESTAMP,
    finished_at     TIMESTAMP
);
CREATE INDEX provision_attempt_by_subscription ON provision_attempt (marketplace_id, subscription_id, id);

CREATE TABLE resource (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    kind            TEXT NOT NULL,
    external_id     TEXT NOT NULL,
    name            TEXT NOT NULL,
    UNIQUE (marketplace_id, subscription_id, kind, external_id)
);

CREATE TABLE credential (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    name            TEXT NOT NULL,
    label           TEXT NOT NULL,
    is_secret       BOOLEAN NOT NULL,
    value_sealed    BLOB NOT NULL,
    UNIQUE (marketplace_id, subscription_id, name)
);

CREATE TABLE access_endpoint (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    identifier      TEXT NOT NULL,
    method          TEXT NOT NULL,
    url             TEXT NOT NULL,
    UNIQUE (marketplace_id, subscription_id, identifier)
);

-- +goose Down
DROP TABLE access_endpoint;
DROP TABLE credential;
DROP TABLE resource;
DROP TABLE provision_attempt;
DROP TABLE subscription;
DROP TABLE customer_order;
