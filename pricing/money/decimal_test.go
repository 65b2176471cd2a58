package money_test

import (
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/fondaco/fondaco/pricing/money"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

func dec(s string) money.Decimal { return money.MustParse(s) }

func TestParse_keepsTheNumberAsWritten(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"39": "39", "0.10": "0.10", "-2.5": "-2.5", "+7": "7", ".5": "0.5", "5.": "5",
		"-0": "0", "-0.00": "0.00", "0e7": "0", "007": "7", "1e3": "1000", "1e-7": "0.0000001", "1.5E+2": "150",
		"123456789012345678901234567890.123456789012": "123456789012345678901234567890.123456789012",
	} {
		d, err := money.Parse(in)
		require.NoError(t, err, in)
		require.Equal(t, want, d.String(), in)
	}
}

func TestParse_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "required", " 1": "not a decimal", "abc": "not a decimal", "NaN": "not a decimal",
		"Infinity": "not a decimal", "1,50": "with a point", "1.2.3": "not a decimal", "--1": "not a decimal",
		"1e": "not a decimal", "0x10": "not a decimal", "1_000": "not a decimal", ".": "not a decimal",
		"1e999": "out of range", "1e-999": "out of range", "1e99999": "not a decimal", strings.Repeat("9", 211): "too long",
		strings.Repeat("9", 101): "out of range",
	} {
		_, err := money.Parse(in)
		require.ErrorContains(t, err, want, "input %q", in)
	}
}

func TestRound_takesTiesAwayFromZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in     string
		digits int32
		want   string
	}{
		{"0.125", 2, "0.13"}, {"-0.125", 2, "-0.13"}, {"0.1249999", 2, "0.12"}, {"2.5", 0, "3"}, {"0.5", 0, "1"},
		{"0.05", 0, "0"}, {"-0.004", 2, "0.00"}, {"9.995", 2, "10.00"}, {"39", 2, "39.00"}, {"0.00000049", 6, "0.000000"},
	} {
		require.Equal(t, c.want, dec(c.in).Round(c.digits).String(), "%s to %d", c.in, c.digits)
	}
}

func TestQuo_goesFarEnoughAndMulDivIsExactWhereItCan(t *testing.T) {
	t.Parallel()
	require.Equal(t, "0."+strings.Repeat("3", 40), money.Int(1).Quo(money.Int(3)).String())
	require.Equal(t, "0.25", money.Int(1).Quo(money.Int(4)).String())
	require.Equal(t, "3", money.Int(9).MulDiv(money.Int(1), money.Int(3)).String())
	require.Equal(t, "21.5", money.Int(31).MulDiv(dec("21.5"), money.Int(31)).String())
	require.Panics(t, func() { money.Int(1).Quo(money.Int(0)) })
}

func TestDecimals_doesNotCountTrailingZeros(t *testing.T) {
	t.Parallel()
	require.EqualValues(t, 1, dec("0.1000000000000000").Decimals())
	require.EqualValues(t, 13, dec("0.1234567890123").Decimals())
	require.EqualValues(t, 0, dec("100").Decimals())
	require.Equal(t, "0.10", dec("0.1000").Trim(2).String())
}

func TestCeilAndFloor(t *testing.T) {
	t.Parallel()
	require.Equal(t, "2", dec("1.01").Ceil().String())
	require.Equal(t, "-1", dec("-1.99").Ceil().String())
	require.Equal(t, "1", dec("1.99").Floor().String())
	require.Equal(t, "0", dec("-0.5").Ceil().String())
}

func TestDecimal_isAStringInJSONAndTakesANumber(t *testing.T) {
	t.Parallel()
	var in struct{ A, B, C money.Decimal }
	require.NoError(t, json.Unmarshal([]byte(`{"A":"0.10","B":0.10,"C":null}`), &in))
	out, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, `{"A":"0.10","B":"0.10","C":"0"}`, string(out))
	for _, bad := range []string{`{"A":true}`, `{"A":"ten"}`, `{"A":{}}`, `{"A":""}`} {
		require.Error(t, json.Unmarshal([]byte(bad), &in), bad)
	}
}

