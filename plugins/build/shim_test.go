package build

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox/wasm"
	js "github.com/wisr-dev/wisr/sdk/js"
)

// importsOurs tells whether a module imports functions that only wisr has.
func importsOurs(t *testing.T, module []byte) bool {
	t.Helper()
	m, err := wasm.Decode(module)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(m.Imports, func(i wasm.Import) bool { return i.Module == "wisr" })
}

func TestOnlyTheShimForExtismNeedsNoWisr(t *testing.T) {
	if !importsOurs(t, js.Shim) || importsOurs(t, js.ShimExtism) {
		t.Error("one of the two is the other: run task sdk:js")
	}
}

func TestTheNearestPackageChoosesTheFunctionsOfAPage(t *testing.T) {
	site := sources(t, []txtar.File{
		{Name: "package.json", Data: []byte(`{"name": "site"}`)},
		{Name: "plugins/page/page.js", Data: []byte("export const render = () => \"a page\";\n")},
	})
	m := &manifest.Manifest{Name: "page", Source: "page.js", Module: "page.wasm", Dir: filepath.Join(site, "plugins", "page")}
	b := New(Options{StateDir: t.TempDir()})
	build := func(wantRan, wantOurs bool) {
		t.Helper()
		if b.UpToDate(t.Context(), m) == wantRan {
			t.Errorf("it is up to date: %v", wantRan)
		}
		if result, err := b.Build(t.Context(), m); err != nil || result.Ran != wantRan {
			t.Fatalf("it is built: %v, %v", result.Ran, err)
		}
		module, err := os.ReadFile(filepath.Join(m.Dir, "page.wasm"))
		if err != nil || importsOurs(t, module) != wantOurs {
			t.Errorf("it imports functions of wisr: %v, %v", !wantOurs, err)
		}
	}
	build(true, true)
	write(t, m, "../../package.json", `{"name": "site", "wisr": {"extism": true}}`)
	build(true, false)
	write(t, m, "../../package.json", `{"name": "renamed", "wisr": {"extism": true}}`)
	build(false, false)
	if !b.IsInput(m, filepath.Join(site, "package.json")) || !slices.Contains(b.Inputs(m), site) {
		t.Error("the site's package.json is not watched")
	}
	write(t, m, "package.json", `{"name": "a nearer one"}`)
	build(true, true)
}

func TestAChoiceOfAnotherTypeIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		`{"wisr": {"extism": "yes"}}`: `: wisr.extism is of type string: want "wisr": {"extism": true}, or leave it out`,
		`{"wisr": true}`:              `: wisr is of type bool: want "wisr": {"extism": true}, or leave it out`,
		`[]`:                          `: it is of type array: want "wisr": {"extism": true}, or leave it out`,
		`{"wisr": {`:                  ` is not JSON: unexpected end of JSON input`,
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, packageFile)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readShim(filepath.Join(dir, "plugins", "page")); err == nil || !strings.HasSuffix(err.Error(), file+want) {
			t.Errorf("%s: %v, want %s", text, err, file+want)
		}
	}
}
