package connector

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
)

// ref is a reference to a document: {"url":"subscription/12"}, without a
// leading slash and without a host, because clients split it at the first
// slash. It is read from "resource/id", "/id" and full addresses; Resource is
// "" when only an id was said.
type ref struct {
	Resource string
	ID       int64
}

// refer returns the reference, nil for no id.
func refer(resource string, id int64) *ref {
	if id == 0 {
		return nil
	}
	return &ref{Resource: resource, ID: id}
}

// referTo is refer for what may be nil.
func referTo(resource string, id *int64) *ref {
	if id == nil {
		return nil
	}
	return refer(resource, *id)
}

// refs returns references, never nil.
func refs(resource string, ids []int64) []*ref {
	out := make([]*ref, 0, len(ids))
	for _, id := range ids {
		out = append(out, refer(resource, id))
	}
	return out
}

// self is the name of a document: "subscription/12".
func self(resource string, id int64) string { return resource + "/" + strconv.FormatInt(id, 10) }

// parseRef reads a reference from its text.
func parseRef(text string) (ref, error) {
	path := text
	if i := strings.Index(text, "://"); i >= 0 {
		path = text[i+3:]
	}
	path, _, _ = strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ref{}, fmt.Errorf("%q is not a reference such as product/5", text)
	}
	id, err := strconv.ParseInt(path[i+1:], 10, 64)
	if err != nil || id <= 0 || id > math.MaxInt32 {
		return ref{}, fmt.Errorf("%q does not end with an id", text)
	}
	resource := path[:i]
	return ref{Resource: resource[strings.LastIndexByte(resource, '/')+1:], ID: id}, nil
}

// MarshalJSON writes {"url":"resource/id"}.
func (r ref) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		URL string `json:"url"`
	}{self(r.Resource, r.ID)})
}

// UnmarshalJSON reads {"url":…}, and the bare text that old documentation shows.
func (r *ref) UnmarshalJSON(data []byte) error {
	var wire struct{ URL string }
	if len(data) > 0 && data[0] == '"' {
		if err := json.Unmarshal(data, &wire.URL); err != nil {
			return err
		}
	} else if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	parsed, err := parseRef(wire.URL)
	if err != nil {
		return fault.New(fault.Invalid, err.Error())
	}
	*r = parsed
	return nil
}

// to returns the id when the reference is to a document of the kind; a bare
// id is.
func (r *ref) to(resource string) (int64, bool) {
	if r == nil || (r.Resource != "" && !strings.EqualFold(r.Resource, resource)) {
		return 0, false
	}
	return r.ID, true
}

// pathRef is a reference to something that has no id of its own, such as
// subscription/12/metadata.
type pathRef struct {
	URL string `json:"url"`
}

// metadataOf refers to a document's metadata.
func metadataOf(resource string, id int64) pathRef {
	return pathRef{URL: self(resource, id) + "/metadata"}
}
