package jetstream

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/memory"
	"github.com/wisr-dev/wisr/host/store/storetest"
)

// served runs a server of its own for a test and returns its URL.
func served(t testing.TB) string {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "test", Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	return s.ClientURL()
}

// connected connects to a server until the test ends.
func connected(t testing.TB, url string) *nats.Conn {
	t.Helper()
	nc, err := nats.Connect(url, nats.Timeout(30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// opened opens a store. The caller closes it.
func opened(t testing.TB, nc *nats.Conn, site string, opt Options) *Store {
	t.Helper()
	opt.Conn, opt.Site, opt.Patience = nc, site, time.Minute
	s, err := Open(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestStore(t *testing.T) {
	url := served(t)
	for name, front := range map[string]func(*testing.T, *Store) isr.Store{
		"alone": func(_ *testing.T, s *Store) isr.Store { return s },
		"with copies on the disk": func(t *testing.T, s *Store) isr.Store {
			return memory.New(s, memory.Options{Disk: t.TempDir()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) isr.Store {
				return front(t, opened(t, connected(t, url), hash(t.Name())[:20], Options{}))
			})
		})
	}
}

func TestAServerThatIsAloneCannotKeepReplicas(t *testing.T) {
	s, err := Open(t.Context(), Options{Conn: connected(t, served(t)), Site: "test", Replicas: 3})
	if err == nil {
		_ = s.Close()
		t.Fatal("it is said to keep three")
	}
	if !strings.Contains(err.Error(), "write replicas = 1 under [cluster]") {
		t.Errorf("what to do is not said: %v", err)
	}
}
