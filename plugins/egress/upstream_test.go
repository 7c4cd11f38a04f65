package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// serve starts an upstream on 127.0.0.1.
func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// serveTLS starts one that speaks TLS and HTTP/2, as "example.com", its
// subdomains and 127.0.0.1.
func serveTLS(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(handler)
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// port is that of an upstream, with its colon.
func port(s *httptest.Server) string { return s.URL[strings.LastIndexByte(s.URL, ':'):] }

// client makes a client that may reach what allow lists.
func client(t testing.TB, o Options, allow ...string) *Client {
	t.Helper()
	var err error
	if o.Policy, err = ParsePolicy(allow, []string{"GET", "HEAD", "POST", "PUT"}); err != nil {
		t.Fatal(err)
	}
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

// trust makes a client accept the certificates of upstreams.
func (c *Client) trust(servers ...*httptest.Server) *Client {
	pool := x509.NewCertPool()
	for _, s := range servers {
		pool.AddCert(s.Certificate())
	}
	c.transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	return c
}

// loopbackNames resolves every name to 127.0.0.1.
func loopbackNames(t testing.TB) *net.Resolver {
	return names(t, func(string) []string { return []string{"127.0.0.1"} })
}

// names starts a DNS server that asks addresses for each look-up of a name,
// and returns a resolver that asks it.
func names(t testing.TB, addresses func(name string) []string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := answerDNS(buf[:n], addresses); reply != nil {
				conn.WriteTo(reply, from)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); wg.Wait() })
	return &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
}

func answerDNS(query []byte, addresses func(string) []string) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	m.Response, m.Authoritative, m.Additionals = true, true, nil
	for _, s := range addresses(strings.TrimSuffix(q.Name.String(), ".")) {
		ip := netip.MustParseAddr(s)
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class}
		switch {
		case ip.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// eventually waits for what another goroutine brings about.
func eventually(t testing.TB, is func() bool) {
	for deadline := time.Now().Add(time.Minute); !is(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Error("it does not come about")
			return
		}
	}
}

// sleep lets milliseconds pass.
func sleep(ctx context.Context, ms int) {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
	case <-ctx.Done():
	}
}
