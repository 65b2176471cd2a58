package mail_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/fondaco/fondaco/core/clock"
	"github.com/fondaco/fondaco/core/fault"
	notify "github.com/fondaco/fondaco/core/notify/mail"
	"github.com/stretchr/testify/require"
)

func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

func newSink(t require.TestingT, cfg notify.SinkConfig) *notify.Sink {
	cfg.Clock = clock.NewManual(noon())
	sink, err := notify.NewSink(cfg)
	require.NoError(t, err)
	return sink
}

// message is a mail that is valid but hard to encode.
func message(n int) notify.Message {
	return notify.Message{
		ID:      fmt.Sprintf("test-%d", n),
		From:    notify.Address{Name: `The "Market", Venezia`, Email: "no-reply@fondaco.example"},
		To:      notify.Address{Name: "Ada Žižek", Email: "ada@lagunare.example"},
		Subject: "Grüße № " + fmt.Sprint(n) + " - a subject that is long enough to be folded over more than one line of the header, I think",
		Text:    "Hello,\n.\n..dots = €\n" + strings.Repeat("long ", 60) + "\nend\n",
		HTML:    "<p>Hello &amp; <b>€</b></p>\n",
	}
}

// wire returns m as it would be sent.
func wire(t require.TestingT, m notify.Message) string {
	sink := newSink(t, notify.SinkConfig{})
	require.NoError(t, sink.Send(context.Background(), m))
	return string(sink.Messages()[0].EML)
}

func TestSink_keepsTheLastMessagesOverARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	sink := newSink(t, notify.SinkConfig{Dir: dir, Keep: 3})
	for n := 1; n <= 5; n++ {
		require.NoError(t, sink.Send(t.Context(), message(n)))
	}
	before := sink.Messages()
	require.Len(t, before, 3)
	require.Equal(t, 5, before[0].Number)
	require.Equal(t, noon(), before[0].At)
	require.Equal(t, message(5), before[0].Message)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("mine"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "000004.eml"), []byte("broken"), 0o600))

	again := newSink(t, notify.SinkConfig{Dir: dir, Keep: 3})
	after := again.Messages()
	require.Len(t, after, 2, "the broken file is left out")
	// IDs come back with their domain.
	for _, r := range after {
		want := message(r.Number)
		want.ID += "@fondaco.example"
		require.Equal(t, want, r.Message)
		require.Equal(t, noon(), r.At)
	}
	require.NoError(t, again.Send(t.Context(), message(6)))
	require.Equal(t, 6, again.Messages()[0].Number)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 5, "%v", files)
}

func TestSend_refusesAWrongMessageAndNamesEveryField(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink := newSink(t, notify.SinkConfig{Dir: dir})
	bad := notify.Message{
		ID:      "1>\r\nBcc: x",
		From:    notify.Address{Name: "a\nb", Email: "Ada <ada@example.com>"},
		To:      notify.Address{Email: "ada@example.com\r\nBcc: x@example.com"},
		Subject: "Hello\r\nBcc: all@example.com",
	}
	err := fault.As(sink.Send(t.Context(), bad))
	require.Equal(t, fault.Invalid, err.Code)
	var fields []string
	for _, f := range err.Fields {
		fields = append(fields, f.Name)
	}
	require.Equal(t, []string{"id", "from.name", "from.email", "to.email", "subject", "text"}, fields)
	require.Empty(t, sink.Messages())
	files, globErr := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, globErr)
	require.Empty(t, files)
}

func TestSink_losesNothingWhenTheFolderIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	sink := newSink(t, notify.SinkConfig{Dir: dir})
	require.NoError(t, os.RemoveAll(dir))
	require.True(t, fault.Is(sink.Send(t.Context(), message(1)), fault.Unavailable))
	require.Empty(t, sink.Messages())
}

func TestHandler_showsMessagesAndRunsNothingInThem(t *testing.T) {
	t.Parallel()
	sink := newSink(t, notify.SinkConfig{})
	mux := http.NewServeMux()
	mux.Handle("/mail/", http.StripPrefix("/mail", sink.Handler()))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	get := func(path string) (*http.Response, string) {
		res, err := http.Get(server.URL + path)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res, string(body)
	}
	_, empty := get("/mail/")
	require.Contains(t, empty, "No mail yet")

	m := message(1)
	m.Subject, m.Text = "<script>alert(1)</script>", "<b>not bold</b>"
	require.NoError(t, sink.Send(t.Context(), m))
	require.NoError(t, sink.Send(t.Context(), message(2)))

	_, list := get("/mail/")
	page, err := goquery.NewDocumentFromReader(strings.NewReader(list))
	require.NoError(t, err)
	links := page.Find("tbody a")
	require.Equal(t, 2, links.Length())
	require.Equal(t, "2", links.First().AttrOr("href", ""), "the newest first")
	require.Zero(t, page.Find("script").Length())

	res, shown := get("/mail/1")
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Contains(t, shown, "&lt;b&gt;not bold&lt;/b&gt;")
	require.NotContains(t, shown, "<script>")
	res, eml := get("/mail/1.eml")
	require.Equal(t, "message/rfc822", res.Header.Get("Content-Type"))
	require.Contains(t, eml, "Message-ID: <test-1@fondaco.example>")
	res, html := get("/mail/1.html")
	require.Contains(t, res.Header.Get("Content-Security-Policy"), "sandbox")
	require.Equal(t, m.HTML, html)
	for _, path := range []string{"/mail/3", "/mail/x", "/mail/0", "/mail/1.exe", "/mail/-1"} {
		res, body := get(path)
		require.Equal(t, 404, res.StatusCode, path)
		require.Contains(t, body, "Not found")
	}
}
