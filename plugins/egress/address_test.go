package egress

import (
	"net/netip"
	"testing"

	"code.dny.dev/ssrf"
)

var addresses = []struct{ ip, want string }{
	// IPv4, at the edges of each range.
	{"1.1.1.1", ""},
	{"8.8.8.8", ""},
	{"9.255.255.255", ""},
	{"10.0.0.0", "private"},
	{"10.255.255.255", "private"},
	{"11.0.0.0", ""},
	{"0.0.0.0", "unspecified"},
	{"0.1.2.3", "unspecified"},
	{"1.0.0.0", ""},
	{"100.63.255.255", ""},
	{"100.64.0.0", "shared"},
	{"100.100.100.200", "shared"}, // Alibaba's metadata
	{"100.127.255.255", "shared"},
	{"100.128.0.0", ""},
	{"126.255.255.255", ""},
	{"127.0.0.0", "loopback"},
	{"127.0.0.1", "loopback"},
	{"127.255.255.255", "loopback"},
	{"128.0.0.0", ""},
	{"168.63.129.15", ""},
	{"168.63.129.16", "cloud metadata"}, // Azure's
	{"168.63.129.17", ""},
	{"169.253.255.255", ""},
	{"169.254.0.0", "link-local"},
	{"169.254.169.254", "link-local"}, // AWS, Google, Azure metadata
	{"169.254.170.2", "link-local"},   // AWS task credentials
	{"169.254.255.255", "link-local"},
	{"169.255.0.0", ""},
	{"172.15.255.255", ""},
	{"172.16.0.0", "private"},
	{"172.31.255.255", "private"},
	{"172.32.0.0", ""},
	{"192.0.0.0", "protocol assignment"},
	{"192.0.0.192", "protocol assignment"}, // Oracle's metadata
	{"192.0.1.0", ""},
	{"192.0.2.1", "documentation"},
	{"192.0.3.0", ""},
	{"192.31.196.1", "AS112"},
	{"192.52.193.1", "AMT"},
	{"192.88.99.1", "6to4 relay"},
	{"192.167.255.255", ""},
	{"192.168.0.0", "private"},
	{"192.168.255.255", "private"},
	{"192.169.0.0", ""},
	{"192.175.48.1", "AS112"},
	{"198.17.255.255", ""},
	{"198.18.0.0", "benchmarking"},
	{"198.19.255.255", "benchmarking"},
	{"198.20.0.0", ""},
	{"198.51.100.1", "documentation"},
	{"203.0.113.1", "documentation"},
	{"223.255.255.255", ""},
	{"224.0.0.1", "multicast"},
	{"239.255.255.255", "multicast"},
	{"240.0.0.1", "reserved"},
	{"255.255.255.255", "reserved"},

	// IPv6.
	{"2606:4700:4700::1111", ""},
	{"2a00:1450:4001::1", ""},
	{"::", "unspecified"},
	{"::1", "loopback"},
	{"::2", "reserved"},
	{"::7f00:1", "reserved"}, // IPv4-compatible
	{"::ffff:127.0.0.1", "IPv4-mapped"},
	{"::ffff:8.8.8.8", "IPv4-mapped"},
	{"::ffff:0:127.0.0.1", "reserved"}, // IPv4-translated, RFC 2765
	{"64:ff9b::127.0.0.1", "NAT64"},
	{"64:ff9b::8.8.8.8", "NAT64"},
	{"64:ff9b:1::a00:1", "NAT64"},
	{"100::1", "reserved"}, // discard only
	{"1fff:ffff::1", "reserved"},
	{"2000::1", ""},
	{"2001::1", "protocol assignment"}, // Teredo
	{"2001:1ff:ffff::1", "protocol assignment"},
	{"2001:200::1", ""},
	{"2001:db8::1", "documentation"},
	{"2001:db9::1", ""},
	{"2002:7f00:1::", "6to4"},
	{"2003::1", ""},
	{"2620:4f:8000::1", "AS112"},
	{"3fff::1", "documentation"},
	{"3fff:1000::1", ""},
	{"4000::1", "reserved"},
	{"5f00::1", "reserved"},
	{"fbff::1", "reserved"},
	{"fc00::1", "private"},
	{"fd00:ec2::254", "private"}, // AWS's metadata
	{"fdff::1", "private"},
	{"fe80::1", "link-local"},
	{"fe80::1%eth0", "link-local"},
	{"febf::1", "link-local"},
	{"fec0::1", "site-local"},
	{"ff02::1", "multicast"},
}

