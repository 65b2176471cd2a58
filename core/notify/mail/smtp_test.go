package mail_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/textproto"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	notify "github.com/fondaco/fondaco/core/notify/mail"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mailServer speaks enough SMTP on loopback to be sent to.
type mailServer struct {
	port  int
	roots *x509.CertPool
	tls   *tls.Config // nil: no STARTTLS offered
	mute  bool        // accepts connections and says nothing

	mu        sync.Mutex
	messages  []string
	encrypted []bool
	logins    []string
}

func startMailServer(t *testing.T, s *mailServer, offerTLS bool) *mailServer {
	t.Helper()
	certified := httptest.NewTLSServer(nil) // for its certificate
	s.roots = x509.NewCertPool()
	s.roots.AddCert(certified.Certificate())
	if offerTLS {
		s.tls = &tls.Config{Certificates: certified.TLS.Certificates}
	}
	certified.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.port = listener.Addr().(*net.TCPAddr).Port
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { s.talk(ctx, conn) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		running.Wait()
	})
	return s
}

func (s *mailServer) talk(ctx context.Context, conn net.Conn) {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	if s.mute {
		_, _ = io.Copy(io.Discard, conn)
		return
	}
	secure := false
	in, out := textproto.NewReader(bufio.NewReader(conn)), io.Writer(conn)
	_, _ = fmt.Fprint(out, "220 test ESMTP\r\n")
	for {
		line, err := in.ReadLine()
		if err != nil {
			return
		}
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); {
		case verb == "STARTTLS":
			_, _ = fmt.Fprint(out, "220 go\r\n")
			over := tls.Server(conn, s.tls)
			in, out, secure = textproto.NewReader(bufio.NewReader(over)), over, true
		case verb == "DATA":
			_, _ = fmt.Fprint(out, "354 go\r\n")
			body, _ := io.ReadAll(in.DotReader())
			s.mu.Lock()
			s.messages, s.encrypted = append(s.messages, string(body)), append(s.encrypted, secure)
			s.mu.Unlock()
			_, _ = fmt.Fprint(out, "250 taken\r\n")
		default:
			_, _ = fmt.Fprint(out, s.reply(line, secure)+"\r\n")
		}
		if strings.EqualFold(line, "QUIT") {
			return
		}
	}
}

func (s *mailServer) reply(line string, secure bool) string {
	switch {
	case strings.HasPrefix(line, "EHLO"):
		lines := "250-test\r\n"
		if s.tls != nil && !secure {
			lines += "250-STARTTLS\r\n"
		}
		return lines + "250 AUTH PLAIN"
	case strings.HasPrefix(line, "AUTH PLAIN "):
		login, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(line, "AUTH PLAIN "))
		s.mu.Lock()
		s.logins = append(s.logins, string(login))
		s.mu.Unlock()
		if !strings.HasSuffix(string(login), "\x00secret") {
			return "535 wrong user or password"
		}
		return "235 welcome"
	case strings.Contains(line, "nobody@"):
		return "550 no such mailbox"
	case strings.Contains(line, "later@"):
		return "451 try again later"
	case line == "QUIT":
		return "221 bye"
	}
	return "250 ok"
}

func (s *mailServer) config(security notify.Security) notify.SMTPConfig {
	return notify.SMTPConfig{
		Host: "127.0.0.1", Port: s.port, Security: security, RootCAs: s.roots, Timeout: 5 * time.Second, Clock: clock.NewManual(noon()),
	}
}

func (s *mailServer) got() (messages []string, encrypted []bool, logins []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messages, s.encrypted, s.logins
}

func smtpTo(t *testing.T, cfg notify.SMTPConfig) *notify.SMTP {
	t.Helper()
	sender, err := notify.NewSMTP(cfg)
	require.NoError(t, err)
	return sender
}

