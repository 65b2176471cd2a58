package connector

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/go-chi/chi/v5"
)

// handlerFunc answers one call. An error becomes errorHolders.
type handlerFunc func(ctx context.Context, c *call) (answer, error)

// route is one call of the contract.
type route struct {
	method string
	path   string // without a leading slash: "subscription/{id}"
	handle handlerFunc
	// public is answered without credentials, too.
	public bool
	// maxBody is in bytes; 0 is 1 MiB.
	maxBody int64
}

// routes is one table per resource.
func (s *server) routes() []route {
	all := slices.Concat(s.loginRoutes(), s.userRoutes(), s.subscriptionRoutes(), s.orderRoutes(), s.invoiceRoutes(), s.companyRoutes(), s.noteRoutes(),
		s.catalogueRoutes())
	return append(all, s.swaggerRoutes(all)...)
}

// catalogueRoutes are the tables of what is sold, and of what is around it.
func (s *server) catalogueRoutes() []route {
	return slices.Concat(s.productRoutes(), s.planRoutes(), s.itemRoutes(), s.parameterRoutes(), s.metricRoutes(), s.categoryRoutes(),
		s.estimateRoutes(), s.cartRoutes(), s.eventRoutes(), s.resaleRoutes(), s.environmentRoutes(), s.enumRoutes(), s.countryRoutes(), s.sandboxRoutes(), s.absentRoutes())
}

// nowhere answers what is in no table, which is what the contract asks for
// calls that only a few clients know.
func (s *server) nowhere(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, fault.Newf(fault.NotFound, "There is no %s at %s.", r.Method, r.URL.Path))
}

// singleSlashes makes one slash of each run and drops the last.
func singleSlashes(path string) string {
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/")
	}
	return strings.TrimSuffix(path, "/")
}

// withPath makes the router look at path, however the outer one came here.
func withPath(r *http.Request, path string) *http.Request {
	inner := chi.NewRouteContext()
	inner.RoutePath = path
	if path == "" {
		inner.RoutePath = "/"
	}
	return r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, inner))
}

// handler is the way of every call: who asks, what is asked, the answer.
func (s *server) handler(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("CMW-Request-Id", problem.RequestID(r.Context()))
		c := &call{server: s, route: rt, w: w, r: r}
		a, err := s.answer(r.Context(), c)
		if err == nil {
			err = a.write(c)
		}
		if err != nil {
			s.fail(w, r, err)
		}
	})
}

func (s *server) answer(ctx context.Context, c *call) (answer, error) {
	if err := c.open(); err != nil {
		return answer{}, err
	}
	if err := s.authenticate(ctx, c); err != nil {
		return answer{}, err
	}
	return c.route.handle(ctx, c)
}
