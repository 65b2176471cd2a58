package price_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/stretchr/testify/require"
)

// wrong returns the wrong fields of err by name.
func wrong(err error) map[string]string {
	out := map[string]string{}
	if err == nil {
		return out
	}
	for _, f := range fault.As(err).Fields {
		out[f.Name] = f.Message
	}
	return out
}

func charge(t *testing.T, text string) price.Charge {
	t.Helper()
	var c price.Charge
	require.NoError(t, json.Unmarshal([]byte(text), &c))
	return c
}

func TestCharge_readsNumbersAndStringsAndAnswersStrings(t *testing.T) {
	t.Parallel()
	c := charge(t, `{"tiers":[{"upTo":10,"unitPrice":"0.10"},{"upTo":"20","unitPrice":0.05,"flatPrice":1},{"upTo":null,"unitPrice":"0.01"},{"unitPrice":"0"}]}`)
	require.Equal(t, price.Graduated, c.WithDefaults().Model)
	require.Equal(t, "10", c.Tiers[0].UpTo.String())
	require.Nil(t, c.Tiers[2].UpTo)
	require.Nil(t, c.Tiers[3].UpTo, "left out means without end")
	c.Tiers = c.Tiers[:2]
	out, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, `{"model":"","tiers":[{"upTo":"10","unitPrice":"0.10","flatPrice":"0"},{"upTo":"20","unitPrice":"0.05","flatPrice":"1"}]}`, string(out))
}

func TestChargeValidate_acceptsEveryModel(t *testing.T) {
	t.Parallel()
	seen := map[price.Model]bool{}
	for _, text := range []string{
		`{"model":"flat","flatPrice":"5"}`,
		`{"model":"perUnit","unitPrice":"0.123456789012"}`,
		`{"model":"graduated","tiers":[{"upTo":10,"unitPrice":"0.10"},{"unitPrice":"0.05"}]}`,
		`{"model":"volume","tiers":[{"upTo":"0.5","unitPrice":"0.10"},{"upTo":1,"unitPrice":"0.05"}],"overflow":"lastTier"}`,
		`{"model":"stairstep","tiers":[{"flatPrice":"10"}],"minimum":1,"maximum":1}`,
		`{"model":"package","unitPrice":"15","packageSize":10,"freeUnits":10}`,
		`{"model":"percentage","unitPrice":"0.029","flatPrice":"0.30"}`,
		`{"model":"graduatedPercentage","tiers":[{"unitPrice":"0.01"}]}`,
		`{"model":"blocks","tiers":[{"upTo":100,"blockSize":10,"unitPrice":1}],"overflow":"free","zeroUsage":"none","fractionalBound":"ceil"}`,
	} {
		c := charge(t, text)
		require.NoError(t, c.Validate(), text)
		seen[c.Model] = true
	}
	require.Len(t, seen, len(price.Models()))
}

