package host_test

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
)

// checkoutExample copies what an example is built from into a folder of its own, so
// that a test may change it, and returns the example's folder. The copy is a
// module of the same name, which compiles with what this one has downloaded.
func checkoutExample(t *testing.T, example string) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"go.mod", "go.sum", "sdk/go", "examples/" + example} {
		copyFolder(t, filepath.Join(root, name), filepath.Join("..", name))
	}
	return filepath.Join(root, "examples", example)
}

func copyFolder(t *testing.T, to, from string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rest, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rest)
		switch {
		case entry.IsDir() && slices.Contains([]string{".wisr", "testdata", "node_modules"}, entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(name, ".wasm"):
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// editFile changes a file as an editor does: the old text, which must be there, becomes the new one.
func editFile(t *testing.T, file, from, to string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(data), from, to)
	if text == string(data) {
		t.Fatalf("%s: no %q", file, from)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func openExample(t *testing.T, dir string, mode host.Mode) *host.Host {
	t.Helper()
	cfg, err := config.Load(dir, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Server.Listen, cfg.Admin.Listen = "127.0.0.1:0", "127.0.0.1:0"
	h, err := host.Open(context.Background(), cfg, host.Options{Mode: mode, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// buildExample makes a site's modules and pages, as `wisr build` does.
func buildExample(t *testing.T, dir string) {
	t.Helper()
	h := openExample(t, dir, host.Build)
	report, err := h.Build(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range report.Problems {
		t.Errorf("%s: %v", p.Plugin, p.Err)
	}
	for _, r := range report.Routes {
		for _, f := range r.Failures {
			t.Errorf("%s: %v", f.Path, f.Err)
		}
	}
	if err := h.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// serveExample answers as `wisr start` or `wisr dev` does until the test ends, and
// returns the site's address without a slash at the end.
func serveExample(t *testing.T, dir string, mode host.Mode) string {
	t.Helper()
	h := openExample(t, dir, mode)
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan host.Addresses, 1), make(chan error, 1)
	go func() { ended <- h.Serve(ctx, func(a host.Addresses) { ready <- a }) }()
	select {
	case err := <-ended:
		cancel()
		t.Fatalf("serve: %v", err)
		return ""
	case a := <-ready:
		t.Cleanup(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the host ended with: %v", err)
			}
		})
		return strings.TrimSuffix(a.Site, "/")
	}
}
