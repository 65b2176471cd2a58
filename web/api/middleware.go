package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/go-chi/chi/v5"
)

type actorKey struct{}

func actorOf(ctx context.Context) account.Actor {
	actor, _ := ctx.Value(actorKey{}).(account.Actor)
	return actor
}

type humaMiddleware = func(ctx huma.Context, next func(huma.Context))

// authenticate finds the actor of the token before anything else is looked
// at. Without one, a public route works in the marketplace of the host.
func (s *server) authenticate(public bool) humaMiddleware {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		actor, err := s.actor(r, public)
		if err != nil {
			problem.Fail(w, r, s.log, err)
			return
		}
		next(huma.WithValue(ctx, actorKey{}, actor))
	}
}

// actor is who asks, and in which language.
func (s *server) actor(r *http.Request, public bool) (account.Actor, error) {
	actor, err := s.who(r, public)
	actor.Language, _, _ = strings.Cut(strings.TrimSpace(r.Header.Get("Accept-Language")), ",")
	return actor, err
}

func (s *server) who(r *http.Request, public bool) (account.Actor, error) {
	token, sent, err := bearer(r)
	if err != nil {
		return account.Actor{}, err
	}
	if sent {
		return s.Accounts.Authenticate(r.Context(), token)
	}
	if !public {
		return account.Actor{}, fault.New(fault.Unauthenticated, "Send an API token: Authorization: Bearer fdk_….")
	}
	m, shop, err := s.Storefronts.At(r.Context(), hostName(r.Host))
	if fault.Is(err, fault.NotFound) {
		return account.Actor{}, fault.New(fault.NotFound, "There is no marketplace at this address.")
	}
	return account.Visitor(m.ID, shop.ResellerID), err
}

// pathIDs answers 404 where the id in the path cannot be one of ours: not a
// number, or beyond 32 bits.
func (s *server) pathIDs(ctx huma.Context, next func(huma.Context)) {
	for _, p := range ctx.Operation().Parameters {
		if p.In != "path" || p.Schema == nil || p.Schema.Type != huma.TypeInteger {
			continue
		}
		if id, err := strconv.ParseInt(ctx.Param(p.Name), 10, 32); err != nil || id <= 0 {
			r, w := humachi.Unwrap(ctx)
			s.notFound(w, r)
			return
		}
	}
	next(ctx)
}

func bearer(r *http.Request) (token secret.Text, sent bool, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return "", false, nil
	}
	scheme, text, _ := strings.Cut(header, " ")
	if text = strings.TrimSpace(text); !strings.EqualFold(scheme, "Bearer") || text == "" {
		return "", true, fault.New(fault.Unauthenticated, "Send the API token as: Authorization: Bearer fdk_….")
	}
	return secret.Text(text), true, nil
}

func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// bodyPatience is how long a client may take to send its body.
const bodyPatience = time.Minute

// readBody reads the whole body within its limit, so that it can be
// fingerprinted, and refuses what is not JSON where JSON is expected. It sets
// and clears the read deadline itself: one that stays set would cancel a
// request that works longer.
func (s *server) readBody(rt route) humaMiddleware {
	limit := rt.maxBody
	if limit == 0 {
		limit = defaultMaxBody
	}
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		data, err := readLimited(w, r, limit)
		if err == nil {
			err = checkBody(ctx.Operation(), rt, r, data)
		}
		if err != nil {
			problem.Fail(w, r, s.log, err)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(data))
		next(ctx)
	}
}

func readLimited(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return nil, nil
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(clock.System{}.Now().Add(bodyPatience)) // not every writer has one
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, problem.WithStatus(http.StatusRequestEntityTooLarge,
			fault.New(fault.Limited, fmt.Sprintf("This body is too large; at most %s can be sent here.", sizeText(limit))))
	}
	if err != nil {
		return nil, problem.WithStatus(http.StatusBadRequest, fault.New(fault.Invalid, "The body ended before it was complete. Send it again.").Because(err))
	}
	return data, nil
}

func sizeText(n int64) string {
	if n >= 1<<20 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}

func checkBody(op *huma.Operation, rt route, r *http.Request, data []byte) error {
	if op.RequestBody == nil {
		return nil
	}
	if len(data) == 0 {
		return unreadable("The body is empty. Send what the documentation of this address says.")
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if rt.raw || r.Header.Get("Content-Type") == "" {
		return nil
	}
	if err != nil || (media != "application/json" && !strings.HasSuffix(media, "+json")) {
		return problem.WithStatus(http.StatusUnsupportedMediaType,
			fault.New(fault.Invalid, "Send JSON, with the header Content-Type: application/json."))
	}
	return nil
}

// plainText refuses addresses with a NUL, which no database text can hold.
func plainText(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "\x00") || strings.Contains(r.URL.RawQuery, "%00") {
			err := problem.WithStatus(http.StatusBadRequest, fault.New(fault.Invalid, "The address holds a character that it cannot hold (U+0000)."))
			problem.Write(w, problem.Of(err, problem.RequestID(r.Context())))
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) notFound(w http.ResponseWriter, r *http.Request) {
	problem.Fail(w, r, s.log, fault.Newf(fault.NotFound, "There is nothing at %s. The documentation at /docs lists every address.", r.URL.Path))
}

func (s *server) methodNotAllowed(routes chi.Routes) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		err := fault.Newf(fault.Invalid, "%s is not possible here; use %s.", r.Method, strings.Join(allowed, " or "))
		problem.Fail(w, r, s.log, problem.WithStatus(http.StatusMethodNotAllowed, err))
	}
}
