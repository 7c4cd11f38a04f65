package registry

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// watchedSite is a site whose versions are on probation, and its clock.
func watchedSite(t *testing.T) (*site, *settable, <-chan Swapped) {
	s, clock := newSite(t).kept(), &settable{now: time.Unix(1_800_000_000, 0)}
	s.opt.Now = clock.Now
	s.opt.Probation = Probation{Window: 10 * time.Minute, MinFailures: 5, MaxRatePercent: 20}
	back := make(chan Swapped, 10)
	s.opt.Events.Swapped = func(e Swapped) {
		if e.Reason == ReasonProbation {
			back <- e
		}
	}
	return s, clock, back
}

type settable struct {
	mu  sync.Mutex
	now time.Time // guarded by mu
}

func (c *settable) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *settable) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fails has n generations of pages fail, of different paths.
func (s *site) fails(t *testing.T, r *Registry, n int) {
	t.Helper()
	for i := range n {
		if _, err := generate(t.Context(), t, r, fmt.Sprintf("/blog/%d", i%7)); err == nil {
			t.Errorf("generation %d does not fail", i)
		}
	}
}

// breaks makes every page of a version fail, by the line that tells versions
// apart, and those of others work.
func (s *site) breaks(marker string) {
	s.upstream.On("blog/render", func(in input) (int, string) {
		if in.Header.Get("X-Version") == marker {
			return 601, ""
		}
		return 200, "made " + in.Path
	})
}

// marked is a sent plugin whose requests tell its version.
func (s *site) marked(marker string) Bundle {
	b := s.sent("blog", "/blog/[x]", "# "+marker)
	b.Manifest = fmt.Appendf(b.Manifest, "[fetch.headers.%q]\nX-Version = %q\n", s.upstream.URL, marker)
	return b
}

func TestAVersionThatPassesItsTrialAndThenFailsIsRolledBack(t *testing.T) {
	s, _, back := watchedSite(t)
	r := s.open()
	good := install(t, r, s.marked("good"))
	body(t, r, "/blog/a")
	bad := install(t, r, s.marked("bad"))
	status, _ := r.Plugin("blog")
	if p := status.Probation; status.State != StateProbation || p == nil || p.Previous != good.Version || p.Failures != 0 {
		t.Errorf("status: %+v", status)
	}
	s.breaks("bad")
	s.fails(t, r, 5)
	e := <-back
	if e.Plugin != "blog" || e.Version != good.Version || e.Previous != bad.Version {
		t.Errorf("event: %+v", e)
	}
	if serving(t, r, "/blog/a") != "good" || body(t, r, "/blog/a") != "made /blog/a" {
		t.Error("the good one is not back")
	}
	r = s.restart(r) // which waits for the rest of what is told
	if serving(t, r, "/blog/a") != "good" {
		t.Error("the bad one is back after a restart")
	}
	if log := s.log.String(); !strings.Contains(log, "too many pages failed; the version before is back") {
		t.Errorf("the log: %s", log)
	}
}

func TestTheReportSaysWhyAVersionWentByItself(t *testing.T) {
	s, _, _ := watchedSite(t)
	refused := make(chan *Report, 10)
	s.opt.Events.Refused = func(r *Report) { refused <- r }
	dir := s.relay("blog", "/blog/[x]", "# 1")
	r := s.open()
	s.folder("blog", "relay.wasm", string(s.marked("bad").Manifest))
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	s.breaks("bad")
	s.fails(t, r, 5)
	report := <-refused
	if len(report.Refusals) != 1 || report.Refusals[0].Code != CodeProbation || !strings.Contains(report.Refusals[0].Message, "5 of its last 5 generations failed") {
		t.Errorf("report: %+v", report)
	}
	if status, _ := r.Plugin("blog"); status.Last != report || status.Active != report.Previous || status.State != StateLive {
		t.Errorf("status: %+v", status)
	}
	// The folder still has the bad one, and is not loaded for that.
	for range 2 {
		if err := r.Reload(t.Context(), dir); err != nil || serving(t, r, "/blog/a") != "1" {
			t.Errorf("reload: %v", err)
		}
		r = s.restart(r)
	}
}

func TestWhatIsNoReasonToGoBack(t *testing.T) {
	const elsewhere = "the other one fails as well"
	for name, tt := range map[string]func(s *site, clock *settable, r *Registry){
		"too few failures": func(s *site, _ *settable, r *Registry) { s.breaks("bad"); s.fails(s.t, r, 4) },
		"too small a part": func(s *site, _ *settable, r *Registry) {
			for range 40 {
				body(s.t, r, "/blog/a")
			}
			s.breaks("bad")
			s.fails(s.t, r, 8)
		},
		"too late": func(s *site, clock *settable, r *Registry) {
			clock.add(10*time.Minute + 1)
			s.breaks("bad")
			s.fails(s.t, r, 20)
		},
		elsewhere: func(s *site, _ *settable, r *Registry) {
			s.upstream.On("blog/render", says(500, "the database is down"))
			s.fails(s.t, r, 20)
		},
		"it is turned off": func(s *site, _ *settable, r *Registry) {
			s.opt.Probation = Probation{}
			r = s.restart(r)
			install(s.t, r, s.marked("other"))
			install(s.t, r, s.marked("bad"))
			s.breaks("bad")
			s.fails(s.t, r, 20)
			r.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, clock, back := watchedSite(t)
			r := s.open()
			install(t, r, s.marked("good"))
			install(t, r, s.marked("bad"))
			tt(s, clock, r)
			if v := find(t, r, "/blog/a").Version; name != elsewhere && v.watch != nil {
				failures, n := v.outcomes.count()
				if v.watch.fails(s.opt.Probation, clock.Now(), failures, n) {
					t.Errorf("%d of %d are a reason", failures, n)
				}
			}
			if name == elsewhere {
				for !strings.Contains(s.log.String(), "it fails on the same pages, so the fault is elsewhere") {
					runtime.Gosched()
				}
			}
			r = s.restart(r)
			select {
			case e := <-back:
				t.Errorf("it went back: %+v", e)
			default:
			}
			if serving(t, r, "/blog/a") != "bad" {
				t.Error("another one is active")
			}
		})
	}
}

// The old one failed as often: that is the site's upstream, not the new version.
func TestAVersionIsHeldAgainstTheOneBefore(t *testing.T) {
	s, _, _ := watchedSite(t)
	r := s.open()
	install(t, r, s.marked("good"))
	s.breaks("good")
	s.fails(t, r, 10)
	install(t, r, s.marked("bad"))
	status, _ := r.Plugin("blog")
	if status.Probation == nil || status.Probation.Before != 100 {
		t.Errorf("probation: %+v", status.Probation)
	}
	s.breaks("bad")
	s.fails(t, r, 10)
	if r = s.restart(r); serving(t, r, "/blog/a") != "bad" {
		t.Error("it went back")
	}
}

// A restart is no way out of probation.
func TestProbationOutlivesTheProcess(t *testing.T) {
	s, clock, back := watchedSite(t)
	r := s.open()
	install(t, r, s.marked("good"))
	install(t, r, s.marked("bad"))
	clock.add(5 * time.Minute)
	r = s.restart(r)
	s.breaks("bad")
	s.fails(t, r, 5)
	<-back
	if serving(t, r, "/blog/a") != "good" {
		t.Error("the good one is not back")
	}
}
