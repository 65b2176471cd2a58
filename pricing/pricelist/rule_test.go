package pricelist_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/fondaco/fondaco/core/catalog"
	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/pricelist"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func dec(s string) money.Decimal { return money.MustParse(s) }

func at(s string) *money.Decimal { return new(dec(s)) }

// full is a plan that has a price everywhere a plan can have one.
func full(p money.Decimal) catalog.PlanContent {
	charge := price.Charge{Model: price.Graduated, Tiers: []price.Tier{{UpTo: at("10"), UnitPrice: p, FlatPrice: p, BlockSize: at("7")}},
		UnitPrice: &p, FlatPrice: &p, PackageSize: at("7"), FreeUnits: at("7"), Minimum: &p, Maximum: &p}
	return catalog.PlanContent{Terms: price.Terms{Currency: "EUR", SetupPrice: p, RecurringPrice: p, PeriodMonths: 1},
		Endpoints: []catalog.PlanEndpoint{{Identifier: "search", Mode: catalog.PayPerUse, Charge: &charge}, {Identifier: "get", Mode: catalog.Included}},
		Resources: []catalog.PlanResource{{Parameter: "cores", UnitPrice: p}}, Meters: []catalog.PlanMeter{{Meter: "hours", Charge: charge}}}
}

// prices are all numbers of a plan that money is made of.
func prices(c catalog.PlanContent) []money.Decimal {
	out := []money.Decimal{c.SetupPrice, c.RecurringPrice, c.Resources[0].UnitPrice}
	for _, ch := range []price.Charge{*c.Endpoints[0].Charge, c.Meters[0].Charge} {
		out = append(out, *ch.UnitPrice, *ch.FlatPrice, *ch.Minimum, *ch.Maximum, ch.Tiers[0].UnitPrice, ch.Tiers[0].FlatPrice)
	}
	return out
}

func percent(s string) pricelist.Rule {
	return pricelist.Rule{Kind: pricelist.Percent, Percent: at(s)}
}

func TestApply_aPercentageIsOnEveryPriceAndOnNoQuantity(t *testing.T) {
	t.Parallel()
	source := full(dec("29.00"))
	before, err := json.Marshal(source)
	require.NoError(t, err)
	got := percent("15").Apply(source)
	for i, p := range prices(got) {
		require.Equal(t, "33.35", p.Trim(2).String(), "price %d", i)
	}
	for _, ch := range []price.Charge{*got.Endpoints[0].Charge, got.Meters[0].Charge} {
		require.Equal(t, "7 7 10 7", ch.PackageSize.String()+" "+ch.FreeUnits.String()+" "+ch.Tiers[0].UpTo.String()+" "+ch.Tiers[0].BlockSize.String())
	}
	after, err := json.Marshal(source)
	require.NoError(t, err)
	require.JSONEq(t, string(before), string(after), "the source was changed")
}

// TestApply_knowsEveryNumberOfAPlan fails when plans get a number that nobody
// decided about: is it a price that resellers put a percentage on?
func TestApply_knowsEveryNumberOfAPlan(t *testing.T) {
	t.Parallel()
	var found []string
	decimals(reflect.TypeFor[catalog.PlanContent](), "", &found)
	require.ElementsMatch(t, []string{
		"Terms.SetupPrice", "Terms.RecurringPrice", "Resources.UnitPrice",
		"Endpoints.Charge.Tiers.UpTo", "Endpoints.Charge.Tiers.UnitPrice", "Endpoints.Charge.Tiers.FlatPrice", "Endpoints.Charge.Tiers.BlockSize",
		"Endpoints.Charge.UnitPrice", "Endpoints.Charge.FlatPrice", "Endpoints.Charge.PackageSize", "Endpoints.Charge.FreeUnits", "Endpoints.Charge.Minimum", "Endpoints.Charge.Maximum",
		"Meters.Charge.Tiers.UpTo", "Meters.Charge.Tiers.UnitPrice", "Meters.Charge.Tiers.FlatPrice", "Meters.Charge.Tiers.BlockSize",
		"Meters.Charge.UnitPrice", "Meters.Charge.FlatPrice", "Meters.Charge.PackageSize", "Meters.Charge.FreeUnits", "Meters.Charge.Minimum", "Meters.Charge.Maximum",
	}, found)
}

