package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/account"
	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/provision"
	"github.com/fondaco/fondaco/core/secret"
	"github.com/fondaco/fondaco/core/store/storetest"
	"github.com/fondaco/fondaco/internal/app"
	"github.com/fondaco/fondaco/plugins/example"
	"github.com/fondaco/fondaco/plugins/host"
	"github.com/fondaco/fondaco/plugins/sdk"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// TestResellerGuide runs the guide's commands against a sandbox marketplace with
// one product for sale, and looks whether they print what the guide says.
func TestResellerGuide(t *testing.T) {
	t.Parallel()
	market, operator := guideMarket(t)
	all := blocks(t, filepath.Join("..", "..", "docs", "reseller-guide.md"))
	printed := runGuide(t, all, "MARKET="+market, "OPERATOR="+operator.Reveal())
	last, told := -1, 0
	for i, b := range all {
		switch b.language {
		case "sh":
			last = i
		case "text":
			told++
			for line := range strings.Lines(b.text) {
				require.Contains(t, "\n"+printed[last], "\n"+strings.TrimSpace(line), "line %d and on", b.line)
			}
		default:
			require.Fail(t, "a block of an unknown language", "%q in line %d", b.language, b.line)
		}
	}
	require.GreaterOrEqual(t, told, 8)
}

// runGuide runs all commands in one shell, as a person does who types them into
// one terminal, and returns what each block printed.
func runGuide(t *testing.T, all []block, env ...string) map[int]string {
	t.Helper()
	const mark = "=== block "
	var script strings.Builder
	for i, b := range all {
		if b.language == "sh" {
			fmt.Fprintf(&script, "echo %q\n%s", fmt.Sprint(mark, i), b.text)
		}
	}
	withTools(t)
	c := exec.CommandContext(t.Context(), "sh", "-euc", script.String())
	c.Env = append(c.Environ(), env...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	require.NoError(t, c.Run(), "the guide printed:\n%s", out.String())
	printed := map[int]string{}
	for part := range strings.SplitSeq(out.String(), mark) {
		number, text, _ := strings.Cut(part, "\n")
		var i int
		if _, err := fmt.Sscan(number, &i); err == nil {
			printed[i] = text
		}
	}
	return printed
}

// guideMarket serves a sandbox marketplace that sells the guide's product, and
// returns its address and a token of its operator.
func guideMarket(t *testing.T) (address string, operator secret.Text) {
	t.Helper()
	ctx := t.Context()
	plugins := host.Static(map[string]sdk.Provider{"example": &example.Provider{}})
	a, err := app.New(ctx, app.Config{DatabaseURL: storetest.SQLiteURL(t), SecretKey: bytes.Repeat([]byte{1}, 32), Plugins: plugins, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, a.Start(ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, a.Stop(ctx))
		require.NoError(t, plugins.Stop(ctx))
	})
	actor, token, err := a.Accounts.Found(ctx, account.FoundInput{
		Marketplace: account.MarketplaceInput{Name: "Rialto", Host: "*", Currency: "EUR", Sandbox: true},
		Operator:    account.OrganizationInput{Name: "Rialto", Email: "olga@rialto.example"},
		Person:      account.UserInput{Name: "Olga Venier", Email: "olga@rialto.example", Password: "correct horse"}, TokenName: "guide"})
	require.NoError(t, err)
	_, err = a.Provision.SaveProvider(ctx, actor, provision.ProviderInput{Name: "main", Plugin: "example", ProductType: catalog.API,
		Settings: fmt.Appendf(nil, `{"file":%q}`, filepath.Join(t.TempDir(), "boxes.json")), IngestSecret: "0123456789abcdef"})
	require.NoError(t, err)
	publishMaps(t, a, actor)
	handler, err := a.Handler()
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL, token
}

// publishMaps puts an API with one plan on sale.
func publishMaps(t *testing.T, a *app.App, operator account.Actor) {
	t.Helper()
	ctx := t.Context()
	p, err := a.Catalog.CreateProduct(ctx, operator, catalog.ProductInput{Name: "Lagoon Maps", SKU: "lagoon-maps", Type: catalog.API, Category: "maps",
		ShortDescription: "Maps of the lagoon", UpstreamURL: "http://127.0.0.1:9/base"})
	require.NoError(t, err)
	_, err = a.Catalog.AddEndpoints(ctx, operator, p.ID, []catalog.EndpointInput{{Identifier: "search", Method: "GET", Path: "/search"}})
	require.NoError(t, err)
	_, err = a.Catalog.CreatePlan(ctx, operator, p.ID, catalog.PlanInput{Name: "Starter",
		Terms:     price.Terms{Currency: "EUR", RecurringPrice: money.MustParse("29.00"), SetupPrice: money.MustParse("10.00")},
		Endpoints: []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.Prepaid, Limits: map[string]int64{"month": 1000}}}})
	require.NoError(t, err)
	_, err = a.Catalog.Submit(ctx, operator, p.ID)
	require.NoError(t, err)
	_, err = a.Catalog.Approve(ctx, operator, p.ID)
	require.NoError(t, err)
}
