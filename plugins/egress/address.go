package egress

import (
	"fmt"
	"net/netip"
)

// special names what an address is if it is not one of a host on the public
// internet, and is "" if it is. These are the IANA special-purpose registries
// (RFC 6890), and what clouds answer metadata on.
//
// Addresses that carry an IPv4 address (mapped, NAT64, 6to4, Teredo) are
// special whatever they carry: no one publishes a service under them, and a
// translator on the way would take them to a private one.
func special(ip netip.Addr) string {
	ip = ip.WithZone("")
	for _, r := range specialRanges {
		if r.prefix.Contains(ip) {
			return r.name
		}
	}
	if ip.Is6() && !globalUnicast.Contains(ip) || !ip.IsValid() {
		return "reserved"
	}
	return ""
}

// connectable reports whether an address can be that of one host. 0.0.0.0 and
// :: cannot, but systems connect them to themselves.
func connectable(ip netip.Addr) bool {
	return ip.IsValid() && !ip.IsUnspecified() && !ip.IsMulticast() &&
		ip != netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// globalUnicast is what IANA has given out of IPv6.
var globalUnicast = netip.MustParsePrefix("2000::/3")

var specialRanges = []struct {
	prefix netip.Prefix
	name   string
}{
	{netip.MustParsePrefix("127.0.0.0/8"), "loopback"},
	{netip.MustParsePrefix("10.0.0.0/8"), "private"},
	{netip.MustParsePrefix("172.16.0.0/12"), "private"},
	{netip.MustParsePrefix("192.168.0.0/16"), "private"},
	{netip.MustParsePrefix("169.254.0.0/16"), "link-local"},
	{netip.MustParsePrefix("168.63.129.16/32"), "cloud metadata"}, // Azure; inside public space
	{netip.MustParsePrefix("100.64.0.0/10"), "shared"},            // RFC 6598; Alibaba's metadata too
	{netip.MustParsePrefix("0.0.0.0/8"), "unspecified"},
	{netip.MustParsePrefix("192.0.0.0/24"), "protocol assignment"}, // Oracle's metadata too
	{netip.MustParsePrefix("192.0.2.0/24"), "documentation"},
	{netip.MustParsePrefix("198.51.100.0/24"), "documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "documentation"},
	{netip.MustParsePrefix("192.31.196.0/24"), "AS112"},
	{netip.MustParsePrefix("192.175.48.0/24"), "AS112"},
	{netip.MustParsePrefix("192.52.193.0/24"), "AMT"},
	{netip.MustParsePrefix("192.88.99.0/24"), "6to4 relay"},
	{netip.MustParsePrefix("198.18.0.0/15"), "benchmarking"},
	{netip.MustParsePrefix("224.0.0.0/4"), "multicast"},
	{netip.MustParsePrefix("240.0.0.0/4"), "reserved"},

	{netip.MustParsePrefix("::1/128"), "loopback"},
	{netip.MustParsePrefix("::/128"), "unspecified"},
	{netip.MustParsePrefix("fc00::/7"), "private"}, // AWS's metadata too
	{netip.MustParsePrefix("fe80::/10"), "link-local"},
	{netip.MustParsePrefix("fec0::/10"), "site-local"},
	{netip.MustParsePrefix("ff00::/8"), "multicast"},
	{netip.MustParsePrefix("::ffff:0:0/96"), "IPv4-mapped"},
	{netip.MustParsePrefix("64:ff9b::/96"), "NAT64"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "NAT64"},
	{netip.MustParsePrefix("2001::/23"), "protocol assignment"}, // Teredo, ORCHID and others
	{netip.MustParsePrefix("2001:db8::/32"), "documentation"},
	{netip.MustParsePrefix("3fff::/20"), "documentation"},
	{netip.MustParsePrefix("2002::/16"), "6to4"},
	{netip.MustParsePrefix("2620:4f:8000::/48"), "AS112"},
}

// addressRule decides on the address that is dialled for a host.
type addressRule struct {
	private bool // [Options].PrivateNetworks
	sent    bool // [Options].Sent
}

// check is called with each address, after resolution and before a packet
// leaves. The host has passed the policy: one that is an address or
// "localhost" stands literally in an entry, since no wildcard matches it.
func (r addressRule) check(host string, ip netip.Addr) error {
	kind := special(ip)
	if kind == "" {
		return nil
	}
	literal := host == ip.String() || host == "localhost" && ip.IsLoopback()
	if connectable(ip.WithZone("")) && (r.private || literal && !r.sent) {
		return nil
	}
	return &refusedAddress{rule: r, host: host, ip: ip, kind: kind}
}

// refusedAddress is what the dialer returns. [Client.Do] makes a [Denied] of
// it, which can name the request.
type refusedAddress struct {
	rule addressRule
	host string
	ip   netip.Addr
	kind string
}

func (e *refusedAddress) Error() string {
	article := "a"
	switch e.kind[0] {
	case 'u', 'A', 'I':
		article = "an"
	}
	if e.host == e.ip.String() {
		return fmt.Sprintf("%s is %s %s address", e.ip, article, e.kind)
	}
	return fmt.Sprintf("%s resolves to %s, %s %s address", e.host, e.ip, article, e.kind)
}

// fix says what would let the request out.
func (e *refusedAddress) fix(o origin) string {
	const grant = "set [grants] private_networks = true in wisr.toml"
	switch {
	case !connectable(e.ip.WithZone("")):
		return ""
	case e.rule.sent:
		return grant
	case e.host == "localhost":
		// It resolved to something that is not loopback.
		return grant
	}
	o.host = e.ip.Unmap().String()
	return fmt.Sprintf("name the address literally (add %q to [fetch] allow in plugin.toml and fetch that), or %s", o, grant)
}
