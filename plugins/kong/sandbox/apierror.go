package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// apiError is a refusal of the Admin API, in Kong's words and codes.
type apiError struct {
	status  int
	name    string // "" for the plain {"message": ...} form
	message string
	fields  any
	code    int
}

func (e *apiError) body() map[string]any {
	if e.name == "" {
		return map[string]any{"message": e.message}
	}
	return map[string]any{"name": e.name, "message": e.message, "fields": e.fields, "code": e.code}
}

func plain(status int, message string) *apiError { return &apiError{status: status, message: message} }

func notFound() *apiError { return plain(http.StatusNotFound, "Not found") }

func primaryKeyViolation(id string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, name: "primary key violation", code: 3,
		message: fmt.Sprintf("primary key violation on key '{id=%q}'", id), fields: map[string]any{"id": id},
	}
}

func uniqueViolation(e entity, fields []string) *apiError {
	values := map[string]any{}
	parts := make([]string, len(fields))
	for i, f := range fields {
		values[f] = e[f]
		parts[i] = f + "=" + luaValue(e[f])
	}
	return &apiError{
		status: http.StatusConflict, name: "unique constraint violation", code: 5, fields: values,
		message: "UNIQUE violation detected on '{" + strings.Join(parts, ",") + "}'",
	}
}

func luaValue(v any) string {
	if ref, ok := v.(map[string]any); ok {
		return fmt.Sprintf("{id=%q}", entity(ref).id())
	}
	if v == nil {
		return "null"
	}
	raw, _ := json.Marshal(v)
	return string(raw)
}

func foreignKeyMissing(field, parent string, ref map[string]any) *apiError {
	parts := make([]string, 0, len(ref))
	for k, v := range ref {
		parts = append(parts, k+"="+luaValue(v))
	}
	return &apiError{
		status: http.StatusBadRequest, name: "foreign key violation", code: 4, fields: map[string]any{field: ref},
		message: fmt.Sprintf("the foreign key '{%s}' does not reference an existing '%s' entity.", strings.Join(parts, ","), parent),
	}
}

func referenced(parent, child string) *apiError {
	return &apiError{
		status: http.StatusBadRequest, name: "foreign key violation", code: 4, fields: map[string]any{"@referenced_by": child},
		message: fmt.Sprintf("an existing '%s' entity references this '%s' entity", child, parent),
	}
}
