// Compiling a module under the race detector takes a minute and finds nothing:
// the guest is one thread. The sandbox has race tests of its own.
//go:build !race

package page_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
	contract "github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// buildGuest compiles testdata/guest with the toolchain on PATH.
func buildGuest(t *testing.T) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.Command("go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, "./testdata/guest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return module
}

// echo answers with what it was asked.
func echo(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/hangup" {
		panic(http.ErrAbortHandler)
	}
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Upstream", "yes")
	w.WriteHeader(http.StatusTeapot)
	fmt.Fprintf(w, "%s %s %s %s", r.Method, r.URL, r.Header.Get("X-Guest"), body)
}

// guest is the loaded module and how to run one generation of it.
type guest struct {
	module *sandbox.Module
	pat    route.Pattern
}

func (g guest) input(do string) contract.Input {
	path, err := g.pat.Path(route.Params{{Name: "do", Values: []string{do}}})
	if err != nil {
		panic(err)
	}
	return contract.Input{
		Route: g.pat.String(), Path: path, Params: route.Params{{Name: "do", Values: []string{do}}},
		Locale: "fr", Locales: []string{"en", "fr"}, DefaultLocale: "en", DraftMode: true,
	}
}

// outcome is what came of one generation.
type outcome struct {
	result  contract.Result
	body    string
	log     []sandbox.LogLine
	sources []string
}

// generate does what the host does: getStaticProps, then render in the same
// fresh instance.
func (g guest) generate(t *testing.T, do string) (o outcome, err error) {
	t.Helper()
	i, err := g.module.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	defer func() { o.log, o.sources = i.Log(), i.Sources() }()
	out, err := i.Call(t.Context(), "getStaticProps", g.input(do).Props("stale"))
	if err != nil {
		return o, err
	}
	if o.result, err = contract.DecodeResult(out); err != nil || o.result.Kind != contract.KindProps {
		return o, err
	}
	out, err = i.Call(t.Context(), "render", g.input(do).Render(o.result.Props, false))
	o.body = string(out)
	return o, err
}

// TestAGuestInTheSandbox runs the Wasm side of this package: exports, imports,
// and the bytes between.
func TestAGuestInTheSandbox(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a module")
	}
	upstream := httptest.NewServer(http.HandlerFunc(echo))
	t.Cleanup(upstream.Close)
	policy, err := egress.ParsePolicy([]string{upstream.URL}, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := egress.New(egress.Options{Plugin: "guest", Policy: policy, Timeout: 5 * time.Second, MaxResponse: 1 << 20})
	t.Cleanup(client.Close)
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close(context.Background()) })
	module, err := box.Load(t.Context(), sandbox.Spec{
		Name: "guest", Module: buildGuest(t), Timeout: 20 * time.Second, Memory: 128 << 20, Output: 8 << 20,
		Config: map[string]string{"long": "a long value é ☃ 😀", "k": "v", "upstream": upstream.URL},
		Fetch:  client,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { module.Close(context.Background()) })
	pattern, err := route.Parse("/do/[do]")
	if err != nil {
		t.Fatal(err)
	}
	g := guest{module, pattern}

	t.Run("exports", func(t *testing.T) {
		for _, export := range []string{"getStaticPaths", "getStaticProps", "render"} {
			if !module.Has(export) {
				t.Errorf("%s is not exported", export)
			}
		}
	})
	t.Run("paths", g.paths)
	t.Run("pages", g.pages)
	t.Run("results", g.results)
	t.Run("host", func(t *testing.T) { g.host(t, upstream.URL) })
	t.Run("failures", g.failures)
}

func (g guest) paths(t *testing.T) {
	i, err := g.module.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	in := contract.PathsInput{Route: g.pat.String(), Locales: []string{"en", "fr"}, DefaultLocale: "en"}
	var got []contract.Path
	for range 2 {
		out, err := i.Call(t.Context(), "getStaticPaths", in.JSON())
		if err != nil {
			t.Fatal(err)
		}
		paths, err := contract.DecodePaths(out, g.pat, in.Locales)
		if err != nil {
			t.Fatal(err)
		}
		if paths.Fallback != contract.FallbackBlocking {
			t.Errorf("fallback is %v", paths.Fallback)
		}
		got = append(got, paths.Paths...)
		in.Cursor = paths.Cursor
	}
	if in.Cursor != "" || len(got) != 3 || got[0].Path != "/do/plain" || got[1].Path != "/do/%C3%A9%20%E2%98%83%20%F0%9F%98%80" || got[2].Path != "/do/log" {
		t.Errorf("got %+v and the cursor %q", got, in.Cursor)
	}
}

func (g guest) pages(t *testing.T) {
	for do, want := range map[string]string{
		"plain": "<!doctype html><title>plain</title><p></p>",
		"é ☃ 😀": "<!doctype html><title>é ☃ 😀</title><p></p>",
		"a&b<c": "<!doctype html><title>a&amp;b&lt;c</title><p></p>",
		"tiny":  "ok", // shorter than a word
		"empty": "",
		"big":   "<!doctype html><title>big</title><p>" + strings.Repeat("0123456789é", 100_000) + "</p>",
		"echo":  "<!doctype html><title>echo</title><p>/do/[do]|/do/echo|map[do:[echo]]|fr|[en fr]|en|true|stale</p>",
	} {
		if o, err := g.generate(t, do); err != nil || o.body != want {
			t.Errorf("%s: %.200q, %v", do, o.body, err)
		}
	}

	// The clock is a real one (LAB 14).
	o, err := g.generate(t, "plain")
	if err != nil {
		t.Fatal(err)
	}
	var p struct{ At time.Time }
	if err := json.Unmarshal(o.result.Props, &p); err != nil || time.Since(p.At).Abs() > time.Minute {
		t.Errorf("the guest's clock says %v, %v", p.At, err)
	}

	i, err := g.module.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer i.Close()
	in := g.input("x").Render(json.RawMessage(`{}`), true)
	if out, err := i.Call(t.Context(), "render", in); err != nil || string(out) != "<!doctype html><p>one moment" {
		t.Errorf("fallback: %q, %v", out, err)
	}
}

