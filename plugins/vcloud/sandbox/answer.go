package sandbox

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/vmware/go-vcloud-director/v2/types/v56"
)

// maxBody bounds what one call may send.
const maxBody = 4 << 20

// call is one request.
type call struct {
	*http.Request
	base string // the API's address as the caller knows it
	id   string // of the object in the path
}

// answer is what a call says: XML under the given element, or JSON.
type answer struct {
	status  int
	element string // "" for JSON
	body    any
	header  map[string]string
}

func (a answer) write(w http.ResponseWriter, r *http.Request) {
	for name, value := range a.header {
		w.Header().Set(name, value)
	}
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	if failed, ok := a.body.(*types.Error); ok && strings.HasPrefix(r.URL.Path, "/cloudapi/") {
		a.element, a.body = "", types.OpenApiError{MinorErrorCode: failed.MinorErrorCode, Message: failed.Message}
	}
	if a.element == "" {
		w.Header().Set("Content-Type", "application/json;version="+apiVersion)
		w.WriteHeader(a.status)
		_ = json.NewEncoder(w).Encode(a.body)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.vmware.vcloud.any+xml;version="+apiVersion)
	w.WriteHeader(a.status)
	_, _ = io.WriteString(w, xml.Header)
	_ = xml.NewEncoder(w).EncodeElement(a.body, xml.StartElement{Name: xml.Name{Local: a.element}})
}

func say(element string, body any) answer {
	return answer{status: http.StatusOK, element: element, body: body}
}

func done() answer { return answer{status: http.StatusNoContent} }

func sayJSON(status int, body any) answer { return answer{status: status, body: body} }

// refuse is an error as the API tells it.
func refuse(status int, minor, message string) answer {
	return answer{status: status, element: "Error", body: &types.Error{MajorErrorCode: status, MinorErrorCode: minor, Message: message}}
}

// hidden is the answer for what does not exist: it is not told from what may
// not be seen.
func hidden(kind, id string) answer {
	return refuse(http.StatusForbidden, "ACCESS_TO_RESOURCE_IS_FORBIDDEN", "No access to entity \"com.vmware.vcloud.entity."+kind+":"+id+"\".")
}

func duplicate(name string) answer {
	return refuse(http.StatusBadRequest, "DUPLICATE_NAME", "The object "+strconv.Quote(name)+" already exists.")
}

func busyWith(name string) answer {
	return refuse(http.StatusBadRequest, "BUSY_ENTITY", "The entity "+name+" is busy completing an operation.")
}

// readXML and readJSON read what was sent.
func readXML[T any](in call) (T, *answer) {
	var out T
	err := xml.NewDecoder(io.LimitReader(in.Body, maxBody)).Decode(&out)
	return out, unreadable(err)
}

func readJSON[T any](in call) (T, *answer) {
	var out T
	err := json.NewDecoder(io.LimitReader(in.Body, maxBody)).Decode(&out)
	return out, unreadable(err)
}

func unreadable(err error) *answer {
	if err == nil {
		return nil
	}
	bad := refuse(http.StatusBadRequest, "BAD_REQUEST", "The request cannot be read: "+err.Error())
	return &bad
}

// pages is a page of the JSON API with everything on it.
func pages[T any](values []T) answer {
	raw, err := json.Marshal(values)
	if err != nil || values == nil {
		raw = []byte("[]")
	}
	return sayJSON(http.StatusOK, types.OpenApiPages{ResultTotal: len(values), PageCount: 1, Page: 1, PageSize: max(1, len(values)), Values: raw})
}

// last is what follows the last colon: the identifier in a URN.
func last(urn string) string {
	urn = strings.TrimPrefix(strings.TrimPrefix(urn, "vapp-"), "vm-")
	return urn[strings.LastIndex(urn, ":")+1:]
}
