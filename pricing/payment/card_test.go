package payment_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/fondaco/fondaco/pricing/payment"
	"github.com/stretchr/testify/require"
)

var now = time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)

func TestCard_readsAnObjectOrTheBareNumber(t *testing.T) {
	t.Parallel()
	want := payment.Card{Number: "4242424242424242", ExpMonth: 12, ExpYear: 2030, CVC: "123", Name: "Ada"}
	for text, want := range map[string]payment.Card{
		`{"number":"4242424242424242","expMonth":12,"expYear":2030,"cvc":"123","name":"Ada"}`: want,
		`{"number":4242424242424242,"expMonth":"12","expYear":"2030","cvc":123,"name":"Ada"}`: want,
		`"4242 4242 4242 4242"`:                           {Number: "4242 4242 4242 4242"},
		`4242424242424242`:                                {Number: "4242424242424242"},
		`{"number":"4242424242424242","unknown":{"x":1}}`: {Number: "4242424242424242"},
	} {
		var got payment.Card
		require.NoError(t, json.Unmarshal([]byte(text), &got), text)
		require.True(t, want == got, text)
		require.NoError(t, got.Validate(now), text)
		require.Equal(t, "4242", got.Last4())
	}
}

func TestCard_refusesOtherJSONWithoutRepeatingIt(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`["4242424242424242"]`, `{"number":["4242424242424242"]}`, `{"expYear":4242424242424242}`,
		`{"number":{"4242424242424242":1}}`, `true`, `{"expMonth":"4242424242424242"}`} {
		var c payment.Card
		err := json.Unmarshal([]byte(text), &c)
		require.True(t, fault.Is(err, fault.Invalid), "%s: %v", text, err)
		require.Equal(t, "card", fault.As(err).Fields[0].Name)
		require.NotContains(t, err.Error(), "4242")
	}
}

func TestCard_namesEveryWrongField(t *testing.T) {
	t.Parallel()
	fields := func(c payment.Card) (names []string) {
		err := c.Validate(now)
		if err == nil {
			return nil
		}
		require.NotContains(t, err.Error(), "4242")
		for _, f := range fault.As(err).Fields {
			names = append(names, f.Name)
		}
		return names
	}
	require.Equal(t, []string{"card.number"}, fields(payment.Card{}))
	require.Equal(t, []string{"card.number"}, fields(payment.Card{Number: "4242424242424241"}), "the Luhn digit")
	require.Equal(t, []string{"card.number"}, fields(payment.Card{Number: "42424242"}), "too short")
	require.Equal(t, []string{"card.number", "card.expMonth", "card.expYear", "card.cvc"},
		fields(payment.Card{Number: "4242x", ExpMonth: 13, ExpYear: 3000, CVC: "12"}))
	require.Equal(t, []string{"card.expYear"}, fields(payment.Card{Number: "4242-4242-4242-4242", ExpMonth: 12}))
	require.Equal(t, []string{"card.expMonth"}, fields(payment.Card{Number: "4242424242424242", ExpMonth: 10, ExpYear: 26}), "expired")
	require.Empty(t, fields(payment.Card{Number: "4242424242424242", ExpMonth: 11, ExpYear: 26}), "good through its last day")
	require.Empty(t, fields(payment.Card{Number: "378282246310005", CVC: "1234"}))
}

func TestCard_isNeverWritten(t *testing.T) {
	t.Parallel()
	c := payment.Card{Number: "4242424242424242", CVC: "987"}
	in := payment.ChargeInput{Card: c}
	var out bytes.Buffer
	// The time of day has any digits.
	timeless := &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}
	slog.New(slog.NewJSONHandler(&out, timeless)).Info("x", "card", c, "input", in, "pointer", &c)
	slog.New(slog.NewTextHandler(&out, timeless)).Info("x", "card", c, "input", in, "pointer", &c)
	b, err := json.Marshal(in)
	require.NoError(t, err)
	all := out.String() + string(b) + fmt.Sprintf("%v %+v %#v %s %v %+v %#v", c, c, c, c, in, &in, in)
	require.False(t, strings.Contains(all, "4242") || strings.Contains(all, "987"), all)
}

func FuzzCard_readsAnyBytes(f *testing.F) {
	f.Add([]byte(`{"number":"4242424242424242","expMonth":12,"expYear":2030}`))
	f.Add([]byte(`"4242424242424242"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var c payment.Card
		if json.Unmarshal(data, &c) != nil {
			return
		}
		if c.Validate(now) == nil {
			require.Len(t, c.Last4(), 4)
		}
	})
}
