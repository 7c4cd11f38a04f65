package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/wisr-dev/wisr/host/guard"
)

// guard refuses requests that no operator sent on purpose, and, but for the
// health checks, those without the token.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		health := r.URL.Path == "/livez" || r.URL.Path == "/readyz"
		switch {
		case s.opt.Token == "" && !localHost(r.Host):
			refuse(w, http.StatusForbidden, "foreign_host", "the Host header names "+r.Host, "set [admin] token in wisr.toml; without one only localhost and IP addresses are answered")
		case foreign(r):
			refuse(w, http.StatusForbidden, "foreign_origin", "requests of web pages from elsewhere are refused", "")
		case s.opt.Token != "" && !health && !s.admit(w, r):
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// admit tells whether a request has the token; one that has not is answered:
// 401, or 429 after too many from its address.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	peer, _ := netip.ParseAddrPort(r.RemoteAddr)
	from := guard.Client(net.TCPAddrFromAddrPort(peer), strings.Join(r.Header.Values("X-Forwarded-For"), ","))
	ok, wait := s.opt.Guard.Try(from, func() bool { return s.authorised(r) })
	switch {
	case wait > 0:
		w.Header().Set("Retry-After", strconv.FormatInt(guard.RetryAfter(wait), 10))
		refuse(w, http.StatusTooManyRequests, "too_many_attempts", "too many requests from this address had no valid token", "wait as long as Retry-After says")
	case !ok:
		w.Header().Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "unauthorized", "the request has no valid token", "send the [admin] token as: Authorization: Bearer …")
	}
	return ok
}

// authorised compares digests, so that neither length nor content of the token
// show in the time it takes. The case of the scheme does not count (RFC 9110, 11.1).
func (s *Server) authorised(r *http.Request) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	want, got := sha256.Sum256([]byte(s.opt.Token)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// localHost tells whether a Host header is one that DNS rebinding cannot
// produce: an address, localhost, or none, as health checks by HTTP/1.0 have it.
func localHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.Trim(name, "[]")
	return strings.EqualFold(name, "localhost") || net.ParseIP(name) != nil || host == ""
}

// foreign tells whether a browser sent the request for a page of another origin.
func foreign(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		site := r.Header.Get("Sec-Fetch-Site")
		return site == "cross-site" || site == "same-site"
	}
	u, err := url.Parse(origin)
	return err != nil || u.Host != r.Host
}
