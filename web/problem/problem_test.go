package problem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/problem"
	"github.com/stretchr/testify/require"
)

func TestOf_hasAStatusForEveryCode(t *testing.T) {
	t.Parallel()
	for code, status := range map[fault.Code]int{fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404,
		fault.Conflict: 409, fault.Precondition: 409, fault.Limited: 429, fault.Unavailable: 503, fault.Internal: 500} {
		d := problem.Of(fmt.Errorf("order 3: %w", fault.New(code, "Hello.")), "r1")
		require.Equal(t, status, d.Status, code)
		require.NotEmpty(t, d.Title, code)
		require.Equal(t, "r1", d.RequestID)
		require.Contains(t, problem.Codes, code)
	}
	require.Len(t, problem.Codes, 9)
}

func TestOf_showsNothingOfAnUnknownError(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errors.New("sql: secret"), fault.New(fault.Internal, "secret"), problem.WithStatus(400, errors.New("secret"))} {
		d := problem.Of(err, "r1")
		raw, _ := json.Marshal(d)
		require.Equal(t, 500, d.Status)
		require.NotContains(t, string(raw), "secret")
	}
}

func TestOf_takesAFinerStatusAndKeepsTheFields(t *testing.T) {
	t.Parallel()
	d := problem.Of(fmt.Errorf("x: %w", problem.WithStatus(http.StatusBadRequest, fault.InvalidField("body", "Not JSON."))), "r1")
	require.Equal(t, http.StatusBadRequest, d.Status)
	require.Equal(t, []fault.Field{{Name: "body", Message: "Not JSON."}}, d.Errors)
}

func TestRecover_answersAPanicWithARequestIDAndLogsIt(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := problem.WithRequestID(problem.Recover(slog.New(slog.NewTextHandler(&log, nil)))(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		panic("secret")
	})))
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	require.Equal(t, 500, rec.Code)
	require.NotContains(t, rec.Body.String(), "secret")
	require.Contains(t, log.String(), "secret")
	require.Contains(t, log.String(), rec.Header().Get(problem.Header))
	require.Contains(t, rec.Body.String(), rec.Header().Get(problem.Header))
}

func TestFail_asksForATokenWhenNobodyIsKnown(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	problem.Fail(rec, httptest.NewRequest("GET", "/", nil), slog.New(slog.NewTextHandler(io.Discard, nil)), fault.New(fault.Unauthenticated, "Who are you?"))
	require.Equal(t, `Bearer realm="fondaco"`, rec.Header().Get("WWW-Authenticate"))
	require.Equal(t, problem.ContentType, rec.Header().Get("Content-Type"))
}
