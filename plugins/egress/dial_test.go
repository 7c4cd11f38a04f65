package egress

import (
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
)

func TestANameThatResolvesToASpecialAddressIsRefused(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	for address, want := range map[string]string{
		"127.0.0.1":              "resolves to 127.0.0.1, a loopback address",
		"10.0.0.1":               "resolves to 10.0.0.1, a private address",
		"169.254.169.254":        "resolves to 169.254.169.254, a link-local address",
		"168.63.129.16":          "resolves to 168.63.129.16, a cloud metadata address",
		"100.100.100.200":        "resolves to 100.100.100.200, a shared address",
		"0.0.0.0":                "resolves to 0.0.0.0, an unspecified address",
		"255.255.255.255":        "resolves to 255.255.255.255, a reserved address",
		"::1":                    "resolves to ::1, a loopback address",
		"::":                     "resolves to ::, an unspecified address",
		"::ffff:127.0.0.1":       "resolves to 127.0.0.1, a loopback address",
		"::ffff:169.254.169.254": "resolves to 169.254.169.254, a link-local address",
		"64:ff9b::127.0.0.1":     "resolves to 64:ff9b::7f00:1, a NAT64 address",
		"2002:7f00:1::":          "resolves to 2002:7f00:1::, a 6to4 address",
		"2001:0:7f00:1::":        "resolves to 2001:0:7f00:1::, a protocol assignment address",
		"fd00:ec2::254":          "resolves to fd00:ec2::254, a private address",
		"fe80::1":                "resolves to fe80::1, a link-local address",
	} {
		c := client(t, Options{Resolver: names(t, func(string) []string { return []string{address} })}, "http://*.example"+port(up))
		_, err := c.Do(t.Context(), Request{URL: "http://api.example" + port(up) + "/x?token=hunter2"})
		var d *Denied
		if !errors.As(err, &d) || !strings.Contains(d.Reason, want) || d.URL != "http://api.example"+port(up)+"/x" {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if unspecific := strings.HasPrefix(want, "resolves to 0.") || strings.HasPrefix(want, "resolves to ::,") || strings.HasPrefix(want, "resolves to 255."); unspecific != (d.Fix == "") {
			t.Errorf("%s: fix %q", address, d.Fix)
		}
	}
}

func TestTheAddressIsCheckedAtEachDial(t *testing.T) {
	var served atomic.Int32
	up := serve(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		w.Header().Set("Connection", "close")
	})
	var rebound atomic.Bool
	resolver := names(t, func(string) []string {
		if rebound.Load() {
			return []string{"127.0.0.2"} // the same upstream: it would answer
		}
		return []string{"127.0.0.1"}
	})
	base := "http://api.example" + port(up)
	c := client(t, Options{}, base)
	c.transport.DialContext = (&dialer{resolver: resolver, check: func(host string, ip netip.Addr) error {
		if ip == netip.AddrFrom4([4]byte{127, 0, 0, 1}) { // as if it were public
			return nil
		}
		return addressRule{}.check(host, ip)
	}}).dial
	if _, err := c.Do(t.Context(), Request{URL: base}); err != nil {
		t.Fatal(err)
	}
	rebound.Store(true)
	_, err := c.Do(t.Context(), Request{URL: base})
	if err == nil || !strings.Contains(err.Error(), "api.example resolves to 127.0.0.2, a loopback address") {
		t.Error(err)
	}
	if n := served.Load(); n != 1 {
		t.Errorf("%d requests arrived", n)
	}
}

func TestAnAddressThatIsRefusedDoesNotHideOneThatIsNot(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) {})
	base := "http://api.example" + port(up)
	c := client(t, Options{PrivateNetworks: true, Resolver: names(t, func(string) []string {
		return []string{"0.0.0.0", "127.0.0.1"}
	})}, base)
	if _, err := c.Do(t.Context(), Request{URL: base}); err != nil {
		t.Error(err)
	}
}

func TestLocalhostIsReachedWhereAnEntryNamesIt(t *testing.T) {
	up := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, c := range []struct {
		name    string
		o       Options
		entry   string
		allowed bool
		fix     string
	}{
		{"localhost", Options{}, "http://localhost", true, ""},
		{"an address", Options{}, "http://127.0.0.1", true, ""},
		{"an address in IPv6", Options{}, "http://[::ffff:127.0.0.1]", true, ""},
		{"a name", Options{}, "http://api.example", false, `add "http://127.0.0.1` + port(up) + `" to [fetch] allow in plugin.toml`},
		{"a name, granted", Options{PrivateNetworks: true}, "http://api.example", true, ""},
		{"localhost, sent", Options{Sent: true}, "http://localhost", false, "set [grants] private_networks = true in wisr.toml"},
		{"an address, sent", Options{Sent: true}, "http://127.0.0.1", false, "set [grants] private_networks = true in wisr.toml"},
		{"an address, sent and granted", Options{Sent: true, PrivateNetworks: true}, "http://127.0.0.1", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.entry == "http://api.example" {
				c.o.Resolver = loopbackNames(t)
			}
			_, err := client(t, c.o, c.entry+port(up)).Do(t.Context(), Request{URL: c.entry + port(up)})
			if (err == nil) != c.allowed {
				t.Fatalf("%v", err)
			}
			var d *Denied
			if err != nil && (!errors.As(err, &d) || !strings.Contains(d.Fix, c.fix)) {
				t.Errorf("%v, want %s", err, c.fix)
			}
		})
	}
}
