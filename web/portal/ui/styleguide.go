package ui

import (
	"net/url"
	"time"

	"github.com/fondaco/fondaco/core/fault"
)

// StyleguidePage is the data of page "styleguide": every component in every
// state, with made-up content.
type StyleguidePage struct {
	Page
	Now                      time.Time
	Spark                    []float64
	Rows                     []StyleguideRow
	Form                     Form
	States, Periods, Timings []Option
	Pager                    Pager
	Empty                    Empty
	Tabs                     Tabs
	Steps, Failed            []Step
	Bill                     Bill
	Meters                   []Meter
	Bars, Lines, Nothing     Chart
	Length                   time.Duration
	Events                   []Event
	Hidden, Shown            Secret
	Code                     Code
	Examples                 []Banner
	Toasts                   []Toast
	Dialog                   Dialog
	Schema                   []SchemaField
}

// StyleguideRow is a row of the example table.
type StyleguideRow struct {
	Product, Plan, Customer, State, Price, SparkLabel string
	Tone                                              Tone
	Spark                                             []float64
	Used                                              int
	Since                                             time.Time
}

// Styleguide fills the style guide; dates are relative to the page's
// marketplace time.
func Styleguide(p Page) StyleguidePage {
	now := p.Marketplace.Now
	p.Title = "Style guide"
	if p.Param("sort") == "" {
		p.URL = &url.URL{Path: p.Path(), RawQuery: "sort=-since"}
	}
	return StyleguidePage{
		Page: p, Now: now, Spark: []float64{310, 420, 380, 510, 640, 600, 720, 700, 890},
		Rows: styleguideRows(now), Form: styleguideForm(),
		States:  []Option{{Value: "", Label: "Any state"}, {Value: "active", Label: "Active"}, {Value: "failed", Label: "Failed"}},
		Periods: []Option{{Value: "1", Label: "1 month"}, {Value: "3", Label: "3 months"}, {Value: "12", Label: "1 year"}},
		Timings: []Option{{Value: "before", Label: "Before the period", Hint: "The first invoice is issued with the order."},
			{Value: "after", Label: "After the period", Hint: "The invoice is issued when the period ends."}},
		Pager: Pager{First: p.With("after", ""), Next: p.With("after", "c2Vjb25k"), Note: "50 rows from row 51"},
		Empty: Empty{Title: "No products yet", Text: "Products you create appear here with their state. Start with the OpenAPI document of your API; the rest follows from it.",
			Action: &Link{Kind: "primary", Href: "#new", Label: "Create product"}},
		Tabs:   Tabs{Label: "Product", Items: []NavItem{{Label: "Page", Href: "#a", Current: true}, {Label: "Endpoints", Href: "#b", Count: 14}, {Label: "Plans and prices", Href: "#c"}, {Label: "Integration", Href: "#d"}, {Label: "Subscribers", Href: "#e"}, {Label: "Usage", Href: "#f"}}},
		Steps:  []Step{{Label: "Describe", Href: "#1", Done: true}, {Label: "Import endpoints", Href: "#2", Done: true}, {Label: "Set prices", Current: true, Note: "1 of 2 plans"}, {Label: "Send for review"}},
		Failed: []Step{{Label: "Order paid", Done: true}, {Label: "Consumer created", Done: true}, {Label: "Access granted", Failed: true, Note: "The gateway did not answer. Trying again in 30 seconds."}, {Label: "Ready"}},
		Bill:   styleguideBill(), Meters: styleguideMeters(now, p.Zone),
		Bars: styleguideBars(), Lines: styleguideLines(),
		Nothing: Chart{Title: "Calls per day, December 2026", Unit: "calls"},
		Length:  51*time.Hour + 20*time.Minute,
		Events:  styleguideEvents(now, p.Zone),
		Hidden:  Secret{ID: "key-hidden", Label: "API key, hidden", RevealURL: "/operator/styleguide", RotateURL: "#rotate", CSRF: p.CSRF},
		Shown:   Secret{ID: "key-shown", Label: "API key, shown", Value: "not-a-real-key-5f1c0a77", HideURL: "/operator/styleguide"},
		Code:    Code{Title: "Try it", Lang: "sh", Text: "curl --header 'apikey: not-a-real-key-5f1c0a77' \\\n  'http://127.0.0.1:8000/meteo/v1/forecast?place=Chioggia&days=3'"},
		Examples: []Banner{
			{Tone: Info, Text: "You see this marketplace as Adria Logistics does.", Action: &Link{Href: "#stop", Label: "Stop impersonating"}},
			{Tone: Warn, Title: "Invoice 2026-0042 is due in 2 days.", Text: "After that, subscriptions are suspended.", Action: &Link{Href: "#pay", Label: "Pay invoice"}},
			{Tone: Bad, Title: "The gateway is not answering.", Text: "New subscriptions wait; nothing is lost."},
			{Tone: Good, Text: "Your product is published."}},
		Toasts: []Toast{{Tone: Good, Text: "Plan saved."}, {Tone: Bad, Text: "The card was declined. Nothing was charged; try another card."}},
		Schema: styleguideSchema(),
		Dialog: Dialog{ID: "dialog-terminate", Href: "#terminate", Back: "#dialog", Open: "Terminate subscription", Kind: "danger",
			Title: "Terminate Meteo Forecast for Adria Logistics?", Text: "This cannot be undone.",
			Details: []string{"The API key stops working at once.", "€12.50 for the unused part of the period is credited on the last invoice."},
			Action:  "#terminate", Confirm: "Terminate subscription", Keep: "Keep subscription", CSRF: p.CSRF},
	}
}

