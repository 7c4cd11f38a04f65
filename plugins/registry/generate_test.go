package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/page"
)

// However a generation goes wrong, the failure says of which plugin, in which
// function, for which path, and why, in one line that does not say it twice.
func TestWhatAFailureTells(t *testing.T) {
	const props, render = page.ExportProps, page.ExportRender
	s := newSite(t)
	s.relay("page", "/page/[x]", "[limits]\ntimeout = \"1s\"\nmemory = \"2MB\"\noutput = \"64KB\"")
	r := s.open()
	for _, tt := range []struct {
		export string
		status int
		body   string
		cause  string
		says   string
	}{
		{props, 500, "no database", "error", "no database"},
		{props, 507, "", "error", "returned 7 without an error message"},
		{props, 601, "", "trap", "unreachable"},
		{props, 508, "half way", "trap", "half way (unreachable)"},
		{props, 602, "", "timeout", "took longer than the 1s of [limits] timeout"},
		{props, 604, "", "memory", "out of memory, [limits] memory is 2MB"},
		{props, 605, "3", "exit", "exit"},
		{props, 607, "100000", "output", "output has 100000 bytes, [limits] output allows 65536"},
		{props, 0, "", "fetch", "POST " + s.upstream.URL + "/page/props: "},
		{props, 200, `{"props":{},"revalidate":0}`, "result", `"revalidate" is 0; want`},
		{props, 200, `{"props":{},"reValidate":1}`, "result", `"reValidate" is an unknown key with value 1`},
		{props, 200, "nonsense", "result", "the result is not JSON"},
		{props, 613, "", "result", "the result is empty"},
		{props, 608, "3 5", "result", "the result is not JSON"}, // three lines in its log
		{render, 500, "no template", "error", "no template"},
		{render, 601, "", "trap", "unreachable"},
		{render, 613, "", "result", "the body is empty"},
	} {
		s.upstream.On("page/props", nil)
		s.upstream.On("page/render", nil)
		s.upstream.On("page/"+map[string]string{props: "props", render: "render"}[tt.export], says(tt.status, tt.body))
		made, err := generate(t.Context(), t, r, "/page/a%20b")
		if made != nil {
			t.Errorf("%s %d: it made %+v", tt.export, tt.status, made)
		}
		f := wantFailure(t, err, tt.cause)
		if f.Plugin != "page" || f.Export != tt.export || f.Path != "/page/a%20b" {
			t.Errorf("%s %d: the failure is of plugin %q, export %q, path %q", tt.export, tt.status, f.Plugin, f.Export, f.Path)
		}
		if !strings.Contains(f.Message(), tt.says) || strings.Contains(f.Message(), tt.export+":") {
			t.Errorf("%s %d: the message is %q, want %q", tt.export, tt.status, f.Message(), tt.says)
		}
		if want := "plugin page: " + tt.export + " of /page/a%20b: " + f.Message(); f.Error() != want {
			t.Errorf("the error is %q, want %q", f.Error(), want)
		}
		if trap := tt.cause == "trap"; trap && !strings.Contains(f.Stack, map[string]string{props: "props", render: "render"}[tt.export]) {
			t.Errorf("%s %d: the stack is %q", tt.export, tt.status, f.Stack)
		}
		if want := map[int]int{608: 3}[tt.status]; len(f.Log) != want {
			t.Errorf("%s %d: the log is %v, want %d lines", tt.export, tt.status, f.Log, want)
		}
		if tt.export == render && s.upstream.Called("page/props") == 0 {
			t.Error("render ran without getStaticProps")
		}
	}

	// The next generation knows nothing of them.
	s.upstream.On("page/render", nil)
	if got := body(t, r, "/page/a"); got != "/page/a" {
		t.Errorf("the page is %q", got)
	}
}

func TestAFailureBeforeAnyFunctionWasCalled(t *testing.T) {
	s := newSite(t)
	s.plugin("trap", "/trap", "starttrap.wasm")
	_, err := generate(t.Context(), t, s.open(), "/trap")
	f := wantFailure(t, err, "trap", "plugin trap of /trap: unreachable")
	if f.Export != "" || f.Stack == "" {
		t.Errorf("export %q, stack %q", f.Export, f.Stack)
	}
}

// Causes below can be asked for.
func TestAFailureUnwrapsToItsCause(t *testing.T) {
	s := newSite(t)
	s.plugin("page", "/page", "relay.wasm", "[config]\nupstream = \"https://not.example\"")
	s.relay("bad", "/bad")
	s.upstream.On("bad/props", says(200, "[]"))
	r := s.open()
	_, err := generate(t.Context(), t, r, "/page")
	wantFailure(t, err, "fetch", "[fetch] allow in plugin.toml")
	var denied *egress.Denied
	if !errors.As(err, &denied) {
		t.Errorf("no *egress.Denied in %v", err)
	}
	_, err = generate(t.Context(), t, r, "/bad")
	var invalid *page.InvalidError
	if !errors.As(err, &invalid) || invalid.Export != page.ExportProps {
		t.Errorf("no *page.InvalidError in %v", err)
	}
}

func TestAGenerationEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	s.relay("page", "/page")
	r := s.open()
	ctx, cancel := context.WithCancel(t.Context())
	wait := make(chan struct{})
	s.upstream.On("page/props", func(input) (int, string) {
		cancel()
		<-wait
		return 200, `{"props":{}}`
	})
	_, err := generate(ctx, t, r, "/page")
	if f := wantFailure(t, err, "canceled"); f.Export != page.ExportProps {
		t.Errorf("the export is %q", f.Export)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	close(wait)
	if _, err := generate(ctx, t, r, "/page"); !errors.Is(err, context.Canceled) {
		t.Errorf("a generation that may not begin: %v", err)
	}
	if n := s.upstream.Called("page/render"); n != 0 {
		t.Errorf("render ran %d times", n)
	}
}

func TestWhatAGenerationMakes(t *testing.T) {
	s := newSite(t)
	s.relay("page", "/page/[x]")
	s.relay("feed", "/feed.xml")
	r := s.open()
	header := func(made *Generated) string {
		var lines []string
		for _, f := range made.Result.Header {
			lines = append(lines, f.Name+": "+f.Value)
		}
		return strings.Join(lines, ", ")
	}
	for name, tt := range map[string]struct {
		key, props     string
		header, status string
		body           string
		renders        int
	}{
		"plain":        {key: "/page/a", props: `{"props":{"a":1}}`, header: "Content-Type: text/html; charset=utf-8", body: "/page/a", renders: 1},
		"by extension": {key: "/feed.xml", props: `{"props":{}}`, header: "Content-Type: " + page.ContentType("/feed.xml", nil), body: "/feed.xml", renders: 1},
		"its own":      {key: "/page/a", props: `{"props":{},"headers":{"content-type":"text/plain","X-A":"b"}}`, header: "Content-Type: text/plain, X-A: b", body: "/page/a", renders: 1},
		"not found":    {key: "/page/a", props: `{"notFound":true,"revalidate":7}`},
		"redirect":     {key: "/page/a", props: `{"redirect":{"destination":"/b","permanent":true}}`},
	} {
		t.Run(name, func(t *testing.T) {
			plugin := strings.TrimSuffix(strings.Split(tt.key, "/")[1], ".xml")
			s.upstream.On(plugin+"/props", says(200, tt.props))
			before := s.upstream.Called(plugin + "/render")
			made, err := generate(t.Context(), t, r, tt.key)
			if err != nil {
				t.Fatal(err)
			}
			if got := header(made); got != tt.header || string(made.Body) != tt.body {
				t.Errorf("header %q, body %q, want %q, %q", got, made.Body, tt.header, tt.body)
			}
			if n := s.upstream.Called(plugin+"/render") - before; n != tt.renders {
				t.Errorf("render ran %d times", n)
			}
			want := []string{s.upstream.URL + "/" + plugin + "/props", s.upstream.URL + "/" + plugin + "/render"}[:1+tt.renders]
			if !slices.Equal(made.Sources, want) {
				t.Errorf("sources are %q, want %q", made.Sources, want)
			}
		})
	}

	s.upstream.On("page/props", nil)
	s.upstream.On("page/render", says(608, "2 4"))
	made, err := generate(t.Context(), t, r, "/page/a")
	if err != nil || string(made.Body) != "logged" || len(made.Log) != 2 {
		t.Errorf("the log is %+v, %v", made, err)
	}
	s.upstream.On("page/props", says(200, `{"notFound":true,"revalidate":7}`))
	made, err = generate(t.Context(), t, r, "/page/a")
	if err != nil || made.Result.Kind != page.KindNotFound || made.Result.Revalidate != 7*time.Second {
		t.Errorf("not found is %+v, %v", made, err)
	}
}

// A page without getStaticProps has {} for props, and its reason and locale
// reach getStaticProps where there is one.
func TestWhatTheExportsAreTold(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.relay("page", "/page/[x]")
	r := s.open()
	var told input
	s.upstream.On("page/props", func(in input) (int, string) {
		told = in
		return 200, `{"props":{"a": 1.0}}`
	})
	var rendered input
	s.upstream.On("page/render", func(in input) (int, string) {
		rendered = in
		return 200, "x"
	})
	match := find(t, r, "/de/page/a")
	for _, reason := range []page.Reason{page.ReasonBuild, page.ReasonStale, page.ReasonOnDemand} {
		if _, err := match.Version.Generate(t.Context(), match.Input(), reason); err != nil {
			t.Fatal(err)
		}
		if told.RevalidateReason != string(reason) || told.Locale != "de" || told.Path != "/page/a" || string(told.Params) != `{"x":"a"}` {
			t.Errorf("getStaticProps is told %+v", told)
		}
		if string(rendered.Props) != `{"a": 1.0}` || rendered.IsFallback || rendered.RevalidateReason != "" || rendered.Locale != "de" {
			t.Errorf("render is told %+v", rendered) // S82: byte for byte
		}
	}
}