func decimals(t reflect.Type, path string, found *[]string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t == reflect.TypeFor[money.Decimal]() {
		*found = append(*found, path)
		return
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for f := range t.Fields() {
		name := f.Name
		if path != "" {
			name = path + "." + name
		}
		decimals(f.Type, name, found)
	}
}

func TestApply_percentOfTheSumIsTheSumOfThePercents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		cents := func(label string) money.Decimal {
			return money.Int(rapid.Int64Range(0, 1_000_000_000).Draw(r, label)).MulDiv(money.Int(1), money.Int(100))
		}
		rule := pricelist.Rule{Kind: pricelist.Percent, Percent: new(money.Int(rapid.Int64Range(-1_000_000, 10_000_000).Draw(r, "percent")).MulDiv(money.Int(1), money.Int(10_000)))}
		require.NoError(r, rule.Validate())
		setup, recurring := cents("setup"), cents("recurring")
		parts := rule.Apply(catalog.PlanContent{Terms: price.Terms{SetupPrice: setup, RecurringPrice: recurring}})
		whole := rule.Apply(catalog.PlanContent{Terms: price.Terms{RecurringPrice: setup.Add(recurring)}})
		require.True(r, parts.SetupPrice.Add(parts.RecurringPrice).Equal(whole.RecurringPrice), "%s + %s is not %s", parts.SetupPrice, parts.RecurringPrice, whole.RecurringPrice)
	})
}

func TestApply_noPriceIsEverNegativeOrTooFine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		p := money.Int(rapid.Int64Range(0, 1<<40).Draw(r, "price")).MulDiv(money.Int(1), money.Int(1_000_000_000_000))
		rule := pricelist.Rule{Kind: pricelist.Percent, Percent: new(money.Int(rapid.Int64Range(-1_000_000, 10_000_000).Draw(r, "percent")).MulDiv(money.Int(1), money.Int(10_000)))}
		for _, got := range prices(rule.Apply(full(p))) {
			require.GreaterOrEqual(r, got.Sign(), 0)
			require.LessOrEqual(r, got.Decimals(), int32(money.MaxDecimals))
		}
	})
}

func TestApply_anAbsoluteRuleLeavesWhatItDoesNotName(t *testing.T) {
	t.Parallel()
	got := pricelist.Rule{Kind: pricelist.Absolute, RecurringPrice: at("49")}.Apply(full(dec("29")))
	require.Equal(t, "49", got.RecurringPrice.String())
	require.Equal(t, "29", got.SetupPrice.String())
	require.Equal(t, "29", got.Meters[0].UnitPrice.String())
	got = pricelist.Rule{Kind: pricelist.Absolute, SetupPrice: at("0")}.Apply(full(dec("29")))
	require.Equal(t, "29 0", got.RecurringPrice.String()+" "+got.SetupPrice.String())
}

func TestRule_saysEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule   pricelist.Rule
		fields []string
	}{
		"nothing":           {pricelist.Rule{}, []string{"rule"}},
		"no percentage":     {pricelist.Rule{Kind: pricelist.Percent}, []string{"percent"}},
		"below nothing":     {percent("-100.0001"), []string{"percent"}},
		"too much":          {percent("1000.1"), []string{"percent"}},
		"too fine":          {percent("1.00001"), []string{"percent"}},
		"no price":          {pricelist.Rule{Kind: pricelist.Absolute}, []string{"recurringPrice"}},
		"negative":          {pricelist.Rule{Kind: pricelist.Absolute, RecurringPrice: at("-1"), SetupPrice: at("-1")}, []string{"recurringPrice", "setupPrice"}},
		"two kinds at once": {pricelist.Rule{Kind: pricelist.Absolute, RecurringPrice: at("1"), Percent: at("1")}, []string{"percent"}},
		"excluded at a price": {pricelist.Rule{Kind: pricelist.Excluded, RecurringPrice: at("1"), SetupPrice: at("1"), Percent: at("1")},
			[]string{"percent", "recurringPrice", "setupPrice"}},
	} {
		var got []string
		for _, f := range fault.As(c.rule.Validate()).Fields {
			got = append(got, f.Name)
		}
		require.ElementsMatch(t, c.fields, got, name)
	}
	for _, ok := range []pricelist.Rule{percent("-100"), percent("0"), percent("1000"), {Kind: pricelist.Excluded}, {Kind: pricelist.Absolute, SetupPrice: at("0")}} {
		require.NoError(t, ok.Validate())
	}
}
