package ui_test

import (
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/web/portal/ui"
)

type chartPage struct {
	ui.Page
	Chart ui.Chart
	Meter ui.Meter
}

func chartPages() fstest.MapFS {
	return fstest.MapFS{"chart.html": {Data: []byte(`{{chart .Chart}}`)}, "meter.html": {Data: []byte(`{{template "meter" .Meter}}`)}}
}

func TestChart_tellsTheSameInItsTable(t *testing.T) {
	t.Parallel()
	c := ui.Chart{Title: `Calls <b>"per" day`, Unit: "calls", X: "Day", Labels: []string{"<i>", "2", "3"}, Limit: 150, LimitLabel: "limit",
		Series: []ui.Series{{Name: "A&B", Values: []float64{100, 0, 1200}}, {Name: "Cost", Values: []float64{1, 2, 3}, Text: []string{"€1.00", "€2.00", "€3.00"}}}}
	for _, lines := range []bool{false, true} {
		c.Lines = lines
		doc, html := body(t, renderer(t, chartPages()), "chart", chartPage{Page: examplePage(), Chart: c})
		requireWellFormed(t, html)
		requireAccessible(t, doc)
		require.Equal(t, c.Title, doc.Find(".chart-title").Text())
		require.Equal(t, 3, doc.Find(".chart tbody tr").Length())
		require.Equal(t, "1,200€3.00", doc.Find(".chart tbody tr").Last().Find("td").Text())
		require.Equal(t, 2, doc.Find(".legend span").Length())
		require.Equal(t, 6, doc.Find(".chart .bar, .chart .dot").Length())
		require.Contains(t, doc.Find(".chart title").First().Text(), "A&B, <i>: 100 calls")
	}
}

func TestChart_ofNothingOrZerosIsStillDrawn(t *testing.T) {
	t.Parallel()
	r := renderer(t, chartPages())
	doc, _ := body(t, r, "chart", chartPage{Page: examplePage(), Chart: ui.Chart{Title: "Calls"}})
	require.Equal(t, "Nothing was recorded in this time.", doc.Find(".chart-none").Text())
	_, html := body(t, r, "chart", chartPage{Page: examplePage(), Chart: ui.Chart{Title: "Calls", Labels: []string{"1"}, Series: []ui.Series{{Values: []float64{0}}}}})
	require.NotContains(t, html, "NaN")
	require.NotContains(t, html, "Inf")
}

func TestChart_refusesValuesWithoutLabels(t *testing.T) {
	t.Parallel()
	c := ui.Chart{Title: "Calls", Labels: []string{"1"}, Series: []ui.Series{{Name: "A", Values: []float64{1, 2}}}}
	err := renderer(t, chartPages()).Render(httptest.NewRecorder(), 200, "chart", chartPage{Page: examplePage(), Chart: c})
	require.ErrorContains(t, err, "2 values for 1 labels")
}

func TestMeter_saysHowFarTheLimitIs(t *testing.T) {
	t.Parallel()
	r := renderer(t, chartPages())
	for _, tc := range []struct {
		m            ui.Meter
		class, words string
	}{
		{ui.Meter{Used: 799, Limit: 1000}, "meter", "201 left"},
		{ui.Meter{Used: 800, Limit: 1000}, "meter meter-near", "200 left"},
		{ui.Meter{Used: 1000, Limit: 1000}, "meter meter-full", "Limit reached, further calls are refused"},
		{ui.Meter{Used: 1000, Limit: 1000, Soft: true}, "meter meter-full", "Limit reached, further use is billed"},
		{ui.Meter{Used: 1001, Limit: 1000, Soft: true}, "meter meter-over", "1 call over the limit, billed per use"},
		{ui.Meter{Used: 5}, "meter", "No limit"},
	} {
		tc.m.One, tc.m.Many = "call", "calls"
		doc, _ := body(t, r, "meter", chartPage{Page: examplePage(), Meter: tc.m})
		require.Equal(t, tc.class, doc.Find(".meter").AttrOr("class", ""))
		require.Contains(t, doc.Find(".meter-foot").Text(), tc.words)
	}
}
