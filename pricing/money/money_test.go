package money_test

import (
	"encoding/json"
	"testing"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/money"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func eur(s string) money.Money { return money.New(dec(s), "EUR") }

func TestMoney_hasTheCurrencysDigitsInJSON(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]money.Money{
		`{"amount":"39.00","currency":"EUR"}`:  eur("39"),
		`{"amount":"39.10","currency":"EUR"}`:  eur("39.1000"),
		`{"amount":"0.0001","currency":"EUR"}`: eur("0.0001"),
		`{"amount":"1500","currency":"JPY"}`:   money.New(dec("1500"), "JPY"),
		`{"amount":"1.500","currency":"KWD"}`:  money.New(dec("1.5"), "KWD"),
	} {
		got, err := json.Marshal(m)
		require.NoError(t, err)
		require.Equal(t, want, string(got))
		var back money.Money
		require.NoError(t, json.Unmarshal(got, &back))
		require.True(t, back.Amount.Equal(m.Amount))
	}
	var m money.Money
	require.ErrorContains(t, json.Unmarshal([]byte(`{"amount":"1","currency":"Euro"}`), &m), "Euro")
	require.NoError(t, json.Unmarshal([]byte(`{"amount":1.5,"currency":"EUR"}`), &m))
}

func TestMoney_neverMixesCurrencies(t *testing.T) {
	t.Parallel()
	dollars := money.New(dec("1"), "USD")
	_, err := eur("1").Add(dollars)
	require.ErrorContains(t, err, "EUR and USD")
	require.True(t, fault.Is(err, fault.Invalid))
	_, err = eur("1").Sub(dollars)
	require.Error(t, err)
	_, err = eur("1").Cmp(dollars)
	require.Error(t, err)
	_, err = money.Sum("EUR", eur("1"), dollars)
	require.Error(t, err)
	sum, err := money.Sum("EUR", eur("1.10"), eur("2.20"))
	require.NoError(t, err)
	require.Equal(t, "3.30 EUR", sum.String())
}

func TestRound_usesTheCurrencysDigits(t *testing.T) {
	t.Parallel()
	require.Equal(t, "171.43 EUR", eur("171.42857").Round().String())
	require.Equal(t, "3 JPY", money.New(dec("2.5"), "JPY").Round().String())
	require.Equal(t, "2.501 KWD", money.New(dec("2.5005"), "KWD").Round().String())
}

func TestFormat_isForPeople(t *testing.T) {
	t.Parallel()
	require.Equal(t, "€1,234.50", eur("1234.5").Format("en"))
	require.Equal(t, "1234,50\u00a0€", eur("1234.5").Format("it"))
	require.Equal(t, "€0.000001", eur("0.000001").Format("en"))
	require.Equal(t, "0.0000000001 EUR", eur("0.0000000001").Format("en"))
	require.Equal(t, "€0.00", eur("0.0000000000").Format("en"))
	require.Equal(t, "1.00 XXQ", money.New(dec("1"), "XXQ").Format("en"), "an unknown code still shows")
}

func TestValidCurrency(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"EUR": true, "USD": true, "": false, "eur": false, "ZZZ": false, "EURO": false} {
		require.Equal(t, want, money.ValidCurrency(code), code)
	}
}

func TestSplit_givesTheLeftoverToTheLargestRemainder(t *testing.T) {
	t.Parallel()
	parts, err := eur("100").SplitEvenly(3)
	require.NoError(t, err)
	require.Equal(t, []string{"33.34 EUR", "33.33 EUR", "33.33 EUR"}, text(parts))
	parts, err = eur("-0.05").Split(dec("70"), dec("20"), dec("10"))
	require.NoError(t, err)
	require.Equal(t, []string{"-0.04 EUR", "-0.01 EUR", "0.00 EUR"}, text(parts))
	parts, err = money.New(dec("10"), "JPY").Split(dec("0"), dec("1.5"), dec("1.5"))
	require.NoError(t, err)
	require.Equal(t, []string{"0 JPY", "5 JPY", "5 JPY"}, text(parts))
}

