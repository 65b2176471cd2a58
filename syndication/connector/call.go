package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/go-chi/chi/v5"
)

// call is a request with what every handler wants to know of it.
type call struct {
	*server
	route route
	w     http.ResponseWriter
	r     *http.Request

	// actor is who asks; of a public route, perhaps nobody in a marketplace.
	actor account.Actor
	// version is the apiVersion of the shapes asked for; 0 is the oldest.
	version version
	// language is what the texts should be in; "en" when nothing was said.
	language string

	query url.Values
}

// open reads what stands in the address.
func (c *call) open() error {
	var err error
	if c.query, err = url.ParseQuery(c.r.URL.RawQuery); err != nil || holdsNUL(c.query) {
		return unreadable("The query of this address cannot be read.")
	}
	if c.version, err = parseVersion(c.value("apiVersion")); err != nil {
		return err
	}
	if c.language = strings.ToLower(c.value("language")); c.language == "" {
		c.language = "en"
	}
	return nil
}

// holdsNUL reports whether something holds what no database text can.
func holdsNUL(query url.Values) bool {
	for _, values := range query {
		for _, v := range values {
			if strings.ContainsRune(v, 0) {
				return true
			}
		}
	}
	return false
}

// param is a part of the path: "{r}" of "order/externalReference={r}".
func (c *call) param(name string) string {
	raw := chi.URLParam(c.r, name)
	text, err := url.PathUnescape(raw)
	if err != nil || strings.ContainsRune(text, 0) {
		return raw
	}
	return text
}

// id is the {id} of the path. What cannot be an id of ours does not exist.
func (c *call) id() (int64, error) {
	id, err := strconv.ParseInt(c.param("id"), 10, 32)
	if err != nil || id <= 0 {
		return 0, fault.Newf(fault.NotFound, "There is no %s.", strings.TrimPrefix(chi.RouteContext(c.r.Context()).RoutePath, "/"))
	}
	return id, nil
}

// value is a query parameter. Absent ones, and what a browser makes of them,
// are "".
func (c *call) value(name string) string { return present(c.query.Get(name)) }

// present is "" for the ways in which clients write that there is nothing.
func present(text string) string {
	if text = strings.TrimSpace(text); text == "undefined" || text == "null" {
		return ""
	}
	return text
}

// values are a list in one parameter, joined by commas; none when absent.
func (c *call) values(name string) []string {
	var all []string
	for _, v := range c.query[name] {
		for part := range strings.SplitSeq(v, ",") {
			if part = present(part); part != "" {
				all = append(all, part)
			}
		}
	}
	return all
}

// pairs are a map in parameters: metadata[color]=red.
func (c *call) pairs(name string) map[string]string {
	all := map[string]string{}
	for key, values := range c.query {
		inner, ok := strings.CutPrefix(key, name+"[")
		if inner, closed := strings.CutSuffix(inner, "]"); ok && closed && inner != "" {
			all[inner] = values[0]
		}
	}
	return all
}

// flag is a query parameter that is true, false or not there.
func (c *call) flag(name string) (*bool, error) {
	text := c.value(name)
	if text == "" {
		return nil, nil
	}
	v, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return nil, fault.InvalidField(name, "Use true or false.")
	}
	return &v, nil
}

// whole is a query parameter that is an id; 0 when it is not there. Both 5 and
// product/5 are understood.
func (c *call) whole(name string) (int64, error) {
	text := c.value(name)
	if text == "" {
		return 0, nil
	}
	return wholeID(name, text)
}

func wholeID(name, text string) (int64, error) {
	if ref, err := parseRef(text); err == nil {
		return ref.ID, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || id > math.MaxInt32 {
		return 0, fault.InvalidField(name, "This is not an id.")
	}
	return id, nil
}

// instant is a query parameter that is a date in any of the accepted forms;
// nil when it is not there.
func (c *call) instant(name string) (*time.Time, error) {
	text := c.value(name)
	if text == "" {
		return nil, nil
	}
	at, err := parseDate(text)
	if err != nil {
		return nil, fault.InvalidField(name, err.Error())
	}
	return &at, nil
}

// bodyPatience is how long a client may take to send its body.
const bodyPatience = time.Minute

const defaultMaxBody = 1 << 20

// raw is the whole body within the route's limit.
func (c *call) raw() ([]byte, error) {
	limit := c.route.maxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	control := http.NewResponseController(c.w)
	_ = control.SetReadDeadline(clock.System{}.Now().Add(bodyPatience)) // not every writer has one
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	data, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, problem.WithStatus(http.StatusRequestEntityTooLarge, fault.New(fault.Limited, "This body is too large."))
	}
	if err != nil {
		return nil, unreadable("The body ended before it was complete. Send it again.")
	}
	return data, nil
}

// read decodes the body into v, a pointer, whatever its content type. Unknown
// names and nulls are passed over, because the clients send both.
func (c *call) read(v any) error {
	data, err := c.raw()
	if err != nil {
		return err
	}
	return decode(data, v)
}

// decode is read for a body that was read before.
func decode(data []byte, v any) error {
	if len(strings.TrimSpace(string(data))) == 0 {
		return unreadable("The body is empty. Send JSON.")
	}
	err := json.Unmarshal(withoutNulls(data), v)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && wrong.Field != "" {
		return fault.InvalidField(wrong.Field, fmt.Sprintf("This cannot be a %s.", wrong.Value))
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if err != nil {
		return unreadable("The body is not the JSON that is expected here.")
	}
	return nil
}

// withoutNulls is the JSON without members that are null, in maps too: clients
// write so what is absent. What is no JSON stays as it is.
func withoutNulls(data []byte) []byte {
	if !bytes.Contains(data, []byte("null")) {
		return data
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return data
	}
	dropNulls(v)
	clean, err := json.Marshal(v)
	if err != nil {
		return data
	}
	return clean
}

func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, member any) bool { return member == nil })
		for _, member := range v {
			dropNulls(member)
		}
	case []any:
		for _, element := range v {
			dropNulls(element)
		}
	}
}

// unreadable is the answer to what cannot be understood at all.
func unreadable(message string) error {
	return problem.WithStatus(http.StatusBadRequest, fault.New(fault.Invalid, message))
}
