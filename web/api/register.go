package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/web/problem"
)

// route is one operation of the API as it is documented.
type route struct {
	method, path string
	id           string // operationId, a verb and a noun: "createProduct"
	tag          string
	summary      string
	description  string
	status       int    // of success; 200 when it is left out
	public       bool   // works without a token, in the marketplace of the host
	example      string // of the request's body, JSON
	maxBody      int64  // bytes; 1 MiB when it is left out
	raw          bool   // the body is a document, not our JSON
}

const defaultMaxBody = 1 << 20

// handleFunc decodes nothing and decides nothing: it calls one service method
// and shapes the answer. The actor is nobody on public routes without a token,
// but always has a marketplace.
type handleFunc[I, O any] func(ctx context.Context, actor account.Actor, in *I) (*O, error)

// register adds a route. It is the only way to one: here errors become
// problems, so that nothing of an unknown error reaches the client.
func register[I, O any](s *server, rt route, handle handleFunc[I, O]) {
	op := s.operation(rt)
	huma.Register(s.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, actorOf(ctx), in)
		if err != nil {
			problem.Log(ctx, s.log, err)
			return nil, &humaError{problem.Of(err, problem.RequestID(ctx))}
		}
		return out, nil
	})
}

func (s *server) operation(rt route) huma.Operation {
	if rt.maxBody == 0 {
		rt.maxBody = defaultMaxBody
	}
	op := huma.Operation{
		Method: rt.method, Path: rt.path, OperationID: rt.id, Tags: []string{rt.tag}, Summary: rt.summary,
		Description: rt.description, DefaultStatus: rt.status, MaxBodyBytes: rt.maxBody + 1,
		BodyReadTimeout:  -1, // readBody has read it
		SkipValidateBody: true,
		Security:         []map[string][]string{{"token": {}}},
		Responses:        map[string]*huma.Response{"default": {Ref: "#/components/responses/Problem"}},
	}
	if rt.public {
		op.Security = append(op.Security, map[string][]string{})
	}
	if rt.example != "" {
		op.RequestBody = exampleBody(rt)
	}
	op.Middlewares = huma.Middlewares{s.authenticate(rt.public), s.pathIDs, s.readBody(rt)}
	if rt.method == http.MethodPost {
		op.Parameters = append(op.Parameters, idempotencyParam())
		op.Middlewares = append(op.Middlewares, s.idempotent)
	}
	return op
}

// humaError is a problem on its way through huma.
type humaError struct{ problem.Document }

func (e *humaError) Error() string  { return e.Detail }
func (e *humaError) GetStatus() int { return e.Status }

// ContentType makes the answer a problem.
func (*humaError) ContentType(string) string { return problem.ContentType }

// reply, created, file and done are the shapes of success.
type reply[T any] struct{ Body T }

type created[T any] struct {
	Location string `header:"Location" doc:"Where the new thing can be read."`
	Body     T
}

type file struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

type done struct{}

// answer shapes a service's result.
func answer[T, V any](t T, err error, view func(T) V) (*reply[V], error) {
	if err != nil {
		return nil, err
	}
	return &reply[V]{Body: view(t)}, nil
}
