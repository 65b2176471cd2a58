package arch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The layers from the bottom. A package imports only layers below its own,
// and packages of its own layer where layerRules says so.
const (
	words   = iota // no database, no clock of their own, no HTTP
	ground         // database, jobs, events, audit
	nouns          // what the marketplace is about
	edges          // HTTP, webhooks, plugin processes
	inside         // internal: composition root, demo, servers
	command        // cmd
)

// stream is the order of the nouns: each imports only those before it.
var stream = []string{
	"core/account", "core/storefront", "core/catalog", "core/order", "core/cart", "core/subscription", "core/provision", "core/fulfilment", "core/reconcile", "core/usage", "core/metric",
	"core/quota", "pricing/invoice", "pricing/payment", "pricing/pricelist", "pricing/ledger", "core/notify", "syndication/webhook",
}

// layers says where a folder, with everything in it, belongs; the longest
// match counts.
var layers = map[string]int{
	"core/clock": words, "core/fault": words, "core/page": words, "core/recent": words, "core/schema": words, "core/secret": words,
	"core/catalog/openapi": words, "core/notify/mail": words, "migrations": words,
	"pricing/money": words, "pricing/price": words, "pricing/rating": words, "pricing/tax": words, "pricing/discount": words,
	"pricing/invoice/pdf": words, "plugins/sdk": words, "plugins/kong/gatewaylog": words,
	"syndication/webhook/sign": words, "syndication/webhook/send": words,

	"core/store": ground, "core/jobs": ground, "core/event": ground, "core/audit": ground,

	"core/account": nouns, "core/storefront": nouns, "core/catalog": nouns, "core/order": nouns, "core/subscription": nouns, "core/provision": nouns, "core/fulfilment": nouns,
	"core/usage": nouns, "core/quota": nouns, "core/notify": nouns, "pricing/invoice": nouns, "pricing/payment": nouns,
	"pricing/ledger": nouns, "syndication/webhook": nouns, "core/timemachine": nouns, "core/approval": nouns,

	"web": edges, "syndication": edges, "plugins": edges, "core": nouns, "pricing": nouns,
	"internal": inside, "cmd": command,
}

func layerOf(dir string) (layer int, known bool) {
	longest := -1
	for prefix, l := range layers {
		if (dir == prefix || strings.HasPrefix(dir, prefix+"/")) && len(prefix) > longest {
			longest, layer = len(prefix), l
		}
	}
	return layer, longest >= 0
}

func TestImports_goDownOnly(t *testing.T) {
	t.Parallel()
	for _, f := range product(t) {
		own, known := layerOf(f.dir)
		require.True(t, known, "%s is in no layer: say in internal/arch where %s belongs", f.path, f.dir)
		for _, imported := range f.imports() {
			dir, ours := strings.CutPrefix(imported, module)
			if !ours || dir == f.dir || allowedImport(f.dir, dir) {
				continue
			}
			layer, known := layerOf(dir)
			require.True(t, known, "%s imports %s, which is in no layer", f.path, dir)
			if layer > own {
				t.Errorf("%s imports %s, which is above it", f.path, dir)
			}
			if own == edges && layer == edges && top(f.dir) != top(dir) {
				t.Errorf("%s imports %s: edges do not know each other", f.path, dir)
			}
			if own == nouns && layer == nouns {
				checkStream(t, f, dir)
			}
		}
	}
}

// top is the first folder: "web", "plugins", "syndication".
func top(dir string) string { first, _, _ := strings.Cut(dir, "/"); return first }

func checkStream(t *testing.T, f file, dir string) {
	t.Helper()
	own, imported := place(f.dir), place(dir)
	if own == imported && own >= 0 {
		return // parts of one noun
	}
	switch {
	case imported < 0:
		t.Errorf("%s imports %s, which has no place in the stream of nouns", f.path, dir)
	case own >= 0 && imported > own:
		t.Errorf("%s imports %s, which is downstream: use an event, or an interface or function handed in", f.path, dir)
	}
}

// place is where in the stream a noun stands; -1 is outside, below all nouns.
func place(dir string) int {
	return slices.IndexFunc(stream, func(noun string) bool { return dir == noun || strings.HasPrefix(dir, noun+"/") })
}

func TestImports_onlyGroundKnowsTheDatabase(t *testing.T) {
	t.Parallel()
	drivers := []string{"github.com/jmoiron/sqlx", "github.com/jackc/pgx", "modernc.org/sqlite", "github.com/riverqueue/river", "github.com/pressly/goose"}
	seen := 0
	for _, f := range product(t) {
		for _, imported := range f.imports() {
			isDriver := slices.ContainsFunc(drivers, func(d string) bool { return strings.HasPrefix(imported, d) })
			if !isDriver {
				continue
			}
			seen++
			if f.dir != "core/store" && f.dir != "core/jobs" && f.dir != "internal/deps" {
				t.Errorf("%s imports %s: only core/store and core/jobs do", f.path, imported)
			}
		}
	}
	require.Positive(t, seen)
}

// TestImports_whatPluginAuthorsUseIsSmall: what a package for authors imports,
// each plugin of theirs takes, too.
func TestImports_whatPluginAuthorsUseIsSmall(t *testing.T) {
	t.Parallel()
	may := map[string][]string{
		"plugins/sdk": {"plugins/sdk"}, "plugins/document": {"plugins/sdk"}, "plugins/idempotency": {"plugins/sdk", "plugins/document"},
	}
	for _, f := range sources(t) {
		for folder, known := range may {
			if f.test || (f.dir != folder && !strings.HasPrefix(f.dir, folder+"/")) {
				continue
			}
			for _, imported := range f.imports() {
				dir, ours := strings.CutPrefix(imported, module)
				if ours && !slices.ContainsFunc(known, func(k string) bool { return dir == k || strings.HasPrefix(dir, k+"/") }) {
					t.Errorf("%s imports %s: plugin authors would have to take it, too", f.path, dir)
				}
			}
		}
	}
}

// TestImports_theExampleConnectorStandsAlone: vendors copy it.
func TestImports_theExampleConnectorStandsAlone(t *testing.T) {
	t.Parallel()
	const folder = "syndication/connector/example"
	seen := 0
	for _, f := range product(t) {
		if f.dir != folder && !strings.HasPrefix(f.dir, folder+"/") {
			continue
		}
		seen++
		for _, imported := range f.imports() {
			if strings.Contains(imported, ".") && imported != module+folder {
				t.Errorf("%s imports %s: what vendors copy uses the standard library alone", f.path, imported)
			}
		}
	}
	require.Positive(t, seen)
}

func TestImports_pricesKnowNoDatabaseAndNoClock(t *testing.T) {
	t.Parallel()
	forbidden := []string{module + "core/clock", module + "core/store", module + "core/jobs", "database/sql", "net/http", "os", "log/slog"}
	pure := []string{"pricing/money", "pricing/price", "pricing/rating", "pricing/tax", "pricing/discount"}
	seen := 0
	for _, f := range product(t) {
		if !slices.Contains(pure, f.dir) {
			continue
		}
		seen++
		for _, imported := range f.imports() {
			if slices.Contains(forbidden, imported) && !allowedImport(f.dir, imported) {
				t.Errorf("%s imports %s: what a price is must depend on its arguments alone", f.path, imported)
			}
		}
	}
	require.Positive(t, seen)
}
