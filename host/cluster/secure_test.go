package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/logtest"
)

// authority signs certificates of hosts.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t}
	a.cert, a.key = a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	return a
}

// sign makes a certificate; the first one signs itself.
func (a *authority) sign(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.NotBefore = time.Now().Add(-time.Hour)
	if template.NotAfter.IsZero() {
		template.NotAfter = time.Now().Add(time.Hour)
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// host is the TLS of a host at an IP address, which trusts what this authority has signed. Its certificate may be
// changed before it is signed.
func (a *authority) host(ip string, change ...func(*x509.Certificate)) *tls.Config {
	a.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "host"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	for _, c := range change {
		c(template)
	}
	cert, key := a.sign(template)
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{
		MinVersion: tls.VersionTLS13, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
	}
}

// secured joins a host that knows another one, and tells what it logs.
func secured(t *testing.T, name, secret string, secure *tls.Config, peer *Cluster) (*Cluster, *logtest.Buffer) {
	t.Helper()
	return joined(t, "test", name, secret, secure, peer)
}

// joined is secured for a host of any site.
func joined(t *testing.T, site, name, secret string, secure *tls.Config, peer *Cluster) (*Cluster, *logtest.Buffer) {
	t.Helper()
	var log logtest.Buffer
	opt := Options{Name: site, Host: name, Listen: "127.0.0.1:0", Secret: secret, Dir: t.TempDir(), TLS: secure, Log: slog.New(slog.NewTextHandler(&log, nil))}
	opt.Peers = []string{"127.0.0.1:1"} // nobody
	if peer != nil {
		opt.Peers = []string{address(t, peer)}
	}
	c, err := Join(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		if t.Failed() {
			t.Logf("log of %s:\n%s", name, &log)
		}
	})
	return c, &log
}

func TestHostsAreLinkedByTLSAndASecret(t *testing.T) {
	ours := newAuthority(t, "ours")
	a, _ := secured(t, "a", "between hosts", ours.host("127.0.0.1"), nil)
	b, _ := secured(t, "b", "between hosts", ours.host("127.0.0.1"), a)
	until(t, "they are linked", func() bool { return a.server.NumRoutes() > 0 && b.server.NumRoutes() > 0 })
}

// Who does not belong to the site is refused, and both sides say why.
func TestAStrangerIsRefusedAndToldWhy(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	mixed := ours.host("127.0.0.1") // trusts the others, and is not trusted
	mixed.Certificates = theirs.host("127.0.0.1").Certificates
	for name, c := range map[string]struct {
		secret     string
		secure     *tls.Config
		here, told string // what their logs name
	}{
		"another authority":        {"between hosts", theirs.host("127.0.0.1"), "[cluster] ca", "[cluster] ca"},
		"a certificate of another": {"between hosts", mixed, "[cluster] cert", ""},
		"an old certificate": {"between hosts", ours.host("127.0.0.1", func(c *x509.Certificate) {
			c.NotAfter = c.NotBefore.Add(time.Minute)
		}), "renew the certificate", ""},
		"a certificate for servers alone": {"between hosts", ours.host("127.0.0.1", func(c *x509.Certificate) {
			c.ExtKeyUsage = c.ExtKeyUsage[:1]
		}), "serverAuth and clientAuth", ""},
		"no TLS":         {"between hosts", nil, "all hosts have TLS, or none", ""},
		"another secret": {"guessed", ours.host("127.0.0.1"), "[cluster] secret", "[cluster] secret"},
		"no secret":      {"", ours.host("127.0.0.1"), "[cluster] secret", "[cluster] secret"},
	} {
		t.Run(name, func(t *testing.T) {
			a, said := secured(t, "a", "between hosts", ours.host("127.0.0.1"), nil)
			b, told := secured(t, "stranger", c.secret, c.secure, a)
			until(t, "the host says why", func() bool { return strings.Contains(said.String(), c.here) })
			until(t, "the stranger says why", func() bool { return strings.Contains(told.String(), c.told) })
			// One that is refused counts for a moment, each time that it is tried.
			until(t, "there is no link", func() bool { return a.server.NumRoutes()+b.server.NumRoutes() == 0 })
			if logs := said.String() + told.String(); strings.Contains(logs, "between hosts") || strings.Contains(logs, "guessed") {
				t.Error("a secret is in a log")
			}
		})
	}
}

// A host whose certificate is for another address reaches others, and is not reached.
func TestACertificateForAnotherAddressIsSaidToBe(t *testing.T) {
	ours := newAuthority(t, "ours")
	a, _ := secured(t, "a", "", ours.host("127.0.0.2"), nil)
	_, told := secured(t, "b", "", ours.host("127.0.0.1"), a)
	until(t, "b says so", func() bool { return strings.Contains(told.String(), fixAddress) })
}

func TestAHostOfAnotherSiteIsSaidToBe(t *testing.T) {
	a, said := secured(t, "a", "", nil, nil)
	_, told := joined(t, "other", "b", "", nil, a)
	for _, log := range []*logtest.Buffer{said, told} {
		until(t, "it is said", func() bool { return strings.Contains(log.String(), "[cluster] name has to be the same") })
	}
}

// Two servers of one name would count as one. The one that is there goes on.
func TestTwoHostsOfOneNameAreNotLetIn(t *testing.T) {
	a, _ := secured(t, "a", "", nil, nil)
	b, _ := secured(t, "b", "", nil, a)
	until(t, "they are linked", func() bool { return a.server.NumRoutes() > 0 })
	second, told := secured(t, "a", "", nil, b)
	ctx, end := second.Admitted(t.Context())
	defer end()
	<-ctx.Done()
	if err := context.Cause(ctx); err == nil || !strings.Contains(err.Error(), "another host of test calls itself a,") {
		t.Errorf("it ends with %v", err)
	}
	until(t, "it says what to do", func() bool { return strings.Contains(told.String(), "no two hosts may have one name") })
}

func TestWhatTheServerSaysAgainAndAgainIsLoggedOnceAMinute(t *testing.T) {
	var log logtest.Buffer
	now := time.Now()
	l := &serverLog{log: slog.New(slog.NewTextHandler(&log, nil)), now: func() time.Time { return now }}
	for minute := range 2 {
		for i := range 100 {
			l.Errorf(fmt.Sprintf("10.0.0.2:6222 - rid:%d - Error flushing: %%v", i), "broken pipe")
			l.Errorf("Error trying to connect to route (attempt %v): %v", i, "dial tcp 10.0.0.2:6222: i/o timeout")
		}
		if n := strings.Count(log.String(), "\n"); n != minute+1 {
			t.Errorf("after minute %d there are %d lines", minute, n)
		}
		now = now.Add(again)
	}
	if got := l.Unreached(); len(got) != 1 || got[0] != "dial tcp 10.0.0.2:6222: i/o timeout" {
		t.Errorf("unreached: %q", got)
	}
	l.Errorf("JetStream out of resources, will be DISABLED")
	if !strings.Contains(log.String(), stopped.fix) {
		t.Errorf("it does not say what to do:\n%s", &log)
	}
}
