package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/prerender"
)

// prerenders makes all pages as `wisr build` does, and returns what it told
// while it did.
func (s *site) prerenders(ctx context.Context, watch func(prerender.Progress)) (*prerender.Report, []prerender.Progress, error) {
	s.t.Helper()
	h := s.open(host.Build)
	var told []prerender.Progress
	report, err := h.Build(ctx, func(p prerender.Progress) {
		told = append(told, p) // one call at a time, so that this needs no lock
		if watch != nil {
			watch(p)
		}
	})
	if err := h.Close(context.Background()); err != nil {
		s.t.Fatal(err)
	}
	return report, told, err
}

// manyKinds adds plugins whose pages are of every kind.
func (s *site) manyKinds() {
	s.plugin("blog", "/blog/[slug]")
	s.plugin("home", "/")
	s.plugin("none", "/none/[x]")
	s.write("plugins/wrong/plugin.toml", "name = \"wrong\"\nroute = \"/wrong\"\nmodule = \"wrong.wasm\"\n")
	s.upstream.on("blog", script{
		paths: says(200, `{"paths":["/blog/a","/blog/b","/blog/gone","/blog/moved","/blog/bad","/blog/worse"],"fallback":false}`),
		props: func(in input) (int, string) {
			switch in.Path {
			case "/blog/b":
				return 200, `{"props":{},"revalidate":3600}`
			case "/blog/gone":
				return 200, `{"notFound":true,"revalidate":5}`
			case "/blog/moved":
				return 200, `{"redirect":{"destination":"/blog/a","permanent":true}}`
			case "/blog/bad":
				return 500, "no such post"
			}
			return tenSeconds(in)
		},
		render: func(in input) (int, string) {
			if in.Path == "/blog/worse" {
				return 601, ""
			}
			return 200, "0123456789"
		},
	})
	s.upstream.on("home", script{props: says(200, `{"props":{}}`), render: says(200, "home")})
}

func TestABuildCountsItsPagesAndListsItsFailures(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.manyKinds()
		report, told, err := s.prerenders(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(report.Routes) != 3 || len(report.Problems) != 1 || report.Problems[0].Plugin != "wrong" {
			t.Fatalf("%+v", report)
		}
		blog, home, none := report.Routes[0], report.Routes[1], report.Routes[2]
		if blog.Plugin != "blog" || blog.Route != "/blog/[slug]" || !blog.Dynamic || blog.Pages != 4 || blog.Made != 4 || blog.Failed != 2 || blog.Bytes != 20 {
			t.Errorf("%+v", blog)
		}
		// From the shortest window to the longest, which is that of the redirect: for ever.
		if blog.Revalidate != [2]time.Duration{5 * time.Second, 0} {
			t.Errorf("windows %v", blog.Revalidate)
		}
		if home.Plugin != "home" || home.Dynamic || home.Pages != 1 || home.Made != 1 || home.Failed != 0 || home.Bytes != 4 || home.Revalidate != [2]time.Duration{} {
			t.Errorf("%+v", home)
		}
		if none.Pages != 0 || none.Failed != 0 || none.Failures != nil {
			t.Errorf("%+v", none)
		}
		if report.Failed() != 3 || report.Made() != 5 {
			t.Errorf("%d failed, %d made", report.Failed(), report.Made())
		}
		slices.SortFunc(blog.Failures, func(a, b prerender.Failure) int { return strings.Compare(a.Path, b.Path) })
		if len(blog.Failures) != 2 || blog.Failures[0].Path != "/blog/bad" || blog.Failures[1].Path != "/blog/worse" {
			t.Fatalf("failures %v", blog.Failures)
		}
		for i, want := range []string{"plugin blog: getStaticProps of /blog/bad: no such post", "plugin blog: render of /blog/worse: unreachable\n"} {
			if got := host.Explain(blog.Failures[i].Err) + "\n"; !strings.HasPrefix(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}

		if len(told) != 7 {
			t.Fatalf("progress was told %d times", len(told))
		}
		for i, p := range told {
			failed := p.Path == "/blog/bad" || p.Path == "/blog/worse"
			if p.Done != i+1 || p.Total != 7 || (p.Err != nil) != failed {
				t.Errorf("%d: %+v", i, p)
			}
		}
		if told[6].Failed != 2 {
			t.Errorf("in the end %+v", told[6])
		}
	})
}

func TestABuildMakesOnlyWhatIsNotFresh(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.manyKinds()
		s.build()
		made := func(after time.Duration, blog, home int) {
			t.Helper()
			s.clock.advance(after)
			report, _, err := s.prerenders(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if b, h := report.Routes[0], report.Routes[1]; b.Pages != 4 || b.Made != blog || b.Failed != 2 || h.Pages != 1 || h.Made != home {
				t.Errorf("after %s: %+v, %+v", after, b, h)
			}
		}
		made(0, 0, 0)
		made(5*time.Second, 1, 0) // the page that is not found
		made(5*time.Second, 2, 0) // that and /blog/a
		made(time.Hour, 3, 0)     // and /blog/b
		made(100*time.Hour, 3, 0) // what has no window stays
		if n := s.upstream.called("home", "render", "/"); n != 1 {
			t.Errorf("home was made %d times", n)
		}
	})
}

func TestAPageThatFailsInABuildKeepsItsOldOne(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/page")
		if failed := s.build(); failed != 0 {
			t.Fatalf("%d failed", failed)
		}
		s.clock.advance(10 * time.Second)
		s.upstream.on("page", script{render: says(500, "not today")})
		report, _, err := s.prerenders(t.Context(), nil)
		if err != nil || report.Failed() != 1 || report.Routes[0].Pages != 0 {
			t.Fatalf("%+v, %v", report, err)
		}
		s.start()
		s.sees("/page", 200, "STALE", "/page #1")
	})
}

func TestABuildThatIsStoppedKeepsWhatItMade(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings("[render]\nworkers = 1")
		s.plugin("page", "/[x]")
		s.upstream.on("page", script{
			paths: says(200, `{"paths":["/a","/b","/c","/d","/e","/f","/g","/h","/i","/j","/k","/l","/m","/n","/o","/p","/q","/r"],"fallback":false}`),
			props: says(200, `{"props":{}}`),
		})
		ctx, cancel := context.WithCancel(t.Context())
		report, told, err := s.prerenders(ctx, func(p prerender.Progress) {
			if p.Done == 3 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || report == nil {
			t.Fatalf("%+v, %v", report, err)
		}
		made := report.Made() // three, and those that were ready in the same moment
		if made < 3 || made != len(told) || made == 18 || report.Failed() != 0 {
			t.Errorf("%+v; told %+v", report.Routes, told)
		}
		report, _, err = s.prerenders(t.Context(), nil)
		if err != nil || report.Routes[0].Pages != 18 || report.Routes[0].Made > 18-made {
			t.Errorf("%+v, %v", report.Routes, err)
		}
		if failed := s.build(); failed != 0 {
			t.Errorf("%d failed", failed)
		}
	})
}
