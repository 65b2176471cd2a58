-- +goose Up
-- Events that nobody was told of yet, and when one that could not be told is
-- tried again (real time).
ALTER TABLE event ADD COLUMN dispatch_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE event ADD COLUMN dispatch_after TIMESTAMP;
CREATE INDEX event_untold ON event (marketplace_id, id) WHERE dispatched_at IS NULL;

-- One row a marketplace, locked by whoever tells its events, so that they are
-- told in order.
CREATE TABLE event_teller (
    marketplace_id INTEGER PRIMARY KEY REFERENCES marketplace (id)
);

-- Webhooks may go to addresses inside the network.
ALTER TABLE marketplace ADD COLUMN allow_private_targets BOOLEAN NOT NULL DEFAULT FALSE;

-- Who is told where. The lease says which process delivers to it now; it and
-- previous_until, disabled_at and failing_since are real time.
CREATE TABLE webhook_endpoint (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id    INTEGER NOT NULL REFERENCES marketplace (id),
    recipient         TEXT NOT NULL CHECK (recipient IN ('platform', 'vendor', 'product', 'reseller', 'customer')),
    organization_id   INTEGER REFERENCES organization (id),
    product_id        INTEGER REFERENCES product (id),
    url               TEXT NOT NULL,
    description       TEXT NOT NULL DEFAULT '',
    format            TEXT NOT NULL CHECK (format IN ('connector', 'cloudevents', 'cloudevents-binary')),
    secret            BLOB,
    previous_secret   BLOB,
    previous_until    TIMESTAMP,
    enabled           BOOLEAN NOT NULL DEFAULT TRUE,
    disabled_reason   TEXT NOT NULL DEFAULT '',
    disabled_at       TIMESTAMP,
    failing_since     TIMESTAMP,
    failures          INTEGER NOT NULL DEFAULT 0,
    lease_holder      TEXT NOT NULL DEFAULT '',
    lease_until       TIMESTAMP,
    created_at        TIMESTAMP NOT NULL,
    deleted_at        TIMESTAMP
);
CREATE INDEX webhook_endpoint_by_organization ON webhook_endpoint (marketplace_id, organization_id, id);
CREATE UNIQUE INDEX webhook_endpoint_by_product ON webhook_endpoint (marketplace_id, product_id) WHERE deleted_at IS NULL;
INSERT INTO webhook_endpoint (marketplace_id, recipient, organization_id, product_id, url, format, secret, created_at, deleted_at)
    SELECT marketplace_id, 'product', vendor_id, id, syndication_url, 'connector', syndication_secret, created_at,
    CASE WHEN syndication_url = '' THEN updated_at END FROM product
    WHERE syndication_url <> '' OR id IN (SELECT product_id FROM webhook_delivery) ORDER BY id;

-- Deliveries again: to an endpoint, of any entity, and superseded by newer ones.
ALTER TABLE webhook_attempt RENAME TO webhook_attempt_before;
ALTER TABLE webhook_delivery RENAME TO webhook_delivery_before;
DROP INDEX webhook_attempt_by_delivery;
DROP INDEX webhook_delivery_by_subscription;
DROP INDEX webhook_delivery_by_vendor;
CREATE TABLE webhook_delivery (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    endpoint_id     INTEGER NOT NULL REFERENCES webhook_endpoint (id),
    owner_id        INTEGER REFERENCES organization (id),
    event_id        INTEGER REFERENCES event (id),
    entity          TEXT NOT NULL,
    entity_id       INTEGER NOT NULL,
    event_type      TEXT NOT NULL,
    topic           TEXT NOT NULL,
    subscription_id INTEGER,
    product_id      INTEGER REFERENCES product (id),
    format          TEXT NOT NULL CHECK (format IN ('connector', 'cloudevents', 'cloudevents-binary')),
    url             TEXT NOT NULL,
    body            TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'dead', 'superseded')),
    attempts        INTEGER NOT NULL DEFAULT 0,
    replayed        BOOLEAN NOT NULL DEFAULT FALSE,
    next_attempt_at TIMESTAMP,
    last_error      TEXT NOT NULL DEFAULT '',
    created_at      TIMESTAMP NOT NULL,
    delivered_at    TIMESTAMP,
    UNIQUE (endpoint_id, event_id)
);
CREATE INDEX webhook_delivery_by_subscription ON webhook_delivery (marketplace_id, subscription_id, id);
CREATE INDEX webhook_delivery_by_owner ON webhook_delivery (marketplace_id, owner_id, id);
CREATE INDEX webhook_delivery_pending ON webhook_delivery (endpoint_id, id) WHERE status = 'pending';
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX webhook_delivery_retried ON webhook_delivery (endpoint_id, subscription_id) WHERE status = 'pending' AND attempts > 0;
INSERT INTO webhook_delivery (id, marketplace_id, endpoint_id, owner_id, event_id, entity, entity_id, event_type, topic, subscription_id,
    product_id, format, url, body, status, attempts, next_attempt_at, last_error, created_at, delivered_at)
    SELECT d.id, d.marketplace_id, w.id, d.vendor_id, d.event_id, e.entity, e.entity_id, e.type, e.topic, d.subscription_id,
    d.product_id, 'connector', d.url, d.body, d.status, d.attempts,
    CASE WHEN d.status = 'pending' THEN COALESCE(d.next_attempt_at, d.created_at) END, d.last_error, d.created_at, d.delivered_at
    FROM webhook_delivery_before d JOIN event e ON e.id = d.event_id JOIN webhook_endpoint w ON w.product_id = d.product_id ORDER BY d.id;
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
INSERT INTO webhook_attempt SELECT a.* FROM webhook_attempt_before a JOIN webhook_delivery d ON d.id = a.delivery_id ORDER BY a.id;
DROP TABLE webhook_attempt_before;
DROP TABLE webhook_delivery_before;

-- +goose Down
ALTER TABLE webhook_attempt RENAME TO webhook_attempt_before;
ALTER TABLE webhook_delivery RENAME TO webhook_delivery_before;
DROP INDEX webhook_attempt_by_delivery;
DROP INDEX webhook_delivery_by_subscription;
DROP INDEX webhook_delivery_by_owner;
DROP INDEX webhook_delivery_pending;
DROP INDEX webhook_delivery_due;
DROP INDEX webhook_delivery_retried;
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
INSERT INTO webhook_delivery (id, marketplace_id, event_id, product_id, vendor_id, subscription_id, url, body, status, attempts,
    next_attempt_at, last_error, created_at, delivered_at)
    SELECT d.id, d.marketplace_id, d.event_id, d.product_id, d.owner_id, d.subscription_id, d.url, d.body,
    CASE WHEN d.status = 'superseded' THEN 'dead' ELSE d.status END, d.attempts, d.next_attempt_at, d.last_error, d.created_at, d.delivered_at
    FROM webhook_delivery_before d JOIN webhook_endpoint w ON w.id = d.endpoint_id
    WHERE w.recipient = 'product' AND d.event_id IS NOT NULL ORDER BY d.id;
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
INSERT INTO webhook_attempt SELECT a.* FROM webhook_attempt_before a JOIN webhook_delivery d ON d.id = a.delivery_id ORDER BY a.id;
DROP TABLE webhook_attempt_before;
DROP TABLE webhook_delivery_before;
DROP TABLE webhook_endpoint;
ALTER TABLE marketplace DROP COLUMN allow_private_targets;
DROP TABLE event_teller;
DROP INDEX event_untold;
ALTER TABLE event DROP COLUMN dispatch_after;
ALTER TABLE event DROP COLUMN dispatch_tries;
