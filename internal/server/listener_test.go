package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen serves h on a free port and returns the listener and its URL.
func listen(t *testing.T, h http.Handler) (*server.Listener, string) {
	t.Helper()
	l, err := server.Listen(t.Context(), server.Config{Name: "public", Address: "127.0.0.1:0", Handler: h, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	l.Start()
	t.Cleanup(func() { _ = l.Stop(context.Background()) })
	return l, "http://" + l.Addr()
}

func client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func TestListen_tellsWhichAddressIsTaken(t *testing.T) {
	t.Parallel()
	l, _ := listen(t, http.NotFoundHandler())
	_, err := server.Listen(t.Context(), server.Config{Name: "admin", Address: l.Addr(), Log: slog.New(slog.DiscardHandler)})
	require.True(t, fault.Is(err, fault.Unavailable))
	require.Contains(t, err.Error(), "The admin listener cannot listen on "+l.Addr())
}

func TestStop_letsARequestUnderWayFinish(t *testing.T) {
	t.Parallel()
	began, finish := make(chan struct{}), make(chan struct{})
	l, url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "whole")
	}))
	answer := make(chan string, 1)
	c := client(t)
	go func() {
		res, err := c.Get(url)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		answer <- string(body)
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(context.Background()) }()
	require.Eventually(t, func() bool {
		conn, err := net.DialTimeout("tcp", l.Addr(), time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err != nil
	}, 5*time.Second, 5*time.Millisecond, "no new request is taken")
	close(finish)
	require.Equal(t, "whole", <-answer)
	require.NoError(t, <-stopped)
	require.NoError(t, l.Stop(context.Background()), "twice is harmless")
}

func TestStop_cutsOffWhatDoesNotFinishInTime(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	l, url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	}))
	c := client(t)
	done := make(chan error, 1)
	go func() {
		res, err := c.Get(url)
		if err == nil {
			_ = res.Body.Close()
		}
		done <- err
	}()
	<-began
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, l.Stop(ctx), "cut off")
	require.Error(t, <-done)
}

func TestStop_endsEventStreamsAtOnce(t *testing.T) {
	t.Parallel()
	l, url := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "data: hello\n\n")
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		<-r.Context().Done()
	}))
	res, err := client(t).Get(url)
	require.NoError(t, err)
	defer res.Body.Close()
	line, err := bufio.NewReader(res.Body).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "data: hello\n", line, "what is flushed arrives while the stream is open")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	require.NoError(t, l.Stop(ctx))
}

func TestListen_refusesHeadersWithoutEnd(t *testing.T) {
	t.Parallel()
	_, url := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Header.Set("X-Large", strings.Repeat("x", 100<<10))
	res, err := client(t).Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, res.StatusCode)
}

func TestListen_doesNotSpeakHTTP2InClear(t *testing.T) {
	t.Parallel()
	l, _ := listen(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	conn, err := net.Dial("tcp", l.Addr())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(conn, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Contains(t, line, "HTTP/1.1 ", "it answers as HTTP/1.1 does")
}

func TestStop_withoutStartFreesTheAddress(t *testing.T) {
	t.Parallel()
	cfg := server.Config{Name: "public", Address: "127.0.0.1:0", Log: slog.New(slog.DiscardHandler)}
	l, err := server.Listen(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, l.Stop(t.Context()))
	cfg.Address = l.Addr()
	again, err := server.Listen(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, again.Stop(t.Context()))
}
