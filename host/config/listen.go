package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

// Validate checks again what flags of the command line replace after Load: the
// addresses of the listeners.
func (c *Config) Validate() error {
	var errs []error
	for _, l := range []struct{ flag, key, addr string }{
		{"--listen", "server.listen", c.Server.Listen},
		{"--admin", "admin.listen", c.Admin.Listen},
	} {
		if problem, hint := checkAddress(l.addr); problem != "" {
			errs = append(errs, fmt.Errorf("%s (%s) is %q: %s (%s)", l.flag, l.key, l.addr, problem, hint))
		}
	}
	for _, peer := range c.Cluster.Peers {
		if problem, hint := checkAddress(peer); problem != "" {
			errs = append(errs, fmt.Errorf("--join (cluster.peers) is %q: %s (%s)", peer, problem, hint))
		}
	}
	if len(c.Cluster.Peers) > 0 && c.Cluster.Listen == "" {
		errs = append(errs, fmt.Errorf("--join (cluster.peers) is %s, and there is no cluster.listen (set listen below [cluster] in %s, the address of this host for the others)", strings.Join(c.Cluster.Peers, ", "), FileName))
	}
	if errs != nil {
		return errors.Join(errs...)
	}
	if needsToken(c.Admin) {
		errs = append(errs, fmt.Errorf("--admin (admin.listen) is %q, which other machines can reach, and there is no admin.token (set token below [admin] in %s, or listen on this machine only: 127.0.0.1:9090)", c.Admin.Listen, FileName))
	}
	if collide(c.Server.Listen, c.Admin.Listen) {
		errs = append(errs, fmt.Errorf("--listen (server.listen) and --admin (admin.listen) have one port, %q and %q (give one of them another)", c.Server.Listen, c.Admin.Listen))
	}
	return errors.Join(errs...)
}

func checkListeners(doc *strict.Document, c *Config) {
	good := true
	for _, l := range []struct{ key, addr, example string }{
		{"server.listen", c.Server.Listen, "127.0.0.1:3000"},
		{"admin.listen", c.Admin.Listen, "127.0.0.1:9090"},
	} {
		if problem, hint := checkAddress(l.addr); problem != "" {
			good = false
			if doc.FromEnv(l.key) { // problem and hint may repeat what is in it
				problem, hint = "it is not host:port", fmt.Sprintf("it has to come out as an address such as %q", l.example)
			}
			doc.Errorf(l.key, hint, "%s is %s: %s", l.key, doc.Quote(l.key), problem)
		}
	}
	if !good {
		return
	}
	if needsToken(c.Admin) && !doc.Has("admin.token") { // a token that is wrong has its own error
		const key = "admin.listen"
		set := `set token = "${WISR_ADMIN_TOKEN}" below [admin]`
		for _, u := range doc.Unset() {
			if u.Key == "admin.token" {
				set = "set " + strings.Join(u.Names, " and ") + " in the environment, which admin.token refers to"
			}
		}
		doc.Errorf(key, set+`, or listen on this machine only: listen = "127.0.0.1:9090"`,
			"admin.listen is %s, which other machines can reach, and there is no admin.token", doc.Quote(key))
	}
	if collide(c.Server.Listen, c.Admin.Listen) {
		key, other := "admin.listen", "server.listen"
		if !doc.Has(key) {
			key, other = other, key
		}
		doc.Errorf(key, "give one of them another port", "%s has the port of %s", key, other)
	}
}

// checkAddress says what is wrong with an address to listen on.
func checkAddress(addr string) (problem, hint string) {
	if _, after, ok := strings.Cut(addr, "://"); ok {
		after, _, _ = strings.Cut(after, "/")
		return "it is a URL", fmt.Sprintf("leave out the scheme: %q", after)
	}
	if n, err := strconv.ParseUint(addr, 10, 16); err == nil {
		return "it has no host", fmt.Sprintf("write \"127.0.0.1:%d\" for this machine only, or \":%d\" for every address", n, n)
	}
	if ip, err := netip.ParseAddr(addr); err == nil {
		return "it has no port", fmt.Sprintf("write %q", net.JoinHostPort(ip.String(), "3000"))
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "it is not host:port", `write an address such as "127.0.0.1:3000" or "[::1]:3000"`
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Sprintf("its port is %q", port), "a port is a number from 1 to 65535, or 0 for any that is free"
	}
	if _, err := netip.ParseAddr(host); host != "" && err != nil && !isHostName(host) {
		return fmt.Sprintf("its host is %q", host), `a host is an IP address, a name such as "localhost", or empty for every address`
	}
	return "", ""
}

// isHostName is RFC 1123, 2.1. A name that is all digits and dots is a
// mistyped address.
func isHostName(s string) bool {
	if len(s) > 253 || strings.Trim(s, "0123456789.") == "" {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-') {
				return false
			}
		}
	}
	return true
}

// needsToken tells whether the private listener is open to other machines
// without a token. A name other than localhost may resolve to anything.
func needsToken(a Admin) bool {
	return !isLoopback(a.Listen) && !a.Token.IsSet()
}

// collide tells whether two listeners cannot be open at once.
func collide(a, b string) bool {
	hostA, portA, _ := net.SplitHostPort(a)
	hostB, portB, _ := net.SplitHostPort(b)
	numA, _ := strconv.ParseUint(portA, 10, 16)
	numB, _ := strconv.ParseUint(portB, 10, 16)
	return numA == numB && numA != 0 && (strings.EqualFold(hostA, hostB) || everywhere(hostA) || everywhere(hostB))
}

func everywhere(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}
