package example

import (
	"embed"
	"io/fs"
)

//go:embed example.go usage.go
var source embed.FS

// Source is this package's code, which `fondaco plugin new` begins a plugin
// with: what is copied is what is tested here.
func Source() fs.FS { return source }