func (g guest) results(t *testing.T) {
	o, err := g.generate(t, "everything")
	r := o.result
	if err != nil || r.Revalidate != 10*time.Second || r.Expire != time.Hour || r.Status != 404 || !slices.Equal(r.Tags, []string{"a", "post:ü"}) ||
		len(r.Header) != 1 || r.Header[0].Name != "Content-Security-Policy" || r.Header[0].Value != "default-src 'none'" {
		t.Errorf("everything: %+v, %v", r, err)
	}
	o, err = g.generate(t, "notfound")
	if err != nil || o.result.Kind != contract.KindNotFound || o.result.Revalidate != time.Minute {
		t.Errorf("notfound: %+v, %v", o.result, err)
	}
	o, err = g.generate(t, "redirect")
	want := contract.Redirect{Destination: "/do/plain?a=1&b=2", StatusCode: 308, BasePath: false}
	if err != nil || o.result.Kind != contract.KindRedirect || o.result.Redirect != want {
		t.Errorf("redirect: %+v, %v", o.result, err)
	}
}

func (g guest) host(t *testing.T, upstream string) {
	o, err := g.generate(t, "config")
	if want := "<p>a long value é ☃ 😀|v|</p>"; err != nil || !strings.Contains(o.body, want) {
		t.Errorf("config: %q, %v; want %q", o.body, err, want)
	}

	o, err = g.generate(t, "log")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []sandbox.LogLine{
		{Level: slog.LevelDebug, Text: "debug 1"},
		{Level: slog.LevelInfo, Text: "info é ☃ 😀"},
		{Level: slog.LevelWarn, Text: "warn"},
		{Level: slog.LevelError, Text: "error that does no harm"},
	} {
		if !slices.Contains(o.log, want) {
			t.Errorf("%v is missing in the log %v", want, o.log)
		}
	}
	if !slices.ContainsFunc(o.log, func(l sandbox.LogLine) bool { return l.Text == "printed" }) {
		t.Errorf("what was printed is missing in the log %v", o.log)
	}

	o, err = g.generate(t, "fetch")
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Text   string
		Status int
		Header map[string]string
	}
	if err := json.Unmarshal(o.result.Props, &p); err != nil {
		t.Fatal(err)
	}
	if p.Text != "POST /echo yes body é ☃ 😀" || p.Status != http.StatusTeapot || p.Header["x-upstream"] != "yes" {
		t.Errorf("fetch: %+v", p)
	}
	if !slices.Contains(o.sources, upstream+"/echo") {
		t.Errorf("the sources are %q", o.sources)
	}

	o, err = g.generate(t, "fetchall")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(o.result.Props, &p); err != nil {
		t.Fatal(err)
	}
	if want := "418 GET /1  |418 POST /2  é|0 |418 GET /4  |page: fetch GET " + upstream + "/hangup: "; !strings.HasPrefix(p.Text, want) || strings.Count(p.Text, upstream) != 1 {
		t.Errorf("fetchall: got  %s\nwant %s…", p.Text, want)
	}
}

func (g guest) failures(t *testing.T) {
	for _, tt := range []struct {
		do    string
		cause sandbox.Cause
		want  []string // parts of what is told
	}{
		{"error", sandbox.CauseError, []string{"reading the post: file does not exist"}},
		{"subsecond", sandbox.CauseError, []string{"Revalidate is 500ms"}},
		{"panic", sandbox.CauseError, []string{"panic: runtime error: invalid memory address", "main.deeper\n", "main.load\n", "guest/main.go:"}},
		{"index", sandbox.CauseError, []string{"index out of range [8] with length 2", "main.load\n"}},
		{"renderpanic", sandbox.CauseError, []string{"panic: render of /do/renderpanic", "main.render\n"}},
		{"forbidden", sandbox.CauseFetch, []string{"http://forbidden.example"}},
		{"exit", sandbox.CauseExit, []string{"3"}},
		{"goroutine", "", []string{"in a goroutine of its own", "main.load.func1"}},
	} {
		_, err := g.generate(t, tt.do)
		var f *sandbox.Failure
		if !errors.As(err, &f) {
			t.Errorf("%s: got %v", tt.do, err)
			continue
		}
		if tt.cause != "" && f.Cause != tt.cause {
			t.Errorf("%s: the cause is %q, want %q", tt.do, f.Cause, tt.cause)
		}
		told := f.Message + "\n" + f.Stack
		for _, want := range tt.want {
			if !strings.Contains(told, want) {
				t.Errorf("%s: %q is missing in:\n%s", tt.do, want, told)
			}
		}
		if strings.Contains(told, "sdk/go.") || strings.Contains(told, "<autogenerated>") {
			t.Errorf("%s: frames of the sdk are told:\n%s", tt.do, told)
		}
		if tt.do == "error" && !slices.ContainsFunc(f.Log, func(l sandbox.LogLine) bool { return l.Text == "before the error" }) {
			t.Errorf("the log is missing in the failure: %v", f.Log)
		}
	}

	// A page that failed harms none that comes after.
	if _, err := g.generate(t, "plain"); err != nil {
		t.Error(err)
	}
}
