package portal_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/stretchr/testify/require"
)

func TestImport_whatCannotBeReadIsToldBesideTheDocument(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Tides")
	for doc, words := range map[string]string{
		"":                               "The document is empty.",
		"{\"openapi\": \"3.1.0\", \"in":  "",
		"just words":                     "",
		strings.Repeat("x", 20<<20+1000): "at most 20 MiB can be imported",
	} {
		b.submit("#document form", url.Values{"document": {doc}})
		require.Equal(t, http.StatusUnprocessableEntity, b.status)
		b.hasError("document", words)
	}
	latin := strings.Replace(tides, "One station", "Una citt\xe0", 1)
	b.submit("#document form", url.Values{"document": {latin}})
	require.Equal(t, "Una città", b.value("endpoints[1].name"))
}

func TestImport_aThousandOperationsPassThroughTheForms(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Large")
	var doc strings.Builder
	doc.WriteString("openapi: 3.0.0\ninfo: {title: Large, version: '1'}\npaths:\n")
	for i := range 1000 {
		fmt.Fprintf(&doc, "  /things/%d:\n    get: {summary: Thing %d, responses: {}}\n", i, i)
	}
	b.submit("#document form", url.Values{"document": {doc.String()}})
	b.has("1,000 operations")
	b.submit("#proposal", url.Values{"do": {"none"}})
	require.Zero(t, b.doc.Find("#proposal input[name=pick][checked]").Length())
	b.submit("#proposal", nil)
	b.has("Tick at least one endpoint.")
	b.submit("#proposal", url.Values{"do": {"all"}})
	b.submit("#proposal", nil)
	b.has("1,000 endpoints were added.")
	b.submit("#plan", url.Values{"name": {"All"}, "all.mode": {"prepaid"}, "all.limit": {"10"}, "all.window": {"day"}, "do": {"setAll"}})
	b.submit("#plan", nil)
	b.has("Plan All is saved.")
}

func TestImport_existingAndDoubleIdentifiersAreToldInTheirRow(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	withEndpoints(b, "Tides")
	id := m.find("tides").ID
	b.open(fmt.Sprintf("/vendor/products/%d/import", id))
	b.submit("#document form", url.Values{"document": {strings.ReplaceAll(tides, "/forecast", "/forecast2")}})
	require.Contains(t, b.text("#proposal"), "sold already as")
	first := b.value("endpoints[0].identifier")
	b.submit("#proposal", url.Values{"pick": {"0"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("endpoints[0].identifier", "The product already has an endpoint")
	require.Equal(t, first, b.value("endpoints[0].identifier"))
	require.Equal(t, 1, b.doc.Find("#proposal input[name=pick][checked]").Length())
	b.submit("#proposal", url.Values{"endpoints[0].identifier": {"two words"}})
	b.hasError("endpoints[0].identifier", "Use letters, digits")
	b.submit("#proposal", url.Values{"pick": {"1"}, "endpoints[1].identifier": {"again"}})
	require.Contains(t, b.text("#proposal tr.wrong .error"), "is already sold as")
}

func TestEndpoints_byHandAndEdited(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	page := fmt.Sprintf("/vendor/products/%d/import", m.product.ID)
	b.open(page)
	b.submit("#by-hand form", url.Values{"method": {"POST"}, "path": {"items"}, "name": {"Add an item"}})
	require.Equal(t, http.StatusUnprocessableEntity, b.status)
	b.hasError("path", "A path starts with a slash")
	require.Equal(t, "Add an item", b.value("name"))
	require.Equal(t, "POST", b.value("method"))
	b.submit("#by-hand form", url.Values{"path": {"/items"}, "identifier": {"search"}})
	b.hasError("identifier", "The product already has an endpoint")
	b.submit("#by-hand form", url.Values{"identifier": {""}})
	b.has("POST /items was added.")

	b.open(fmt.Sprintf("/vendor/products/%d/endpoints", m.product.ID))
	b.follow("Add an item")
	require.Equal(t, "post-items", b.value("identifier"))
	b.submit("form.form", url.Values{"name": {"Put an item"}, "identifier": {"renamed"}})
	b.hasError("identifier", "An identifier never changes")
	b.submit("form.form", url.Values{"identifier": {"post-items"}, "path": {"nope"}})
	b.hasError("path", "A path starts with a slash")
	b.submit("form.form", url.Values{"path": {"/items/new"}})
	b.has("Put an item is saved.", "/items/new")
	b.open(fmt.Sprintf("/vendor/products/%d/endpoints/none", m.product.ID))
	require.Equal(t, http.StatusNotFound, b.status)
}

func TestImport_ofALargeFile(t *testing.T) {
	m := setup(t)
	b := m.as(m.vendor)
	draft(b, "Large")
	var doc bytes.Buffer
	doc.WriteString(`{"openapi":"3.0.0","info":{"title":"Large","version":"1"},"components":{"schemas":{`)
	for i := range 15_000 {
		fmt.Fprintf(&doc, `"S%d":{"properties":{"next":{"$ref":"#/components/schemas/S%d"}},"description":"%s"},`, i, (i+1)%15_000, strings.Repeat("words ", 165))
	}
	doc.WriteString(`"End":{}}},"paths":{"/things":{"get":{"summary":"All things","responses":{}}}}}`)
	require.Greater(t, doc.Len(), 15<<20)

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fieldsOf(b.doc.Find("#document form")) {
		if name != "file" {
			require.NoError(t, form.WriteField(name, values[0]))
		}
	}
	file, err := form.CreateFormFile("file", "large.json")
	require.NoError(t, err)
	_, err = file.Write(doc.Bytes())
	require.NoError(t, err)
	require.NoError(t, form.Close())
	res, err := b.client.Post(b.at.String(), form.FormDataContentType(), &body)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusOK, res.StatusCode)
	b.doc, err = goquery.NewDocumentFromReader(res.Body)
	require.NoError(t, err)
	b.has("Large 1", "1 operation")
	b.submit("#proposal", nil)
	b.has("1 endpoint was added.")
}