func TestChargeValidate_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, field, says string }{
		{"unknown model", `{"model":"magic"}`, "model", "magic"},
		{"no tiers", `{"model":"graduated"}`, "tiers", "At least one tier"},
		{"tiers where there are none", `{"model":"flat","flatPrice":1,"tiers":[{}]}`, "tiers", "remove"},
		{"overlap", `{"tiers":[{"upTo":10},{"upTo":5},{}]}`, "tiers[1].upTo", "overlap"},
		{"equal bounds", `{"tiers":[{"upTo":10},{"upTo":"10.0"},{}]}`, "tiers[1].upTo", "overlap"},
		{"overlap after an overlap", `{"tiers":[{"upTo":10},{"upTo":5},{"upTo":7},{}]}`, "tiers[2].upTo", "overlap"},
		{"open in the middle", `{"tiers":[{},{"upTo":5},{}]}`, "tiers[0].upTo", "last tier"},
		{"bounded end", `{"tiers":[{"upTo":10},{"upTo":20}]}`, "tiers[1].upTo", "overflow"},
		{"first at zero", `{"tiers":[{"upTo":0},{}]}`, "tiers[0].upTo", "above 0"},
		{"negative bound", `{"tiers":[{"upTo":-3},{}]}`, "tiers[0].upTo", "above 0"},
		{"negative price", `{"tiers":[{"upTo":3},{"unitPrice":"-0.1"}]}`, "tiers[1].unitPrice", "negative"},
		{"13 decimals", `{"tiers":[{"unitPrice":"0.1234567890123"}]}`, "tiers[0].unitPrice", "This price has 13 decimals; at most 12 are kept."},
		{"13 decimals flat", `{"tiers":[{"flatPrice":"0.1234567890123"}]}`, "tiers[0].flatPrice", "13 decimals"},
		{"13 decimals bound", `{"tiers":[{"upTo":"0.1234567890123"},{}]}`, "tiers[0].upTo", "13 decimals"},
		{"no unit price", `{"model":"perUnit"}`, "unitPrice", "needs unitPrice"},
		{"negative unit price", `{"unitPrice":-1}`, "unitPrice", "negative"},
		{"no package size", `{"model":"package","unitPrice":1}`, "packageSize", "packageSize"},
		{"empty package", `{"model":"package","unitPrice":1,"packageSize":0}`, "packageSize", "above 0"},
		{"no block size", `{"model":"blocks","tiers":[{"unitPrice":1}]}`, "tiers[0].blockSize", "size"},
		{"minimum above maximum", `{"flatPrice":1,"minimum":5,"maximum":4}`, "maximum", "below the minimum"},
		{"negative free units", `{"unitPrice":1,"freeUnits":-1}`, "freeUnits", "negative"},
		{"zero usage policy", `{"unitPrice":1,"zeroUsage":"maybe"}`, "zeroUsage", "none"},
		{"bound policy", `{"unitPrice":1,"fractionalBound":"floor"}`, "fractionalBound", "ceil"},
		{"overflow policy", `{"unitPrice":1,"overflow":"burst"}`, "overflow", "lastTier"},
		{"flat without price", `{}`, "flatPrice", "needs flatPrice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := charge(t, c.in).Validate()
			require.True(t, fault.Is(err, fault.Invalid), "%v", err)
			require.Contains(t, wrong(err)[c.field], c.says, "%v", err)
		})
	}
}

func TestChargeValidate_reportsAllAtOnce(t *testing.T) {
	t.Parallel()
	err := charge(t, `{"tiers":[{"upTo":10,"unitPrice":-1},{"upTo":5,"flatPrice":"0.1234567890123"},{"unitPrice":"-2"}],"minimum":-1}`).Validate()
	require.Len(t, wrong(err), 5)
}

func TestTerms_haveDefaults(t *testing.T) {
	t.Parallel()
	terms := price.Terms{Currency: "EUR"}
	require.NoError(t, terms.Validate())
	require.Equal(t, price.Terms{Currency: "EUR", PeriodMonths: 1, Timing: price.Prepaid, Anchor: price.Anniversary}, terms.WithDefaults())
}

func TestTermsValidate_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	err := price.Terms{
		Currency: "EURO", SetupPrice: money.MustParse("-1"), RecurringPrice: money.MustParse("0.1234567890123"),
		PeriodMonths: 121, Timing: "later", Anchor: "someday", TrialDays: 366,
	}.Validate()
	fields := wrong(err)
	require.Len(t, fields, 7, "%v", err)
	require.Contains(t, fields["currency"], "EURO")
	require.Contains(t, fields["setupPrice"], "negative")
	require.Equal(t, "This price has 13 decimals; at most 12 are kept.", fields["recurringPrice"])
	require.Contains(t, fields["periodMonths"], "121")
	require.Contains(t, wrong(price.Terms{}.Validate())["currency"], "required")
	require.Contains(t, wrong(price.Terms{Currency: "EUR", PeriodMonths: -1}.Validate())["periodMonths"], "-1")
}
