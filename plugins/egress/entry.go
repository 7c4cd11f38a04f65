package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// entry is one line of [fetch] allow.
type entry struct {
	origin            // of the bare domain, if sub
	ip     netip.Addr // valid if host is an address
	sub    bool       // "*.": one label or more before the host, never the host alone
	prefix string     // a canonical path that ends in "/"; "" means every path
}

// parseEntry reads scheme://host[:port][/path/*].
func parseEntry(s string) (entry, error) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return entry{}, errors.New(`it has no scheme; write "https://" or "http://" before it`)
	}
	if strings.ContainsAny(rest, "?#") {
		return entry{}, errors.New("it has a query or fragment; an entry is scheme://host[:port][/path/*]")
	}
	authority, path, hasPath := strings.Cut(rest, "/")
	bare, sub := strings.CutPrefix(authority, "*.")
	if strings.Contains(bare, "*") {
		return entry{}, errors.New(`"*" stands for subdomains only, as in "https://*.example.com"`)
	}
	t, err := parseTarget(scheme + "://" + bare)
	if err != nil {
		return entry{}, err
	}
	if t.ip.IsValid() {
		if sub {
			return entry{}, errors.New("an IP address has no subdomains")
		}
		if !connectable(t.ip) {
			return entry{}, fmt.Errorf("%s is not the address of one host", t.ip)
		}
	}
	e := entry{origin: t.origin, ip: t.ip, sub: sub}
	if hasPath {
		e.prefix, err = parsePrefix(t.origin, "/"+path)
	}
	return e, err
}

// parsePrefix reads the path of an entry, "/v1/*".
func parsePrefix(o origin, path string) (string, error) {
	prefix, ok := strings.CutSuffix(path, "*")
	if !ok || !strings.HasSuffix(prefix, "/") {
		return "", errors.New(`its path does not end in "/*"`)
	}
	if strings.Contains(prefix, "*") {
		return "", errors.New(`its path has a "*" before the end`)
	}
	t, err := parseTarget(o.String() + prefix)
	if err != nil {
		return "", err
	}
	if climbs(prefix) {
		return "", errors.New(`its path has a ".." segment`)
	}
	if t.path == "/" {
		return "", nil
	}
	return t.path, nil
}

// matches decides on a URL in its one spelling.
func (e entry) matches(t target) bool {
	if e.scheme != t.scheme || e.port != t.port || !e.matchesHost(t.host, t.ip) {
		return false
	}
	return e.prefix == "" || strings.HasPrefix(t.path, e.prefix) && !climbs(t.path)
}

func (e entry) matchesHost(host string, ip netip.Addr) bool {
	if !e.sub {
		return host == e.host
	}
	return !ip.IsValid() && len(host) > len(e.host)+1 &&
		strings.HasSuffix(host, e.host) && host[len(host)-len(e.host)-1] == '.'
}
