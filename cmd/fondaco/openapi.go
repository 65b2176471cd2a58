package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/web/api"
)

type openapiCmd struct{}

// Help is the long help of `fondaco openapi --help`.
func (openapiCmd) Help() string {
	return `It is what a server answers at ` + api.Prefix + `/openapi.json, for generating clients:

  fondaco openapi > fondaco.json`
}

// Run asks a marketplace that has nothing in it, so that what is printed is
// what is served, from the same code.
func (openapiCmd) Run(ctx context.Context, std streams) (err error) {
	dir, err := os.MkdirTemp("", "fondaco-openapi")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := app.New(ctx, app.Config{DatabaseURL: filepath.Join(dir, "empty.db"), SecretKey: make([]byte, secret.KeySize),
		Plugins: host.Static(nil), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(ctx)) }()
	handler, err := a.Handler()
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, api.Prefix+"/openapi.json", nil)
	if err != nil {
		return err
	}
	document := &page{header: http.Header{}, status: http.StatusOK}
	handler.ServeHTTP(document, req)
	if document.status != http.StatusOK {
		return fmt.Errorf("%s answered %d", req.URL.Path, document.status)
	}
	_, err = fmt.Fprintln(std.out, document.body.String())
	return err
}

// page keeps an answer in memory.
type page struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (p *page) Header() http.Header { return p.header }

// WriteHeader implements http.ResponseWriter.
func (p *page) WriteHeader(status int) { p.status = status }

// Write implements http.ResponseWriter.
func (p *page) Write(b []byte) (int, error) { return p.body.Write(b) }
