//go:build unix

package build

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

func TestAFailureIsToldAgainUntilTheSourcesChange(t *testing.T) {
	m := plugin(t, "blog")
	m.Build.Command, m.Build.Watch = "echo more >>out.log; exit 3", []string{"*.txt"}
	begun := 0
	b := New(Options{StateDir: t.TempDir(), Repeat: time.Hour, Begin: func(*manifest.Manifest) { begun++ }})
	fails := func(repeated bool, runs int) {
		t.Helper()
		result, err := b.Build(t.Context(), m)
		var failure *Error
		if !errors.As(err, &failure) || failure.ExitCode != 3 || failure.Repeated != repeated || result.Ran == repeated || begun != runs {
			t.Fatalf("%+v, %v; it ran %d times", result, err, begun)
		}
	}
	fails(false, 1)
	fails(true, 1)
	write(t, m, "main.txt", "changed")
	fails(false, 2)
	fails(true, 2)
	m.Build.Command = "cp main.txt page.wasm"
	if result, err := b.Build(t.Context(), m); err != nil || !result.Ran {
		t.Errorf("%+v, %v", result, err)
	}
}

func TestIsInputIsWhatThePatternsMatch(t *testing.T) {
	b := New(Options{})
	for _, c := range []struct {
		watch []string
		file  string
		want  bool
	}{
		{nil, "main.go", true},
		{nil, "deep/er/x.css", true},
		{nil, "page.wasm", false},
		{nil, "../other/main.go", false},
		{[]string{"*.go"}, "main.go", true},
		{[]string{"*.go"}, "deep/main.go", false},
		{[]string{"*.go"}, "target/log.txt", false},
		{[]string{"src/**/*.rs", "Cargo.toml"}, "src/a/b.rs", true},
		{[]string{"src/**/*.rs", "Cargo.toml"}, "Cargo.toml", true},
		{[]string{"src/**/*.rs", "Cargo.toml"}, "target/a.rs", false},
		{[]string{"../../site/**"}, "../../site/layout.html", true},
		{[]string{"../../site/**"}, "main.go", false},
		{[]string{"../*.{css,html}"}, "../x.css", true},
	} {
		m := plugin(t, "blog")
		m.Build.Watch = c.watch
		if got := b.IsInput(m, filepath.Join(m.Dir, filepath.FromSlash(c.file))); got != c.want {
			t.Errorf("%s by %q: %v", c.file, c.watch, got)
		}
	}
	m := plugin(t, "blog")
	m.Build.Command = ""
	if b.IsInput(m, filepath.Join(m.Dir, "main.txt")) {
		t.Error("a plugin without a command has a source")
	}
}
