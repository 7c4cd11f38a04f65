package registry

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// brokenPlugin is a way in which a plugin does not load.
type brokenPlugin struct {
	name  string // of the plugin and its folder
	route string // "" if it cannot be known
	says  string // what its problem says
	make  func(s *site, b brokenPlugin)
}

// manifest is plugin.toml of b as far as it is in order.
func (b brokenPlugin) manifest(module string) string {
	return fmt.Sprintf("name = %q\nroute = %q\nmodule = %q\n", b.name, b.route, module)
}

// with makes a plugin with a module, and more in its manifest.
func with(module, more string) func(*site, brokenPlugin) {
	return func(s *site, b brokenPlugin) { s.folder(b.name, module, b.manifest(module)+more+"\n") }
}

// text makes a plugin with this manifest.
func text(manifest string) func(*site, brokenPlugin) {
	return func(s *site, b brokenPlugin) { s.folder(b.name, "hello.wasm", manifest) }
}

// pathsOf makes a plugin whose getStaticPaths does what the script says.
func pathsOf(more string, script func(input) (int, string)) func(*site, brokenPlugin) {
	return func(s *site, b brokenPlugin) {
		s.relay(b.name, b.route, more)
		s.upstream.On(b.name+"/paths", script)
	}
}

var brokenPlugins = []brokenPlugin{
	// Manifests.
	{"syntax", "", "plugin.toml:3:10: ", text("name = \"syntax\"\nroute = \"/syntax\"\nmodule = hello.wasm\n")},
	{"noroute", "", "route is missing", text("name = \"noroute\"\nmodule = \"hello.wasm\"\n")},
	{"badname", "", "name is ", text("name = \"No Name\"\nroute = \"/badname\"\nmodule = \"hello.wasm\"\n")},
	{"empty", "", "name is missing", text("")},
	{"folder", "", "plugin.toml", func(s *site, b brokenPlugin) { s.write(filepath.Join(s.opt.Dir, b.name, "plugin.toml", "x"), "") }},
	{"nowhere", "", "plugin.toml", func(s *site, b brokenPlugin) {
		s.write(filepath.Join(s.opt.Dir, b.name, "hello.wasm"), "")
		if err := os.Symlink("/nowhere/plugin.toml", filepath.Join(s.opt.Dir, b.name, "plugin.toml")); err != nil {
			s.t.Skip(err)
		}
	}},
	{"key", "/key", `plugin.toml:4:1: unknown key tiemout`, with("hello.wasm", "tiemout = 1")},
	{"limit", "/limit", "limits.timeout is 1h", with("hello.wasm", "[limits]\ntimeout = \"1h\"")},
	{"locale", "/de/x", `route /de/x begins with the locale "de"`, with("hello.wasm", "")},

	// Modules.
	{"absent", "/absent", "absent.wasm is not there; put the module there", func(s *site, b brokenPlugin) { s.folder(b.name, "", b.manifest("absent.wasm")) }},
	{"unbuilt", "/unbuilt", "unbuilt.wasm is not there; run `wisr build`", func(s *site, b brokenPlugin) {
		s.folder(b.name, "", b.manifest("unbuilt.wasm")+"[build]\ncommand = \"true\"\n")
	}},
	{"directory", "/directory", "hello.wasm is not a file", func(s *site, b brokenPlugin) {
		s.folder(b.name, "", b.manifest("hello.wasm"))
		s.write(filepath.Join(s.opt.Dir, b.name, "hello.wasm", "x"), "")
	}},
	{"nothing", "/nothing", "plugin nothing: ", func(s *site, b brokenPlugin) {
		s.folder(b.name, "", b.manifest("hello.wasm"))
		s.write(filepath.Join(s.opt.Dir, b.name, "hello.wasm"), "")
	}},
	{"rubbish", "/rubbish", "plugin rubbish: ", func(s *site, b brokenPlugin) {
		s.folder(b.name, "", b.manifest("hello.wasm"))
		s.write(filepath.Join(s.opt.Dir, b.name, "hello.wasm"), "<!doctype html>")
	}},
	{"norender", "/norender", "does not export the function render", with("norender.wasm", "")},
	{"import", "/import", "imports what the host does not provide: env.frobnicate", with("unknownimport.wasm", "")},
	{"types", "/types", "imports functions with other types", with("badimport.wasm", "")},
	{"memory", "/memory", "needs more memory than it may have", with("bigmemory.wasm", "")},
	{"nopaths", "/nopaths/[x]", "route /nopaths/[x] has parameters, so the module must export getStaticPaths", with("hello.wasm", "")},

	// What they ask for.
	{"nofiles", "/nofiles", `a folder of [files] cannot be read: content = `, with("hello.wasm", "[files]\ncontent = \"./content\"")},
	{"env", "/env", "Authorization needs the environment variable CMS_TOKEN, which is not set",
		with("hello.wasm", "[fetch]\nallow = [\"https://a.example\"]\n[fetch.headers.\"https://a.example\"]\nAuthorization = \"Bearer ${CMS_TOKEN}\"")},

	// getStaticPaths (S70).
	{"fails", "/fails/[x]", "plugin fails: getStaticPaths: no database", pathsOf("", says(500, "no database"))},
	{"traps", "/traps/[x]", "plugin traps: getStaticPaths: unreachable", pathsOf("", says(601, ""))},
	{"down", "/down/[x]", "plugin down: getStaticPaths: POST http://127.0.0.1:", pathsOf("", says(0, ""))},
	{"hangs", "/hangs/[x]", "plugin hangs: getStaticPaths: took longer than the 50ms", pathsOf("[limits]\ntimeout = \"50ms\"", says(602, ""))},
	{"silent", "/silent/[x]", "plugin silent: getStaticPaths: the result is empty", pathsOf("", says(613, ""))},
	{"nojson", "/nojson/[x]", "plugin nojson: getStaticPaths: the result is not JSON", pathsOf("", says(200, "what?"))},
	{"wrong", "/wrong/[x]", `plugin wrong: getStaticPaths: paths[1]: "/other" does not match route "/wrong/[x]"`, pathsOf("", lists("false", "/wrong/a", "/other"))},
	{"circle", "/circle/[x]", `plugin circle: getStaticPaths: cursor "b" came back after 3 calls`, pathsOf("", func(in input) (int, string) {
		return 200, result("false", map[string]string{"": "a", "a": "b", "b": "b"}[in.Cursor])
	})},
	{"endless", "/endless/[x]", "plugin endless: getStaticPaths: there is a cursor still after 20 calls", pathsOf("", func(in input) (int, string) {
		return 200, result("false", in.Cursor+"x", "/endless/"+in.Cursor+"x")
	})},
	{"flood", "/flood/[x]", "plugin flood: getStaticPaths: more than 30 paths", pathsOf("", func(in input) (int, string) {
		return 200, result("false", in.Cursor+"x", "/flood/a", "/flood/b", "/flood/c", "/flood/d")
	})},
	{"wide", "/wide/[x]", "or 10000 bytes of them", pathsOf("", func(in input) (int, string) {
		return 200, result("false", in.Cursor+"x", "/wide/"+strings.Repeat("w", 2000))
	})},
	{"turns", "/turns/[x]", "plugin turns: getStaticPaths: fallback is true, but was false on the page before", pathsOf("", func(in input) (int, string) {
		return 200, result(map[bool]string{true: "false", false: "true"}[in.Cursor == ""], in.Cursor+"x")
	})},
}

