package ui_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/web/portal/ui"
)

type formPage struct {
	ui.Page
	Form ui.Form
}

func TestFormError_keepsWhatWasTypedAndSaysWhatIsWrongBesideTheField(t *testing.T) {
	t.Parallel()
	r := renderer(t, fstest.MapFS{"form.html": {Data: []byte(`<form method="post">{{template "errors" .Form}}
{{template "field" (.Form.Field "tiers[0].upTo" "Up to" "hint" "In calls" "required" true)}}
{{template "field" (.Form.Field "password" "Password" "kind" "password")}}
{{template "field" (.Form.Field "note" "Note" "kind" "textarea")}}
{{template "field" (.Form.Field "renew" "Renew" "kind" "checkbox" "value" "true")}}</form>`)}})
	values := url.Values{"tiers[0].upTo": {`"><b>`}, "password": {"hunter2"}, "note": {"\nline"}, "renew": {""}}
	doc, html := body(t, r, "form", formPage{Page: examplePage(), Form: ui.FormError(values, fault.InvalidFields(
		fault.Field{Name: "tiers[0].upTo", Message: "Write a number."}, fault.Field{Name: "note", Message: "Too short."}))})
	requireWellFormed(t, html)
	requireAccessible(t, doc)

	upTo := doc.Find("#" + ui.FieldID("tiers[0].upTo"))
	require.Equal(t, `"><b>`, upTo.AttrOr("value", ""))
	require.Equal(t, "true", upTo.AttrOr("aria-invalid", ""))
	require.Equal(t, "f-tiers-0-upTo-hint f-tiers-0-upTo-error", upTo.AttrOr("aria-describedby", ""))
	require.Equal(t, "Write a number.", strings.TrimSpace(doc.Find("#f-tiers-0-upTo-error").Text()))
	require.Equal(t, "#f-tiers-0-upTo", doc.Find("#errors a").First().AttrOr("href", ""))
	require.NotContains(t, html, "hunter2", "passwords are typed again")
	require.Equal(t, "\nline", doc.Find("textarea").Text())
	_, checked := doc.Find("#f-renew").Attr("checked")
	require.False(t, checked, "an unticked box stays unticked")
}

func TestFormError_saysNothingOfInternalCauses(t *testing.T) {
	t.Parallel()
	f := ui.FormError(nil, errors.New("pq: relation does not exist"))
	require.NotContains(t, f.Message, "pq")
	require.NotEmpty(t, f.Message)
}

func TestField_refusesSettingsItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, settings := range [][]any{{"onclick", "x"}, {"hint"}, {"required", "yes"}, {"options", "a"}} {
		_, err := ui.Form{}.Field("name", "Name", settings...)
		require.ErrorContains(t, err, "field name")
	}
}

func TestPage_addressesKeepFiltersAndRestartPaging(t *testing.T) {
	t.Parallel()
	p := examplePage()
	require.Equal(t, "/operator/styleguide?q=a&sort=-since", p.With("sort", "-since"))
	require.Equal(t, "/operator/styleguide?after=y&q=a", p.With("after", "y"))
	require.Equal(t, "/operator/styleguide", p.With("q", ""))
	require.Equal(t, "GM", p.User.Initials())
	require.Equal(t, "Z", ui.User{Email: "zoe@example.org"}.Initials())
}

func TestLocalPath_neverLeavesThePortal(t *testing.T) {
	t.Parallel()
	require.Equal(t, "/account?x=1", ui.LocalPath("/account?x=1"))
	for _, path := range []string{"", "//evil.example", "https://evil.example", `/\evil.example`, "/\t/evil.example", "javascript:alert(1)"} {
		require.Equal(t, "/", ui.LocalPath(path), path)
	}
}

func TestPreferences_keepsTheThemeWithoutJavaScript(t *testing.T) {
	t.Parallel()
	w, r := request(http.MethodPost, "/preferences", url.Values{"theme": {"dark"}, "return": {"/vendor"}})
	ui.Preferences(w, r)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/vendor", w.Header().Get("Location"))
	_, next := request(http.MethodGet, "/vendor", nil)
	next.AddCookie(w.Result().Cookies()[0])
	require.Equal(t, "dark", ui.ThemeOf(next))
}
