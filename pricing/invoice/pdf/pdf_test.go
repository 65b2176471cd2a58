package pdf_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/pricing/invoice/pdf"
	"github.com/stretchr/testify/require"
)

func sample() pdf.Document {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	return pdf.Document{
		Number: "FON-2026-000123",
		Status: "Issued",
		Marketplace: pdf.Party{
			Name: "Fondaco Marketplace S.p.A.", Logo: "Fondaco",
			Address: []string{"Salizada del Fontego 5346", "30124 Venezia, Italy"}, VATID: "IT01234567890",
		},
		Seller:      pdf.Party{Name: "Laguna Meteo S.r.l.", Address: []string{"Calle Larga 12", "30100 Venezia"}, VATID: "IT09876543210"},
		Customer:    pdf.Party{Name: "Società Lagunare S.r.l.", Address: []string{"Ca' d'Oro, Cannaregio 3932", "30121 Venezia", "Italia"}, VATID: "IT11223344556", Email: "conti@lagunare.example"},
		IssuedAt:    day(3, 1),
		DueAt:       day(3, 15),
		PeriodStart: day(2, 1),
		PeriodEnd:   day(3, 1),
		Currency:    "EUR",
		Lines: []pdf.Line{
			{Description: "Weather API – Standard plan, March 2026", Detail: "Recurring price for 1 month in advance.", Quantity: "1", UnitPrice: "29.00 €", Amount: "29.00 €"},
			{Description: "GET /forecast, February 2026", Detail: "23 calls, graduated: calls 1-10 at 0.10 € = 1.00 €; calls 11-23 at 0.05 € = 0.65 €.\nPlan revision 3.", Quantity: "23 calls", UnitPrice: "graduated", Amount: "1.65 €"},
		},
		Net: "30.65 €", TaxLabel: "VAT 22 %", Tax: "6.74 €", Total: "37.39 €",
		Footnote: "Bank transfer: Banca Žarko, IBAN IT60 X054 2811 1010 0000 0123 456.\nQuestions: billing@fondaco.example",
	}
}

// long is a bill of n positions.
func long(n int) pdf.Document {
	d := sample()
	d.Lines = nil
	for i := range n {
		d.Lines = append(d.Lines, pdf.Line{
			Description: fmt.Sprintf("Position %d of the bill", i+1), Detail: "2 units x 0.50 €", Quantity: "2", UnitPrice: "0.50 €", Amount: "1.00 €",
		})
	}
	return d
}

func render(t *testing.T, d pdf.Document) []byte {
	t.Helper()
	file, err := pdf.Render(d)
	require.NoError(t, err)
	require.True(t, bytes.HasPrefix(file, []byte("%PDF-")))
	require.True(t, bytes.HasSuffix(bytes.TrimSpace(file), []byte("%%EOF")))
	return file
}

// words returns the text of each page as pdftotext reads it.
func words(t *testing.T, file []byte) []string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed; the text of the page was not checked")
	}
	command := exec.CommandContext(t.Context(), tool, "-layout", "-", "-")
	command.Stdin = bytes.NewReader(file)
	out, err := command.Output()
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(out), "\f"), "\f")
}

func pages(file []byte) int {
	return len(regexp.MustCompile(`/Type\s*/Page\b`).FindAll(file, -1))
}

func TestRender_givesEqualBytesForEqualDocuments(t *testing.T) {
	t.Parallel()
	first := render(t, long(60))
	for range 5 {
		require.True(t, bytes.Equal(first, render(t, long(60))))
	}
	require.Contains(t, string(first), "/CreationDate (D:20260301000000)")
	require.Contains(t, string(first), "/ModDate (D:20260301000000)")
	other := sample()
	other.Total = "37.40 €"
	require.False(t, bytes.Equal(render(t, sample()), render(t, other)))
}

func TestRender_showsEverythingOnThePage(t *testing.T) {
	t.Parallel()
	text := words(t, render(t, sample()))
	require.Len(t, text, 1)
	flat := strings.Join(strings.Fields(text[0]), " ")
	for _, want := range []string{
		"Invoice", "FON-2026-000123", "Issued 1 March 2026", "Due 15 March 2026", "1 February 2026 – 28 February 2026", "Status", "EUR",
		"Fondaco Marketplace S.p.A.", "30124 Venezia, Italy", "Laguna Meteo S.r.l.", "Società Lagunare S.r.l.", "Ca' d'Oro, Cannaregio 3932",
		"VAT id IT11223344556", "conti@lagunare.example", "Weather API – Standard plan, March 2026", "1-10 at 0.10 € = 1.00 €", "Plan revision 3.",
		"23 calls", "graduated", "1.65 €", "Net 30.65 €", "VAT 22 % 6.74 €", "Total 37.39 €", "Please pay by 15 March 2026.", "Banca Žarko", "Page 1 of 1",
	} {
		require.Contains(t, flat, want)
	}
}

