package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// kept makes a site's registries keep versions, as a host's do.
func (s *site) kept() *site {
	s.opt.Versions = filepath.Join(s.t.TempDir(), "versions")
	s.opt.Keep = 3
	s.opt.Grants.Fetch = []string{s.upstream.URL}
	s.opt.PrivateNetworks = true
	return s
}

// sent is a plugin as it is sent: a relay, whose manifest has one more line to tell versions apart.
func (s *site) sent(name, route, more string) Bundle {
	return Bundle{
		Manifest: fmt.Appendf(nil, "name = %q\nroute = %q\nmodule = \"relay.wasm\"\n%s\n%s\n", name, route, more, s.fetches(name)),
		Module:   []byte(testdata(s.t, "relay.wasm")),
	}
}

// install sends a plugin, which has to go live.
func install(t *testing.T, r *Registry, sent Bundle) *Report {
	t.Helper()
	report, err := r.Install(t.Context(), "", sent, InstallOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// wantRefused checks that an error is a refusal with this code and these words.
func wantRefused(t *testing.T, report *Report, err error, code string, words ...string) Refusal {
	t.Helper()
	var refused *RefusedError
	if !errors.As(err, &refused) || report == nil || refused.Report != report || report.Outcome != Refused || len(report.Refusals) == 0 {
		t.Fatalf("it is not refused: %+v, %v", report, err)
	}
	first := report.Refusals[0]
	if first.Code != code {
		t.Errorf("the code is %q, want %q: %v", first.Code, code, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("the error is %q, want %q in it", err, w)
		}
	}
	return first
}

func TestAPluginIsSentReplacedRolledBackAndRemoved(t *testing.T) {
	s := newSite(t).kept()
	var events []string
	s.opt.Events = Events{
		Swapped: func(e Swapped) { events = append(events, string(e.Reason)+" "+e.Plugin) },
		Refused: func(r *Report) { events = append(events, "refused "+r.Plugin) },
		Removed: func(plugin string, _ Reason) { events = append(events, "removed "+plugin) },
	}
	r := s.open()
	first := install(t, r, s.sent("blog", "/blog/[x]", "# 1"))
	if first.Plugin != "blog" || first.Outcome != Live || first.Previous != "" || first.Version != find(t, r, "/blog/a").Version.ID {
		t.Errorf("the first: %+v", first)
	}
	if got := body(t, r, "/blog/a"); got != "/blog/a" {
		t.Errorf("the page is %q", got)
	}

	second := install(t, r, s.sent("blog", "/blog/[x]", "# 2"))
	if second.Previous != first.Version || second.Outcome != Live {
		t.Errorf("the second: %+v", second)
	}
	compiled := len(r.compiling)
	again := install(t, r, s.sent("blog", "/blog/[x]", "# 2"))
	if again.Outcome != Unchanged || again.Version != second.Version || len(r.compiling) != compiled {
		t.Errorf("the same again: %+v", again)
	}
	if n := s.upstream.Called("blog/paths"); n != 2 {
		t.Errorf("getStaticPaths ran %d times for two versions", n)
	}

	back, err := r.Rollback(t.Context(), "blog", "")
	if err != nil || back.Outcome != Live || back.Version != first.Version || find(t, r, "/blog/a").Version.ID != first.Version {
		t.Errorf("rolled back: %+v, %v", back, err)
	}
	if back, err = r.Rollback(t.Context(), "blog", ""); err == nil {
		t.Errorf("rolled back to before the first: %+v", back)
	}
	wantRefused(t, back, err, CodeUnknown, "no earlier version is kept")
	forth, err := r.Rollback(t.Context(), "blog", second.Version[:10])
	if err != nil || forth.Version != second.Version {
		t.Errorf("and forth: %+v, %v", forth, err)
	}
	same, err := r.Rollback(t.Context(), "blog", second.Version)
	if err != nil || same.Outcome != Unchanged {
		t.Errorf("to what is active: %+v, %v", same, err)
	}

	status, ok := r.Plugin("blog")
	if !ok || status.Active != second.Version || status.State != StateLive || len(status.Versions) != 2 || status.Folder != "" ||
		!status.Versions[0].Active || status.Versions[0].ID != second.Version || status.Versions[1].ID != first.Version {
		t.Errorf("status: %+v", status)
	}
	if kept := r.Kept(); len(kept) != 2 {
		t.Errorf("kept: %v", kept)
	}

	if err := r.Remove(t.Context(), "blog"); err != nil {
		t.Error(err)
	}
	if _, ok := r.Table().Lookup("/blog/a"); ok || len(r.Status()) != 0 {
		t.Error("it is not removed")
	}
	if err := r.Remove(t.Context(), "blog"); err == nil {
		t.Error("removed twice")
	}
	report, err := r.Rollback(t.Context(), "blog", "")
	wantRefused(t, report, err, CodeNoPlugin, `there is no plugin "blog"`)
	want := []string{"upload blog", "upload blog", "rollback blog", "refused blog", "rollback blog", "removed blog", "refused blog", "refused blog"}
	if !slices.Equal(events, want) {
		t.Errorf("events: %q\nwant %q", events, want)
	}
}

func TestWhatIsRefusedChangesNothing(t *testing.T) {
	s := newSite(t).kept()
	s.plugin("other", "/other", "hello.wasm")
	r := s.open()
	live := install(t, r, s.sent("blog", "/blog/[x]", "# good"))
	module := func(name string) []byte { return []byte(testdata(t, name)) }
	sum := sha256.Sum256(module("hello.wasm"))
	manifest := func(more string) []byte {
		return []byte("name = \"blog\"\nroute = \"/blog/[x]\"\nmodule = \"m.wasm\"\n" + more)
	}
	for name, tt := range map[string]struct {
		as   string
		sent Bundle
		code string
		says string
	}{
		"no manifest":      {"blog", Bundle{Module: module("relay.wasm")}, CodeManifest, "name is missing"},
		"another name":     {"blog", s.sent("page", "/page", ""), CodeName, `is the plugin "page", and was sent as "blog"`},
		"not a module":     {"blog", Bundle{manifest(""), []byte("<!doctype html>"), nil}, CodeLoad, "plugin blog: "},
		"no module":        {"blog", Bundle{manifest(""), nil, nil}, CodeLoad, "plugin blog: "},
		"no render":        {"blog", Bundle{manifest(""), module("norender.wasm"), nil}, CodeLoad, "does not export the function render"},
		"another digest":   {"blog", Bundle{manifest("sha256 = \"" + hex.EncodeToString(sum[:]) + "\""), module("relay.wasm"), nil}, CodeDigest, "write sha256 = "},
		"network":          {"blog", Bundle{manifest("[fetch]\nallow = [\"https://evil.example\"]"), module("relay.wasm"), nil}, CodeGrant, `add "https://evil.example" to fetch below [grants]`},
		"files":            {"blog", Bundle{manifest("[files]\nall = \"/etc\""), module("relay.wasm"), nil}, CodeGrant, `add "/etc" to files below [grants]`},
		"relative files":   {"blog", Bundle{manifest("[files]\nall = \"./content\""), module("relay.wasm"), nil}, CodeGrant, "to files below [grants] in wisr.toml"},
		"a secret":         {"blog", s.sent("blog", "/blog/[x]", "[fetch.headers.\""+s.upstream.URL+"\"]\nAuthorization = \"${CMS_TOKEN}\""), CodeGrant, `add "CMS_TOKEN" to env below [grants]`},
		"a route of other": {"mine", s.sent("mine", "/other", ""), CodeRoute, "route /other of plugin mine matches the same paths as route /other of plugin other"},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := r.Install(t.Context(), tt.as, tt.sent, InstallOptions{})
			refusal := wantRefused(t, report, err, tt.code, tt.says)
			if report.Plugin != tt.as || refusal.Message == "" {
				t.Errorf("the report: %+v", report)
			}
			if got := find(t, r, "/blog/a").Version.ID; got != live.Version {
				t.Errorf("another version is live: %s", got)
			}
			if _, err := generate(t.Context(), t, r, "/other"); err != nil {
				t.Error(err)
			}
			if kept := r.Kept(); len(kept) != 2 {
				t.Errorf("versions are kept: %v", kept)
			}
			if tt.as == "blog" {
				if status, _ := r.Plugin("blog"); status.Last != report || status.State != StateLive {
					t.Errorf("status: %+v", status)
				}
			}
		})
	}
	if len(r.recents) != 2 {
		t.Errorf("something is remembered of plugins that never were: %v", slices.Sorted(maps.Keys(r.recents)))
	}
}

