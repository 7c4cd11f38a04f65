package sandbox

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// addFixtures gives all fixtures as seeds.
func addFixtures(f *testing.F) {
	names, err := filepath.Glob("../../testdata/*.wasm")
	if err != nil || len(names) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, name := range names {
		f.Add(fixture(f, filepath.Base(name)))
	}
}

// FuzzInspect: no bytes make Inspect panic, and what it says fits a terminal.
func FuzzInspect(f *testing.F) {
	addFixtures(f)
	f.Fuzz(func(t *testing.T, module []byte) {
		r, err := Inspect(module)
		if err != nil {
			return
		}
		for _, p := range r.Problems {
			if !utf8.ValidString(p) || len(p) > 32<<10 {
				t.Errorf("a problem is %q", p)
			}
		}
	})
}

// FuzzLoad: whatever a module is, loading and running it ends in time with an
// output or one of our errors; the process lives on.
func FuzzLoad(f *testing.F) {
	addFixtures(f)
	s, err := New(context.Background(), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, module []byte) {
		ctx := t.Context()
		m, err := s.Load(ctx, Spec{Name: "fuzz", Module: module, Timeout: 20 * time.Millisecond, Memory: 8 << 20, Output: 1 << 20})
		if err != nil {
			var e *LoadError
			if !errors.As(err, &e) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		defer m.Close(ctx)
		i, err := m.Run(ctx)
		if err == nil {
			defer i.Close()
			_, err = i.Call(ctx, "render", []byte("{}"))
		}
		var failed *Failure
		if err != nil && !errors.As(err, &failed) {
			t.Fatalf("an error of another kind: %v", err)
		}
		if failed != nil && (failed.Cause == "" || failed.Message == "" || strings.Contains(failed.Message, "recovered by wazero")) {
			t.Fatalf("the failure says %q, %q", failed.Cause, failed.Message)
		}
	})
}

func FuzzParseTrap(f *testing.F) {
	f.Add("wasm error: unreachable\nwasm stack trace:\n\tm.f(i32) i32\n\tm.render() i32", "m")
	f.Add("failed to initialize runtime: x (recovered by wazero)\nwasm stack trace:\n\t.$1()\n\nGo runtime stack trace:\ngoroutine 1", "")
	f.Fuzz(func(t *testing.T, text, module string) {
		trap := parseTrap(text, module)
		if !utf8.ValidString(trap.name) || strings.Contains(trap.name+trap.stack, goStackMark) {
			t.Errorf("got %+v", trap)
		}
	})
}