func TestRender_repeatsTheTableHeadOverPages(t *testing.T) {
	t.Parallel()
	file := render(t, long(60))
	require.Greater(t, pages(file), 2)
	text := words(t, file)
	require.Len(t, text, pages(file))
	seen := 0
	for i, page := range text {
		require.Contains(t, page, fmt.Sprintf("Page %d of %d", i+1, len(text)))
		require.Contains(t, page, "Invoice FON-2026-000123")
		positions := strings.Count(page, " of the bill")
		require.Equal(t, positions > 0, strings.Contains(page, "Unit price"), "page %d", i+1)
		seen += positions
	}
	require.Equal(t, 60, seen)
	require.Contains(t, text[len(text)-1], "37.39 €")
}

func TestRender_keepsTheSumsTogether(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 45; n++ {
		text := words(t, render(t, long(n)))
		last := text[len(text)-1]
		for _, want := range []string{"Net", "VAT 22 %", "Total", "Please pay"} {
			require.Contains(t, last, want, "with %d positions", n)
		}
		require.Equal(t, n, strings.Count(strings.Join(text, ""), "of the bill"))
	}
}

func TestRender_saysWhenItIsPaidAndWhyThereIsNoTax(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Title, d.PaidAt = "Credit note", time.Date(2026, 3, 4, 23, 30, 0, 0, time.UTC)
	d.TaxLabel, d.Tax, d.TaxText = "VAT 0 %", "0.00 €", "Reverse charge: the customer owes the VAT (Art. 196 of Directive 2006/112/EC)."
	flat := strings.Join(strings.Fields(strings.Join(words(t, render(t, d)), " ")), " ")
	require.Contains(t, flat, "Credit note")
	require.Contains(t, flat, "Paid on 4 March 2026.")
	require.Contains(t, flat, "Reverse charge: the customer owes the VAT")
	require.NotContains(t, flat, "Please pay")
}

func TestRender_losesNoTextThatIsTooLong(t *testing.T) {
	t.Parallel()
	d := sample()
	var detail []string
	for i := range 900 {
		detail = append(detail, fmt.Sprintf("bucket%03d", i))
	}
	d.Lines[0].Detail = strings.Join(detail, " ")
	d.Lines[0].Description = strings.Repeat("x", 300)
	d.Customer.Name = strings.Repeat("Very Long Company Name ", 8)
	text := strings.Join(words(t, render(t, d)), " ")
	require.Equal(t, 300, strings.Count(text, "x")-strings.Count(text, "example"))
	for _, bucket := range detail {
		require.Contains(t, text, bucket)
	}
}

func TestRender_acceptsAnyText(t *testing.T) {
	t.Parallel()
	d := sample()
	d.Customer.Name = "Żółć Ωmega Жук e\u0301 \u1e9e 東京 🎉 \xff\x00 a\u00a0b\u202fc"
	text := strings.Join(words(t, render(t, d)), " ")
	require.Contains(t, text, "Żółć Ωmega Жук é")
	require.Contains(t, text, "?? ? ? a b c")
}

func TestRender_drawsWhateverIsTyped(t *testing.T) {
	t.Parallel()
	for _, words := range []string{
		"\\", "(()", ")) ET q Q <<>>", "%\x00\x01\x1b\x7f", "\n\n\n", "\u202eabc\u2028def", "\ufffd\uffff\ufeff", "\U0001F389\U0010FFFF",
		strings.Repeat("\u0301", 50), strings.Repeat("W", 500), strings.Repeat("€ ", 200),
	} {
		d := sample()
		d.Number, d.Customer.Name, d.Marketplace.Logo, d.Currency, d.Net, d.Footnote = words, words, words, words, words, words
		d.Lines = []pdf.Line{{Description: words, Detail: words, Quantity: words, UnitPrice: words, Amount: words}}
		file, err := pdf.Render(d)
		require.NoError(t, err)
		require.Positive(t, pages(file))
		require.True(t, bytes.HasSuffix(bytes.TrimSpace(file), []byte("%%EOF")))
	}
}

func TestRender_worksWithNextToNothing(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1, pages(render(t, pdf.Document{})))
	require.True(t, bytes.Equal(render(t, pdf.Document{}), render(t, pdf.Document{})))
	require.Equal(t, 1, pages(render(t, pdf.Document{Lines: []pdf.Line{{}}, Total: "0.00 €"})))
}

func TestRender_worksConcurrently(t *testing.T) {
	t.Parallel()
	want := render(t, sample())
	results := make(chan []byte)
	for range 8 {
		go func() {
			file, _ := pdf.Render(sample())
			results <- file
		}()
	}
	for range 8 {
		require.True(t, bytes.Equal(want, <-results))
	}
}