// S70: whatever is wrong with plugins, each problem names the plugin and the
// cause, the good ones are served, and what belongs to a broken one says so.
func TestOpenWithEveryKindOfBrokenPlugin(t *testing.T) {
	s := newSite(t)
	s.opt.Locales, s.opt.DefaultLocale = []string{"en", "de"}, "en"
	s.opt.Parallel = 4
	for _, b := range brokenPlugins {
		b.make(s, b)
	}
	s.plugin("good", "/good", "hello.wasm")
	s.relay("better", "/better/[x]")
	s.upstream.On("better/paths", lists("false", "/better/a"))
	r := s.openBound(bounds{calls: 20, paths: 30, bytes: 10_000})

	if got := body(t, r, "/good"); !strings.Contains(got, "<h1>hello</h1>") {
		t.Errorf("/good is %q", got)
	}
	if got := body(t, r, "/better/a"); got != "en/better/a" {
		t.Errorf("/better/a is %q", got)
	}
	for _, b := range brokenPlugins {
		t.Run(b.name, func(t *testing.T) {
			p := problem(t, r, filepath.Join(s.opt.Dir, b.name))
			if p.Plugin != b.name || !strings.Contains(p.Err.Error(), b.says) {
				t.Errorf("the problem of %s is %q, want %q in it", p.Plugin, p.Err, b.says)
			}
			path := "/" + b.name
			if strings.HasSuffix(b.route, "/[x]") {
				path += "/a"
			}
			match, ok := r.Table().Lookup(path)
			if b.route == "" || b.name == "locale" { // whose paths are those of another route
				if ok {
					t.Errorf("%s belongs to %s", path, match.Version.Plugin)
				}
				return
			}
			if !ok || match.Version.Plugin != b.name || match.Version.Err == nil {
				t.Fatalf("%s belongs to %+v", path, match.Version)
			}
			// Never false, with which nobody would look for its stored pages.
			if got := match.Version.Fallback.String(); got != "blocking" {
				t.Errorf("fallback is %s", got)
			}
			_, err := match.Version.Generate(t.Context(), match.Input(), "stale")
			f := wantFailure(t, err, "load", "plugin "+b.name+" of "+path+": it is not loaded: ", b.says)
			if f.Plugin != b.name || f.Path != path || f.Export != "" {
				t.Errorf("the failure is of plugin %q, path %q, export %q", f.Plugin, f.Path, f.Export)
			}
			if b.name == "traps" && !strings.Contains(f.Stack, "paths") {
				t.Errorf("the stack of getStaticPaths is %q", f.Stack)
			}
			if _, err := match.Version.Shell(t.Context(), match.Input()); err == nil {
				t.Error("it has a shell")
			}
			if match.Version.Route.Dynamic() && (match.Version.Count() != 0 || match.Known()) {
				t.Errorf("it has %d paths", match.Version.Count())
			}
		})
	}
	names := make([]string, 0, len(brokenPlugins))
	for _, p := range r.Table().Problems {
		names = append(names, p.Plugin)
	}
	if len(names) != len(brokenPlugins) || !slices.IsSorted(names) {
		t.Errorf("the problems are of %v", names)
	}
}

