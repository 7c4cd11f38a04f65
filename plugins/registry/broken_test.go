package registry

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// hello is a plugin.toml that is good if there is a hello.wasm.
func hello(name, route string) string {
	return "name = \"" + name + "\"\nroute = \"" + route + "\"\nmodule = \"hello.wasm\"\n"
}

// folder makes a plugin's folder with hello.wasm and a plugin.toml.
func folder(t *testing.T, plugins, name, manifest string) string {
	t.Helper()
	module, err := os.ReadFile("../../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(plugins, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{"hello.wasm": module, "plugin.toml": []byte(manifest)} {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func open(t *testing.T, plugins string) *Registry {
	t.Helper()
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	reg, err := Open(t.Context(), Options{Dir: plugins, Sandbox: box, State: t.TempDir(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		reg.Close()
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return reg
}

// serves makes the page of a path; "" as the problem wants it to be made.
func serves(t *testing.T, reg *Registry, path, plugin, problem string) {
	t.Helper()
	match, ok := reg.Table().Lookup(path)
	if !ok {
		t.Errorf("%s belongs to no plugin, want %s", path, plugin)
		return
	}
	if match.Version.Plugin != plugin {
		t.Errorf("%s belongs to %s, want %s", path, match.Version.Plugin, plugin)
	}
	made, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonBuild)
	if problem == "" && (err != nil || len(made.Body) == 0) {
		t.Errorf("%s: %v", path, err)
	}
	var failure *Failure
	if problem != "" && (!errors.As(err, &failure) || !strings.Contains(err.Error(), problem)) {
		t.Errorf("%s: %v, want a failure with %q", path, err, problem)
	}
}

func TestABrokenPluginKeepsItsRouteAndLeavesTheOthers(t *testing.T) {
	plugins := t.TempDir()
	folder(t, plugins, "good", hello("good", "/good"))
	folder(t, plugins, "key", hello("key", "/key")+"nmae = 1\n")
	folder(t, plugins, "limit", hello("limit", "/limit")+"[limits]\ntimeout = \"1h\"\n")
	gone := folder(t, plugins, "gone", hello("gone", "/gone"))
	if err := os.Remove(filepath.Join(gone, "hello.wasm")); err != nil {
		t.Fatal(err)
	}
	folder(t, plugins, "syntax", "name = \"syntax\"\nroute = \"/syntax\"\nmodule =\n")
	reg := open(t, plugins)

	serves(t, reg, "/good", "good", "")
	serves(t, reg, "/key", "key", "plugin.toml:4:1: unknown key nmae")
	serves(t, reg, "/limit", "limit", "limits.timeout is 1h")
	serves(t, reg, "/gone", "gone", "hello.wasm is not there")
	if match, ok := reg.Table().Lookup("/syntax"); ok {
		t.Errorf("a manifest that cannot be read has the route %v", match.Version.Route)
	}
	var names []string
	for _, p := range reg.Table().Problems {
		names = append(names, p.Plugin)
	}
	if got := strings.Join(names, " "); got != "gone key limit syntax" {
		t.Errorf("problems of %s", got)
	}
}

func TestAManifestThatBreaksLeavesTheGoodVersionServing(t *testing.T) {
	plugins := t.TempDir()
	dir := folder(t, plugins, "page", hello("page", "/page"))
	reg := open(t, plugins)
	serves(t, reg, "/page", "page", "")

	folder(t, plugins, "page", hello("page", "/page")+"nmae = 1\n")
	if err := reg.Reload(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "unknown key nmae") {
		t.Errorf("reload: %v", err)
	}
	serves(t, reg, "/page", "page", "")
	if n := len(reg.Table().Problems); n != 1 {
		t.Errorf("%d problems, want 1", n)
	}

	folder(t, plugins, "page", hello("page", "/elsewhere"))
	if err := reg.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}
	serves(t, reg, "/elsewhere", "page", "")
	if n := len(reg.Table().Problems); n != 0 {
		t.Errorf("%d problems, want none", n)
	}
}

// What two plugins want is never given to the one that does not work.
func TestABrokenPluginTakesNothingFromAGoodOne(t *testing.T) {
	plugins := t.TempDir()
	broken := folder(t, plugins, "a", hello("a", "/page")+"nmae = 1\n")
	folder(t, plugins, "b", hello("b", "/page"))
	folder(t, plugins, "c", hello("same", "/c")+"nmae = 1\n")
	folder(t, plugins, "d", hello("same", "/d"))
	reg := open(t, plugins)
	serves(t, reg, "/page", "b", "")
	serves(t, reg, "/d", "same", "")
	if _, ok := reg.Table().Lookup("/c"); ok {
		t.Error("/c is served")
	}

	// Mended, the first by name has the route again, as after a restart.
	folder(t, plugins, "a", hello("a", "/page"))
	if err := reg.Reload(t.Context(), broken); err != nil {
		t.Error(err)
	}
	serves(t, reg, "/page", "a", "")
	var conflict *ConflictError
	for _, p := range reg.Table().Problems {
		if p.Plugin == "b" && !errors.As(p.Err, &conflict) {
			t.Errorf("b: %v", p.Err)
		}
	}
	if conflict == nil || conflict.Other != "a" {
		t.Errorf("the conflict is not reported: %v", reg.Table().Problems)
	}
}

func TestCheckTellsOfABrokenPluginAndWhatItWouldServe(t *testing.T) {
	plugins := t.TempDir()
	folder(t, plugins, "a", hello("a", "/page")+"nmae = 1\n")
	folder(t, plugins, "b", hello("b", "/page"))
	box, err := sandbox.New(t.Context(), sandbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close(context.Background())
	checkups, err := Check(t.Context(), Options{Dir: plugins, Sandbox: box, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil || len(checkups) != 2 {
		t.Fatalf("%v, %v", checkups, err)
	}
	if a := checkups[0]; len(a.Errors) != 2 || a.Manifest == nil || a.Manifest.Route.String() != "/page" || a.Module == nil {
		t.Errorf("a: %+v", a)
	}
	if err := checkups[1].Err(); err != nil {
		t.Errorf("b: %v", err)
	}
}
