package openapi_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/stretchr/testify/require"
)

// npmDocs is the folder where "npm install @octokit/openapi
// @readme/oas-examples" was run; its documents are never committed.
//
// FONDACO_NPM_DOCS names it. Without it the tests skip, unless
// FONDACO_REQUIRE_NPM=1 says that they must not.
func npmDocs(t *testing.T, pkg string) string {
	t.Helper()
	dir := os.Getenv("FONDACO_NPM_DOCS")
	if dir == "" {
		if os.Getenv("FONDACO_REQUIRE_NPM") == "1" {
			t.Fatal("FONDACO_REQUIRE_NPM=1, but FONDACO_NPM_DOCS names no folder: run npm install @octokit/openapi @readme/oas-examples in one and name it")
		}
		t.Skip("published OpenAPI documents not tried: FONDACO_NPM_DOCS names no folder with @octokit/openapi and @readme/oas-examples")
	}
	dir = filepath.Join(dir, "node_modules", filepath.FromSlash(pkg))
	require.DirExists(t, dir, "FONDACO_NPM_DOCS is set, but %s is not installed there", pkg)
	return dir
}

// documents lists the JSON and YAML files under dir.
func documents(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch filepath.Ext(path) {
		case ".json", ".yaml", ".yml":
			if d.Name() != "package.json" && d.Type().IsRegular() {
				files = append(files, path)
			}
		}
		return err
	}))
	return files
}

func TestImport_readsPublishedLargeDocuments(t *testing.T) {
	dir := npmDocs(t, "@octokit/openapi")
	imported, refused := 0, 0
	for _, file := range documents(t, filepath.Join(dir, "generated")) {
		doc, err := os.ReadFile(file)
		require.NoError(t, err)
		got, err := openapi.Import(doc)
		if len(doc) > openapi.MaxSize {
			requireFields(t, err, "document", "at most 20 MiB")
			refused++
			continue
		}
		require.NoError(t, err, file)
		keepsPromises(t, got)
		if strings.HasSuffix(file, "api.github.com.json") {
			require.Greater(t, len(got.Proposed), 900)
			require.Contains(t, got.Proposed, openapi.Endpoint{Identifier: "meta-root", Method: "GET", Path: "/", Name: "GitHub API Root", Description: "Get Hypermedia links to resources accessible in GitHub's REST API"})
		}
		t.Logf("%s: %.1f MB, %d endpoints, %d notes", filepath.Base(file), float64(len(doc))/1e6, len(got.Proposed), len(got.Notes))
		imported++
	}
	require.Greater(t, imported, 3)
	require.NotZero(t, refused, "the package holds documents over the limit")
}

func TestImport_readsPublishedExamplesOfEveryVersion(t *testing.T) {
	dir := npmDocs(t, "@readme/oas-examples")
	formats := make(map[string]int)
	for _, version := range []string{"2.0", "3.0", "3.1"} {
		for _, file := range documents(t, filepath.Join(dir, version)) {
			got, err := importFile(t, file)
			if err != nil {
				// Some examples have no operations; nothing else may be wrong.
				requireFields(t, err, "paths", "operation")
				continue
			}
			keepsPromises(t, got)
			formats[strings.TrimSuffix(got.Format, filepath.Ext(got.Format))]++
		}
	}
	t.Log(formats)
	for _, format := range []string{"Swagger 2", "OpenAPI 3.0", "OpenAPI 3.1"} {
		require.Greater(t, formats[format], 5, format)
	}
}

func TestImport_givesTheSameForPublishedJSONAndYAML(t *testing.T) {
	dir := npmDocs(t, "@readme/oas-examples")
	pairs := 0
	for _, version := range []string{"3.0", "3.1"} {
		folder := filepath.Join(dir, version)
		for _, file := range documents(t, filepath.Join(folder, "yaml")) {
			name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
			twin := filepath.Join(folder, "json", name+".json")
			fromYAML, err := importFile(t, file)
			if _, missing := os.Stat(twin); missing != nil || err != nil || name == "parameters-style" { // its twins differ in two methods
				continue
			}
			fromJSON, err := importFile(t, twin)
			require.NoError(t, err)
			require.Equal(t, fromJSON.Proposed, fromYAML.Proposed, file)
			pairs++
		}
	}
	require.Greater(t, pairs, 20)
}

func importFile(t *testing.T, file string) (openapi.Result, error) {
	t.Helper()
	doc, err := os.ReadFile(file)
	require.NoError(t, err)
	return openapi.Import(doc)
}
