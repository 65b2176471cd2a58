package catalogdata_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"github.com/fondaco/fondaco/core/catalog/openapi"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/internal/demo/catalogdata"
	"github.com/stretchr/testify/require"
)

func products(t *testing.T) []catalogdata.Product {
	t.Helper()
	list, err := catalogdata.Products()
	require.NoError(t, err)
	return list
}

func find(t *testing.T, sku string) catalogdata.Product {
	t.Helper()
	list := products(t)
	i := slices.IndexFunc(list, func(p catalogdata.Product) bool { return p.SKU == sku })
	require.GreaterOrEqual(t, i, 0, "no product %s", sku)
	return list[i]
}

func TestProducts_areADozenOfFourVendorsAndTwoClouds(t *testing.T) {
	t.Parallel()
	list := products(t)
	require.GreaterOrEqual(t, len(list), 12)
	vendors, err := catalogdata.Vendors()
	require.NoError(t, err)
	require.Len(t, vendors, 5)
	count := make(map[string]int)
	skus := make(map[string]bool)
	for _, p := range list {
		count[p.Vendor]++
		require.False(t, skus[p.SKU], "%s twice", p.SKU)
		skus[p.SKU] = true
	}
	for _, v := range vendors[:4] {
		require.GreaterOrEqual(t, count[v.Key], 3, v.Name)
	}
	clouds, err := catalogdata.Clouds()
	require.NoError(t, err)
	require.Len(t, clouds, 2)
	for _, c := range clouds {
		require.Equal(t, vendors[4].Key, c.Vendor)
		require.False(t, skus[c.SKU], "%s twice", c.SKU)
		require.Len(t, c.Plans, 2, "a fixed size and metered use")
	}
}

func TestServices_haveWhatTheDemoShows(t *testing.T) {
	t.Parallel()
	services, err := catalogdata.Services()
	require.NoError(t, err)
	types := map[string]catalogdata.Cloud{}
	for _, s := range services {
		types[s.Type] = s
	}
	wiki := types["syndicated"]
	require.Len(t, wiki.Plans, 3)
	require.Equal(t, 14, wiki.Plans[0].TrialDays)
	require.NotEmpty(t, wiki.Plans[1].Resources)
	require.NotEmpty(t, wiki.Plans[1].Meters)
	require.NotEmpty(t, wiki.Configuration["orderValidationUrls"])
	require.True(t, types["service"].Approval)
}

func TestProducts_withADocumentGetTheirEndpointsFromTheImporter(t *testing.T) {
	t.Parallel()
	formats := make(map[string]int)
	for _, p := range products(t) {
		if p.OpenAPI == "" {
			require.Nil(t, p.Document)
			continue
		}
		result, err := openapi.Import(p.Document)
		require.NoError(t, err, p.SKU)
		formats[result.Format[:len("OpenAPI 3.0")]+" "+filepath.Ext(p.OpenAPI)]++
		for _, e := range p.Endpoints {
			require.True(t, slices.ContainsFunc(result.Proposed, func(from openapi.Endpoint) bool {
				return from.Identifier == e.Identifier && from.Method == e.Method && from.Path == e.Path && from.Name == e.Name && !from.Deprecated
			}), "%s %s", p.SKU, e.Identifier)
		}
	}
	require.Equal(t, map[string]int{
		"OpenAPI 3.0 .yaml": 1, "OpenAPI 3.0 .json": 1,
		"OpenAPI 3.1 .yaml": 1, "OpenAPI 3.1 .json": 1,
		"Swagger 2.0 .yaml": 1, "Swagger 2.0 .json": 1,
	}, formats)
}

// 23 calls cost 10 x 0.10 + 13 x 0.05 = 1.65.
func TestStarter_isTheWorkedExample(t *testing.T) {
	t.Parallel()
	p := find(t, "lagoon-shop")
	require.Equal(t, "Starter", p.Plans[0].Name)
	got, err := json.Marshal(p.Plans[0])
	require.NoError(t, err)
	require.JSONEq(t, `{
	  "name": "Starter", "currency": "EUR", "setupPrice": "10.00", "recurringPrice": "29.00", "periodMonths": 1,
	  "timing": "prepaid", "anchor": "anniversary", "autoRenew": true, "trialDays": 0,
	  "endpoints": [
	    {"identifier": "list-items", "mode": "prepaid", "limits": {"month": 5}},
	    {"identifier": "get-item", "mode": "payPerUse", "tiers": [
	      {"upTo": 10, "unitPrice": "0.10"}, {"upTo": null, "unitPrice": "0.05"}]}
	  ]}`, string(got))
}

func TestValidate_reportsEveryWrongField(t *testing.T) {
	t.Parallel()
	p := find(t, "routes")
	p.Name = ""
	p.Endpoints[0].Path = "route"
	p.Endpoints[1].Identifier = "Distance Table"
	p.Plans[1].Name = p.Plans[0].Name
	p.Plans[0].RecurringPrice = "-1"
	p.Plans[0].Endpoints[0].Limits = map[string]int{"minute": 30, "month": 10, "week": 1}
	upTo := 5
	p.Plans[0].Endpoints[1].Tiers = []catalogdata.Tier{{UnitPrice: "1"}, {UpTo: &upTo, UnitPrice: "0.0000000000001"}}
	var names []string
	for _, f := range fault.As(p.Validate()).Fields {
		names = append(names, f.Name)
	}
	require.ElementsMatch(t, []string{
		"name", "endpoints[0].path", "endpoints[0].example.path", "endpoints[1].identifier",
		"plans[0].recurringPrice", "plans[0].endpoints[0].limits.month", "plans[0].endpoints[0].limits.week",
		"plans[0].endpoints[1].tiers[0].upTo", "plans[0].endpoints[1].tiers[1].unitPrice", "plans[0].endpoints[1].tiers[1].upTo",
		"plans[0].endpoints[1].identifier", "plans[1].name", "plans[1].endpoints[1].identifier",
	}, names)
}
