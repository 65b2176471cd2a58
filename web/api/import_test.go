package api_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestImport_takesLargeDocumentsUpToItsLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vendor := w.as("vendor").with("Content-Type", "application/octet-stream")
	path := fmt.Sprintf("/products/%d/openapi", w.as("vendor").post("/products", lagoon()).want(201).num("id"))
	large := func(size int) string {
		head := `{"openapi":"3.0.3","info":{"title":"Large","version":"1","description":"`
		tail := `"},"paths":{"/items":{"get":{"operationId":"items","responses":{"200":{"description":"ok"}}}}}}`
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	require.Equal(t, "items", vendor.post(path, large(15<<20)).want(200).at("proposed.0.identifier"))
	require.Contains(t, vendor.post(path, large(20<<20+1)).want(413).at("detail"), "20 MiB")
	require.Equal(t, "items", vendor.with("Content-Type", "text/yaml; charset=iso-8859-1").post(path,
		"openapi: 3.0.3\ninfo: {title: Caff\xe8, version: '1'}\npaths:\n  /items: {get: {operationId: items, responses: {'200': {description: ok}}}}\n").want(200).at("proposed.0.identifier"), "in Latin-1")
	require.NotEmpty(t, vendor.post(path, large(1 << 20)[:1<<19]).want(422).fields(), "cut off")
	require.NotEmpty(t, vendor.post(path, "\x00\x01").want(422).fields())
	vendor.post(path, nil).want(400)
	require.Empty(t, vendor.get(strings.TrimSuffix(path, "openapi")+"endpoints").want(200).list("items"), "nothing is stored")
}
