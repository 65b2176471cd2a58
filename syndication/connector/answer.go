package connector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
)

// answer is what a handler has to say.
type answer struct {
	status int
	// body is written as JSON; nil writes nothing.
	body any
	// raw, when set, is written as it is, as of contentType.
	raw         []byte
	contentType string
	location    string
	paging      *paging
}

// none is the answer of a call without a result. It is 204: the typed clients
// fail on an empty 200.
func none() answer { return answer{status: http.StatusNoContent} }

// done is none unless err.
func done(err error) (answer, error) { return none(), err }

// ok answers a document.
func ok(body any) answer { return answer{status: http.StatusOK, body: body} }

// written answers a document that was encoded before.
func written(raw []byte) answer {
	return answer{status: http.StatusOK, raw: raw, contentType: contentTypeJSON}
}

// created answers a new document with its address, "order/12".
func (c *call) created(resource string, id int64, body any) answer {
	return answer{status: http.StatusCreated, body: body, location: c.absolute(resource, id)}
}

// absolute is the full address of a document, as the caller reaches it.
func (c *call) absolute(resource string, id int64) string {
	scheme := "http"
	if c.r.TLS != nil || c.r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s%s/%s/%d", scheme, c.r.Host, c.Prefixes[0], resource, id)
}

// write sends the answer. An error comes before anything was sent.
func (a answer) write(c *call) error {
	h := c.w.Header()
	content, contentType, err := a.content(c)
	if err != nil {
		return err
	}
	if a.paging != nil {
		a.paging.headers(h)
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	if contentType != "" {
		h.Set("Content-Type", contentType)
		h.Set("Content-Length", strconv.Itoa(len(content)))
	}
	c.w.WriteHeader(a.status)
	if c.r.Method != http.MethodHead {
		_, _ = c.w.Write(content) // the client has gone: nobody is left to tell
	}
	return nil
}

func (a answer) content(c *call) (content []byte, contentType string, err error) {
	switch {
	case a.raw != nil:
		return a.raw, a.contentType, nil
	case a.body == nil:
		return nil, "", nil
	}
	raw, err := encode(a.body)
	if err == nil && a.paging != nil && c.wantsCSV() {
		raw, err = toCSV(raw)
		return raw, "text/csv; charset=utf-8", err
	}
	return raw, contentTypeJSON, err
}

const contentTypeJSON = "application/json" // UTF-8 by definition

// encode writes JSON as it is: no escapes for HTML, no line feed at the end.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
