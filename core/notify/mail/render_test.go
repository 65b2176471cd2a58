package mail_test

import (
	"net/mail"
	"os"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	notify "github.com/fondaco/fondaco/core/notify/mail"

	"github.com/fondaco/fondaco/core/fault"
)

func data() notify.Data {
	return notify.Data{
		ID:             "order-12",
		From:           notify.Address{Name: "Fondaco Marketplace", Email: "no-reply@fondaco.example"},
		To:             notify.Address{Name: "Ada Žižek", Email: "ada@lagunare.example"},
		Marketplace:    "Fondaco Marketplace",
		Product:        "Weather API",
		Plan:           "Standard",
		OldPlan:        "Free",
		Size:           "CPU cores 8, Memory (GB) 16",
		Customer:       "Società Lagunare S.r.l.",
		Vendor:         "Lagoon Maps",
		OrderID:        12,
		SubscriptionID: 34,
		InvoiceNumber:  "FON-2026-000123",
		Amount:         "39.00 €",
		Due:            "15 March 2026",
		When:           "1 March 2026",
		Reason:         "The upstream address does not answer.\nPlease check <https>.",
		Example:        `curl -H "apikey: YOUR_TOKEN" https://gateway.example/weather/forecast`,
		Link:           "https://market.example/subscriptions/34?a=1&b=2",
	}
}

func TestRender_writesTheGoldenMails(t *testing.T) {
	t.Parallel()
	const file = "testdata/en.txtar"
	var got txtar.Archive
	for _, kind := range notify.Kinds() {
		m, err := notify.Render(kind, "en", data())
		require.NoError(t, err, kind)
		got.Files = append(got.Files, txtar.File{Name: string(kind), Data: []byte("Subject: " + m.Subject + "\n\n" + m.Text)})
	}
	m, err := notify.Render(notify.SubscriptionActive, "en", data())
	require.NoError(t, err)
	got.Files = append(got.Files, txtar.File{Name: "subscription_active.html", Data: []byte(m.HTML)})
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(file, txtar.Format(&got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(txtar.Format(&got)))
}

func TestRender_leavesOutWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	d := data()
	d.To.Name, d.Amount, d.When, d.Due, d.Example = "", "", "", "", ""
	for _, kind := range []notify.Kind{notify.OrderReceived, notify.SubscriptionActive, notify.PlanChanged, notify.SubscriptionSuspended} {
		m, err := notify.Render(kind, "en", d)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(m.Text, "Hello,\n"), m.Text)
		for _, odd := range []string{"  ", " .", "\n\n\n", "<no value>", "since", "as of"} {
			require.NotContains(t, m.Text, odd, kind)
		}
	}
}

func TestRender_namesWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, kind := range notify.Kinds() {
		d := data()
		d.Link = ""
		_, err := notify.Render(kind, "en", d)
		require.True(t, fault.Is(err, fault.Internal), kind)
		require.Contains(t, err.Error(), "Link is empty", kind)
	}
	_, err := notify.Render("nonsense", "en", data())
	require.True(t, fault.Is(err, fault.Internal))
	_, err = notify.Render("../en/new_order", "en", data())
	require.Error(t, err)
}

func TestRender_fallsBackToEnglish(t *testing.T) {
	t.Parallel()
	want, err := notify.Render(notify.NewOrder, "en", data())
	require.NoError(t, err)
	for _, language := range []string{"", "it", "it-IT", "EN-us", "../en", "tlh"} {
		got, err := notify.Render(notify.NewOrder, language, data())
		require.NoError(t, err, language)
		require.Equal(t, want, got, language)
	}
}

func TestRender_makesOutsideTextHarmless(t *testing.T) {
	t.Parallel()
	d := data()
	d.Product = "Weather\r\nBcc: all@example.com\r\n\r\nhttps://evil.example/ <script>"
	d.To.Name = "Ada\nBcc: x@example.com"
	d.Reason = "line one\r\n\r\nhttps://evil.example/\n\n</blockquote><script>alert(1)</script>"
	for _, kind := range notify.Kinds() {
		m, err := notify.Render(kind, "en", d)
		require.NoError(t, err)
		require.NotContains(t, m.Subject, "\n")
		for line := range strings.SplitSeq(m.Text, "\n") {
			require.False(t, strings.HasPrefix(line, "Bcc:"), kind)
			require.NotEqual(t, "https://evil.example/", line)
		}
		page, err := goquery.NewDocumentFromReader(strings.NewReader(m.HTML))
		require.NoError(t, err)
		require.Zero(t, page.Find("script").Length())
		page.Find("a").Each(func(_ int, a *goquery.Selection) {
			require.Equal(t, d.Link, a.AttrOr("href", ""))
		})
	}
}

func TestRender_neverLetsDataIntoAHeader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a\r\n\x00:\x{2028}\x{202e} é]{1,300}`))
		d := data()
		d.Product, d.To.Name, d.Customer, d.Plan = text.Draw(t, "product"), text.Draw(t, "name"), text.Draw(t, "customer"), text.Draw(t, "plan")
		m, err := notify.Render(notify.NewOrder, "en", d)
		if err != nil {
			require.Contains(t, err.Error(), "is empty")
			return
		}
		eml := wire(t, m)
		parsed, err := mail.ReadMessage(strings.NewReader(eml))
		require.NoError(t, err)
		require.Len(t, parsed.Header, 8, "%v", parsed.Header)
		to, err := parsed.Header.AddressList("To")
		require.NoError(t, err)
		require.Len(t, to, 1)
		require.Equal(t, "ada@lagunare.example", to[0].Address)
		for _, name := range []string{"From", "To", "Subject", "Date", "Message-Id", "Mime-Version", "Content-Type", "Auto-Submitted"} {
			require.Len(t, parsed.Header[name], 1, name)
		}
	})
}
