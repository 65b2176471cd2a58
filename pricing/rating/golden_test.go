package rating_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/fondaco/fondaco/pricing/price"
	"github.com/fondaco/fondaco/pricing/rating"
	"github.com/stretchr/testify/require"
)

// goldenCase is a worked example that a billing system published.
type goldenCase struct {
	ID, Source, Model string
	Input             json.RawMessage
	Expected          money.Decimal
}

// goldenRunners computes each model of the file from its input. A model without
// a runner fails the test: none is skipped.
func goldenRunners() map[string]func(*testing.T, goldenCase) money.Decimal {
	return map[string]func(*testing.T, goldenCase) money.Decimal{
		"graduated":                  tieredCase,
		"volume":                     tieredCase,
		"volume(TOP_TIER)":           tieredCase,
		"stairstep":                  tieredCase,
		"graduated_percentage":       tieredCase,
		"min-commit":                 progressCase,
		"package":                    packageCase,
		"package+min":                packageCase,
		"package-split":              packageCase,
		"package-split+max":          packageCase,
		"volume-blocks(TOP_TIER)":    blocksCase,
		"block":                      twoPackagesCase,
		"multi-unit graduated":       twoMetersCase,
		"gauge-average":              gaugeCase,
		"upgrade-proration":          resizeCase,
		"proration-days 9dp half-up": daysCase,
		"proration fixed 30 days":    fixed30Case,
		"prepaid fixed + previous month variable": prepaidCase,
		"plan change":                         planChangeCase,
		"plan change sub-day":                 planChangeCase,
		"trial + change, usage in trial free": trialCase,
	}
}

func TestGolden_agreesWithFivePublishedBillingSystems(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/golden.json")
	require.NoError(t, err)
	var cases []goldenCase
	require.NoError(t, json.Unmarshal(text, &cases))
	require.Len(t, cases, 41, "a case was added or lost")

	runners, used := goldenRunners(), map[string]bool{}
	for _, c := range cases {
		run := runners[c.Model]
		require.NotNil(t, run, "%s: nothing computes the model %q", c.ID, c.Model)
		used[c.Model] = true
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			got := run(t, c)
			require.True(t, got.Equal(c.Expected), "%s (%s): got %s, published %s", c.Model, c.Source, got, c.Expected)
		})
	}
	require.Len(t, used, len(runners), "a runner computes no case")
}

// row is [upTo|null, unit price, flat price].
type row [3]*money.Decimal

func tiers(rows []row) []price.Tier {
	out := make([]price.Tier, len(rows))
	for i, r := range rows {
		out[i] = price.Tier{UpTo: r[0], UnitPrice: *r[1], FlatPrice: *r[2]}
	}
	return out
}

func input[T any](t *testing.T, c goldenCase) T {
	t.Helper()
	var in T
	require.NoError(t, json.Unmarshal(c.Input, &in))
	return in
}

func usage(t *testing.T, c price.Charge, q money.Decimal) rating.Result {
	t.Helper()
	r, err := rating.Usage(c, q)
	require.NoError(t, err)
	sum := money.Int(0)
	for _, s := range r.Steps {
		require.True(t, s.Quantity.Mul(s.UnitPrice).Add(s.FlatPrice).Equal(s.Amount))
		sum = sum.Add(s.Amount)
	}
	require.True(t, sum.Equal(r.Amount), "the steps sum to %s, not %s", sum, r.Amount)
	return r
}

func tieredCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Tiers []row
		Qty   money.Decimal
		Lines []string
	}](t, c)
	model := map[string]price.Model{"graduated_percentage": price.GraduatedPercentage, "volume(TOP_TIER)": price.Volume}[c.Model]
	if model == "" {
		model = price.Model(c.Model)
	}
	charge := price.Charge{Model: model, Tiers: tiers(in.Tiers)}
	if last := in.Tiers[len(in.Tiers)-1]; last[0] != nil {
		charge.Overflow = price.OverflowLastTier
	}
	r := usage(t, charge, in.Qty)
	if in.Lines != nil {
		require.ElementsMatch(t, paid(in.Lines), paid(pieces(r)))
	}
	return r.Amount
}

