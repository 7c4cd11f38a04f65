package guard

import (
	"net"
	"testing"
)

func TestWhoIsCounted(t *testing.T) {
	tcp := func(ip string) net.Addr { return &net.TCPAddr{IP: net.ParseIP(ip), Port: 80} }
	for _, test := range []struct {
		name      string
		peer      net.Addr
		forwarded string
		want      string
	}{
		{"a visitor", tcp("192.0.2.1"), "", "::ffff:192.0.2.1"},
		{"a visitor who says something", tcp("192.0.2.1"), "198.51.100.9", "::ffff:192.0.2.1"},
		{"a proxy on this machine", tcp("127.0.0.1"), "198.51.100.9", "198.51.100.9"},
		{"a proxy that adds to what the visitor said", tcp("127.0.0.1"), "10.0.0.1, 198.51.100.9", "198.51.100.9"},
		{"a proxy in a private network", tcp("10.1.2.3"), "2001:db8::1", "2001:db8::1"},
		{"a proxy that writes ports", tcp("::1"), "[2001:db8::1]:4711", "2001:db8::1"},
		{"a proxy that writes brackets", tcp("fd00::1"), "[2001:db8::1]", "2001:db8::1"},
		{"a proxy that writes nonsense", tcp("127.0.0.1"), "198.51.100.9, unknown", "::ffff:127.0.0.1"},
		{"a proxy that says nothing", tcp("127.0.0.1"), "", "::ffff:127.0.0.1"},
		{"a socket of this machine", &net.UnixAddr{Name: "/run/wisr.sock"}, "198.51.100.9", "198.51.100.9"},
		{"another kind of peer", &net.UDPAddr{IP: net.ParseIP("2001:db8::1"), Port: 80}, "", "2001:db8::1"},
		{"nobody", nil, "", "invalid IP"},
	} {
		if got := Client(test.peer, test.forwarded); got.String() != test.want {
			t.Errorf("%s: %v, want %s", test.name, got, test.want)
		}
	}
}

func FuzzClient(f *testing.F) {
	f.Add("127.0.0.1, [::1]:80")
	f.Add("[,]")
	peer := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}
	f.Fuzz(func(t *testing.T, forwarded string) {
		if !Client(peer, forwarded).IsValid() {
			t.Errorf("%q makes nobody of somebody", forwarded)
		}
	})
}
