-- +goose Up
-- The next number of a gap-free series, taken last in the transaction.
CREATE TABLE number_series (
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    series         TEXT NOT NULL,
    last_number    INTEGER NOT NULL,
    PRIMARY KEY (marketplace_id, series)
);

CREATE TABLE invoice (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    customer_id     INTEGER NOT NULL REFERENCES organization (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    number          TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('unpaid', 'paid', 'cancelled')),
    currency        TEXT NOT NULL,
    net             DECIMAL_TEXT NOT NULL,
    tax_percent     DECIMAL_TEXT NOT NULL,
    tax_text        TEXT NOT NULL DEFAULT '',
    tax             DECIMAL_TEXT NOT NULL,
    total           DECIMAL_TEXT NOT NULL,
    snapshot        TEXT NOT NULL,
    issued_at       TIMESTAMP NOT NULL,
    due_at          TIMESTAMP NOT NULL,
    paid_at         TIMESTAMP,
    UNIQUE (marketplace_id, number)
);
CREATE INDEX invoice_by_customer ON invoice (marketplace_id, customer_id, id);
CREATE INDEX invoice_by_subscription ON invoice (marketplace_id, subscription_id, id);
-- Only the state of payment moves; what was issued stays as it was.
-- +goose StatementBegin
CREATE TRIGGER invoice_is_immutable BEFORE UPDATE OF number, customer_id, subscription_id, currency, net, tax_percent, tax, total, snapshot, issued_at, due_at ON invoice
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_is_kept BEFORE DELETE ON invoice
BEGIN SELECT RAISE(ABORT, 'an issued invoice is never deleted'); END;
-- +goose StatementEnd

CREATE TABLE invoice_line (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id   INTEGER NOT NULL REFERENCES marketplace (id),
    invoice_id       INTEGER NOT NULL REFERENCES invoice (id),
    subscription_id  INTEGER NOT NULL REFERENCES subscription (id),
    plan_revision_id INTEGER NOT NULL REFERENCES plan_revision (id),
    position         INTEGER NOT NULL,
    kind             TEXT NOT NULL CHECK (kind IN ('setup', 'recurring', 'usage', 'refund', 'upgrade', 'discount', 'tax', 'custom', 'adjustment')),
    meter            TEXT NOT NULL DEFAULT '',
    description      TEXT NOT NULL,
    quantity         DECIMAL_TEXT NOT NULL,
    unit_price       DECIMAL_TEXT NOT NULL,
    amount           DECIMAL_TEXT NOT NULL,
    period_start     TIMESTAMP,
    period_end       TIMESTAMP,
    explanation      TEXT NOT NULL
);
CREATE INDEX invoice_line_by_invoice ON invoice_line (marketplace_id, invoice_id, position);
-- +goose StatementBegin
CREATE TRIGGER invoice_line_is_immutable BEFORE UPDATE ON invoice_line
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invoice_line_is_kept BEFORE DELETE ON invoice_line
BEGIN SELECT RAISE(ABORT, 'an issued invoice never changes'); END;
-- +goose StatementEnd

-- One row for each period that has been billed: a period is billed once.
-- stale is set when usage arrives for it afterwards.
CREATE TABLE billed_period (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id   INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id  INTEGER NOT NULL REFERENCES subscription (id),
    plan_revision_id INTEGER NOT NULL REFERENCES plan_revision (id),
    period_start     TIMESTAMP NOT NULL,
    period_end       TIMESTAMP NOT NULL,
    usage_amount     DECIMAL_TEXT NOT NULL,
    stale            BOOLEAN NOT NULL DEFAULT FALSE,
    free             BOOLEAN NOT NULL DEFAULT FALSE,
    UNIQUE (marketplace_id, subscription_id, period_start)
);

CREATE TABLE payment (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    invoice_id     INTEGER NOT NULL REFERENCES invoice (id),
    gateway        TEXT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('pending', 'succeeded', 'declined', 'abandoned')),
    currency       TEXT NOT NULL,
    amount         DECIMAL_TEXT NOT NULL,
    card_last4     TEXT NOT NULL DEFAULT '',
    card_expiry    TEXT NOT NULL DEFAULT '',
    reference      TEXT NOT NULL DEFAULT '',
    message        TEXT NOT NULL DEFAULT '',
    created_at     TIMESTAMP NOT NULL,
    finished_at    TIMESTAMP
);
CREATE INDEX payment_by_invoice ON payment (marketplace_id, invoice_id, id);
-- Paying twice at once is impossible: one payment under way or done per invoice.
CREATE UNIQUE INDEX payment_once ON payment (marketplace_id, invoice_id) WHERE status IN ('pending', 'succeeded');

-- +goose Down
DROP TABLE payment;
DROP TABLE billed_period;
DROP TABLE invoice_line;
DROP TABLE invoice;
DROP TABLE number_series;
