package config

import (
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

var aToken = strict.NewSecret("a token")

func TestAddresses(t *testing.T) {
	good := []string{
		"127.0.0.1:3000", ":3000", "0.0.0.0:1", "[::]:3000", "[::1]:0", "[fe80::1%eth0]:80", "localhost:65535", "host.example:80", "a-1:080", "[127.0.0.1]:80", "1a:80",
	}
	for _, addr := range good {
		if problem, hint := checkAddress(addr); problem != "" {
			t.Errorf("%q: %s (%s)", addr, problem, hint)
		}
	}
	bad := map[string]string{ // to what the hint has
		"": "127.0.0.1:3000", "3000": `":3000"`, "127.0.0.1": `"127.0.0.1:3000"`, "::1": `"[::1]:3000"`, "::1:3000": `"[::1:3000]:3000"`, "localhost": "127.0.0.1:3000",
		"http://localhost:80/x": `"localhost:80"`, "127.0.0.1:http": "number", "127.0.0.1:": "number", "127.0.0.1:65536": "number", "127.0.0.1:-1": "number", "127.0.0.1:+1": "number",
		"256.0.0.1:80": "IP address", "1.2.3:80": "IP address", "a b:80": "IP address", "-a:80": "IP address", "a..b:80": "IP address", "é:80": "IP address", "a_b:80": "IP address",
		"*:80": "IP address", "a:b:80": "127.0.0.1:3000", "[::1:80": "127.0.0.1:3000", "unix:/run/x": "number", strings.Repeat("a", 64) + ":80": "IP address",
	}
	for addr, want := range bad {
		problem, hint := checkAddress(addr)
		if problem == "" || !strings.Contains(hint, want) {
			t.Errorf("%q: %q (%q), want %q", addr, problem, hint, want)
		}
	}
}

func TestBeyondLoopbackNeedsAToken(t *testing.T) {
	for addr, open := range map[string]bool{
		"127.0.0.1:1": false, "127.9.9.9:1": false, "[::1]:1": false, "localhost:1": false, "LocalHost:1": false, "[::ffff:127.0.0.1]:1": false,
		":1": true, "0.0.0.0:1": true, "[::]:1": true, "10.0.0.1:1": true, "host.example:1": true, "localhost.example:1": true, "[::ffff:10.0.0.1]:1": true, "[fe80::1%lo]:1": true,
	} {
		if got := needsToken(Admin{Listen: addr}); got != open {
			t.Errorf("%s: %v, want %v", addr, got, open)
		}
		if needsToken(Admin{Listen: addr, Token: aToken}) {
			t.Errorf("%s with a token needs another", addr)
		}
	}
}

func TestValidateChecksTheAddressesOfFlags(t *testing.T) {
	tests := []struct {
		name, server, admin string
		token               Secret
		want                []string // in the error
	}{
		{name: "as loaded", server: "127.0.0.1:3000", admin: "127.0.0.1:9090"},
		{name: "both", server: ":80", admin: "localhost:81"},
		{name: "beyond loopback with a token", server: ":80", admin: ":81", token: aToken},
		{name: "beyond loopback without a token", server: ":80", admin: ":81", want: []string{`":81"`, "set token below [admin] in wisr.toml", "127.0.0.1:9090"}},
		{name: "no addresses", server: "80", admin: "x", want: []string{`--listen (server.listen) is "80": it has no host`, `--admin (admin.listen) is "x"`}},
		{name: "one port", server: "127.0.0.1:9090", admin: "127.0.0.1:9090", want: []string{"one port"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &Config{Server: Server{Listen: tt.server}, Admin: Admin{Listen: tt.admin, Token: tt.token}}
			err := c.Validate()
			if (err == nil) != (tt.want == nil) {
				t.Fatalf("got %v", err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q", err, want)
				}
			}
		})
	}
}

func TestListenersCollide(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1:80", "127.0.0.1:80", true}, {":80", "127.0.0.1:80", true}, {"127.0.0.1:80", "[::]:080", true}, {"localhost:80", "LOCALHOST:80", true},
		{"127.0.0.1:80", "127.0.0.1:81", false}, {"127.0.0.1:80", "127.0.0.2:80", false}, {":0", ":0", false},
	} {
		if got := collide(tt.a, tt.b); got != tt.want {
			t.Errorf("%s and %s: %v", tt.a, tt.b, got)
		}
	}
}
