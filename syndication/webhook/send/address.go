package send

import (
	"errors"
	"net/netip"
	"syscall"
)

// errPrivate says that a connection was refused before it was made. It does
// not say which address the name led to: that is nobody's business outside.
var errPrivate = errors.New("the address is not a public one")

// publicOnly is a net.Dialer.Control: it sees the address that is about to be
// connected to, after names were resolved.
func publicOnly(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil || !public(target.Addr()) {
		return errPrivate
	}
	return nil
}

// public reports whether a is an address of the open internet.
func public(a netip.Addr) bool {
	a = embedded(a.WithZone("").Unmap())
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, special := range specialPrefixes() {
		if special.Contains(a) {
			return false
		}
	}
	return true
}

// embedded returns the IPv4 address that an IPv6 address stands for in the
// well-known translation and tunnel formats, or a itself.
func embedded(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	b := a.As16()
	for _, format := range []struct {
		prefix netip.Prefix
		offset int
	}{
		{netip.MustParsePrefix("64:ff9b::/96"), 12},    // NAT64, RFC 6052
		{netip.MustParsePrefix("::ffff:0:0:0/96"), 12}, // translated, RFC 2765
		{netip.MustParsePrefix("::/96"), 12},           // compatible, RFC 4291
		{netip.MustParsePrefix("2002::/16"), 2},        // 6to4, RFC 3056
	} {
		if format.prefix.Contains(a) {
			return netip.AddrFrom4([4]byte(b[format.offset : format.offset+4]))
		}
	}
	return a
}

// specialPrefixes are the ranges of the IANA special-purpose registries that
// netip does not know and that no receiver on the internet has.
func specialPrefixes() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"),       // this network
		netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
		netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
		netip.MustParsePrefix("192.0.2.0/24"),    // documentation
		netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
		netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
		netip.MustParsePrefix("198.51.100.0/24"), // documentation
		netip.MustParsePrefix("203.0.113.0/24"),  // documentation
		netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
		netip.MustParsePrefix("64:ff9b:1::/48"),  // local NAT64
		netip.MustParsePrefix("100::/64"),        // discard
		netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
		netip.MustParsePrefix("2001:db8::/32"),   // documentation
		netip.MustParsePrefix("3fff::/20"),       // documentation
		netip.MustParsePrefix("5f00::/16"),       // segment routing
		netip.MustParsePrefix("fec0::/10"),       // old site-local
	}
}
