package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
)

// parseJSON reads one JSON value with its numbers as they were written.
// Anything else is a 400 that says where the text stops being JSON.
func parseJSON(data []byte) (any, error) {
	if !utf8.Valid(data) {
		return nil, unreadable("The body is not UTF-8. Send JSON in UTF-8.")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, unreadable("The body is not JSON: " + whereJSON(data, err))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, unreadable("The body goes on after the JSON value ends. Send one value.")
	}
	return v, nil
}

func unreadable(message string) error {
	return problem.WithStatus(http.StatusBadRequest, fault.InvalidField("body", message))
}

func whereJSON(data []byte, err error) string {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return "it ends too early."
	}
	before := data[:min(int(syntax.Offset), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n') - 1
	return fmt.Sprintf("%s (line %d, column %d).", strings.TrimSuffix(syntax.Error(), "."), line, max(column, 1))
}

// decoder puts parsed JSON into Go values and records everything that does
// not fit, each under its JSON path, instead of stopping at the first.
type decoder struct{ check fault.Check }

// selfDecoding is a value that takes more than one JSON shape.
type selfDecoding interface {
	decodeJSON(d *decoder, path string, v any)
}

func (d *decoder) wrong(path, message string) {
	if path == "" {
		path = "body"
	}
	d.check.Add(path, message)
}

// into puts v into dst. JSON null leaves a value as it is and clears a pointer.
func (d *decoder) into(path string, v any, dst reflect.Value) {
	if self, ok := dst.Addr().Interface().(selfDecoding); ok {
		self.decodeJSON(d, path, v)
		return
	}
	if dst.Kind() == reflect.Pointer {
		d.pointer(path, v, dst)
		return
	}
	if v == nil {
		return
	}
	switch target := dst.Addr().Interface().(type) {
	case *json.RawMessage:
		*target, _ = json.Marshal(v) // it was parsed from JSON
	case *time.Time:
		d.time(path, v, target)
	case json.Unmarshaler:
		d.foreign(path, v, target)
	default:
		d.plain(path, v, dst)
	}
}

func (d *decoder) pointer(path string, v any, dst reflect.Value) {
	if v == nil {
		dst.SetZero()
		return
	}
	if dst.IsNil() {
		dst.Set(reflect.New(dst.Type().Elem()))
	}
	d.into(path, v, dst.Elem())
}

func (d *decoder) plain(path string, v any, dst reflect.Value) {
	switch dst.Kind() {
	case reflect.Struct:
		d.object(path, v, dst)
	case reflect.Slice:
		d.array(path, v, dst)
	case reflect.Map:
		d.table(path, v, dst)
	case reflect.String:
		d.text(path, v, dst)
	case reflect.Bool:
		if b, ok := v.(bool); ok {
			dst.SetBool(b)
		} else {
			d.wrong(path, "Write true or false, without quotes.")
		}
	case reflect.Int, reflect.Int64:
		d.integer(path, v, dst)
	default:
		panic("api: a request holds a " + dst.Type().String())
	}
}

func (d *decoder) object(path string, v any, dst reflect.Value) {
	fields, ok := v.(map[string]any)
	if !ok {
		d.wrong(path, "Write a JSON object: {…}.")
		return
	}
	var names []string
	for _, m := range members(dst) {
		names = append(names, m.name)
		if value, ok := fields[m.name]; ok {
			d.into(join(path, m.name), value, m.value)
		}
	}
	for _, name := range sortedKeys(fields) {
		if !slices.Contains(names, name) {
			d.wrong(join(path, name), "This field is not known here. Known are: "+strings.Join(names, ", ")+".")
		}
	}
}

// member is a field of a request under its JSON name.
type member struct {
	name  string
	value reflect.Value
}

// members lists a struct's fields; those of an embedded struct stand beside them.
func members(dst reflect.Value) []member {
	var all []member
	for i := range dst.NumField() {
		field := dst.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			all = append(all, members(dst.Field(i))...)
			continue
		}
		all = append(all, member{name, dst.Field(i)})
	}
	return all
}

func (d *decoder) array(path string, v any, dst reflect.Value) {
	items, ok := v.([]any)
	if !ok {
		d.wrong(path, "Write a JSON array: […].")
		return
	}
	dst.Set(reflect.MakeSlice(dst.Type(), len(items), len(items)))
	for i, item := range items {
		d.into(fmt.Sprintf("%s[%d]", path, i), item, dst.Index(i))
	}
}

func (d *decoder) table(path string, v any, dst reflect.Value) {
	fields, ok := v.(map[string]any)
	if !ok {
		d.wrong(path, "Write a JSON object: {…}.")
		return
	}
	dst.Set(reflect.MakeMap(dst.Type()))
	for _, key := range sortedKeys(fields) {
		value := reflect.New(dst.Type().Elem()).Elem()
		d.into(join(path, key), fields[key], value)
		dst.SetMapIndex(reflect.ValueOf(key), value)
	}
}

func (d *decoder) text(path string, v any, dst reflect.Value) {
	s, ok := v.(string)
	switch {
	case !ok:
		d.wrong(path, "Write a text in quotes.")
	case strings.ContainsRune(s, 0):
		d.wrong(path, "A text cannot hold the character U+0000.")
	default:
		dst.SetString(s)
	}
}

func (d *decoder) integer(path string, v any, dst reflect.Value) {
	n, ok := v.(json.Number)
	if !ok {
		d.wrong(path, "Write a whole number, without quotes.")
		return
	}
	i, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil {
		d.wrong(path, fmt.Sprintf("Write a whole number; this is %s.", n))
		return
	}
	dst.SetInt(i)
}

func (d *decoder) time(path string, v any, dst *time.Time) {
	s, _ := v.(string)
	at, err := parseTime(s)
	if err != nil {
		d.wrong(path, err.Error())
		return
	}
	*dst = at
}

// foreign lets a type of another package read itself. Its faults keep the
// fields they name.
func (d *decoder) foreign(path string, v any, dst json.Unmarshaler) {
	raw, err := json.Marshal(v)
	if err == nil {
		err = dst.UnmarshalJSON(raw)
	}
	if err == nil {
		return
	}
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || len(e.Fields) == 0 {
		d.wrong(path, "This cannot be read.")
		return
	}
	for _, f := range e.Fields {
		d.wrong(f.Name, f.Message)
	}
}

// parseTime reads an RFC 3339 instant, or a day as its midnight in UTC.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	//lint:ignore ST1005 it is a sentence for the person
	return time.Time{}, errors.New("Write an instant such as 2026-12-01T00:00:00Z, or a day such as 2026-12-01.")
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
