#!/bin/sh
# Runs once, on the empty database: a user and a database each for Fondaco and
# Kong. Neither may read the other's.
set -eu
psql -v ON_ERROR_STOP=1 -U postgres \
  -v fondaco_password="$FONDACO_DB_PASSWORD" -v kong_password="$KONG_DB_PASSWORD" <<'SQL'
CREATE USER fondaco PASSWORD :'fondaco_password';
CREATE DATABASE fondaco OWNER fondaco ENCODING 'UTF8';
REVOKE CONNECT ON DATABASE fondaco FROM PUBLIC;
CREATE USER kong PASSWORD :'kong_password';
CREATE DATABASE kong OWNER kong ENCODING 'UTF8';
REVOKE CONNECT ON DATABASE kong FROM PUBLIC;
SQL
