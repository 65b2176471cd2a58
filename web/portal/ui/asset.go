package ui

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Assets serves static files under names that hold a digest of their content,
// so that browsers may keep them for ever.
type Assets struct {
	prefix string
	urls   map[string]string // "fondaco.css" -> "/static/fondaco.Ab12.css"
	files  map[string]asset  // "fondaco.Ab12.css" -> content
}

type asset struct {
	body        []byte
	contentType string
}

// contentTypes are the kinds of file that are served; anything else in the
// folder (Go source, notes) stays inside.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".woff2":
		return "font/woff2"
	}
	return ""
}

// NewAssets reads every servable file of files; prefix is the path they are
// served under ("/static/").
func NewAssets(files fs.FS, prefix string) (*Assets, error) {
	a := &Assets{prefix: prefix, urls: map[string]string{}, files: map[string]asset{}}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || contentType(name) == "" {
			return err
		}
		body, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(name, ext) + "." + base64.RawURLEncoding.EncodeToString(sum[:9]) + ext
		a.urls[name] = prefix + hashed
		a.files[hashed] = asset{body: body, contentType: contentType(name)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	return a, nil
}

// Has reports whether the file is there; vendored scripts may not be.
func (a *Assets) Has(name string) bool { _, ok := a.urls[name]; return ok }

// URL is the address of a file, or an error that names it when there is none.
func (a *Assets) URL(name string) (string, error) {
	u, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return u, nil
}

// ServeHTTP answers GET prefix+hashed name. A name with an old digest is not
// found: the page that asked for it is older than the server.
func (a *Assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[strings.TrimPrefix(r.URL.Path, a.prefix)]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", fmt.Sprint(len(f.body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(f.body)
}
