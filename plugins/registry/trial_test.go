package registry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/page"
)

// stored is what a host has stored, as a trial compares with it.
type stored struct {
	mu    sync.Mutex
	pages map[string]LivePage // guarded by mu
}

func (s *stored) put(key string, p LivePage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pages[key] = p
}

func (s *stored) live(_ context.Context, key string) (LivePage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.pages[key]
	return p, ok
}

// tried is a site whose versions are tried against five stored pages of a kilobyte.
func triedSite(t *testing.T) (*site, *stored) {
	s, store := newSite(t).kept(), &stored{pages: make(map[string]LivePage)}
	s.opt.Trial = Trial{Paths: 20, Timeout: time.Minute, MinSizePercent: 50, MaxSizePercent: 200, MaxFuelPercent: 200, Live: store.live}
	var paths []string
	for i := range 5 {
		path := fmt.Sprintf("/blog/%d", i)
		paths = append(paths, path)
		store.put(path, LivePage{Kind: page.KindProps, Status: 200, Size: 1000})
	}
	s.upstream.On("blog/paths", lists("true", paths...))
	s.upstream.On("blog/render", says(200, strings.Repeat("x", 1000)))
	return s, store
}

func TestEveryGateOfTheTrial(t *testing.T) {
	body := func(n int) func(input) (int, string) { return says(200, strings.Repeat("x", n)) }
	on := func(path string, f func(input) (int, string)) func(input) (int, string) {
		return func(in input) (int, string) {
			if in.Path == path {
				return f(in)
			}
			return 200, strings.Repeat("x", 1000)
		}
	}
	propsOn := func(path, props string) func(input) (int, string) {
		return func(in input) (int, string) {
			if in.Path == path {
				return 200, props
			}
			return 200, `{"props":{}}`
		}
	}
	for name, tt := range map[string]struct {
		change        func(s *site, store *stored) // what the new version does
		opt           func(t *Trial)               // which setting lets it pass
		code, message string
		path          string
	}{
		"a page fails": {
			func(s *site, _ *stored) { s.upstream.On("blog/render", on("/blog/3", says(500, "no such template"))) },
			func(t *Trial) { t.MaxFailures = 1 }, CodeFailed, "no such template", "/blog/3",
		},
		"a page traps": {
			func(s *site, _ *stored) { s.upstream.On("blog/render", on("/blog/0", says(601, ""))) },
			func(t *Trial) { t.MaxFailures = 1 }, CodeFailed, "unreachable", "/blog/0",
		},
		"a page is empty": {
			func(s *site, _ *stored) { s.upstream.On("blog/render", on("/blog/2", says(613, ""))) },
			func(t *Trial) { t.MaxFailures = 1 }, CodeFailed, "empty", "/blog/2",
		},
		"a page becomes a 404": {
			func(s *site, _ *stored) { s.upstream.On("blog/props", propsOn("/blog/1", `{"notFound":true}`)) },
			func(t *Trial) { t.AllowKindChanges = true }, CodeKind, "/blog/1 is a page (200), and would become not found (404)", "/blog/1",
		},
		"a page becomes a redirect": {
			func(s *site, _ *stored) {
				s.upstream.On("blog/props", propsOn("/blog/1", `{"redirect":{"destination":"/","permanent":false}}`))
			},
			func(t *Trial) { t.AllowKindChanges = true }, CodeKind, "would become a redirect (307)", "/blog/1",
		},
		"a page becomes an error page": {
			func(s *site, _ *stored) { s.upstream.On("blog/props", propsOn("/blog/1", `{"props":{},"status":503}`)) },
			func(t *Trial) { t.AllowKindChanges = true }, CodeKind, "would become an error (503)", "/blog/1",
		},
		"a redirect becomes a page": {
			func(_ *site, store *stored) { store.put("/blog/1", LivePage{Kind: page.KindRedirect, Status: 308}) },
			func(t *Trial) { t.AllowKindChanges = true }, CodeKind, "is a redirect (308), and would become a page", "/blog/1",
		},
		"a page is not listed any more": {
			func(s *site, _ *stored) { s.upstream.On("blog/paths", lists("false", "/blog/0", "/blog/2")) },
			func(t *Trial) { t.AllowKindChanges = true }, CodeKind, "would become not found", "/blog/1",
		},
		"pages shrink": {
			func(s *site, _ *stored) { s.upstream.On("blog/render", body(499)) },
			func(t *Trial) { t.MinSizePercent = 49 }, CodeSize, "has 1000 bytes, and would have 499, less than 50%", "",
		},
		"a page takes more work": {
			func(_ *site, store *stored) {
				store.put("/blog/4", LivePage{Kind: page.KindProps, Status: 200, Size: 1000, Fuel: 200})
			},
			func(t *Trial) { t.MaxFuelPercent = 0 }, CodeFuel, "/blog/4 needs 200 units of work, and would need ", "/blog/4",
		},
		"pages grow": {
			func(s *site, _ *stored) { s.upstream.On("blog/render", body(3100)) },
			func(t *Trial) { t.MaxSizePercent = 0 }, CodeSize, "has 1000 bytes, and would have 3100, more than 200%", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, store := triedSite(t)
			r := s.open()
			first := install(t, r, s.sent("blog", "/blog/[x]", "# 1"))
			if first.Trial != TrialPassed || len(first.Paths) != 5 || first.Paths[0].Size != 1000 || first.Paths[0].Live == nil {
				t.Fatalf("the first: %+v", first)
			}
			find(t, r, "/blog/1").Version.Served("/blog/1", time.Now())
			tt.change(s, store)
			report, err := r.Install(t.Context(), "", s.sent("blog", "/blog/[x]", "# 2"), InstallOptions{})
			refusal := wantRefused(t, report, err, tt.code, tt.message)
			if report.Trial != TrialFailed || tt.path != "" && refusal.Path != tt.path || refusal.Fix == "" || len(report.Paths) == 0 {
				t.Errorf("report: %+v", report)
			}
			if report.Paths[0].Path != "/blog/1" {
				t.Errorf("%s is tried first, and not what was served last", report.Paths[0].Path)
			}
			if serving(t, r, "/blog/0") != "1" {
				t.Error("it is live")
			}

			report, err = r.Install(t.Context(), "", s.sent("blog", "/blog/[x]", "# 2"), InstallOptions{SkipTrial: true})
			if err != nil || report.Trial != TrialSkipped || serving(t, r, "/blog/0") != "2" {
				t.Errorf("without a trial: %+v, %v", report, err)
			}
			if !strings.Contains(s.log.String(), "level=WARN msg=\"a version goes live without a trial") {
				t.Errorf("that is not logged: %s", s.log)
			}

			tt.opt(&s.opt.Trial)
			r = s.restart(r)
			if report := install(t, r, s.sent("blog", "/blog/[x]", "# 3")); report.Trial != TrialPassed {
				t.Errorf("with the gate open: %+v", report)
			}
		})
	}
}

