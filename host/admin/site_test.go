package admin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// site is a host without its public listener: plugins, engine and store, and
// the private listener that is asked about them.
type site struct {
	t        *testing.T
	server   *Server
	registry *registry.Registry
	engine   *isr.Engine
	events   *Events
	store    isr.Store
	stopping error // what Ready returns
}

// newSite has the plugins hello at /hello, and broken at /broken, which
// does not load. change may set options.
func newSite(t *testing.T, change func(*Options)) *site {
	t.Helper()
	s := &site{t: t, events: NewEvents(time.Now)}
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close(context.Background()) })
	plugins := filepath.Join(t.TempDir(), "plugins")
	for name, module := range map[string]string{"hello": "hello", "broken": "norender"} {
		folder := filepath.Join(plugins, name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(folder, "plugin.toml"), manifestOf(name, ""))
		put(t, filepath.Join(folder, "page.wasm"), moduleOf(t, module))
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s.registry, err = registry.Open(t.Context(), registry.Options{
		Dir: plugins, Sandbox: box, State: filepath.Join(t.TempDir(), "paths"), Versions: filepath.Join(t.TempDir(), "versions"), Keep: 3, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.registry.Close)
	store, err := dir.Open(filepath.Join(t.TempDir(), "pages"), dir.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	s.store = store
	s.engine, err = isr.New(t.Context(), isr.Options{
		Store: store, Renderer: renderer{s.registry}, Workers: 2, Queue: 10, Expire: time.Hour, NotFoundRevalidate: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.engine.Close(context.Background()); store.Close() })
	opt := Options{
		Ready: func() error { return s.stopping },
		Details: func() any {
			return map[string]any{"plugins": 1, "broken": []string{"broken"}, "cluster": map[string]any{"detached": false, "keeps_pages": true, "live": []string{"a"}}}
		},
		File: func(key string) string {
			if key == "/robots.txt" {
				return "robots.txt"
			}
			return ""
		},
		Registry: s.registry, Engine: s.engine, Events: s.events, Log: log,
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; version=0.0.4")
			fmt.Fprintln(w, "wisr_build_info 1")
		}),
	}
	opt.Revalidate = &demand.Revalidator{Engine: s.engine, Table: s.registry.Table, Parallel: 1}
	if change != nil {
		change(&opt)
	}
	s.server = New(opt)
	return s
}

// renderer is the engine's way to the plugins.
type renderer struct{ registry *registry.Registry }

func (r renderer) Render(ctx context.Context, key string, reason page.Reason, _ *isr.Entry) (*isr.Output, error) {
	match, ok := r.registry.Table().Lookup(key)
	if !ok {
		return nil, fmt.Errorf("no plugin serves %s", key)
	}
	made, err := match.Version.Generate(ctx, match.Input(), reason)
	if err != nil {
		return nil, err
	}
	return &isr.Output{Plugin: match.Version.Plugin, Version: match.Version.ID, Result: made.Result, Body: made.Body}, nil
}

// visit makes the page of a path.
func (s *site) visit(key string) {
	s.t.Helper()
	match, ok := s.registry.Table().Lookup(key)
	if !ok {
		s.t.Fatalf("nobody serves %s", key)
	}
	if _, err := s.engine.Visit(s.t.Context(), isr.Page{Key: key, Plugin: match.Version.Plugin, Version: match.Version.ID}, isr.Plain, time.Now()); err != nil {
		s.t.Fatal(err)
	}
}

func manifestOf(name, more string) []byte {
	return []byte(fmt.Sprintf("name = %q\nroute = \"/%s\"\nmodule = \"page.wasm\"\n%s", name, name, more))
}

func put(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// moduleOf reads a module of testdata.
func moduleOf(t *testing.T, name string) []byte {
	t.Helper()
	module, err := os.ReadFile(filepath.Join("..", "..", "testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// upload makes the body of a PUT; parts are name, content, name, content …
func upload(parts ...any) (body io.Reader, contentType string) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	for i := 0; i < len(parts); i += 2 {
		part, _ := w.CreateFormFile(parts[i].(string), "file")
		part.Write(parts[i+1].([]byte))
	}
	w.Close()
	return &form, w.FormDataContentType()
}

// request is one that an operator sends; fields are as of ask.
func request(method, path string, body io.Reader, fields ...string) *http.Request {
	r := httptest.NewRequest(method, path, body)
	r.Host = "127.0.0.1:9090"
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	return r
}

func (s *site) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.server.http.Handler.ServeHTTP(w, r)
	return w
}
