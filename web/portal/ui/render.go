package ui

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates
var templates embed.FS

// ContentSecurityPolicy is sent with every page: nothing from elsewhere, no
// inline script or style, no framing.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// Config is what a Renderer is built from.
type Config struct {
	// Static holds stylesheet, script and drawings (web/portal/static.Files).
	Static fs.FS
	// Pages are further folders of page templates. A page is named by its path
	// without ".html"; files starting with "_" hold blocks shared by all pages.
	Pages []fs.FS
	// Catalogs are the translations by language; English needs none.
	Catalogs map[string]Catalog
}

// Renderer holds every page parsed, once per language.
type Renderer struct {
	assets *Assets
	pages  map[string]map[string]*template.Template // language -> page
}

// paged is data that embeds Page.
type paged interface{ page() Page }

// New parses every template; the error names the file that is wrong.
func New(cfg Config) (*Renderer, error) {
	assets, err := NewAssets(cfg.Static, "/static/")
	if err != nil {
		return nil, err
	}
	r := &Renderer{assets: assets, pages: map[string]map[string]*template.Template{}}
	own, err := fs.Sub(templates, "templates/pages")
	if err != nil {
		return nil, err
	}
	langs := map[string]Catalog{"en": nil}
	for lang, c := range cfg.Catalogs {
		langs[lang] = c
	}
	for lang, c := range langs {
		set, err := parseSet(assets, NewLocale(lang, c), append([]fs.FS{own}, cfg.Pages...))
		if err != nil {
			return nil, err
		}
		r.pages[lang] = set
	}
	return r, nil
}

func parseSet(assets *Assets, l *Locale, folders []fs.FS) (map[string]*template.Template, error) {
	base, err := template.New("base").Funcs(funcs(assets, l)).ParseFS(templates, "templates/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse components: %w", err)
	}
	for _, folder := range folders {
		err := eachTemplate(folder, func(name, text string) error {
			if strings.HasPrefix(path.Base(name), "_") {
				_, err := base.New(name).Parse(text)
				return err
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	pages := map[string]*template.Template{}
	for _, folder := range folders {
		err := eachTemplate(folder, func(name, text string) error {
			if strings.HasPrefix(path.Base(name), "_") {
				return nil
			}
			t, err := template.Must(base.Clone()).New("main").Parse(text)
			if err != nil {
				return fmt.Errorf("parse page %s: %w", name, err)
			}
			pages[name] = t
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return pages, nil
}

func eachTemplate(folder fs.FS, do func(name, text string) error) error {
	return fs.WalkDir(folder, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(file) != ".html" {
			return err
		}
		text, err := fs.ReadFile(folder, file)
		if err != nil {
			return err
		}
		return do(strings.TrimSuffix(file, ".html"), string(text))
	})
}

// Assets serves the static files; mount it at /static/.
func (r *Renderer) Assets() *Assets { return r.assets }

// Pages lists the names of all pages, for tests that walk them.
func (r *Renderer) Pages() []string {
	var names []string
	for name := range r.pages["en"] {
		names = append(names, name)
	}
	return names
}

// Render writes a whole page in its layout. data embeds Page. Nothing is
// written when the template fails, so the caller can still send an error page.
func (r *Renderer) Render(w http.ResponseWriter, status int, name string, data any) error {
	return r.render(w, status, name, "layout", data)
}

// Fragment writes one block of a page without its layout: the answer to a
// request that swaps only the part that changed.
func (r *Renderer) Fragment(w http.ResponseWriter, status int, name, block string, data any) error {
	return r.render(w, status, name, block, data)
}

// Block is one block of a page as text, for an event stream.
func (r *Renderer) Block(lang, name, block string, data any) (string, error) {
	buf, err := r.execute(lang, name, block, data)
	if err != nil {
		return "", err
	}
	return buf.String(), nil
}

func (r *Renderer) render(w http.ResponseWriter, status int, name, block string, data any) error {
	lang := "en"
	if p, ok := data.(paged); ok && p.page().Lang != "" {
		lang = p.page().Lang
	}
	buf, err := r.execute(lang, name, block, data)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", ContentSecurityPolicy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Length", fmt.Sprint(buf.Len()))
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, err = buf.WriteTo(w)
	return err
}

// execute fills in a block of a page; nothing is sent of one that fails.
func (r *Renderer) execute(lang, name, block string, data any) (*bytes.Buffer, error) {
	set, ok := r.pages[lang]
	if !ok {
		set = r.pages["en"]
	}
	t, ok := set[name]
	if !ok {
		return nil, fmt.Errorf("no page %q", name)
	}
	buf := &bytes.Buffer{}
	if err := t.ExecuteTemplate(buf, block, data); err != nil {
		return nil, fmt.Errorf("render page %s: %w", name, err)
	}
	return buf, nil
}
