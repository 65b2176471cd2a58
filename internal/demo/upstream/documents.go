package upstream

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

func (u *upstream) documents() routes {
	return routes{
		"POST /documents":     readDocument,
		"GET /documents/{id}": showDocument,
		"GET /kinds":          listKinds,
	}
}

// fieldsOf are the fields of a kind of document, nil when it is not known.
func fieldsOf(kind string) []string {
	return map[string][]string{
		"waybill": {"sender", "receiver", "date", "weightKg", "pieces"},
		"invoice": {"seller", "buyer", "date", "number", "total"},
		"customs": {"declarant", "date", "commodityCode", "origin", "value"},
	}[kind]
}

func listKinds(*http.Request) (any, error) {
	list := []map[string]any{}
	for _, kind := range []string{"waybill", "invoice", "customs"} {
		list = append(list, map[string]any{"kind": kind, "fields": fieldsOf(kind)})
	}
	return map[string]any{"kinds": list}, nil
}

// webAddress reports whether s is an absolute http or https URL.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

func readDocument(r *http.Request) (any, error) {
	in, err := body[struct{ URL, Kind string }](r)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	c.That(webAddress(in.URL), "url", "Send the scan's address, such as https://files.example/waybill.pdf.")
	c.That(fieldsOf(in.Kind) != nil, "kind", "The kind has to be waybill, invoice or customs.")
	if err := c.Err(); err != nil {
		return nil, err
	}
	id := code("doc", in.URL, in.Kind)
	return created{"/documents/" + id, document(id, in.Kind)}, nil
}

func showDocument(r *http.Request) (any, error) {
	id, err := known(r, "doc")
	if err != nil {
		return nil, err
	}
	return document(id, []string{"waybill", "invoice", "customs"}[pick(3, id)]), nil
}

// document makes up what was read; the same id always reads the same.
func document(id, kind string) map[string]any {
	values := map[string]string{
		"sender": "Ponte Lungo Servizi S.p.A., Genova", "receiver": "Squero Digitale S.r.l., Venezia", "weightKg": fmt.Sprint(2 + pick(900, id)), "pieces": fmt.Sprint(1 + pick(12, id, "p")),
		"seller": "Lanterna Trading, Genova", "buyer": "Bottega Tre Oche, Venezia", "number": fmt.Sprintf("2026/%04d", pick(9999, id)), "total": euro(10_000+pick(900_000, id)).Amount + " EUR",
		"declarant": "Adria Express, Trieste", "commodityCode": fmt.Sprintf("7013%04d", pick(9999, id)), "origin": "IT", "value": euro(50_000+pick(900_000, id)).Amount + " EUR",
		"date": fmt.Sprintf("2026-%02d-%02d", 1+pick(12, id, "m"), 1+pick(28, id, "d")),
	}
	var text strings.Builder
	fmt.Fprintln(&text, strings.ToUpper(kind))
	fields := []map[string]any{}
	for _, name := range fieldsOf(kind) {
		fmt.Fprintf(&text, "%s: %s\n", name, values[name])
		fields = append(fields, map[string]any{"name": name, "value": values[name], "confidence": 0.8 + float64(pick(20, id, name))/100})
	}
	return map[string]any{"id": id, "kind": kind, "pages": 1 + pick(3, id, "pages"), "text": text.String(), "fields": fields}
}

func (u *upstream) images() routes {
	return routes{
		"POST /images":     resizeImage,
		"GET /images/{id}": showImage,
		"DELETE /images/{id}": func(r *http.Request) (any, error) {
			_, err := known(r, "img")
			return nil, err
		},
	}
}

type image struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Format string `json:"format"`
	Bytes  int    `json:"bytes"`
}

func newImage(id string, width, height int, format string) image {
	return image{id, fmt.Sprintf("https://img.blauwbrug.example/%s.%s", id, format), width, height, format, width * height / (6 + pick(6, id))}
}

func resizeImage(r *http.Request) (any, error) {
	in, err := body[struct {
		Source, Format string
		Width, Height  int
	}](r)
	if err != nil {
		return nil, err
	}
	var c fault.Check
	c.That(webAddress(in.Source), "source", "Send the picture's address, such as https://shop.example/goblet.jpg.")
	c.That(in.Width >= 1 && in.Width <= 8000, "width", "The width has to be from 1 to 8000.")
	c.That(in.Height >= 1 && in.Height <= 8000, "height", "The height has to be from 1 to 8000.")
	c.That(in.Format != "" && strings.Contains(" jpeg png webp avif ", " "+in.Format+" "), "format", "The format has to be jpeg, png, webp or avif.")
	if err := c.Err(); err != nil {
		return nil, err
	}
	id := code("img", in)
	return created{"/images/" + id, newImage(id, in.Width, in.Height, in.Format)}, nil
}

func showImage(r *http.Request) (any, error) {
	id, err := known(r, "img")
	if err != nil {
		return nil, err
	}
	sizes := []int{320, 640, 960, 1280}
	width := sizes[pick(len(sizes), id)]
	return newImage(id, width, width*3/4, []string{"webp", "avif", "jpeg"}[pick(3, id, "format")]), nil
}
