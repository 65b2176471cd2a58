// Package migrations holds the schema: one folder per database with the same
// file names. A test (parity_test.go) holds the two together.
package migrations

import "embed"

// Files holds sqlite/*.sql and postgres/*.sql in goose's format.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
