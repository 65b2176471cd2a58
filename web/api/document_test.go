package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	"github.com/stretchr/testify/require"
)

// operation is a route as the document has it: a new one cannot be forgotten
// by the tests that walk over all.
type operation struct {
	method, path, id string
	public           bool
	example          string // of the body
	params           openapi3.Parameters
}

func (w *world) operations() []operation {
	w.t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData([]byte(w.as("").get("/openapi.json").want(200).raw))
	require.NoError(w.t, err)
	var out []operation
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			o := operation{method: method, path: path, id: op.OperationID, params: op.Parameters}
			for _, s := range *op.Security {
				o.public = o.public || len(s) == 0
			}
			if op.RequestBody != nil {
				raw, err := json.Marshal(op.RequestBody.Value.Content["application/json"].Example)
				require.NoError(w.t, err)
				o.example = string(raw)
			}
			out = append(out, o)
		}
	}
	slices.SortFunc(out, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

// withoutNull writes what 3.1 says about null as 3.0 knows it, because the
// loader validates 3.0.
func withoutNull(v any) any {
	switch v := v.(type) {
	case obj:
		if types, ok := v["type"].([]any); ok {
			v["type"], v["nullable"] = types[0], true
		}
		if either, ok := v["anyOf"].([]any); ok {
			v["anyOf"] = slices.DeleteFunc(either, func(s any) bool { return s.(obj)["type"] == "null" })
		}
		if _, ok := v["examples"].([]any); ok {
			delete(v, "examples")
		}
		for name := range v {
			v[name] = withoutNull(v[name])
		}
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	}
	return v
}

func TestDocument_isValidOpenAPI31OfExactlyThisAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	raw := []byte(w.as("").get("/openapi.json").want(200).raw)
	require.Contains(t, string(raw), `"openapi":"3.1.0"`)
	var v any
	require.NoError(t, json.Unmarshal(raw, &v))
	as30, err := json.Marshal(withoutNull(v))
	require.NoError(t, err)
	loaded, err := openapi3.NewLoader().LoadFromData(as30)
	require.NoError(t, err)
	require.NoError(t, loaded.Validate(t.Context(), openapi3.DisableExamplesValidation()))
	doc, err := libopenapi.NewDocument(raw)
	require.NoError(t, err)
	_, err = doc.BuildV3Model()
	require.NoError(t, err)
	require.Greater(t, len(w.operations()), 45)
	for _, o := range w.operations() {
		op := loaded.Paths.Find(o.path).GetOperation(o.method)
		require.NotEmpty(t, op.Summary, o.id)
		require.NotEmpty(t, op.Tags, o.id)
		require.NotNil(t, op.Responses.Default(), o.id)
		if o.method == http.MethodPost {
			require.True(t, slices.ContainsFunc(op.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == "Idempotency-Key" }), o.id)
		}
		if op.RequestBody != nil {
			require.NotEqual(t, "null", o.example, "%s has a body without an example", o.id)
		}
	}
}

// conforms checks every answer of every test against the document.
func (w *world) conforms(method, path string, a answer) {
	w.t.Helper()
	if path == "/openapi.json" || strings.HasPrefix(path, "/docs") {
		return
	}
	if w.document == nil {
		var err error
		w.document, err = openapi3.NewLoader().LoadFromData([]byte(w.as("").get("/openapi.json").raw))
		require.NoError(w.t, err)
	}
	op := w.operationAt(method, path)
	if op == nil {
		require.GreaterOrEqual(w.t, a.status, 400, "%s is answered, but not documented", a.what)
		return
	}
	response := op.Responses.Status(a.status)
	if response == nil {
		response = op.Responses.Default()
		require.GreaterOrEqual(w.t, a.status, 400, "%s: status %d is not documented", a.what, a.status)
	}
	media := response.Value.Content.Get(a.header.Get("Content-Type"))
	if a.raw == "" && len(response.Value.Content) == 0 {
		return
	}
	require.NotNil(w.t, media, "%s: %s is not documented", a.what, a.header.Get("Content-Type"))
	if !strings.HasSuffix(a.header.Get("Content-Type"), "json") {
		return
	}
	var v any
	require.NoError(w.t, json.Unmarshal([]byte(a.raw), &v), a.raw)
	require.NoError(w.t, media.Schema.Value.VisitJSON(v, openapi3.MultiErrors()), "%s: %s", a.what, a.raw)
}

func (w *world) operationAt(method, path string) *openapi3.Operation {
	var found *openapi3.Operation
	for template, item := range w.document.Paths.Map() {
		if fits(template, path) && (found == nil || !strings.Contains(template, "{")) {
			found = item.GetOperation(method)
		}
	}
	return found
}

func fits(template, path string) bool {
	a, b := strings.Split(template, "/"), strings.Split(path, "/")
	return slices.EqualFunc(a, b, func(t, p string) bool { return t == p || strings.HasPrefix(t, "{") })
}

func TestDocument_examplesFitTheirSchemas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(w.as("").get("/openapi.json").want(200).raw))
	require.NoError(t, err)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if op.RequestBody == nil || op.OperationID == "addEndpoints" { // anyOf with one shape inside another
				continue
			}
			media := op.RequestBody.Value.Content["application/json"]
			require.NoError(t, media.Schema.Value.VisitJSON(media.Example, openapi3.MultiErrors()), fmt.Sprint(method, " ", path))
		}
	}
}