func TestSMTP_deliversEncryptedAndLoggedIn(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, &mailServer{}, true)
	cfg := server.config(notify.StartTLS)
	cfg.User, cfg.Password = "fondaco", "secret"
	require.NoError(t, smtpTo(t, cfg).Send(t.Context(), message(1)))

	messages, encrypted, logins := server.got()
	require.Equal(t, []bool{true}, encrypted)
	require.Equal(t, []string{"\x00fondaco\x00secret"}, logins)
	require.Contains(t, messages[0], "Message-ID: <test-1@fondaco.example>")
	require.Contains(t, messages[0], "Auto-Submitted: auto-generated")
	require.Contains(t, messages[0], "Date: Sun, 01 Mar 2026 12:00:00 +0000")
	require.Contains(t, messages[0], "multipart/alternative")
}

func TestSMTP_sendsNothingInClearUnlessTold(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, &mailServer{}, false)
	for _, security := range []notify.Security{"", notify.StartTLS, notify.ImplicitTLS} {
		err := smtpTo(t, server.config(security)).Send(t.Context(), message(1))
		require.True(t, fault.Is(err, fault.Unavailable), "%s: %v", security, err)
	}
	messages, _, _ := server.got()
	require.Empty(t, messages)
	for _, security := range []notify.Security{notify.Opportunistic, notify.NoTLS} {
		require.NoError(t, smtpTo(t, server.config(security)).Send(t.Context(), message(1)))
	}
	_, encrypted, _ := server.got()
	require.Equal(t, []bool{false, false}, encrypted)
}

func TestSMTP_sendsNoPasswordInClear(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, &mailServer{}, false)
	cfg := server.config(notify.Opportunistic)
	cfg.User, cfg.Password = "fondaco", "secret"
	cfg.Host = "localhost"
	_ = smtpTo(t, cfg).Send(t.Context(), message(1))
	_, _, logins := server.got()
	require.Empty(t, logins)
}

func TestSMTP_tellsRefusedFromNotNow(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, &mailServer{}, true)
	sender := smtpTo(t, server.config(notify.StartTLS))
	m := message(1)
	m.To.Email = "nobody@example.com"
	require.True(t, fault.Is(sender.Send(t.Context(), m), fault.Invalid))
	m.To.Email = "later@example.com"
	require.True(t, fault.Is(sender.Send(t.Context(), m), fault.Unavailable))
	m.Subject = "two\nlines"
	require.True(t, fault.Is(sender.Send(t.Context(), m), fault.Invalid))
	messages, _, _ := server.got()
	require.Empty(t, messages)

	cfg := server.config(notify.StartTLS)
	cfg.User, cfg.Password = "fondaco", "hunter2"
	err := smtpTo(t, cfg).Send(t.Context(), message(1))
	require.True(t, fault.Is(err, fault.Unavailable), "%v", err)
	require.NotContains(t, err.Error(), "hunter2")

	cfg = server.config(notify.StartTLS)
	cfg.RootCAs = x509.NewCertPool()
	require.True(t, fault.Is(smtpTo(t, cfg).Send(t.Context(), message(1)), fault.Unavailable), "unknown certificate")
}

func TestSMTP_givesUpOnAServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	server := startMailServer(t, &mailServer{mute: true}, false)
	cfg := server.config(notify.NoTLS)
	cfg.Timeout = 100 * time.Millisecond
	require.True(t, fault.Is(smtpTo(t, cfg).Send(t.Context(), message(1)), fault.Unavailable))
}

func TestNewSMTP_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	_, err := notify.NewSMTP(notify.SMTPConfig{Port: 70000, Security: "ssl", Password: "hunter2"})
	var fields []string
	for _, f := range fault.As(err).Fields {
		fields = append(fields, f.Name)
	}
	require.Equal(t, []string{"host", "port", "security", "user", "clock"}, fields)
	require.NotContains(t, err.Error(), "hunter2")
	_, err = notify.NewSMTP(notify.SMTPConfig{Host: "h", User: "u", Password: "hunter2", Security: notify.NoTLS, Clock: clock.System{}})
	require.Contains(t, err.Error(), "without encryption")

	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("mail", "smtp", notify.SMTPConfig{Host: "h", Password: "hunter2"})
	require.Contains(t, log.String(), "smtp.host=h")
	require.NotContains(t, log.String(), "hunter2")
}
