-- +goose Up
-- The sign of life of each process that works jobs; of no marketplace.
CREATE TABLE job_process (
    id      TEXT PRIMARY KEY,
    seen_at TIMESTAMP NOT NULL
);

-- How much of a provider's capacity is used at once, and how long it may take.
ALTER TABLE provider ADD COLUMN max_in_flight INTEGER NOT NULL DEFAULT 8;
ALTER TABLE provider ADD COLUMN call_timeout_seconds INTEGER NOT NULL DEFAULT 45;

-- The queue in front of one cloud of a provider, and what its circuit breaker
-- was last seen to do.
CREATE TABLE provision_lane (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    provider_id    INTEGER NOT NULL REFERENCES provider (id),
    cloud          TEXT NOT NULL,
    circuit        TEXT NOT NULL CHECK (circuit IN ('closed', 'half-open', 'open')),
    circuit_since  TIMESTAMP NOT NULL,
    last_error     TEXT NOT NULL DEFAULT '',
    UNIQUE (marketplace_id, provider_id, cloud)
);

-- Attempts again, with repairs, the lane they wait in, what progress is
-- watched by (version) and who wants to stop them.
ALTER TABLE provision_attempt RENAME TO provision_attempt_before;
DROP INDEX provision_attempt_by_subscription;
CREATE TABLE provision_attempt (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    subscription_id INTEGER NOT NULL REFERENCES subscription (id),
    operation       TEXT NOT NULL CHECK (operation IN ('provision', 'update', 'suspend', 'resume', 'deprovision', 'repair')),
    status          TEXT NOT NULL CHECK (status IN ('queued', 'running', 'done', 'failed', 'superseded')),
    cloud           TEXT NOT NULL DEFAULT '',
    priority        INTEGER NOT NULL DEFAULT 1,
    tries           INTEGER NOT NULL DEFAULT 0,
    step            INTEGER NOT NULL DEFAULT 0,
    steps           INTEGER NOT NULL DEFAULT 0,
    step_text       TEXT NOT NULL DEFAULT '',
    error           TEXT NOT NULL DEFAULT '',
    cancelled_by    TEXT NOT NULL DEFAULT '',
    version         INTEGER NOT NULL DEFAULT 0,
    created_at      TIMESTAMP NOT NULL,
    started_at      TIMESTAMP,
    calling_since   TIMESTAMP,
    finished_at     TIMESTAMP
);
CREATE INDEX provision_attempt_by_subscription ON provision_attempt (marketplace_id, subscription_id, id);
CREATE INDEX provision_attempt_by_status ON provision_attempt (marketplace_id, status, id);
INSERT INTO provision_attempt (id, marketplace_id, subscription_id, operation, status, tries, step, steps, step_text, error,
    created_at, started_at, finished_at)
    SELECT id, marketplace_id, subscription_id, operation, status, tries, step, steps, step_text, error,
    created_at, started_at, finished_at FROM provision_attempt_before ORDER BY id;
DELETE FROM sqlite_sequence WHERE name = 'provision_attempt';
INSERT INTO sqlite_sequence (name, seq) SELECT 'provision_attempt', seq FROM sqlite_sequence WHERE name = 'provision_attempt_before';
DROP TABLE provision_attempt_before;

-- Whose a foreign object is.
CREATE INDEX resource_by_external ON resource (marketplace_id, kind, external_id);

-- One comparison of what should be with what is: all of the marketplace, one
-- provider or one subscription.
CREATE TABLE reconcile_run (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    provider_id     INTEGER REFERENCES provider (id),
    subscription_id INTEGER REFERENCES subscription (id),
    started_by      TEXT NOT NULL,
    started_at      TIMESTAMP NOT NULL,
    finished_at     TIMESTAMP,
    checked         INTEGER NOT NULL DEFAULT 0,
    found           INTEGER NOT NULL DEFAULT 0,
    resolved        INTEGER NOT NULL DEFAULT 0,
    repaired        INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    last_error      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX reconcile_run_by_start ON reconcile_run (marketplace_id, started_at);

-- The share of one provider in a run: how far it has come. A job works it in
-- batches; killed between two, it goes on after the last.
CREATE TABLE reconcile_part (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id INTEGER NOT NULL REFERENCES marketplace (id),
    run_id         INTEGER NOT NULL REFERENCES reconcile_run (id),
    provider_id    INTEGER NOT NULL REFERENCES provider (id),
    after_id       INTEGER NOT NULL DEFAULT 0,
    finished_at    TIMESTAMP
);
CREATE INDEX reconcile_part_by_run ON reconcile_part (marketplace_id, run_id);

-- What is not as sold. subscription_id is the number in the mark, so an orphan
-- may name a subscription that there is not.
CREATE TABLE drift (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    marketplace_id  INTEGER NOT NULL REFERENCES marketplace (id),
    provider_id     INTEGER NOT NULL REFERENCES provider (id),
    subscription_id INTEGER NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('missing', 'extra', 'changed', 'orphaned')),
    subject         TEXT NOT NULL,
    want            TEXT NOT NULL,
    have            TEXT NOT NULL,
    first_seen      TIMESTAMP NOT NULL,
    last_seen       TIMESTAMP NOT NULL,
    acknowledged_by TEXT NOT NULL DEFAULT '',
    action          TEXT NOT NULL CHECK (action IN ('', 'repair', 'bill', 'remove')),
    actions         INTEGER NOT NULL DEFAULT 0,
    next_action_at  TIMESTAMP,
    note            TEXT NOT NULL DEFAULT '',
    resolved_at     TIMESTAMP,
    resolution      TEXT NOT NULL CHECK (resolution IN ('', 'repaired', 'vanished', 'billed', 'removed'))
);
CREATE UNIQUE INDEX drift_open ON drift (marketplace_id, provider_id, subscription_id, kind, subject) WHERE resolved_at IS NULL;
CREATE INDEX drift_by_subscription ON drift (marketplace_id, subscription_id, id);

-- +goose Down
DROP TABLE drift;
DROP TABLE reconcile_part;
DROP TABLE reconcile_run;
DROP INDEX resource_by_external;
-- Attempts as they were. Repairs, which nobody knew, are forgotten, but not
-- their numbers: a provider may remember them.
ALTER TABLE provision_attempt RENAME TO provision_attempt_after;
DROP INDEX provision_attempt_by_status;
DROP INDEX provision_attempt_by_subscription;
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
INSERT INTO provision_attempt (id, marketplace_id, subscription_id, operation, status, tries, step, steps, step_text, error,
    created_at, started_at, finished_at)
    SELECT id, marketplace_id, subscription_id, operation, status, tries, step, steps, step_text, error,
    created_at, started_at, finished_at FROM provision_attempt_after WHERE operation <> 'repair' ORDER BY id;
DELETE FROM sqlite_sequence WHERE name = 'provision_attempt';
INSERT INTO sqlite_sequence (name, seq) SELECT 'provision_attempt', seq FROM sqlite_sequence WHERE name = 'provision_attempt_after';
DROP TABLE provision_attempt_after;
DROP TABLE provision_lane;
ALTER TABLE provider DROP COLUMN call_timeout_seconds;
ALTER TABLE provider DROP COLUMN max_in_flight;
DROP TABLE job_process;