// All that is missing is told at once, so that one edit of wisr.toml mends it.
func TestEveryMissingGrantIsNamed(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	report, err := r.Install(t.Context(), "", Bundle{Manifest: []byte(
		"name = \"a\"\nroute = \"/a\"\nmodule = \"a.wasm\"\n[fetch]\nallow = [\"https://a.example\", \"https://b.example\"]\n[files]\nx = \"/srv/x\"\n"),
		Module: []byte(testdata(t, "hello.wasm"))}, InstallOptions{})
	wantRefused(t, report, err, CodeGrant)
	if len(report.Refusals) != 3 {
		t.Errorf("refusals: %+v", report.Refusals)
	}
	s.opt.Grants = Grants{Fetch: []string{"https://a.example", "https://b.example"}, Files: []string{filepath.Dir(t.TempDir())}}
	s.opt.Grants.Files = []string{"/"}
	r = s.open()
	report, err = r.Install(t.Context(), "", Bundle{Manifest: []byte(
		"name = \"a\"\nroute = \"/a\"\nmodule = \"a.wasm\"\n[fetch]\nallow = [\"https://a.example\", \"https://b.example\"]\n[files]\nx = \"/usr\"\n"),
		Module: []byte(testdata(t, "hello.wasm"))}, InstallOptions{})
	if err != nil || report.Outcome != Live {
		t.Errorf("with all grants: %+v, %v", report, err)
	}
}

