package upstream_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/internal/demo/catalogdata"
	"github.com/fondaco/fondaco/internal/demo/upstream"
	"github.com/stretchr/testify/require"
)

// bundle is a running upstream that wants the headers of the catalog.
type bundle struct {
	server   *httptest.Server
	clock    *clock.Manual
	products []catalogdata.Product
}

func setup(t *testing.T) *bundle {
	t.Helper()
	products, err := catalogdata.Products()
	require.NoError(t, err)
	auth := make(map[string]upstream.Header)
	for _, p := range products {
		auth[p.SKU] = upstream.Header(p.AuthHeader)
	}
	b := &bundle{clock: clock.NewManual(time.Date(2026, 11, 3, 8, 2, 0, 0, time.UTC)), products: products}
	b.server = httptest.NewServer(upstream.New(upstream.Config{Clock: b.clock, AuthHeader: auth}))
	t.Cleanup(b.server.Close)
	return b
}

// call sends a request to a product; header may be empty.
func (b *bundle) call(t *testing.T, p catalogdata.Product, method, path, body string, header catalogdata.Header) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.server.URL+"/"+p.SKU+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Consumer-Username", "1042")
	if header.Name != "" {
		req.Header.Set(header.Name, header.Value)
	}
	resp, err := b.server.Client().Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, answer
}

func (b *bundle) product(t *testing.T, sku string) catalogdata.Product {
	t.Helper()
	for _, p := range b.products {
		if p.SKU == sku {
			return p
		}
	}
	t.Fatalf("no product %s", sku)
	return catalogdata.Product{}
}

// get asks an endpoint of a product and decodes its answer.
func (b *bundle) get(t *testing.T, sku, path string) map[string]any {
	t.Helper()
	p := b.product(t, sku)
	resp, answer := b.call(t, p, "GET", path, "", p.AuthHeader)
	require.Equal(t, 200, resp.StatusCode, "%s%s: %s", sku, path, answer)
	var value map[string]any
	require.NoError(t, json.Unmarshal(answer, &value))
	return value
}

func TestUpstream_answersEveryEndpointOfTheCatalog(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, p := range b.products {
		for _, e := range p.Endpoints {
			t.Run(p.SKU+" "+e.Identifier, func(t *testing.T) {
				t.Parallel()
				resp, answer := b.call(t, p, e.Method, e.Example.Path, e.Example.Body, p.AuthHeader)
				require.Equal(t, 2, resp.StatusCode/100, "%s", answer)
				require.Equal(t, "1042", resp.Header.Get("X-Served-For"))
				if resp.StatusCode == http.StatusNoContent {
					require.Empty(t, answer)
					return
				}
				require.Equal(t, "application/json", resp.Header.Get("Content-Type"))
				require.True(t, json.Valid(answer))
				require.Greater(t, len(bytes.TrimSpace(answer)), 20)
			})
		}
	}
}

func TestUpstream_refusesWhatDoesNotComeThroughTheGateway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, p := range b.products {
		for _, header := range []catalogdata.Header{{}, {Name: p.AuthHeader.Name, Value: "wrong"}} {
			e := p.Endpoints[0]
			resp, answer := b.call(t, p, e.Method, e.Example.Path, e.Example.Body, header)
			require.Equal(t, http.StatusUnauthorized, resp.StatusCode, p.SKU)
			require.Contains(t, string(answer), `"unauthenticated"`)
			require.NotContains(t, string(answer), p.AuthHeader.Value)
			resp, _ = b.call(t, p, "GET", "/no/such/path", "", header)
			require.Equal(t, http.StatusUnauthorized, resp.StatusCode, p.SKU)
		}
	}
}

