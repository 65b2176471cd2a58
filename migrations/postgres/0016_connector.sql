-- +goose Up
-- Tokens that the vendors' connectors log in for: some expire, and a person has
-- one lasting one, kept sealed so that each login gives the same.
ALTER TABLE api_token ADD COLUMN expires_at TIMESTAMPTZ;
ALTER TABLE api_token ADD COLUMN sealed BYTEA;

-- What other systems know a person or a company by: a JSON object of texts.
ALTER TABLE account_user ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';
ALTER TABLE organization ADD COLUMN metadata TEXT NOT NULL DEFAULT '{}';

-- +goose Down
ALTER TABLE organization DROP COLUMN metadata;
ALTER TABLE account_user DROP COLUMN metadata;
ALTER TABLE api_token DROP COLUMN sealed;
ALTER TABLE api_token DROP COLUMN expires_at;
