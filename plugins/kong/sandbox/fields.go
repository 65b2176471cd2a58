package sandbox

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// The types of fields.
const (
	tString  = "string"
	tInteger = "integer"
	tNumber  = "number"
	tBoolean = "boolean"
	tStrings = "array of strings"
	tTags    = "set of tags"
	tMap     = "map of strings"
	tRecord  = "record"
	tForeign = "foreign"
	tNull    = "unsupported" // exists in Kong; here only null is taken
)

// field is one field of an entity or of a plugin's config.
type field struct {
	name     string
	typ      string
	def      any // used when the field is absent
	required bool
	oneOf    []string
	fields   []field          // of a record; a record without is not looked into
	check    func(any) string // further rules; "" when they hold
}

// violations collects schema violations by field path.
type violations struct {
	entity []string
	fields []violation
}

type violation struct{ path, message string }

func (v *violations) add(path, message string) {
	v.fields = append(v.fields, violation{path, message})
}

func (v *violations) any() bool { return len(v.entity)+len(v.fields) > 0 }

// err gives Kong's 400 with one sentence and the nested fields.
func (v *violations) err() *apiError {
	if !v.any() {
		return nil
	}
	texts := slices.Clone(v.entity)
	nested := map[string]any{}
	if len(v.entity) > 0 {
		nested["@entity"] = v.entity
	}
	slices.SortStableFunc(v.fields, func(a, b violation) int { return strings.Compare(a.path, b.path) })
	for _, f := range v.fields {
		texts = append(texts, f.path+": "+f.message)
		nest(nested, strings.Split(f.path, "."), f.message)
	}
	message := "schema violation (" + texts[0] + ")"
	if len(texts) > 1 {
		message = fmt.Sprintf("%d schema violations (%s)", len(texts), strings.Join(texts, "; "))
	}
	return &apiError{status: http.StatusBadRequest, name: "schema violation", message: message, fields: nested, code: 2}
}

func nest(into map[string]any, path []string, message string) {
	for _, p := range path[:len(path)-1] {
		next, ok := into[p].(map[string]any)
		if !ok {
			next = map[string]any{}
			into[p] = next
		}
		into = next
	}
	into[path[len(path)-1]] = message
}

// normalize returns in with defaults filled in, and records what is wrong.
func normalize(fields []field, in map[string]any, prefix string, v *violations) map[string]any {
	out := map[string]any{}
	for _, f := range fields {
		out[f.name] = f.normalize(in, prefix, v)
	}
	for _, name := range slices.Sorted(maps.Keys(in)) {
		if _, known := out[name]; !known {
			v.add(prefix+name, "unknown field")
		}
	}
	return out
}

func (f field) normalize(in map[string]any, prefix string, v *violations) any {
	value, given := in[f.name]
	if !given {
		value = f.def
		if f.typ == tRecord && f.fields != nil {
			value = map[string]any{}
		}
	}
	if value == nil {
		if f.required {
			v.add(prefix+f.name, "required field missing")
		}
		return nil
	}
	if message := f.wrong(value); message != "" {
		v.add(prefix+f.name, message)
		return value
	}
	if f.typ == tRecord && f.fields != nil {
		return normalize(f.fields, value.(map[string]any), prefix+f.name+".", v)
	}
	return value
}

func (f field) wrong(value any) string {
	if message := wrongType(f.typ, value); message != "" {
		return message
	}
	if len(f.oneOf) > 0 && !slices.Contains(f.oneOf, value.(string)) {
		return "expected one of: " + strings.Join(f.oneOf, ", ")
	}
	if f.check != nil {
		return f.check(value)
	}
	return ""
}

func wrongType(typ string, value any) string {
	switch typ {
	case tString:
		return expect[string](value, "a string")
	case tBoolean:
		return expect[bool](value, "a boolean")
	case tNumber:
		return expect[float64](value, "a number")
	case tInteger:
		if n, ok := value.(float64); !ok || n != math.Trunc(n) {
			return "expected an integer"
		}
	case tStrings, tTags:
		return wrongList(typ, value)
	case tMap:
		return wrongMap(value)
	case tRecord, tForeign:
		return expect[map[string]any](value, "a record")
	case tNull:
		return "the sandbox gateway does not support this field"
	}
	return ""
}

func expect[T any](value any, what string) string {
	if _, ok := value.(T); !ok {
		return "expected " + what
	}
	return ""
}

func wrongList(typ string, value any) string {
	list, ok := value.([]any)
	if !ok {
		return "expected an array"
	}
	for _, item := range list {
		s, ok := item.(string)
		if !ok {
			return "expected a string"
		}
		if typ == tTags && (s == "" || strings.ContainsAny(s, ",/")) {
			return "invalid tag '" + s + "': expected printable ascii (except `,` and `/`) or valid utf-8 sequences"
		}
	}
	return ""
}

func wrongMap(value any) string {
	m, ok := value.(map[string]any)
	if !ok {
		return "expected a map"
	}
	for _, item := range m {
		if _, ok := item.(string); !ok {
			return "expected a string"
		}
	}
	return ""
}

func leadingSlash(value any) string {
	if s := value.(string); !strings.HasPrefix(s, "/") {
		return "should start with: /"
	}
	return ""
}

func methodNames(value any) string {
	for _, m := range stringsOf(value) {
		if m == "" || m != strings.ToUpper(m) {
			return "invalid value: " + m
		}
	}
	return ""
}

func routePaths(value any) string {
	for _, p := range stringsOf(value) {
		pattern, regex := strings.CutPrefix(p, "~")
		if !regex && !strings.HasPrefix(p, "/") {
			return "should start with: / (fixed path) or ~/ (regex path)"
		}
		if regex {
			if _, err := regexp.Compile("^(?:" + pattern + ")"); err != nil {
				return fmt.Sprintf("invalid regex: '%s' (%v)", pattern, err)
			}
		}
	}
	return ""
}

// merge lays patch over base: records deeply, everything else replaced.
func merge(base, patch map[string]any) map[string]any {
	out := maps.Clone(base)
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range patch {
		old, isRecord := out[name].(map[string]any)
		if sub, ok := value.(map[string]any); ok && isRecord && name != "headers" {
			out[name] = merge(old, sub)
			continue
		}
		out[name] = value
	}
	return out
}
