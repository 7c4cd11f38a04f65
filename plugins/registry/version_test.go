package registry

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A version is known by its content: module and manifest, and nothing else.
func TestVersionIDs(t *testing.T) {
	plugin := "[fetch]\nallow = [\"https://a.example\"]\n[fetch.headers.\"https://a.example\"]\nX-Key = \"${KEY}\""
	id := func(change func(s *site)) string {
		t.Helper()
		s := newSite(t)
		s.opt.LookupEnv = func(string) (string, bool) { return "one", true }
		s.plugin("page", "/page", "hello.wasm", plugin)
		change(s)
		v := find(t, s.open(), "/page").Version
		if v.Err != nil {
			t.Fatal(v.Err)
		}
		return v.ID
	}
	first := id(func(*site) {})
	if !regexp.MustCompile("^[0-9a-f]{64}$").MatchString(first) {
		t.Errorf("the ID is %q", first)
	}
	for name, change := range map[string]func(s *site){
		"the same content":  func(*site) {},
		"a secret":          func(s *site) { s.opt.LookupEnv = func(string) (string, bool) { return "two", true } },
		"settings":          func(s *site) { s.opt.Locales, s.opt.DefaultLocale, s.opt.PrivateNetworks = []string{"en"}, "en", true },
		"a file beside":     func(s *site) { s.write(filepath.Join(s.opt.Dir, "page", "main.go"), "package main") },
		"another plugin":    func(s *site) { s.plugin("other", "/other", "hello.wasm") },
		"written once more": func(s *site) { s.plugin("page", "/page", "hello.wasm", plugin) },
		"the folder's name": func(s *site) { s.rename("page", "elsewhere") },
	} {
		if got := id(change); got != first {
			t.Errorf("%s changes the ID", name)
		}
	}
	seen := map[string]string{first: "nothing"}
	for name, change := range map[string]func(s *site){
		"the module": func(s *site) { s.write(filepath.Join(s.opt.Dir, "page", "hello.wasm"), testdata(t, "echo.wasm")) },
		"a byte of it": func(s *site) {
			s.write(filepath.Join(s.opt.Dir, "page", "hello.wasm"), testdata(t, "hello.wasm")+"\x00\x02\x01x")
		},
		"the name":            func(s *site) { s.folder("page", "", strings.Replace(s.manifest("page"), "page", "pages", 1)) },
		"a limit":             func(s *site) { s.plugin("page", "/page", "hello.wasm", "[limits]\ntimeout = \"2s\"", plugin) },
		"configuration":       func(s *site) { s.plugin("page", "/page", "hello.wasm", plugin, "[config]\na = \"b\"") },
		"which secret it has": func(s *site) { s.plugin("page", "/page", "hello.wasm", strings.Replace(plugin, "KEY}", "KEY2}", 1)) },
		"a comment":           func(s *site) { s.plugin("page", "/page", "hello.wasm", plugin, "# new") },
	} {
		got := id(change)
		if other, same := seen[got]; same {
			t.Errorf("%s and %s give one ID", name, other)
		}
		seen[got] = name
	}
}

func TestAVersionWithoutAModuleHasNoID(t *testing.T) {
	s := newSite(t)
	s.folder("page", "", "name = \"page\"\nroute = \"/page\"\nmodule = \"page.wasm\"\n")
	v := find(t, s.open(), "/page").Version
	if v.ID != "" || v.Short() != "" {
		t.Errorf("the ID is %q", v.ID)
	}
	v.ID = strings.Repeat("1f", 32)
	if v.Short() != "1f1f1f1f1f1f" {
		t.Errorf("in short it is %q", v.Short())
	}
}
