package openapi_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
)

func TestImport_saysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const head = `{"openapi":"3.0.0","info":{"title":"T"},`
	tests := []struct{ name, doc, field, words string }{
		{"empty", "", "document", "The document is empty"},
		{"blank", " \n\t\n", "document", "The document is empty"},
		{"only a comment", "# nothing\n", "document", "The document is empty"},
		{"prose", "Dear Sirs, here is our API.", "document", "not an OpenAPI document"},
		{"HTML", "<!DOCTYPE html><html><body>Not found</body></html>", "document", "not an OpenAPI document"},
		{"array", "[1,2]", "document", "not an OpenAPI document"},
		{"other JSON", `{"name":"left-pad","version":"1.0.0"}`, "document", `neither "openapi" nor "swagger"`},
		{"future version", `{"openapi":"4.0.0","paths":{}}`, "openapi", `OpenAPI "4.0.0" is not known`},
		{"Swagger 1", `{"swagger":"1.2","paths":{}}`, "swagger", "Convert the document"},
		{"no paths", head + `"components":{}}`, "paths", `has no "paths"`},
		{"only webhooks", head + `"webhooks":{"a":{"post":{}}}}`, "paths", "Webhooks are not imported"},
		{"empty paths", head + `"paths":{}}`, "paths", "no operation that can be sold"},
		{"paths without operations", head + `"paths":{"/a":{"parameters":[]}}}`, "paths", "no operation that can be sold"},
		{"only references to files", head + `"paths":{"/a":{"$ref":"a.yaml"}}}`, "paths", "bundle it into one file"},
		{"paths as array", head + `"paths":[]}`, "paths", "has to be an object"},
		{"path without slash", head + `"paths":{"items":{"get":{}},"/ok":{"get":{}}}}`, `paths["items"]`, `"/items"`},
		{"path with a space", head + `"paths":{"/a b":{"get":{}}}}`, `paths["/a b"]`, "%20"},
		{"open brace", head + `"paths":{"/a/{id":{"get":{}}}}`, `paths["/a/{id"]`, "Each {"},
		{"nameless parameter", head + `"paths":{"/a/{}":{"get":{}}}}`, `paths["/a/{}"]`, "Each {"},
		{"path item as text", head + `"paths":{"/a":"get"}}`, `paths["/a"]`, "has to hold an object"},
		{"operation as array", head + `"paths":{"/a":{"get":[]}}}`, `paths["/a"].get`, "has to be an object"},
		{"cut off JSON", head + "\n" + `"paths":{"/a":{"get":{"summ`, "document", "ends too early, at line 2, column 27: the document seems to be cut off"},
		{"broken JSON", head + "\n" + `"paths":{"/a":{"get":{]}}}}`, "document", "cannot be read at line 2, column 23"},
		{"cut off YAML", "openapi: 3.0.0\ninfo:\n  title: \"T", "document", "may be cut off"},
		{"broken YAML", "openapi: 3.0.0\npaths:\n\t/a: {}\nx: 1\ny: 2\nz: 3\n", "document", "The YAML cannot be read at line 3"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00", "document", "a gzip file"},
		{"ZIP", "PK\x03\x04\x14\x00\x00\x00", "document", "a ZIP file"},
		{"damaged UTF-8", head + `"x":"città` + "\xff" + `","paths":{"/a":{"get":{}}}}`, "document", "0xFF at line 1, column 51 is neither UTF-8 nor Latin-1"},
		{"cut in a character", head + `"x":"però citt` + "\xc3", "document", "in the middle of a character"},
		{"half a UTF-16", "\xff\xfe{\x00\"\x00\x00\xd8", "document", "begins like UTF-16"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := openapi.Import([]byte(tt.doc))
			requireFields(t, err, tt.field, tt.words)
		})
	}
}

func TestImport_reportsAllWrongPathsAtOnce(t *testing.T) {
	t.Parallel()
	_, err := openapi.Import([]byte("openapi: 3.0.0\npaths:\n  items: {get: {}}\n  /ok: {get: {}}\n  /b{: {get: {}}\n  /c: {get: 7}\n"))
	requireFields(t, err, `paths["items"]`, "slash", `paths["/b{"]`, "Each {", `paths["/c"].get`, "object")
}

