package connector

import (
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseDate_everyFormThatClientsWrite(t *testing.T) {
	t.Parallel()
	want := time.Date(2015, 1, 12, 11, 19, 30, 0, time.UTC)
	for _, text := range []string{"2015-01-12T11:19:30Z", "2015-01-12T11:19:30+00:00", "2015-01-12T11:19:30+0000", "2015-01-12T11:19:30.000Z",
		"2015-01-12T12:19:30.000+01", "2015-01-12T12:19:30.000 01", "2015-01-12T11:19:30", "2015-01-12 11:19:30", "1421061570000"} {
		got, err := parseDate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	day, err := parseDate("2015-01-12")
	require.NoError(t, err)
	require.Equal(t, want.Truncate(24*time.Hour), day)
	raw, err := json.Marshal(date(want))
	require.NoError(t, err)
	require.Equal(t, `"2015-01-12T11:19:30Z"`, string(raw))
	for _, text := range []string{"", "yesterday", "2015-13-01", "99999999999999999"} {
		_, err := parseDate(text)
		require.Error(t, err, text)
	}
}

func FuzzParseDate(f *testing.F) {
	for _, text := range []string{"2015-01-12T11:19:30Z", "1421061570000", "2015-01-12T12:19:30.000 01", "-9223372036854775808"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := parseDate(text)
		if err != nil {
			return
		}
		raw, err := json.Marshal(date(at))
		require.NoError(t, err, text)
		var back date
		require.NoError(t, json.Unmarshal(raw, &back), text)
		require.Equal(t, at.Truncate(time.Second), time.Time(back), text)
	})
}

func TestRef_isReadFromEveryForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]ref{`{"url":"product/5"}`: {"product", 5}, `{"url":"/5"}`: {"", 5}, `"order/123"`: {"order", 123},
		`{"url":"https://shop.test/api/productVersion/7"}`: {"productVersion", 7}, `{"url":"/cmw//user/9/"}`: {"user", 9}} {
		var r ref
		require.NoError(t, json.Unmarshal([]byte(text), &r), text)
		require.Equal(t, want, r, text)
	}
	raw, err := json.Marshal(refer("product", 5))
	require.NoError(t, err)
	require.Equal(t, `{"url":"product/5"}`, string(raw))
}

func FuzzParseRef(f *testing.F) {
	for _, text := range []string{"product/5", "/5", "https://shop.test/api/product/7?x=1", "product/99999999999", "//"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseRef(text)
		if err != nil {
			return
		}
		require.Positive(t, r.ID)
		again, err := parseRef(self(r.Resource, r.ID))
		require.NoError(t, err)
		require.Equal(t, r, again)
	})
}

func FuzzPaging(f *testing.F) {
	f.Add("2", "20")
	f.Add("undefined", "99999999999999999999")
	f.Fuzz(func(t *testing.T, number, size string) {
		c := &call{r: httptest.NewRequest("GET", "/", nil), query: url.Values{"pageNumber": {number}, "pageSize": {size}}}
		req, err := c.page()
		if err != nil {
			return
		}
		require.GreaterOrEqual(t, req.Number, 1)
		require.LessOrEqual(t, req.Limit, maxPageSize)
		require.GreaterOrEqual(t, req.Limit, 1)
		require.GreaterOrEqual(t, req.Offset(), 0)
	})
}
