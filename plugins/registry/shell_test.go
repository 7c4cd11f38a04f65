package registry

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

// S64: one shell for all paths of a locale, made once however many ask at once.
func TestS64AShellIsMadeOncePerLocale(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.relay("item", "/item/[id]")
	var mu sync.Mutex
	var inputs []input
	s.upstream.On("item/render", func(in input) (int, string) {
		mu.Lock()
		defer mu.Unlock()
		inputs = append(inputs, in)
		return 200, fmt.Sprintf("shell %d in %s", len(inputs), in.Locale)
	})
	r := s.open()
	shell := func(key string) *Generated {
		match := find(t, r, key)
		made, err := match.Version.Shell(t.Context(), match.Input())
		if err != nil {
			t.Error(err)
			return &Generated{}
		}
		return made
	}
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range 40 {
		group.Go(func() {
			<-start
			shell(fmt.Sprintf([]string{"/item/%d", "/de/item/%d"}[i%2], i))
		})
	}
	close(start)
	group.Wait()
	if len(inputs) != 2 || inputs[0].Locale == inputs[1].Locale {
		t.Fatalf("shells were made for %+v", inputs)
	}
	for _, in := range inputs { // S61
		if !in.IsFallback || string(in.Props) != "{}" || string(in.Params) != "{}" {
			t.Errorf("isFallback is %v, props %s, params %s", in.IsFallback, in.Props, in.Params)
		}
		if in.Route != "/item/[id]" || in.Path != "/item/[id]" || in.DefaultLocale != "en" || len(in.Locales) != 2 {
			t.Errorf("the shell is told of one page: %+v", in)
		}
	}
	if n := s.upstream.Called("item/props"); n != 0 {
		t.Errorf("getStaticProps ran %d times", n)
	}
	made := shell("/de/item/x")
	if want := map[string]string{inputs[0].Locale: "shell 1 in " + inputs[0].Locale, inputs[1].Locale: "shell 2 in " + inputs[1].Locale}["de"]; string(made.Body) != want {
		t.Errorf("the shell is %q, want %q", made.Body, want)
	}
	if made.Result.Kind != page.KindProps || made.Result.Status != 200 || string(made.Result.Props) != "{}" ||
		len(made.Result.Header) != 1 || made.Result.Header[0] != (page.Field{Name: "Content-Type", Value: "text/html; charset=utf-8"}) {
		t.Errorf("its result is %+v", made.Result)
	}
}

func TestAShellThatFailsIsTriedAgain(t *testing.T) {
	s := newSite(t)
	dir := s.relay("item", "/item/[id]")
	s.upstream.On("item/render", says(500, "no skeleton"))
	r := s.open()
	match := find(t, r, "/item/1")
	for n := range 2 {
		_, err := match.Version.Shell(t.Context(), match.Input())
		f := wantFailure(t, err, "error", "plugin item: render of /item/[id]: no skeleton")
		if f.Plugin != "item" || f.Export != "render" || f.Path != "/item/[id]" {
			t.Errorf("the failure is %+v", f)
		}
		if calls := s.upstream.Called("item/render"); calls != n+1 {
			t.Errorf("render ran %d times", calls)
		}
	}
	s.upstream.On("item/render", says(200, "skeleton"))
	for range 3 {
		made, err := match.Version.Shell(t.Context(), match.Input())
		if err != nil || string(made.Body) != "skeleton" {
			t.Fatalf("the shell: %v", err)
		}
	}
	if calls := s.upstream.Called("item/render"); calls != 3 {
		t.Errorf("render ran %d times", calls)
	}

	// A new version has a shell of its own.
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	s.upstream.On("item/render", says(200, "new skeleton"))
	match = find(t, r, "/item/1")
	if made, err := match.Version.Shell(t.Context(), match.Input()); err != nil || string(made.Body) != "new skeleton" {
		t.Errorf("the shell of the new version: %v", err)
	}
}

// Others may wait for the same shell.
func TestAShellIsMadeToItsEndThoughItsVisitorLeaves(t *testing.T) {
	s := newSite(t)
	s.relay("item", "/item/[id]")
	match := find(t, s.open(), "/item/1")
	ctx, cancel := context.WithCancel(t.Context())
	s.upstream.On("item/render", func(input) (int, string) {
		cancel()
		return 200, "skeleton"
	})
	for range 2 {
		if made, err := match.Version.Shell(ctx, match.Input()); err != nil || string(made.Body) != "skeleton" {
			t.Fatalf("the shell: %v", err)
		}
	}
	if calls := s.upstream.Called("item/render"); calls != 1 {
		t.Errorf("render ran %d times", calls)
	}
	// Not so a page: whoever asks for it has to keep his context.
	_, err := match.Version.Generate(ctx, match.Input(), page.ReasonStale)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a generation: %v", err)
	}
}

func TestAnEmptyShellIsAFailure(t *testing.T) {
	s := newSite(t)
	s.relay("item", "/item/[id]")
	s.upstream.On("item/render", says(613, ""))
	match := find(t, s.open(), "/item/1")
	_, err := match.Version.Shell(t.Context(), match.Input())
	wantFailure(t, err, "result", "plugin item: render of /item/[id]: the body is empty")
}
