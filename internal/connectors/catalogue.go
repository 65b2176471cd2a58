package connectors

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Catalogue reads products as a web shop's script does: it always sends a
// Basic header, which means nothing, and "undefined" for what it was not told.
type Catalogue struct {
	*Recording
	base, token string
	wire        wire
}

// NewCatalogue returns a reader; token may be "".
func NewCatalogue(base, token string) *Catalogue {
	r := &Recording{}
	return &Catalogue{Recording: r, base: base, token: token, wire: wire{record: r}}
}

// CatalogueProduct is what the script reads of a product.
type CatalogueProduct struct {
	ID               int64       `json:"id"`
	Name             string      `json:"name"`
	ShortDescription string      `json:"shortDescription"`
	ProductVersion   []Reference `json:"productVersion"`
}

// SearchAndSort looks for products by name in a category; 0 is any.
func (c *Catalogue) SearchAndSort(ctx context.Context, name string, category int) ([]CatalogueProduct, error) {
	in := "undefined"
	if category != 0 {
		in = fmt.Sprint(category)
	}
	var all []CatalogueProduct
	return all, c.get(ctx, "product?name="+name+"&category="+in+"&tag=undefined&ordering=undefined", &all)
}

// Product reads one product.
func (c *Catalogue) Product(ctx context.Context, id int64) (p CatalogueProduct, err error) {
	return p, c.get(ctx, fmt.Sprintf("product/%d", id), &p)
}

func (c *Catalogue) get(ctx context.Context, path string, into any) error {
	headers := []string{"accept: application/json", "content-type: application/json", "authorization: Basic dW5kZWZpbmVkOnVuZGVmaW5lZA=="}
	if c.token != "" {
		headers = append(headers, "cmw-auth-token: "+c.token)
	}
	headers = append(headers, "user-agent: node-fetch/1.0 (+https://github.com/bitinn/node-fetch)", "accept-encoding: gzip,deflate", "connection: close", "Host: HOST")
	a, err := c.wire.send(ctx, c.base, request(http.MethodGet, c.base+"/"+path, "", headers...))
	if err != nil {
		return err
	}
	if a.Status/100 != 2 {
		return fmt.Errorf("%s: %d %s", strings.SplitN(path, "?", 2)[0], a.Status, a.Body)
	}
	return json.Unmarshal(a.Body, into)
}
