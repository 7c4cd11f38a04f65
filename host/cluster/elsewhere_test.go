package cluster

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/wisr-dev/wisr/host/store/jetstream"
)

// site is an account on servers that are not wisr's, as their operator makes it.
type site struct {
	options     *server.Options
	credentials string // the text of a file
}

// newSite makes an operator, an account with JetStream, and a user.
func newSite(t *testing.T) site {
	t.Helper()
	pair := func(make func() (nkeys.KeyPair, error)) (nkeys.KeyPair, string) {
		key, err := make()
		if err != nil {
			t.Fatal(err)
		}
		public, err := key.PublicKey()
		if err != nil {
			t.Fatal(err)
		}
		return key, public
	}
	operatorKey, operatorID := pair(nkeys.CreateOperator)
	_, systemID := pair(nkeys.CreateAccount)
	accountKey, accountID := pair(nkeys.CreateAccount)
	userKey, userID := pair(nkeys.CreateUser)
	operator := jwt.NewOperatorClaims(operatorID)
	operator.SystemAccount = systemID
	system := jwt.NewAccountClaims(systemID)
	account := jwt.NewAccountClaims(accountID)
	account.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: -1, MemoryStorage: -1, Streams: -1, Consumer: -1}
	signed := func(c jwt.Claims, key nkeys.KeyPair) string {
		text, err := c.Encode(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	accounts := &server.MemAccResolver{}
	for id, claims := range map[string]*jwt.AccountClaims{systemID: system, accountID: account} {
		if err := accounts.Store(id, signed(claims, operatorKey)); err != nil {
			t.Fatal(err)
		}
	}
	seed, err := userKey.Seed()
	if err != nil {
		t.Fatal(err)
	}
	user, err := jwt.FormatUserConfig(signed(jwt.NewUserClaims(userID), accountKey), seed)
	if err != nil {
		t.Fatal(err)
	}
	return site{credentials: string(user), options: &server.Options{
		ServerName: "elsewhere", Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true, JetStream: true, StoreDir: t.TempDir(),
		TrustedOperators: []*jwt.OperatorClaims{operator}, SystemAccount: systemID, AccountResolver: accounts,
	}}
}

// serve runs the server until the test ends and returns its address.
func (s site) serve(t *testing.T) string {
	t.Helper()
	elsewhere, err := server.NewServer(s.options)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere.Start()
	t.Cleanup(func() {
		elsewhere.Shutdown()
		elsewhere.WaitForShutdown()
	})
	if !elsewhere.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	return strings.TrimPrefix(strings.TrimPrefix(elsewhere.ClientURL(), "nats://"), "tls://")
}

func TestServersElsewhereAreReachedByTLSAndAFileOfCredentials(t *testing.T) {
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	s := newSite(t)
	s.options.TLSConfig, s.options.TLSTimeout, s.options.TLSVerify = ours.host("127.0.0.1"), 30, true
	address := s.serve(t)
	file := filepath.Join(t.TempDir(), "site.creds")
	if err := os.WriteFile(file, []byte(s.credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "other.creds")
	if err := os.WriteFile(other, []byte(newSite(t).credentials), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func(credentials string, secure *tls.Config) error {
		ctx := t.Context()
		c, err := Join(ctx, Options{
			Name: "test", Host: "a", Servers: []string{"nats://127.0.0.1:1", "nats://" + address}, Credentials: credentials, TLS: secure,
			Log: quiet(),
		})
		if err != nil {
			return err
		}
		defer c.Close()
		store, err := jetstream.Open(ctx, jetstream.Options{Conn: c.Conn(), Site: "test", Replicas: 1, Patience: 10 * time.Second})
		if err != nil {
			return err
		}
		defer store.Close()
		if err := c.Start(ctx, store, nil); err != nil {
			return err
		}
		if _, err := store.Put(ctx, entry("/a", 1)); err != nil {
			return err
		}
		if e, err := store.Get(ctx, "/a"); err != nil || string(e.Body) != "/a #1" {
			return fmt.Errorf("the page is %v, %w", e, err)
		}
		return nil
	}
	if err := open(file, ours.host("127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		credentials string
		secure      *tls.Config
		want        string
	}{
		"no credentials":         {"", ours.host("127.0.0.1"), "[cluster] credentials"},
		"credentials of another": {other, ours.host("127.0.0.1"), "[cluster] credentials"},
		"no file":                {file + "x", ours.host("127.0.0.1"), "no such file"},
		"no TLS":                 {file, nil, "[cluster] c"},
		"another authority":      {file, theirs.host("127.0.0.1"), "[cluster] ca"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := open(c.credentials, c.secure); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("it says %v; want %q", err, c.want)
			}
		})
	}
}