func TestImport_boundsTheNumberOfReportedFields(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\npaths:\n")
	for i := range 300 {
		fmt.Fprintf(&b, "  items%d: {get: {}}\n", i)
	}
	_, err := openapi.Import([]byte(b.String()))
	e := fault.As(err)
	require.Len(t, e.Fields, 51)
	require.Equal(t, fault.Field{Name: "document", Message: "And 250 more mistakes of this kind."}, e.Fields[50])
}

func TestImport_refusesMoreThanMaxSizeWithBothSizes(t *testing.T) {
	t.Parallel()
	doc := append([]byte(shop30), bytes.Repeat([]byte(" "), openapi.MaxSize-len(shop30))...)
	_, err := openapi.Import(doc)
	require.NoError(t, err, "exactly MaxSize")
	_, err = openapi.Import(append(doc, bytes.Repeat([]byte(" "), 1<<20)...))
	requireFields(t, err, "document", "has 21.0 MiB; at most 20 MiB")
}

func TestImport_refusesMoreThanMaxOperations(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"openapi":"3.0.0","paths":{"/0":{"get":{}}`)
	for i := range openapi.MaxOperations {
		fmt.Fprintf(&b, `,"/p%d":{"get":{}}`, i)
	}
	b.WriteString("}}")
	_, err := openapi.Import([]byte(b.String()))
	requireFields(t, err, "document", "more than 10000 operations")
}

func TestImport_convertsOtherEncodingsAndSaysSo(t *testing.T) {
	t.Parallel()
	const doc = "openapi: 3.0.0\ninfo: {title: Città d'acqua}\npaths: {/maree: {get: {summary: Più alta}}}\n"
	latin1 := []byte(strings.NewReplacer("à", "\xe0", "ù", "\xf9").Replace(doc))
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(doc))
	require.NoError(t, err)
	utf16be, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(doc))
	require.NoError(t, err)
	utf32be, err := utf32.UTF32(utf32.BigEndian, utf32.UseBOM).NewEncoder().Bytes([]byte(doc))
	require.NoError(t, err)
	tests := []struct {
		name, note string
		doc        []byte
	}{
		{"UTF-8 with mark", "", append([]byte("\xef\xbb\xbf"), doc...)},
		{"Latin-1", "read as Latin-1 (Windows-1252); look at accents and special characters, the first is at line 2, column 19", latin1},
		{"UTF-16 LE", "from UTF-16", utf16},
		{"UTF-16 BE", "from UTF-16", utf16be},
		{"UTF-32", "from UTF-32", utf32be},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := openapi.Import(tt.doc)
			require.NoError(t, err)
			require.Equal(t, "Città d'acqua", got.Title)
			require.Equal(t, "Più alta", got.Proposed[0].Name)
			require.Contains(t, strings.Join(got.Notes, "\n"), tt.note)
		})
	}
}

func TestImport_readsSloppyJSONAsYAML(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte("{\"openapi\": \"3.0.0\",\n info: {title: T},\n \"paths\": {\"/a\": {\"get\": {},},},\n}"))
	require.NoError(t, err)
	require.Len(t, got.Proposed, 1)
	require.Contains(t, got.Notes[0], "not strict JSON; it was read as YAML. The JSON cannot be read at line 2, column 2")
}

func TestImport_warnsOfYAMLThatMayBeCutOff(t *testing.T) {
	t.Parallel()
	const whole = "openapi: 3.0.0\ninfo: {title: T}\npaths:\n  /a:\n    get:\n      responses: {}\n"
	got, err := openapi.Import([]byte(whole))
	require.NoError(t, err)
	require.Empty(t, got.Notes)
	got, err = openapi.Import([]byte(whole + "  /b:\n    get:\n      summary: Half a sen"))
	require.NoError(t, err)
	require.Len(t, got.Notes, 1)
	require.Contains(t, got.Notes[0], "If it was cut off")
}