func TestLimitsOfAHost(t *testing.T) {
	s := newSite(t).kept()
	s.plugin("first", "/first", "hello.wasm")
	s.opt.Limits = Limits{Plugins: 2, Bytes: 1 << 20}
	r := s.open()
	install(t, r, s.sent("second", "/second", ""))
	report, err := r.Install(t.Context(), "", s.sent("third", "/third", ""), InstallOptions{})
	wantRefused(t, report, err, CodeLimit, "there would be 3 plugins; the host takes 2", "set max = 3 below [plugins]")
	dir := s.plugin("third", "/third", "hello.wasm")
	if err := r.Reload(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "there would be 3 plugins") {
		t.Errorf("reload: %v", err)
	}
	if _, ok := r.Table().Lookup("/third"); ok {
		t.Error("it is served")
	}
	if err := r.Remove(t.Context(), "first"); err != nil {
		t.Error(err)
	}
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Error(err)
	}

	s.opt.Limits = Limits{Plugins: 1}
	r = s.restart(r)
	if problems := r.Table().Problems; len(problems) != 1 || !strings.Contains(problems[0].Err.Error(), "there would be 2 plugins; the host takes 1") {
		t.Errorf("problems at a start with a lower limit: %v", problems)
	}

	small := newSite(t).kept()
	small.opt.Limits = Limits{Bytes: 1000}
	r = small.open()
	report, err = r.Install(t.Context(), "", small.sent("large", "/large", ""), InstallOptions{})
	wantRefused(t, report, err, CodeLimit, "the host takes 1000")
}

// Two who send at once: both are answered as if one had come after the other.
func TestTwoUploadsRace(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	install(t, r, s.sent("blog", "/blog/[x]", "# 0"))
	var group sync.WaitGroup
	reports := make([]*Report, 6)
	for i := range reports {
		group.Go(func() {
			report, err := r.Install(t.Context(), "blog", s.sent("blog", "/blog/[x]", fmt.Sprintf("# %d", 1+i%3)), InstallOptions{})
			if err != nil {
				t.Error(err)
				return
			}
			reports[i] = report
		})
	}
	group.Wait()
	previous := make(map[string]bool)
	for _, report := range reports {
		if report == nil {
			continue
		}
		if report.Outcome == Live {
			if key := report.Previous + ">" + report.Version; previous[key] && report.Previous == report.Version {
				t.Errorf("%s twice", key)
			}
		}
	}
	status, _ := r.Plugin("blog")
	if status.Active != find(t, r, "/blog/a").Version.ID || len(status.Versions) != 4 {
		t.Errorf("status: %+v", status)
	}
	if got := body(t, r, "/blog/a"); got != "/blog/a" {
		t.Errorf("the page is %q", got)
	}
}

func TestAnInstallThatIsGivenUpChangesNothing(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	live := install(t, r, s.sent("blog", "/blog/[x]", "# 0"))
	ctx, cancel := context.WithCancel(t.Context())
	s.upstream.On("blog/paths", func(input) (int, string) {
		cancel()
		return 200, result("true", "", "/blog/a")
	})
	if report, err := r.Install(ctx, "blog", s.sent("blog", "/blog/[x]", "# 1"), InstallOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("it is %+v, %v", report, err)
	}
	if got := find(t, r, "/blog/a").Version.ID; got != live.Version {
		t.Error("another version is live")
	}
}