// What the guest wrote before it failed is what one needs to mend it.
func TestTheReportHasTheLogOfAPageThatFails(t *testing.T) {
	s, _ := triedSite(t)
	s.upstream.On("blog/render", says(601, ""))
	report, err := s.open().Install(t.Context(), "", s.sent("blog", "/blog/[x]", ""), InstallOptions{})
	refusal := wantRefused(t, report, err, CodeFailed, "plugin blog: render of /blog/", "and 2 more")
	if len(report.Refusals) != 5 || refusal.Log == "" {
		t.Errorf("refusals: %+v", report.Refusals)
	}
}

// A reload has the same gates, and so has a start with a folder that changed.
func TestAFolderIsTriedToo(t *testing.T) {
	s, store := triedSite(t)
	dir := s.relay("blog", "/blog/[x]", "# 1")
	r := s.open()
	if n := s.upstream.Called("blog/render"); n != 0 {
		t.Errorf("%d pages were made at the first start, when there is nothing to compare with", n)
	}
	s.relay("blog", "/blog/[x]", "# 2")
	s.upstream.On("blog/props", says(200, `{"notFound":true}`))
	for range 2 {
		if err := r.Reload(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "would become not found") {
			t.Errorf("reload: %v", err)
		}
		if serving(t, r, "/blog/0") != "1" {
			t.Error("it is live")
		}
	}
	r = s.restart(r)
	if p := problem(t, r, dir); serving(t, r, "/blog/0") != "1" || !strings.Contains(p.Err.Error(), "would become not found") {
		t.Errorf("after a restart %s is live, with %v", serving(t, r, "/blog/0"), p.Err)
	}
	for i := range 5 {
		store.put(fmt.Sprintf("/blog/%d", i), LivePage{Kind: page.KindNotFound, Status: 404}) // which does not keep anything good
	}
	s.upstream.On("blog/props", nil)
	if err := r.Reload(t.Context(), dir); err != nil || serving(t, r, "/blog/0") != "2" {
		t.Errorf("reload: %v", err)
	}
}