func TestDecimal_survivesATextColumn(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`create table p (price text not null, cap text)`)
	require.NoError(t, err)

	price := dec("12345678901234567890.123456789012")
	_, err = db.Exec(`insert into p values (?, ?)`, price, (*money.Decimal)(nil))
	require.NoError(t, err)
	var got money.Decimal
	var limit *money.Decimal
	require.NoError(t, db.QueryRow(`select price, cap from p`).Scan(&got, &limit))
	require.Equal(t, price.String(), got.String())
	require.Nil(t, limit)
	require.NoError(t, db.QueryRow(`select 7`).Scan(&got))
	require.Equal(t, "7", got.String())
	require.ErrorContains(t, db.QueryRow(`select 0.1`).Scan(&got), "store it as text")
}

func TestArithmetic_isExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyDecimal(t), anyDecimal(t), anyDecimal(t)
		require.True(t, a.Add(b).Sub(b).Equal(a))
		require.True(t, a.Add(b).Mul(c).Equal(a.Mul(c).Add(b.Mul(c))))
		require.True(t, a.Neg().Neg().Equal(a))
		if !c.IsZero() {
			require.True(t, a.Mul(c).Quo(c).Equal(a), "%s × %s / %s", a, c, c)
		}
	})
}

func TestRound_movesLessThanHalfAUnit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, digits := anyDecimal(t), rapid.Int32Range(0, 6).Draw(t, "digits")
		half := dec("0.5e-" + money.Int(int64(digits)).String())
		require.LessOrEqual(t, a.Round(digits).Sub(a).Abs().Cmp(half), 0)
		require.True(t, a.Round(digits).Round(digits).Equal(a.Round(digits)))
	})
}

// anyDecimal draws a number with up to 12 decimals.
func anyDecimal(t *rapid.T) money.Decimal {
	n := rapid.Int64Range(-1_000_000_000_000_000, 1_000_000_000_000_000).Draw(t, "n")
	return money.Int(n).MulDiv(money.Int(1), dec("1e"+money.Int(int64(rapid.IntRange(0, 12).Draw(t, "scale"))).String()))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0", "-0.10", "1e-7", "NaN", "1e999999999", "+.5", "١٢", "1,000.00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := money.Parse(s)
		if err != nil {
			return
		}
		plain := d.String()
		require.NotContains(t, strings.ToLower(plain), "e")
		again, err := money.Parse(plain)
		require.NoError(t, err)
		require.Equal(t, plain, again.String())
		require.True(t, d.Equal(again))
	})
}

func TestCeilDiv_countsStartedPackages(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{{"0", "10", "0"}, {"10", "10", "1"}, {"10.000000000001", "10", "2"}, {"21", "10", "3"}, {"-5", "10", "0"}, {"0.3", "0.1", "3"}} {
		require.Equal(t, c[2], dec(c[0]).CeilDiv(dec(c[1])).String(), "%s by %s", c[0], c[1])
	}
	require.Panics(t, func() { dec("1").CeilDiv(dec("0")) })
}

func TestDecimal_comparesByValueNotByDigits(t *testing.T) {
	t.Parallel()
	require.True(t, dec("1.0").Equal(dec("1")))
	require.True(t, dec("0.1").Less(dec("0.11")))
	require.Equal(t, "-2", money.Min(dec("-2"), dec("1")).String())
	require.Equal(t, "1", money.Max(dec("-2"), dec("1")).String())
	n, ok := dec("12.0").Int64()
	require.True(t, ok)
	require.EqualValues(t, 12, n)
	_, ok = dec("12.5").Int64()
	require.False(t, ok)
	_, ok = dec("1e30").Int64()
	require.False(t, ok)
	var zero money.Decimal
	require.Equal(t, "0", zero.String())
	require.Equal(t, "5", zero.Add(dec("5")).String())
}
