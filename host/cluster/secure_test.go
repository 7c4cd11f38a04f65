package cluster

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
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
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
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

// host is the TLS of a host at an IP address, which trusts what this authority has signed.
func (a *authority) host(ip string) *tls.Config {
	a.t.Helper()
	cert, key := a.sign(&x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "host"}, IPAddresses: []net.IP{net.ParseIP(ip)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
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
	var log logtest.Buffer
	opt := Options{Name: "test", Host: name, Listen: "127.0.0.1:0", Secret: secret, Dir: t.TempDir(), TLS: secure, Log: slog.New(slog.NewTextHandler(&log, nil))}
	opt.Peers = []string{"127.0.0.1:1"} // nobody
	if peer != nil {
		opt.Peers = []string{peer.server.ClusterAddr().String()}
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
		"no TLS":                   {"between hosts", nil, "all hosts have TLS, or none", ""},
		"another secret":           {"guessed", ours.host("127.0.0.1"), "[cluster] secret", "[cluster] secret"},
		"no secret":                {"", ours.host("127.0.0.1"), "[cluster] secret", "[cluster] secret"},
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
