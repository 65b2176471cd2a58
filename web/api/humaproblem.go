package api

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
)

// asProblem turns what huma itself refuses (parameters, mostly) into our
// problem. It never repeats the value that was sent.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *humaError:
		return e.Document, nil
	case *huma.ErrorModel:
		return humaProblem(e, problem.RequestID(ctx.Context())), nil
	}
	return v, nil
}

func humaProblem(e *huma.ErrorModel, requestID string) problem.Document {
	if e.Status >= http.StatusInternalServerError {
		d := problem.Of(fault.As(nil), requestID)
		d.Status = e.Status
		return d
	}
	fields := make([]fault.Field, 0, len(e.Errors))
	for _, detail := range e.Errors {
		_, name, _ := strings.Cut(detail.Location, ".")
		fields = append(fields, fault.Field{Name: name, Message: sentence(detail.Message)})
	}
	d := problem.Of(fault.InvalidFields(fields...), requestID)
	d.Status = e.Status
	return d
}

// sentence makes huma's words read like ours.
func sentence(message string) string {
	switch message {
	case "unknown query parameter":
		return "This parameter is not known here; the documentation at /docs lists those that are."
	case "invalid integer", "expected integer":
		return "Write a whole number."
	case "invalid boolean", "expected boolean":
		return "Write true or false."
	}
	if message == "" {
		return "This is wrong."
	}
	return strings.ToUpper(message[:1]) + strings.TrimSuffix(message[1:], ".") + "."
}
