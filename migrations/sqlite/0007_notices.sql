-- +goose Up
CREATE TABLE webhook_delivery (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    event_id        INTEGER NOT NULL REFERENCES event (id),
    product_id      INTEGER NOT NULL REFERENCES product (id),
    vendor_id       INTEGER NOT NULL REFERENCES organization (id),
    subscription_id INTEGER NOT NULL,
    url             TEXT NOT NULL,
    body            TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'dead')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMP,
    last_error      TEXT NOT NULL DEFAULT '',
    created_at      TIMESTAMP NOT NULL,
    delivered_at    TIMESTAMP,
    UNIQUE (marketplace_id, event_id, url)
);
CREATE INDEX webhook_delivery_by_subscription ON webhook_delivery (marketplace_id, subscription_id, id);
CREATE INDEX webhook_delivery_by_vendor ON webhook_delivery (marketplace_id, vendor_id, id);

CREATE TABLE webhook_attempt (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id   INTEGER NOT NULL REFERENCES marketplace (id),
    delivery_id      INTEGER NOT NULL REFERENCES webhook_delivery (id),
    number           INTEGER NOT NULL,
    sent_at          TIMESTAMP NOT NULL,
    duration_ms      INTEGER NOT NULL,
    status_code      INTEGER NOT NULL,
    request_headers  TEXT NOT NULL,
    response_headers TEXT NOT NULL,
    response_body    TEXT NOT NULL,
    error            TEXT NOT NULL
);
CREATE INDEX webhook_attempt_by_delivery ON webhook_attempt (marketplace_id, delivery_id, id);

CREATE TABLE mail (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    event_id       INTEGER NOT NULL REFERENCES event (id),
    kind           TEXT NOT NULL,
    recipient      TEXT NOT NULL,
    subject        TEXT NOT NULL,
    body           TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('pending', 'sent', 'failed')),
    error          TEXT NOT NULL DEFAULT '',
    created_at     TIMESTAMP NOT NULL,
    sent_at        TIMESTAMP,
    UNIQUE (marketplace_id, event_id, kind, recipient)
);

-- +goose Down
DROP TABLE mail;
DROP TABLE webhook_attempt;
DROP TABLE webhook_delivery;