func TestUpstream_isOpenWithoutConfiguredHeaders(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	upstream.New(upstream.Config{}).ServeHTTP(w, httptest.NewRequest("GET", "/weather/current?lat=45&lon=12", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Header().Get("X-Served-For"))
}

func TestUpstream_doesNotKnowOtherPaths(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, p := range b.products {
		for _, path := range []string{"", "/", "/nothing/here"} {
			resp, answer := b.call(t, p, "GET", path, "", p.AuthHeader)
			require.Equal(t, http.StatusNotFound, resp.StatusCode, "%s%s", p.SKU, path)
			require.Contains(t, string(answer), `"code":"not_found"`)
		}
		resp, _ := b.call(t, p, "PATCH", p.Endpoints[0].Example.Path, "", p.AuthHeader)
		require.Equal(t, http.StatusNotFound, resp.StatusCode, p.SKU)
	}
}

func TestUpstream_saysWhatIsWrongWithARequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	tests := []struct {
		sku, method, path, body string
		status                  int
		words                   string
	}{
		{"lagoon-shop", "GET", "/items?limit=0", "", 400, "from 1 to 100"},
		{"lagoon-shop", "GET", "/items/999", "", 404, "There is no item"},
		{"lagoon-shop", "GET", "/items/x", "", 404, "There is no item"},
		{"lagoon-shop", "POST", "/items", `{"name":"A","category":"glass","workshop":"nobody","price":"1.00"}`, 400, "workshop"},
		{"lagoon-shop", "POST", "/items", `{"name":`, 400, "JSON object"},
		{"lagoon-shop", "POST", "/items", `{"name":"` + strings.Repeat("x", 70_000) + `"}`, 400, "64 KiB"},
		{"lagoon-shop", "POST", "/orders", `{"lines":[{"itemId":7,"quantity":0}]}`, 400, "Line 1"},
		{"lagoon-shop", "GET", "/orders/LS-1", "", 404, "no order"},
		{"lagoon-tides", "GET", "/stations/rialto/level", "", 404, "no gauge"},
		{"lagoon-tides", "GET", "/stations/salute/level?at=noon", "", 400, "2026-11-03T08:00:00Z"},
		{"lagoon-tides", "GET", "/stations/salute/forecast?days=8", "", 400, "from 1 to 7"},
		{"lagoon-tides", "GET", "/stations/salute/extremes?date=soon", "", 400, "2026-11-03"},
		{"vat-check", "GET", "/numbers/XX1", "", 400, "country"},
		{"vat-check", "GET", "/numbers/I", "", 400, "country"},
		{"vat-check", "GET", "/rates/XX", "", 404, "not covered"},
		{"geocoding", "GET", "/search", "", 400, "missing"},
		{"geocoding", "GET", "/reverse?lat=91&lon=0", "", 400, "latitude"},
		{"geocoding", "GET", "/reverse?lat=NaN&lon=0", "", 400, "latitude"},
		{"geocoding", "POST", "/batch", `{"addresses":[]}`, 400, "1 to 100"},
		{"weather", "GET", "/current?lat=45", "", 400, "longitude"},
		{"weather", "GET", "/warnings/XX", "", 404, "not covered"},
		{"routes", "GET", "/route?from=1,1&to=2,2&mode=horse", "", 400, "bicycle"},
		{"routes", "POST", "/table", `{"points":["1,1"]}`, 400, "2 to 25"},
		{"parcels", "GET", "/parcels/ZZ1", "", 404, "No carrier"},
		{"parcels", "POST", "/shipments", `{"from":"a","to":"b","weightGrams":0}`, 400, "weight"},
		{"exchange-rates", "GET", "/latest?base=XXX", "", 400, "XXX"},
		{"exchange-rates", "GET", "/days/1998-12-31", "", 404, "1999-01-04"},
		{"exchange-rates", "GET", "/convert?amount=-1&from=EUR&to=CHF", "", 400, "125.00"},
		{"exchange-rates", "GET", "/convert?amount=1&from=EUR&to=XXX", "", 400, "currencies"},
		{"document-ocr", "POST", "/documents", `{"url":"file:///etc/passwd","kind":"waybill"}`, 400, "address"},
		{"document-ocr", "GET", "/documents/7", "", 404, "There is no"},
		{"sms", "POST", "/messages", `{"to":"12","from":"A","text":"x"}`, 400, "+390415550123"},
		{"sms", "GET", "/messages/img-7c01be", "", 404, "There is no"},
		{"email-check", "GET", "/check", "", 400, "missing"},
		{"image-resize", "POST", "/images", `{"source":"https://a.example/x","width":0,"height":1,"format":"webp"}`, 400, "width"},
		{"holidays", "GET", "/years/IT/1700", "", 404, "1990"},
		{"holidays", "GET", "/workdays/IT?from=2027-05-01&to=2027-04-01", "", 400, "in order"},
		{"harbour-watch", "GET", "/monitors/9/uptime", "", 404, "no monitor"},
	}
	for _, tt := range tests {
		t.Run(tt.sku+" "+tt.method+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			p := b.product(t, tt.sku)
			resp, answer := b.call(t, p, tt.method, tt.path, tt.body, p.AuthHeader)
			require.Equal(t, tt.status, resp.StatusCode, "%s", answer)
			require.Contains(t, string(answer), tt.words)
		})
	}
}