// pieces writes steps as that system's lines: "unit price*quantity".
func pieces(r rating.Result) []string {
	var out []string
	for _, s := range r.Steps {
		out = append(out, s.UnitPrice.String()+"*"+s.Quantity.String(), s.FlatPrice.String()+"*1")
	}
	return out
}

// paid drops the lines that cost nothing, which systems list differently.
func paid(lines []string) []string {
	return slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.HasPrefix(l, "0*") })
}

func progressCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Tiers            []row
		Qty, Min         money.Decimal
		PreviouslyBilled money.Decimal `json:"previously_billed"`
	}](t, c)
	charge := price.Charge{Model: price.Graduated, Tiers: tiers(in.Tiers), Minimum: &in.Min}
	r, err := rating.UsageSince(charge, rating.Progress{Billed: in.PreviouslyBilled}, in.Qty)
	require.NoError(t, err)
	require.True(t, r.Amount.IsZero(), "no minimum before the last part")
	r, err = rating.UsageSince(charge, rating.Progress{Billed: in.PreviouslyBilled, Final: true}, in.Qty)
	require.NoError(t, err)
	return r.Amount
}

func packageCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Size, Amount, Qty money.Decimal
		Free, Min, Max    *money.Decimal
		PreQty            money.Decimal  `json:"pre_qty"`
		PreviouslyBilled  *money.Decimal `json:"previously_billed"`
	}](t, c)
	charge := price.Charge{
		Model: price.Package, UnitPrice: &in.Amount, PackageSize: &in.Size,
		FreeUnits: in.Free, Minimum: in.Min, Maximum: in.Max,
	}
	before := usage(t, charge, in.PreQty).Amount
	if in.PreQty.IsZero() {
		return usage(t, charge, in.Qty).Amount
	}
	if in.PreviouslyBilled != nil {
		require.True(t, before.Equal(*in.PreviouslyBilled))
	}
	r, err := rating.UsageSince(charge, rating.Progress{Before: in.PreQty, Billed: before}, in.Qty)
	require.NoError(t, err)
	return r.Amount
}

// blocksCase has blocks of [size, number of blocks, price] on top of each other.
func blocksCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Blocks []row
		Qty    money.Decimal
	}](t, c)
	charge := price.Charge{Model: price.Blocks, Overflow: price.OverflowLastTier}
	bound := money.Int(0)
	for _, b := range in.Blocks {
		bound = bound.Add(b[0].Mul(*b[1]))
		charge.Tiers = append(charge.Tiers, price.Tier{UpTo: new(bound), BlockSize: b[0], UnitPrice: *b[2]})
	}
	return usage(t, charge, in.Qty).Amount
}

// twoPackagesCase has [quantity, size, price] of two meters.
func twoPackagesCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct{ Minutes, MB row }](t, c)
	sum := money.Int(0)
	for _, m := range []row{in.Minutes, in.MB} {
		sum = sum.Add(usage(t, price.Charge{Model: price.Package, PackageSize: m[1], UnitPrice: m[2]}, *m[0]).Amount)
	}
	return sum
}

func twoMetersCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Foo, Bar []row
		Qty      []money.Decimal
	}](t, c)
	lines, err := rating.Arrears(price.Terms{Currency: "EUR"}, []rating.Metered{
		{Meter: "foo", Charge: price.Charge{Tiers: tiers(in.Foo)}, Quantity: in.Qty[0]},
		{Meter: "bar", Charge: price.Charge{Tiers: tiers(in.Bar)}, Quantity: in.Qty[1]},
	}, month("2026-01-01"), false)
	require.NoError(t, err)
	require.Len(t, lines, 2)
	return net(lines)
}

// gaugeCase has segments of [level, days].
func gaugeCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Unit       money.Decimal
		PeriodDays int `json:"period_days"`
		Segments   [][2]int
	}](t, c)
	start := day("2026-06-01")
	period := rating.Period{Start: start, End: start.AddDate(0, 0, in.PeriodDays)}
	var samples []rating.Sample
	for _, s := range in.Segments {
		samples = append(samples, rating.Sample{At: start, Value: money.Int(int64(s[0]))})
		start = start.AddDate(0, 0, s[1])
	}
	require.Equal(t, period.End, start)
	lines, err := rating.Arrears(price.Terms{Currency: "EUR"}, []rating.Metered{{
		Meter: "users", Charge: price.Charge{UnitPrice: &in.Unit}, Quantity: rating.GaugeAverage(samples, period),
	}}, period, false)
	require.NoError(t, err)
	return net(lines)
}

func resizeCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Unit, Old, New money.Decimal
		RemainingHours int `json:"remaining_hours"`
		TotalHours     int `json:"total_hours"`
	}](t, c)
	start := day("2026-06-01")
	end := start.Add(time.Duration(in.TotalHours) * time.Hour)
	lines, err := rating.QuantityChange(rating.Resize{
		Terms: price.Terms{Currency: "EUR"}, UnitPrice: in.Unit, Old: in.Old, New: in.New,
		Period: rating.Period{Start: start, End: end},
		// A minute into the hour: it counts whole.
		At: end.Add(-time.Duration(in.RemainingHours)*time.Hour + time.Minute),
	})
	require.NoError(t, err)
	return net(lines)
}

func daysCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		From, To  string
		PeriodEnd string `json:"period_end"`
	}](t, c)
	part := rating.Period{Start: day(in.From), End: day(in.To)}
	full := rating.Period{Start: day(in.From), End: day(in.PeriodEnd)}
	return rating.FractionOf(rating.Days, part, full).Of(money.Int(1)).Round(9)
}

func fixed30Case(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct{ From, To string }](t, c)
	part := rating.Period{Start: day(in.From), End: day(in.To)}
	full := rating.Period{Start: day(in.From), End: day(in.From).AddDate(0, 1, 0)}
	return rating.FractionOf(rating.Fixed30, part, full).Of(money.Int(1)).Round(9)
}

func prepaidCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct{ Monthly, Hits, Unit money.Decimal }](t, c)
	terms := price.Terms{Currency: "EUR", RecurringPrice: in.Monthly, Anchor: price.Calendar}
	usage, err := rating.Arrears(terms, []rating.Metered{{
		Meter: "hits", Charge: price.Charge{UnitPrice: &in.Unit}, Quantity: in.Hits,
	}}, month("2009-02-01"), false)
	require.NoError(t, err)
	return net(append(rating.Renewal(terms, month("2009-03-01")), usage...))
}

func planChangeCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Old, New money.Decimal
		Change   string
		Lines    []string
	}](t, c)
	terms := func(p money.Decimal) price.Terms {
		return price.Terms{Currency: "EUR", RecurringPrice: p, Anchor: price.Calendar}
	}
	lines, err := rating.PlanChange(rating.Change{
		OldName: "Basic", NewName: "Pro", Old: terms(in.Old), New: terms(in.New),
		Period: month("2009-05-01"), At: day(in.Change),
	})
	require.NoError(t, err)
	var amounts []string
	for _, l := range lines {
		amounts = append(amounts, l.Amount.String())
	}
	require.Equal(t, in.Lines, amounts)
	return net(lines)
}

// trialCase: the plan changed inside the trial, which ends on the given day.
func trialCase(t *testing.T, c goldenCase) money.Decimal {
	in := input[struct {
		Monthly, Hits, Unit money.Decimal
		From                string
	}](t, c)
	terms := price.Terms{Currency: "EUR", RecurringPrice: in.Monthly, Anchor: price.Calendar, Timing: price.Postpaid, TrialDays: 14}
	anchor := rating.BillingAnchor(terms, day(in.From).AddDate(0, 0, -14))
	lines, err := rating.Arrears(terms, []rating.Metered{{
		Meter: "hits", Charge: price.Charge{UnitPrice: &in.Unit}, Quantity: in.Hits,
	}}, rating.PeriodAt(terms, anchor, 0), true)
	require.NoError(t, err)
	return net(lines)
}

func net(lines []rating.Line) money.Decimal {
	return rating.Total("EUR", lines, money.Int(0)).Net.Amount
}

// day reads a date, or a time to the minute.
func day(s string) time.Time {
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04Z07:00", time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	panic("not a date: " + s)
}

// month is the period of a month from its first day.
func month(first string) rating.Period {
	return rating.Period{Start: day(first), End: day(first).AddDate(0, 1, 0)}
}
