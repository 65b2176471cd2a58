package openapi_test

import (
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/stretchr/testify/require"
)

const shop30 = `{
  "openapi": "3.0.3",
  "info": {"title": "Shop", "version": "1.2", "description": "Sells things."},
  "servers": [{"url": "https://{region}.shop.example/v1", "variables": {"region": {"default": "eu"}}}, {"url": "/relative"}],
  "paths": {
    "/items": {
      "get": {"operationId": "listItems", "summary": "List items", "description": "All of them.", "responses": {"200": {"description": "ok"}}},
      "post": {"operationId": "items/create", "deprecated": true, "responses": {}}
    },
    "/items/{id}": {
      "parameters": [{"name": "id", "in": "path"}],
      "description": "One item.",
      "get": {"summary": "Show an item", "responses": {}}
    }
  }
}`

func TestImport_proposesOneEndpointPerOperation(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte(shop30))
	require.NoError(t, err)
	require.Equal(t, openapi.Result{
		Format: "OpenAPI 3.0.3", Title: "Shop", Version: "1.2", Description: "Sells things.",
		ServerURLs: []string{"https://eu.shop.example/v1", "/relative"},
		Proposed: []openapi.Endpoint{
			{Identifier: "list-items", Method: "GET", Path: "/items", Name: "List items", Description: "All of them."},
			{Identifier: "items-create", Method: "POST", Path: "/items", Name: "Items create", Deprecated: true},
			{Identifier: "get-items-id", Method: "GET", Path: "/items/{id}", Name: "Show an item", Description: "One item."},
		},
	}, got)
	require.Equal(t, "https://eu.shop.example/v1", got.ServerURL())
}

func TestImport_readsYAMLLikeJSON(t *testing.T) {
	t.Parallel()
	doc := `
openapi: 3.1.0
info: {title: Tides, version: 2024-05-01}
paths:
  /tides/{station}:
    get:
      summary: >
        Tides of
        a station
      responses: {'200': {description: ok}}
`
	got, err := openapi.Import([]byte(doc))
	require.NoError(t, err)
	require.Equal(t, "2024-05-01", got.Version)
	require.Equal(t, []openapi.Endpoint{
		{Identifier: "get-tides-station", Method: "GET", Path: "/tides/{station}", Name: "Tides of a station"},
	}, got.Proposed)
	require.Empty(t, got.Notes)
}

func TestImport_joinsSwaggerSchemesHostAndBasePath(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte("swagger: 2.0\ninfo: {title: Old}\nhost: api.example\nbasePath: /v2/\nschemes: [http, https]\npaths: {/a: {get: {}}}\n"))
	require.NoError(t, err)
	require.Equal(t, "Swagger 2.0", got.Format)
	require.Equal(t, []string{"https://api.example/v2", "http://api.example/v2"}, got.ServerURLs)
}

func TestImport_acceptsEveryVersionItNames(t *testing.T) {
	t.Parallel()
	for _, v := range []string{`"openapi":"3.0.0"`, `"openapi":"3.0.4"`, `"openapi":"3.1.1"`, `"openapi":"3.2.0"`, `"openapi":3.1`, `"openapi":"3.0.0-rc1"`, `"swagger":"2.0"`, `"swagger":2.0`, `"swagger":2`} {
		_, err := openapi.Import([]byte(`{` + v + `,"info":{"title":"T"},"paths":{"/a":{"get":{}}}}`))
		require.NoError(t, err, v)
	}
}

func TestImport_givesUniqueIdentifiersInAnyCase(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very-long-", 30)
	got, err := openapi.Import([]byte(`{"openapi":"3.0.0","paths":{
	  "/a": {"get":{"operationId":"ListHTTPRoutes"},"put":{"operationId":"list_http-routes"}},
	  "/b": {"get":{"operationId":"list-http-routes"},"put":{"operationId":"list-http-routes-2"}},
	  "/c": {"get":{"operationId":"` + long + `"},"put":{"operationId":"` + long + `"}},
	  "/d": {"get":{"operationId":"Höhenmaß.prüfen_v2"},"put":{"operationId":"价格"},"post":{"operationId":"__x__"}},
	  "/": {"get":{}}
	}}`))
	require.NoError(t, err)
	var ids []string
	for _, e := range got.Proposed {
		ids = append(ids, e.Identifier)
		require.Regexp(t, `^[a-z0-9][a-z0-9-_.]{0,99}$`, e.Identifier)
	}
	require.Equal(t, []string{
		"list-http-routes", "list_http-routes",
		"list-http-routes-2", "list-http-routes-2-2",
		strings.TrimRight(long[:100], "-"), strings.TrimRight(long[:98], "-") + "-2",
		"hohenmass.prufen_v2", "put-d", "x", "get",
	}, ids)
}