func TestSplit_refusesWhatCannotSumExactly(t *testing.T) {
	t.Parallel()
	_, err := eur("0.001").SplitEvenly(2)
	require.ErrorContains(t, err, "rounded")
	_, err = eur("1").SplitEvenly(0)
	require.Error(t, err)
	_, err = eur("1").Split(dec("0"))
	require.Error(t, err)
	_, err = eur("1").Split(dec("1"), dec("-1"))
	require.ErrorContains(t, err, "negative")
}

func TestSplit_sumsExactlyAndFairly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"EUR", "JPY", "KWD"}).Draw(t, "currency")
		m := money.New(anyDecimal(t), code).Round()
		weights := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) money.Decimal { return anyDecimal(t).Abs().Add(dec("0.01")) }), 1, 12).Draw(t, "weights")
		parts, err := m.Split(weights...)
		require.NoError(t, err)
		sum, err := money.Sum(code, parts...)
		require.NoError(t, err)
		require.True(t, sum.Amount.Equal(m.Amount), "%s is not %s", sum, m)
		total := money.Int(0)
		for _, w := range weights {
			total = total.Add(w)
		}
		for i, p := range parts {
			fair := m.Amount.MulDiv(weights[i], total)
			unit := money.Int(1).Quo(dec("1e" + money.Int(int64(money.Digits(code))).String()))
			require.True(t, p.Amount.Sub(fair).Abs().Less(unit))
		}
	})
}

func text(parts []money.Money) []string {
	out := make([]string, len(parts))
	for i, p := range parts {
		out[i] = p.String()
	}
	return out
}

func TestParseMoney_checksAmountAndCurrency(t *testing.T) {
	t.Parallel()
	m, err := money.ParseMoney("39", "EUR")
	require.NoError(t, err)
	require.Equal(t, "39.00 EUR", m.String())
	require.Equal(t, "58.50 EUR", m.Mul(dec("1.5")).String())
	_, err = money.ParseMoney("39,00", "EUR")
	require.ErrorContains(t, err, "point")
	_, err = money.ParseMoney("39", "EURO")
	require.ErrorContains(t, err, "EURO")
}

func TestChecks_nameTheFieldAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	var c fault.Check
	require.True(t, money.CheckPrice(&c, "ok", dec("0.123456789012")))
	require.True(t, money.CheckPrice(&c, "ok", dec("0.1234567890120000")), "zeros at the end are not decimals")
	require.True(t, money.CheckCurrency(&c, "ok", "EUR"))
	require.NoError(t, c.Err())

	require.False(t, money.CheckPrice(&c, "a", dec("-0.01")))
	require.False(t, money.CheckPrice(&c, "b", dec("0.1234567890123")))
	require.False(t, money.CheckCurrency(&c, "c", "Euro"))
	require.False(t, money.CheckCurrency(&c, "d", ""))
	require.Equal(t, []fault.Field{
		{Name: "a", Message: "A price cannot be negative; this is -0.01."},
		{Name: "b", Message: "This price has 13 decimals; at most 12 are kept."},
		{Name: "c", Message: `"Euro" is not a currency; use an ISO 4217 code like EUR or USD.`},
		{Name: "d", Message: "This is required."},
	}, fault.As(c.Err()).Fields)
}

func TestFormat_writesAmountsInTheMillions(t *testing.T) {
	require.Equal(t, "€12,345,678.00", money.New(money.MustParse("12345678"), "EUR").Format("en"))
	require.Equal(t, "€20,000,000.50", money.New(money.MustParse("20000000.5"), "EUR").Format("en"))
	require.Equal(t, "€0.000005", money.New(money.MustParse("0.000005"), "EUR").Format("en"))
}