func TestOpenWithoutAPluginsFolder(t *testing.T) {
	s := newSite(t)
	s.opt.Dir = filepath.Join(s.opt.Dir, "gone")
	_, err := Open(t.Context(), s.opt)
	if err == nil || !strings.Contains(err.Error(), "no plugins folder at "+s.opt.Dir) || !strings.Contains(err.Error(), "[plugins] dir in wisr.toml") {
		t.Errorf("the error is %v", err)
	}
	if _, err := Check(t.Context(), s.opt); err == nil {
		t.Error("Check does not mind")
	}
	s.write(s.opt.Dir, "a file")
	if _, err := Open(t.Context(), s.opt); err == nil || !strings.Contains(err.Error(), "read the plugins folder: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestWhatIsNoPlugin(t *testing.T) {
	s := newSite(t)
	s.write(filepath.Join(s.opt.Dir, "README.md"), "about")
	s.write(filepath.Join(s.opt.Dir, "plugin.toml"), "")
	s.write(filepath.Join(s.opt.Dir, "drafts", "hello.wasm"), testdata(t, "hello.wasm"))
	r := s.open()
	if table := r.Table(); len(table.Versions) != 0 || len(table.Problems) != 0 {
		t.Errorf("there are %v and %v", table.Versions, table.Problems)
	}
	if _, ok := r.Table().Lookup("/"); ok {
		t.Error("a site without plugins has a page")
	}
	if folders, err := r.Folders(); err != nil || len(folders) != 0 {
		t.Errorf("folders: %v, %v", folders, err)
	}
}

// S130: one of the two is left out, the same one at every start, and told.
func TestOfTwoPluginsWithOneNameTheFirstFolderStays(t *testing.T) {
	s := newSite(t)
	s.opt.Parallel = 2
	for folder, route := range map[string]string{"a": "/a/[x]", "b": "/b/[x]"} {
		s.folder(folder, "relay.wasm", fmt.Sprintf("name = \"same\"\nroute = %q\nmodule = \"relay.wasm\"\n%s\n", route, s.fetches(folder)))
		s.upstream.On(folder+"/paths", lists("false", "/"+folder+"/1", "/"+folder+"/2"))
	}
	for range 5 {
		r := s.open()
		v := find(t, r, "/a/1").Version
		if got := listed(t, v); !slices.Equal(got, []string{"/a/1", "/a/2"}) {
			t.Errorf("a lists %v", got)
		}
		if _, ok := r.Table().Lookup("/b/1"); ok || len(r.Table().Versions) != 1 {
			t.Error("the second is served")
		}
		p := problem(t, r, filepath.Join(s.opt.Dir, "b"))
		if want := fmt.Sprintf("the name %q is taken by the plugin in %s", "same", filepath.Join(s.opt.Dir, "a")); p.Plugin != "same" || !strings.Contains(p.Err.Error(), want) {
			t.Errorf("the problem of %s is %v, want %q", p.Plugin, p.Err, want)
		}
		r.Close()
	}
}

func TestS130OfTwoPluginsWithRoutesOfOneShapeTheFirstNameStays(t *testing.T) {
	s := newSite(t)
	for folder, name := range map[string]string{"1": "zebra", "2": "ant", "3": "bee"} { // names decide, not folders
		s.folder(folder, "relay.wasm", fmt.Sprintf("name = %q\nroute = \"/x/[%s]\"\nmodule = \"relay.wasm\"\n", name, name))
	}
	s.plugin("more", "/x/[...rest]", "relay.wasm") // of another shape
	r := s.open()
	if got := find(t, r, "/x/1").Version.Plugin; got != "ant" {
		t.Errorf("/x/1 belongs to %s", got)
	}
	if got := find(t, r, "/x/1/2").Version.Plugin; got != "more" {
		t.Errorf("/x/1/2 belongs to %s", got)
	}
	for folder, name := range map[string]string{"1": "zebra", "3": "bee"} {
		p := problem(t, r, filepath.Join(s.opt.Dir, folder))
		var conflict *ConflictError
		if !errors.As(p.Err, &conflict) || p.Plugin != name {
			t.Fatalf("the problem of %s is %v", p.Plugin, p.Err)
		}
		if want := (ConflictError{name, "/x/[" + name + "]", "ant", "/x/[ant]"}); *conflict != want {
			t.Errorf("the conflict is %+v, want %+v", *conflict, want)
		}
		if want := "route /x/[" + name + "] of plugin " + name + " matches the same paths as route /x/[ant] of plugin ant"; !strings.HasPrefix(p.Err.Error(), want) {
			t.Errorf("it says %q, want %q", p.Err, want)
		}
	}
	if n := len(r.Table().Versions); n != 2 {
		t.Errorf("%d plugins are served", n)
	}
}

func TestPluginsLoadAtOnce(t *testing.T) {
	s := newSite(t)
	s.opt.Parallel = 3
	var met sync.WaitGroup // each getStaticPaths waits for the others
	met.Add(3)
	for _, name := range []string{"a", "b", "c"} {
		s.relay(name, "/"+name+"/[x]")
		s.upstream.On(name+"/paths", func(input) (int, string) {
			met.Done()
			met.Wait()
			return 200, result("true", "", "/"+name+"/1")
		})
	}
	r := s.open()
	if table := r.Table(); len(table.Versions) != 3 || len(table.Problems) != 0 {
		t.Errorf("loaded %v, problems %v", table.Versions, table.Problems)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	s := newSite(t)
	s.plugin("good", "/good", "hello.wasm")
	s.relay("slow", "/slow/[x]")
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	s.upstream.On("slow/paths", func(input) (int, string) {
		cancel()
		<-release
		return 200, result("false", "")
	})
	r, err := Open(ctx, s.opt)
	close(release)
	if r != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Open returns %v, %v", r, err)
	}
	if _, err := Open(ctx, s.opt); !errors.Is(err, context.Canceled) {
		t.Errorf("Open returns %v", err)
	}
}
