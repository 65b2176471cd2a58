package catalogdata_test

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/pb33f/libopenapi"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
)

// The importer reads paths only; that the whole documents are sound is asked
// of two libraries that read everything.
func TestDocuments_areValidOpenAPI(t *testing.T) {
	t.Parallel()
	for _, p := range products(t) {
		if p.OpenAPI == "" {
			continue
		}
		t.Run(p.OpenAPI, func(t *testing.T) {
			t.Parallel()
			doc, err := libopenapi.NewDocument(p.Document)
			require.NoError(t, err)
			switch version := doc.GetVersion(); version[:3] {
			case "2.0":
				validateSwagger(t, filepath.Ext(p.OpenAPI), p.Document)
			case "3.0":
				loaded, err := openapi3.NewLoader().LoadFromData(p.Document)
				require.NoError(t, err)
				require.NoError(t, loaded.Validate(t.Context()))
			default:
				_, errs := doc.BuildV3Model()
				require.Empty(t, errs)
			}
		})
	}
}

func validateSwagger(t *testing.T, ext string, doc []byte) {
	t.Helper()
	if ext == ".yaml" {
		var tree any
		require.NoError(t, yaml.Unmarshal(doc, &tree))
		asJSON, err := json.Marshal(tree)
		require.NoError(t, err)
		doc = asJSON
	}
	var old openapi2.T
	require.NoError(t, json.Unmarshal(doc, &old))
	converted, err := openapi2conv.ToV3(&old)
	require.NoError(t, err)
	require.NoError(t, converted.Validate(t.Context()))
}
