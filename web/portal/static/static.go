// Package static holds the files browsers fetch from the portal: the
// stylesheet, the script and the drawings, which are ours and committed, and
// vendor/, which `npm run build` in ../assets fills and which may be empty.
// It owns no behaviour: web/portal/ui serves the files.
package static

import "embed"

// Files holds every file of this folder, vendor/ included when it was built.
//
//go:embed all:*
var Files embed.FS