// An hour's trial is no trial.
func TestATrialThatTakesTooLong(t *testing.T) {
	s, _ := triedSite(t)
	s.opt.Trial.Timeout = 200 * time.Millisecond
	r := s.open()
	s.upstream.On("blog/render", says(602, "")) // for ever, or for the plugin's ten seconds
	report, err := r.Install(t.Context(), "", s.sent("blog", "/blog/[x]", ""), InstallOptions{})
	wantRefused(t, report, err, CodeSlow, "were not made within 200ms", "[trial]")
	if len(report.Refusals) != 1 { // a page that ran until its own time was over would be another
		t.Errorf("refused for %+v", report.Refusals)
	}
}

func TestASampleIsWhatWasServedLastAndThenWhatIsListed(t *testing.T) {
	s, _ := triedSite(t)
	s.opt.Trial.Paths = 4
	r := s.open()
	install(t, r, s.sent("blog", "/blog/[x]", "# 1"))
	v, at := find(t, r, "/blog/1").Version, time.Now()
	for i, key := range []string{"/blog/9", "/blog/3", "/blog/9", "/elsewhere/1", "/blog/4"} {
		v.Served(key, at.Add(time.Duration(i)*recentInterval))
	}
	v.Served("/blog/2", at.Add(4*recentInterval)) // within the interval of the one before
	var steps []Progress
	report, err := r.Install(t.Context(), "", s.sent("blog", "/blog/[x]", "# 2"), InstallOptions{Progress: func(p Progress) { steps = append(steps, p) }})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range report.Paths {
		got = append(got, p.Path)
	}
	if want := "/blog/4 /blog/9 /blog/3 /blog/0"; strings.Join(got, " ") != want {
		t.Errorf("tried %q, want %s", got, want)
	}
	if fmt.Sprint(steps) != "[{check 0 0} {compile 0 0} {try 0 4} {try 1 4} {try 2 4} {try 3 4} {try 4 4} {swap 0 0}]" {
		t.Errorf("progress: %v", steps)
	}
}

func TestRecentKeysAreBoundedAndEachIsThereOnce(t *testing.T) {
	var r recent
	at := time.Unix(1_800_000_000, 0)
	for i := range 3 * recentKeys {
		at = at.Add(recentInterval)
		r.note(fmt.Sprint("/", i), at)
		at = at.Add(recentInterval)
		r.note("/always", at)
	}
	keys := r.list()
	if len(keys) != recentKeys || keys[0] != "/always" || keys[1] != fmt.Sprint("/", 3*recentKeys-1) || keys[2] != fmt.Sprint("/", 3*recentKeys-2) {
		t.Errorf("%d keys: %q…", len(keys), keys[:3])
	}
	r.note("/later", at.Add(-2*time.Hour)) // the clock was set back
	if r.list()[0] != "/later" {
		t.Error("a clock that is set back ends it")
	}
}

func BenchmarkServed(b *testing.B) {
	v := &Version{recent: new(recent)}
	at := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			v.Served("/blog/a", at)
		}
	})
}