func TestEveryAddressGetsItsVerdict(t *testing.T) {
	for _, a := range addresses {
		ip := netip.MustParseAddr(a.ip)
		if got := special(ip); got != a.want {
			t.Errorf("%s: %q, want %q", a.ip, got, a.want)
		}
		if got := (addressRule{}).check("api.example.com", ip) == nil; got != (a.want == "") {
			t.Errorf("%s for a name: allowed: %v", a.ip, got)
		}
	}
	if special(netip.Addr{}) == "" {
		t.Error("no address: public")
	}
}

// Another list of the same registries, kept by others.
func TestWhatSSRFRefusesIsRefused(t *testing.T) {
	for _, p := range append(ssrf.IPv4DeniedPrefixes, append(ssrf.IPv6DeniedPrefixes, ssrf.IPv6NAT64Prefix)...) {
		last := p.Addr().AsSlice()
		for i := p.Bits(); i < len(last)*8; i++ {
			last[i/8] |= 0x80 >> (i % 8)
		}
		high, _ := netip.AddrFromSlice(last)
		for _, ip := range []netip.Addr{p.Addr(), p.Addr().Next(), high} {
			if special(ip) == "" {
				t.Errorf("%s of %s is public here", ip, p)
			}
		}
	}
}

func TestWhoMayReachAPrivateAddress(t *testing.T) {
	folder, sent := addressRule{}, addressRule{sent: true}
	granted, sentGranted := addressRule{private: true}, addressRule{private: true, sent: true}
	for _, c := range []struct {
		host, ip string
		allowed  []addressRule
	}{
		{"api.example.com", "8.8.8.8", []addressRule{folder, sent, granted, sentGranted}},
		{"8.8.8.8", "8.8.8.8", []addressRule{folder, sent, granted, sentGranted}},
		{"api.example.com", "10.0.0.1", []addressRule{granted, sentGranted}},
		{"10.0.0.1", "10.0.0.1", []addressRule{folder, granted, sentGranted}},
		{"10.0.0.1", "10.0.0.2", []addressRule{granted, sentGranted}},
		{"localhost", "127.0.0.1", []addressRule{folder, granted, sentGranted}},
		{"localhost", "127.8.8.8", []addressRule{folder, granted, sentGranted}},
		{"localhost", "::1", []addressRule{folder, granted, sentGranted}},
		{"localhost", "10.0.0.1", []addressRule{granted, sentGranted}},
		{"localhost", "169.254.169.254", []addressRule{granted, sentGranted}},
		{"a.localhost", "127.0.0.1", []addressRule{granted, sentGranted}},
		{"169.254.169.254", "169.254.169.254", []addressRule{folder, granted, sentGranted}},
		{"metadata.google.internal", "169.254.169.254", []addressRule{granted, sentGranted}},
		{"64:ff9b::7f00:1", "64:ff9b::7f00:1", []addressRule{folder, granted, sentGranted}},
		{"fe80::1", "fe80::1%eth0", []addressRule{granted, sentGranted}},
		{"api.example.com", "0.0.0.0", nil},
		{"0.0.0.0", "0.0.0.0", nil},
		{"api.example.com", "::", nil},
		{"api.example.com", "224.0.0.1", nil},
		{"api.example.com", "ff02::1%eth0", nil},
		{"api.example.com", "255.255.255.255", nil},
	} {
		for _, rule := range []addressRule{folder, sent, granted, sentGranted} {
			want := false
			for _, a := range c.allowed {
				want = want || a == rule
			}
			err := rule.check(c.host, netip.MustParseAddr(c.ip))
			if got := err == nil; got != want {
				t.Errorf("%s at %s under %+v: allowed %v, want %v (%v)", c.host, c.ip, rule, got, want, err)
			}
		}
	}
}
