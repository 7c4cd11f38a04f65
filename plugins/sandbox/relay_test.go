package sandbox

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
)

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// box makes a sandbox that ends with the test. Compiled code is kept for all
// tests of a run.
func box(t testing.TB, opts Options) *Sandbox {
	t.Helper()
	if opts.CacheDir == "" {
		opts.CacheDir = filepath.Join(os.TempDir(), fmt.Sprintf("wisr-sandbox-test-%d", os.Getpid()))
	}
	s, err := New(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func load(t testing.TB, s *Sandbox, spec Spec) *Module {
	t.Helper()
	if spec.Name == "" {
		spec.Name = "test"
	}
	if spec.Timeout == 0 {
		spec.Timeout = 5 * time.Minute // what a guest takes on a busy machine is not its fault
	}
	spec.Snapshot = true
	m, err := s.Load(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func run(t testing.TB, m *Module) *Instance {
	t.Helper()
	i, err := m.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(i.Close)
	return i
}

// failure calls an export and gives the failure that it must end with.
func failure(t testing.TB, i *Instance, export string, input []byte) *Failure {
	t.Helper()
	out, err := i.Call(t.Context(), export, input)
	f, ok := err.(*Failure)
	if !ok {
		t.Fatalf("got %q, %v; want a *Failure", out, err)
	}
	return f
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(filepath.Join(os.TempDir(), fmt.Sprintf("wisr-sandbox-test-%d", os.Getpid())))
	os.Exit(code)
}

// upstream is what relay.wasm asks: it answers every POST with what is set.
type upstream struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	body   string
	inputs []string
}

func newUpstream(t testing.TB) *upstream {
	u := &upstream{status: 200}
	u.Server = httptest.NewServer(u)
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	input, _ := io.ReadAll(r.Body)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.inputs = append(u.inputs, r.Method+" "+r.URL.Path+" "+string(input))
	w.WriteHeader(u.status)
	io.WriteString(w, u.body)
}

func (u *upstream) answer(status int, body string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.status, u.body = status, body
}

func fetcher(t testing.TB, allow ...string) *egress.Client {
	t.Helper()
	policy, err := egress.ParsePolicy(allow, []string{"GET", "POST"})
	if err != nil {
		t.Fatal(err)
	}
	c := egress.New(egress.Options{Plugin: "test", Policy: policy, MaxResponse: 64 << 20, Timeout: 5 * time.Minute})
	t.Cleanup(c.Close)
	return c
}

// relay loads relay.wasm for an upstream.
func relay(t testing.TB, u *upstream, spec Spec) *Module {
	t.Helper()
	spec.Module = fixture(t, "relay.wasm")
	spec.Config = map[string]string{"upstream": u.URL}
	if spec.Fetch == nil {
		spec.Fetch = fetcher(t, u.URL)
	}
	return load(t, box(t, Options{}), spec)
}