func styleguideRows(now time.Time) []StyleguideRow {
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	return []StyleguideRow{
		{Product: "Meteo Forecast", Plan: "Observer", Customer: "Adria Logistics", State: "Active", Tone: Good, Used: 18412, Price: "29.00 EUR", Since: day(212), Spark: []float64{4, 5, 5, 7, 6, 8, 9}, SparkLabel: "rising"},
		{Product: "Address Check", Plan: "Starter", Customer: "Bottega Marin", State: "Near limit", Tone: Warn, Used: 941, Price: "9.90 EUR", Since: day(40), Spark: []float64{2, 3, 5, 4, 8, 9, 9}, SparkLabel: "rising"},
		{Product: "Lagoon Tides", Plan: "Pay per use", Customer: "Nord Yachting", State: "Provisioning", Tone: Pending, Price: "0.00 EUR", Since: day(0)},
		{Product: "Invoice OCR", Plan: "Professional", Customer: "Studio Zanetti", State: "Failed", Tone: Bad, Used: 1, Price: "149.00 EUR", Since: day(3), Spark: []float64{6, 6, 5, 5, 2, 1, 0}, SparkLabel: "falling"},
		{Product: "Port Calls", Plan: "Trial", Customer: "Harbour Analytics", State: "Terminated", Tone: Off, Used: 120, Price: "0.00 EUR", Since: day(480), Spark: []float64{1, 2, 1, 0, 0, 0, 0}, SparkLabel: "fell to zero"},
	}
}

func styleguideForm() Form {
	values := url.Values{"name": {"Meteo Forecast"}, "dayLimit": {"1,000"}, "monthLimit": {"500"}, "price": {"29.00"}, "period": {"1"}, "timing": {"before"}, "renew": {"true"},
		"description": {"Hourly forecasts for any place in Europe, five days ahead."}}
	return FormError(values, fault.InvalidFields(
		fault.Field{Name: "monthLimit", Message: "Month limit must be at least the day limit (1,000)."},
		fault.Field{Name: "terms", Message: "Tick this to go on: the marketplace cannot publish without it."}))
}

func styleguideBill() Bill {
	return Bill{Title: "Your bill", Live: true,
		Lines: []BillLine{
			{Label: "Setup", Detail: "Once, with the first invoice", Amount: "10.00 EUR"},
			{Label: "Observer, 1 month", Detail: "23 Nov to 22 Dec 2026, paid before", Amount: "29.00 EUR"},
			{Label: "Forecast calls, 23", Detail: "10 at €0.10 and 13 at €0.05", Amount: "1.65 EUR"},
			{Label: "Welcome code", Detail: "10 percent off the first month", Amount: "-2.90 EUR", Off: true}},
		Totals: []BillLine{{Label: "Net", Amount: "37.75 EUR"}, {Label: "VAT 22 percent", Amount: "8.31 EUR"}, {Label: "To pay now", Amount: "46.06 EUR"}},
		Note:   "Then about €29.00 each month from 23 December 2026, plus calls. You can end it on any day."}
}

func styleguideMeters(now time.Time, zone *time.Location) []Meter {
	next := now.AddDate(0, 0, 8).Truncate(24 * time.Hour)
	m := func(label string, used, limit int64) Meter {
		return Meter{Label: label, Used: used, Limit: limit, One: "call", Many: "calls", Resets: next, Zone: zone}
	}
	over := m("Over the limit, further use is billed", 1180, 1000)
	over.Soft = true
	free := m("No limit", 48210, 0)
	free.Resets = time.Time{}
	return []Meter{m("Forecast calls per month", 412, 1000), m("Near the limit", 860, 1000), m("At the limit", 1000, 1000), over, free}
}

func styleguideBars() Chart {
	c := Chart{Title: "Calls per day, November 2026", Unit: "calls", X: "Day", Limit: 1000, LimitLabel: "day limit 1,000"}
	values := []float64{320, 410, 380, 455, 520, 210, 180, 540, 610, 590, 640, 700, 260, 240, 720, 760, 810, 790, 850, 310, 290, 905, 960}
	for day := range values {
		c.Labels = append(c.Labels, time.Date(2026, 11, day+1, 0, 0, 0, 0, time.UTC).Format("2 Jan"))
	}
	c.Series = []Series{{Name: "Calls", Values: values}}
	return c
}

func styleguideLines() Chart {
	return Chart{Title: "Earnings per month, 2026", Unit: "EUR", X: "Month", Lines: true,
		Labels: []string{"Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov"},
		Series: []Series{
			{Name: "Subscriptions", Values: []float64{1240, 1310, 1405, 1600, 1580, 1750, 1990, 2240}, Text: []string{"€1,240.00", "€1,310.00", "€1,405.00", "€1,600.00", "€1,580.00", "€1,750.00", "€1,990.00", "€2,240.00"}},
			{Name: "Pay per use", Values: []float64{210, 260, 240, 390, 610, 580, 640, 905}, Text: []string{"€210.00", "€260.00", "€240.00", "€390.00", "€610.00", "€580.00", "€640.00", "€905.00"}}}}
}

func styleguideEvents(now time.Time, zone *time.Location) []Event {
	at := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	return []Event{
		{Tone: Good, Text: "Active", Detail: "Access to 4 endpoints was granted.", Actor: "Kong plugin", At: at(1), Zone: zone},
		{Tone: Bad, Text: "Provisioning failed", Detail: "The gateway did not answer. It is tried again by itself.", Actor: "Kong plugin", At: at(2), Zone: zone},
		{Tone: Pending, Text: "Provisioning started", Actor: "Fondaco", At: at(3), Zone: zone},
		{Tone: Info, Text: "Ordered", Detail: "Plan Observer, invoice 2026-0042", Actor: "Giulia Marin", At: at(4), Zone: zone},
		{Tone: Off, Text: "Trial ended", At: at(1440), Zone: zone}}
}
