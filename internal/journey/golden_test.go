package journey

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/internal/connectors"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"
)

// updating reports whether records are to be written anew: UPDATE_GOLDEN=1.
func updating() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// golden compares with a record.
func golden(t *testing.T, file string, got *txtar.Archive) {
	t.Helper()
	if updating() {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, txtar.Format(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(txtar.Format(got)))
}

// What differs from run to run.
var (
	anInstant = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	aToken    = regexp.MustCompile(`(?i)(CMW-Auth-Token: )\S+`)
	aLogin    = regexp.MustCompile(`^"[A-Za-z0-9_-]{20,}"$`)
	aDesk     = regexp.MustCompile(`127\.0\.0\.1:\d+`)
	anUptime  = regexp.MustCompile(`("uptime": ?)\d+`) // months differ
	aRequest  = regexp.MustCompile(`"requestId": ?"[^"]*"`)
)

// normal writes what differs from run to run as words.
func (m *market) normal(text string) string {
	text = strings.NewReplacer("\r\n", "\n", strings.TrimPrefix(m.url, "http://"), "HOST", m.tokens[account.Vendor], "TOKEN").Replace(text)
	text = aDesk.ReplaceAllString(text, "DESK") // what is not the marketplace
	text = aToken.ReplaceAllString(text, "${1}TOKEN")
	text = anUptime.ReplaceAllString(text, "${1}0")
	return anInstant.ReplaceAllString(text, "INSTANT")
}

// show writes an answer so that it can be compared: status, the headers that
// clients read, the body with its names sorted.
func (m *market) show(a connectors.Answer) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d %s\n", a.Status, http.StatusText(a.Status))
	var names []string
	for name := range a.Header {
		if name == "Content-Type" || name == "Location" || name == "Retry-After" || name == "Allow" ||
			strings.HasPrefix(name, "Cmw-") && name != "Cmw-Request-Id" && name != "Cmw-Response-Time-Ms" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, a.Header.Get(name))
	}
	if len(a.Body) > 0 {
		fmt.Fprintf(&b, "\n%s\n", aRequest.ReplaceAllString(aLogin.ReplaceAllString(tidy(a.Body), `"TOKEN"`), `"requestId": "ID"`))
	}
	return m.normal(b.String())
}

// tidy writes JSON with its names sorted, one to a line; what is within them
// stays on the line. Other bodies stay as they are.
func tidy(body []byte) string {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber() // 100.0000 stays what it is
	var v any
	if d.Decode(&v) != nil {
		return strings.TrimSpace(string(body))
	}
	switch x := v.(type) {
	case map[string]any:
		return spread(x, "")
	case []any:
		var b strings.Builder
		for _, item := range x {
			if m, ok := item.(map[string]any); ok {
				fmt.Fprintf(&b, "  %s\n", spread(m, "  "))
				continue
			}
			fmt.Fprintf(&b, "  %s\n", compact(item))
		}
		return "[\n" + b.String() + "]"
	}
	return compact(v)
}

func spread(m map[string]any, indent string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, "%s  %q: %s\n", indent, name, compact(m[name]))
	}
	return "{\n" + b.String() + indent + "}"
}

func compact(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // it was JSON
	return strings.TrimSpace(b.String())
}