func TestImport_followsPathReferencesInsideTheDocument(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte(`
openapi: 3.1.0
paths:
  /one: {$ref: '#/components/pathItems/Shared', post: {operationId: own}}
  /two: {$ref: '#/paths/~1one'}
  /loop: {$ref: '#/paths/~1loop'}
  /file: {$ref: 'paths/other.yaml'}
  /away: {$ref: 'https://example.com/a.yaml#/x'}
  /nowhere: {$ref: '#/components/pathItems/Nothing'}
components:
  pathItems:
    Shared: {get: {operationId: shared}, post: {operationId: hidden}}
`))
	require.NoError(t, err)
	var ids []string
	for _, e := range got.Proposed {
		ids = append(ids, e.Identifier+" "+e.Path)
	}
	require.Equal(t, []string{"own /one", "shared /one", "own-2 /two", "shared-2 /two"}, ids)
	notes := strings.Join(got.Notes, "\n")
	require.Contains(t, notes, `paths["/loop"].$ref: the reference "#/paths/~1loop" leads back to itself`)
	require.Contains(t, notes, `paths["/file"].$ref: the reference "paths/other.yaml" is outside this document`)
	require.Contains(t, notes, `paths["/away"].$ref: the reference "https://example.com/a.yaml#/x" is outside`)
	require.Contains(t, notes, `paths["/nowhere"].$ref: the reference "#/components/pathItems/Nothing" leads nowhere`)
}

func TestImport_notesWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte(`{"openapi":"3.2.0","webhooks":{"ping":{"post":{}}},"x-top":1,"paths":{
	  "x-internal": 5,
	  "/a": {"get":{"x-y":1},"trace":{},"query":{},"additionalOperations":{"COPY":{}},"x-more":{},"fetch":{},"summary":"s","servers":[]},
	  "/a": {"put":{}},
	  "/e": null,
	  "/f": {"get":null},
	  "/q?action=list": {"get":{}},
	  "/i/{id}": {"get":{}},
	  "/i/{name}": {"get":{}}
	}}`))
	require.NoError(t, err)
	require.Len(t, got.Proposed, 3)
	require.Equal(t, []string{
		"The document has no info.title.",
		`paths["/a"] is there more than once; the first counts.`,
		"TRACE /a was left out: endpoints are sold for GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.",
		"QUERY /a was left out: endpoints are sold for GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.",
		"COPY /a was left out: endpoints are sold for GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS.",
		`paths["/a"].fetch is not a method or any other field of a path and was left out.`,
		`paths["/a"] has servers of its own; its operations are proposed all the same, for the product's upstream URL.`,
		`paths["/e"] is empty and was left out.`,
		`paths["/f"].get is empty and was left out.`,
		`paths["/q?action=list"] was left out: a path ends before "?" and "#"; an endpoint cannot be told apart by its query.`,
		`GET /i/{name} matches the same requests as /i/{id}; pick one of the two.`,
		"Webhooks (1) are not endpoints and were left out.",
	}, got.Notes)
}

func TestImport_cutsLongTextsAndDropsControlCharacters(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte(`{"openapi":"3.0.0","info":{"title":"A\u0000B\n C"},"paths":{"/a":{"get":{"summary":"` +
		strings.Repeat("é", 500) + `","description":"x\u0007y ` + strings.Repeat("long ", 5000) + `"}}}}`))
	require.NoError(t, err)
	require.Equal(t, "AB C", got.Title)
	require.Equal(t, strings.Repeat("é", openapi.MaxNameLength-1)+"…", got.Proposed[0].Name)
	require.Len(t, []rune(got.Proposed[0].Description), openapi.MaxDescriptionLength)
	require.True(t, strings.HasPrefix(got.Proposed[0].Description, "xy long"))
}

func TestImport_mergesYAMLKeysAndFollowsAliases(t *testing.T) {
	t.Parallel()
	got, err := openapi.Import([]byte(`
openapi: 3.0.0
x-common: &common {description: Common., deprecated: true}
paths:
  /a:
    get: &read {<<: *common, summary: Read}
  /b:
    get: *read
`))
	require.NoError(t, err)
	require.Len(t, got.Proposed, 2)
	for _, e := range got.Proposed {
		require.Equal(t, "Common.", e.Description)
		require.Equal(t, "Read", e.Name)
		require.True(t, e.Deprecated)
	}
}

// requireFields checks that err is Invalid and names exactly these fields,
// each with a message that holds the given words.
func requireFields(t *testing.T, err error, fieldsAndWords ...string) {
	t.Helper()
	require.Error(t, err)
	e := fault.As(err)
	require.Equal(t, fault.Invalid, e.Code, "%v", err)
	require.Len(t, e.Fields, len(fieldsAndWords)/2, "%v", err)
	for i, f := range e.Fields {
		require.Equal(t, fieldsAndWords[2*i], f.Name)
		require.Contains(t, f.Message, fieldsAndWords[2*i+1])
	}
}
