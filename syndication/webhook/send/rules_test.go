package send

import (
	"net/netip"
	"testing"
	"time"

	"github.com/fondaco/fondaco/core/fault"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestPublic_knowsEveryKindOfLocalAddress(t *testing.T) {
	t.Parallel()
	for _, a := range []string{
		"127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "0.0.0.0", "0.1.2.3",
		"100.64.0.1", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "192.0.0.192", "192.0.2.1", "203.0.113.9",
		"::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "fec0::1", "2001:db8::1", "100::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:10.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::1", "2001:0:1::1",
	} {
		require.False(t, public(netip.MustParseAddr(a)), a)
		require.ErrorIs(t, publicOnly("tcp", netip.AddrPortFrom(netip.MustParseAddr(a), 443).String(), nil), errPrivate, a)
	}
	for _, a := range []string{
		"8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.0.1", "192.167.0.1", "100.128.0.1", "93.184.216.34",
		"2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
	} {
		require.True(t, public(netip.MustParseAddr(a)), a)
	}
	require.ErrorIs(t, publicOnly("unix", "/run/docker.sock", nil), errPrivate)
}

func TestPublic_wrappingAnAddressChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v4 := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4"))
		want := public(netip.AddrFrom4(v4))
		for _, prefix := range []string{"::ffff:0:0", "64:ff9b::", "::ffff:0:0:0"} {
			wrapped := netip.MustParseAddr(prefix).As16()
			copy(wrapped[12:], v4[:])
			require.Equal(t, want, public(netip.AddrFrom16(wrapped)), prefix)
		}
	})
}

func TestValidateURL_saysWhatToChange(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                                 "Enter the address",
		"  ":                               "Enter the address",
		"example.com/events":               "must start with https://",
		"ftp://example.com":                "must start with https://",
		"javascript:alert(1)":              "must start with https://",
		"http://example.com":               "sandbox marketplace only",
		"https://":                         "needs a host name",
		"https:///events":                  "needs a host name",
		"https://exa mple.com":             "not a valid address",
		"https://example.com\r\nX: y":      "not a valid address",
		"https://me:pw@example.com":        "user name and password",
		"https://example.com/#part":        "after #",
		"https://example.com:0/":           "port",
		"https://example.com:65536/":       "port",
		"https://example.com:/":            "port",
		"https://localhost/":               "reachable from the internet",
		"https://LOCALHOST./":              "reachable from the internet",
		"https://db.internal/":             "reachable from the internet",
		"https://127.0.0.1/":               "reachable from the internet",
		"https://[::1]/":                   "reachable from the internet",
		"https://[::ffff:169.254.169.254]": "reachable from the internet",
		"https://192.168.0.10:8443/x":      "reachable from the internet",
		"https://example.com/" + string(make([]byte, 2048)): "too long",
	} {
		err := fault.As(ValidateURL("syndicationEndpoint.url", raw, false))
		require.Equal(t, fault.Invalid, err.Code, raw)
		require.Equal(t, "syndicationEndpoint.url", err.Fields[0].Name)
		require.Contains(t, err.Fields[0].Message, want, raw)
		require.NotContains(t, err.Fields[0].Message, "pw")
	}
	for _, raw := range []string{"https://example.com", "https://example.com:8443/a?b=c", "https://8.8.8.8/", "HTTPS://Example.COM/x"} {
		require.NoError(t, ValidateURL("url", raw, false), raw)
	}
	for _, raw := range []string{"http://127.0.0.1:8080/event", "http://localhost/x", "http://sink_1:80/", "https://example.com"} {
		require.NoError(t, ValidateURL("url", raw, true), raw)
	}
	require.Error(t, ValidateURL("url", "http://me@127.0.0.1/", true))
}

func FuzzValidateURL(f *testing.F) {
	f.Add("https://example.com", true)
	f.Add("http://[::1%25lo]:99999/%zz", false)
	f.Fuzz(func(t *testing.T, raw string, allowPrivate bool) {
		if ValidateURL("url", raw, allowPrivate) == nil {
			_, err := newRequest(t.Context(), Request{URL: raw, AllowPrivate: allowPrivate})
			require.NoError(t, err)
		}
	})
}

func TestNextAttempt_spreadsEightAttemptsOver28Hours(t *testing.T) {
	t.Parallel()
	least, most := time.Duration(0), time.Duration(0)
	attempts := 1
	for n := 1; ; n++ {
		low, more := NextAttempt(n, func() float64 { return 0 })
		if !more {
			break
		}
		high, _ := NextAttempt(n, func() float64 { return 0.999999 })
		require.Greater(t, high, low)
		least, most, attempts = least+low, most+high, attempts+1
	}
	require.Equal(t, Attempts, attempts)
	require.Equal(t, 28*time.Hour+35*time.Minute+5*time.Second, least)
	require.Less(t, most, 32*time.Hour)
}

func TestWait_isNeverEarlierThanTheReceiverAsked(t *testing.T) {
	t.Parallel()
	none := func() float64 { return 0 }
	wait, more := Attempt{RetryAfter: new(time.Hour)}.Wait(1, none)
	require.True(t, more)
	require.Equal(t, time.Hour, wait)
	wait, _ = Attempt{RetryAfter: new(time.Second)}.Wait(1, none)
	require.Equal(t, 5*time.Second, wait)
	_, more = Attempt{RetryAfter: new(time.Hour)}.Wait(8, none)
	require.False(t, more)
}
