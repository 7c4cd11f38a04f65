package egress

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// maxURL bounds a URL in bytes. Servers commonly stop at 8 KiB for a whole
// request line, so that a longer one could not be answered anyway.
const maxURL = 8 << 10

// origin is a scheme, a host and a port in their one spelling, comparable with
// == (RFC 6454).
type origin struct {
	scheme string // "http" or "https"
	host   string // as canonicalHost gives it
	port   uint16
}

// authority is the host and, where it is not the scheme's own, the port.
func (o origin) authority() string {
	host := o.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.port == defaultPort(o.scheme) {
		return host
	}
	return host + ":" + strconv.Itoa(int(o.port))
}

func (o origin) String() string { return o.scheme + "://" + o.authority() }

// target is a URL taken apart into what is decided on and sent, each part in
// its one spelling.
type target struct {
	origin
	ip    netip.Addr // valid if host is an address
	path  string     // escaped; starts with "/"
	query string     // with its "?", or ""
}

// display is the URL as messages show it: a query may hold a secret.
func (t target) display() string { return t.origin.String() + shorten(t.path) }

// url is the URL to send. Its text is that of [target.String] exactly.
func (t target) url() *url.URL {
	u := &url.URL{Scheme: t.scheme, Host: t.authority(), RawPath: t.path}
	// canonicalPath left valid escapes only.
	u.Path, _ = url.PathUnescape(t.path)
	if t.query != "" {
		u.RawQuery, u.ForceQuery = t.query[1:], true
	}
	return u
}

func (t target) String() string { return t.origin.String() + t.path + t.query }

// parseTarget reads what a guest or an upstream wrote.
func parseTarget(raw string) (target, error) {
	if len(raw) > maxURL {
		return target{}, fmt.Errorf("it is longer than %d bytes", maxURL)
	}
	u, err := url.Parse(raw)
	if err != nil {
		// The parser's own words may quote a piece of a password.
		return target{}, errors.New("it is not a valid URL")
	}
	return newTarget(u)
}

func newTarget(u *url.URL) (target, error) {
	if u.Scheme == "" {
		return target{}, errors.New(`it has no scheme; a URL here begins with "https://" or "http://"`)
	}
	scheme := strings.ToLower(u.Scheme)
	if defaultPort(scheme) == 0 {
		return target{}, errors.New("its scheme is neither https nor http")
	}
	if u.Opaque != "" || u.Host == "" {
		return target{}, errors.New("it has no host")
	}
	if u.User != nil {
		return target{}, errors.New("it has a user name or password; send an Authorization header instead")
	}
	host, ip, err := canonicalHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	if err != nil {
		return target{}, err
	}
	port := defaultPort(scheme)
	if s := u.Port(); s != "" {
		n, err := strconv.ParseUint(s, 10, 16)
		if err != nil || n == 0 {
			return target{}, errors.New("its port is not a number from 1 to 65535")
		}
		port = uint16(n)
	}
	t := target{
		origin: origin{scheme: scheme, host: host, port: port},
		ip:     ip,
		path:   canonicalPath(u.EscapedPath()),
	}
	if u.RawQuery != "" || u.ForceQuery {
		t.query = "?" + escapeQuery(u.RawQuery)
	}
	return t, nil
}

// ParseOrigin gives the one spelling of an origin, a key of [Options].Headers:
// "HTTPS://API.example.com:443" is "https://api.example.com". Anything after
// the port is an error, and so is a wildcard: a secret has one receiver.
func ParseOrigin(s string) (string, error) {
	o, err := parseOrigin(s)
	if err != nil {
		return "", fmt.Errorf("origin %q: %w", hideSecrets(s), err)
	}
	return o.String(), nil
}

func parseOrigin(s string) (origin, error) {
	t, err := parseTarget(s)
	if err != nil {
		return origin{}, err
	}
	if _, rest, _ := strings.Cut(s, "://"); strings.ContainsAny(rest, "/?#") {
		return origin{}, fmt.Errorf("an origin ends after the host and port; write %q", t.origin)
	}
	return t.origin, nil
}

// defaultPort is 0 for a scheme that is not spoken here.
func defaultPort(scheme string) uint16 {
	switch scheme {
	case "https":
		return 443
	case "http":
		return 80
	}
	return 0
}
