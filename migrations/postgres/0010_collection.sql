-- +goose Up
-- How far the usage of a subscription has been fetched from its provider.
-- Time before collected_until is in; time after it is asked for once.
CREATE TABLE usage_collection (
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    provider_id     INTEGER NOT NULL REFERENCES provider (id),
    started_at      TIMESTAMPTZ NOT NULL,
    collected_until TIMESTAMPTZ NOT NULL,
    closed          BOOLEAN NOT NULL DEFAULT FALSE,
    last_error      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (marketplace_id, subscription_id)
);
CREATE INDEX usage_collection_by_provider ON usage_collection (marketplace_id, provider_id, closed, collected_until);

-- Windows that will be asked for once more, in case data came late.
CREATE TABLE usage_window (
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    window_start    TIMESTAMPTZ NOT NULL,
    window_end      TIMESTAMPTZ NOT NULL,
    ask_at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (marketplace_id, subscription_id, window_start)
);
CREATE INDEX usage_window_due ON usage_window (marketplace_id, ask_at);

-- +goose Down
DROP TABLE usage_window;
DROP TABLE usage_collection;
