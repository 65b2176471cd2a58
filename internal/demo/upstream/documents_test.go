package upstream_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"testing"

	"github.com/fondaco/fondaco/internal/demo/catalogdata"
	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// load reads a product's document whole, Swagger 2 converted to OpenAPI 3.
func load(t *testing.T, p catalogdata.Product) *openapi3.T {
	t.Helper()
	var head struct{ Swagger string }
	require.NoError(t, yaml.Unmarshal(p.Document, &head))
	if head.Swagger == "" {
		doc, err := openapi3.NewLoader().LoadFromData(p.Document)
		require.NoError(t, err)
		return doc
	}
	var tree any
	require.NoError(t, yaml.Unmarshal(p.Document, &tree))
	asJSON, err := json.Marshal(tree)
	require.NoError(t, err)
	var old openapi2.T
	require.NoError(t, json.Unmarshal(asJSON, &old))
	doc, err := openapi2conv.ToV3(&old)
	require.NoError(t, err)
	return doc
}

// The documents are true: what the upstream answers is what they say.
func TestUpstream_answersAsTheDocumentsSay(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, p := range b.products {
		if p.OpenAPI == "" {
			continue
		}
		doc := load(t, p)
		for _, e := range p.Endpoints {
			t.Run(p.SKU+" "+e.Identifier, func(t *testing.T) {
				t.Parallel()
				resp, answer := b.call(t, p, e.Method, e.Example.Path, e.Example.Body, p.AuthHeader)
				requireAnswer(t, doc, e.Method, e.Path, resp, answer)
			})
		}
	}
}

func requireAnswer(t *testing.T, doc *openapi3.T, method, path string, resp *http.Response, answer []byte) {
	t.Helper()
	item := doc.Paths.Value(path)
	require.NotNil(t, item, path)
	response := item.GetOperation(method).Responses.Value(strconv.Itoa(resp.StatusCode))
	require.NotNil(t, response, "status %d is not in the document", resp.StatusCode)
	schema := response.Value.Content.Get("application/json").Schema
	require.NotNil(t, schema)
	var value any
	require.NoError(t, json.Unmarshal(answer, &value))
	require.NoError(t, schema.Value.VisitJSON(value, openapi3.MultiErrors(), openapi3.EnableFormatValidation()), "%s", answer)
}
