package host_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// versions makes the scripts of blog-1 to blog-n: versions of a plugin whose
// pages say in two places which one they are of.
func (s *site) versions(n int) {
	for v := 1; v <= n; v++ {
		name := fmt.Sprintf("blog-%d", v)
		s.upstream.on(name, script{
			paths: says(200, `{"paths":["/blog/0","/blog/1","/blog/2","/blog/3","/blog/4"],"fallback":"blocking"}`),
			props: says(200, fmt.Sprintf(`{"props":{"of":%d},"revalidate":1}`, v)),
			render: func(in input) (int, string) {
				return 200, fmt.Sprintf("rendered by %d, props %s, %s", v, in.Props, in.Path)
			},
		})
	}
}

// manifest is that of one of those versions.
func (s *site) manifest(v int) string {
	return fmt.Sprintf("name = \"blog\"\nroute = \"/blog/[x]\"\nmodule = \"relay.wasm\"\n[fetch]\nallow = [%q]\n[config]\nupstream = %q\n",
		s.upstream.URL, fmt.Sprintf("%s/blog-%d", s.upstream.URL, v))
}

// upload sends a version to the running host, as `wisr plugin load` does.
func (s *site) upload(v int, query string) (int, *registry.Report) {
	s.t.Helper()
	module, err := os.ReadFile(filepath.Join("..", "testdata", "relay.wasm"))
	if err != nil {
		s.t.Fatal(err)
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, content := range map[string]string{"manifest": s.manifest(v), "module": string(module)} {
		part, err := form.CreateFormFile(name, name)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.WriteString(part, content)
	}
	_ = form.Close()
	r, err := http.NewRequest(http.MethodPut, s.admin+"/api/plugins/blog"+query, &body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	return s.outcome(r)
}

func (s *site) rollback(version string) (int, *registry.Report) {
	s.t.Helper()
	text, err := json.Marshal(map[string]string{"version": version})
	if version == "" {
		text = []byte("{}")
	}
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, s.admin+"/api/plugins/blog/rollback", bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return s.outcome(r)
}

func (s *site) outcome(r *http.Request) (int, *registry.Report) {
	s.t.Helper()
	a := s.exchange(r, nil)
	report, problem := new(registry.Report), new(api.Problem)
	var err error
	if a.status == http.StatusOK {
		err = json.Unmarshal([]byte(a.body), report)
	} else if err = json.Unmarshal([]byte(a.body), problem); problem.Report != nil {
		report = problem.Report
	}
	if err != nil {
		s.t.Fatalf("%s %s: %d %s", r.Method, r.URL, a.status, a.body)
	}
	return a.status, report
}

// hotSite is a site with one folder plugin that may reach the upstream.
func hotSite(t *testing.T, memory string) *site {
	s := newSite(t, memory)
	s.settings(fmt.Sprintf("[grants]\nfetch = [%q]\nprivate_networks = true\n", s.upstream.URL))
	s.module("home", "/", "hello.wasm")
	s.start()
	return s
}

var consistent = regexp.MustCompile(`^rendered by (\d+), props \{"of":(\d+)\}, /blog/\d$`)

// Four visitors who never stop, while versions come, break, and go back: nobody
// ever gets an error, or a page of two versions.
func TestVisitorsNeverSeeADeploy(t *testing.T) {
	const versions = 8
	s := hotSite(t, "50MB")
	s.versions(versions)
	s.clock.mu.Lock()
	s.clock.since = time.Now() // so that pages get stale
	s.clock.mu.Unlock()
	if status, report := s.upload(1, ""); status != 200 || report.Outcome != registry.Live {
		t.Fatalf("the first: %d %+v", status, report)
	}

	var visits atomic.Int64
	done := make(chan struct{})
	var group sync.WaitGroup
	defer group.Wait()
	defer func() { close(done) }()
	for n := range 4 {
		group.Go(func() {
			for i := n; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				path := fmt.Sprintf("/blog/%d", i%5)
				if n == 3 {
					path = "/_wisr/data" + path + ".json"
				}
				response, err := s.client.Get(s.url + path)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				response.Body.Close()
				parts := consistent.FindStringSubmatch(string(body))
				switch {
				case err != nil || response.StatusCode != 200:
					t.Errorf("GET %s: %d %s, %v", path, response.StatusCode, body, err)
				case n < 3 && (parts == nil || parts[1] != parts[2]):
					t.Errorf("GET %s: %s", path, body)
				}
				visits.Add(1)
			}
		})
	}

	for v := 2; v <= versions; v++ {
		if status, report := s.upload(v, ""); status != 200 || report.Outcome != registry.Live || report.Trial != registry.TrialPassed {
			t.Fatalf("version %d: %d %+v", v, status, report)
		}
		at := visits.Load()
		for visits.Load() < at+50 {
			time.Sleep(time.Millisecond)
		}
		s.upstream.on("blog-99", script{
			paths:  says(200, `{"paths":["/blog/0"],"fallback":"blocking"}`),
			props:  says(200, `{"props":{"of":99}}`),
			render: says([]int{500, 601, 613}[v%3], "broken"),
		})
		if status, report := s.upload(99, ""); status != 422 || report.Outcome != registry.Refused {
			t.Fatalf("a broken version: %d %+v", status, report)
		}
		if v%3 == 0 {
			if status, report := s.rollback(""); status != 200 || report.Outcome != registry.Live {
				t.Fatalf("rollback: %d %+v", status, report)
			}
		}
	}
	if visits.Load() < 100 {
		t.Errorf("%d visits say nothing", visits.Load())
	}
}

// A deploy never starts cold, and what comes back brings its pages, all while
// the upstream is down.
func TestPagesOfAVersionComeBackWithItWhileTheUpstreamIsDown(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.settings(fmt.Sprintf("[grants]\nfetch = [%q]\nprivate_networks = true\n", s.upstream.URL))
		s.module("home", "/", "hello.wasm")
		s.start()
		s.versions(2)
		page := func(v int) string { return fmt.Sprintf(`rendered by %d, props {"of":%d}, /blog/0`, v, v) }
		s.upload(1, "")
		s.sees("/blog/0", 200, "MISS", page(1))
		if status, report := s.upload(2, ""); status != 200 {
			t.Fatalf("%d %+v", status, report)
		}
		s.sees("/blog/0", 200, "STALE", page(1))
		s.becomes("/blog/0", page(2))

		down := script{paths: says(500, "down"), props: says(500, "down"), render: says(500, "down")}
		s.upstream.on("blog-1", down)
		s.upstream.on("blog-2", down)
		if status, report := s.rollback(""); status != 200 || report.Outcome != registry.Live {
			t.Fatalf("rollback: %d %+v", status, report)
		}
		s.sees("/blog/0", 200, "HIT", page(1))
		s.restart()
		s.sees("/blog/0", 200, "HIT", page(1))
		s.clock.advance(2 * time.Second)
		s.sees("/blog/0", 200, "STALE", page(1))
	})
}

// Who breaks the page on purpose is told where and why, and no visitor sees it.
func TestABrokenVersionIsRefusedWithAReport(t *testing.T) {
	s := hotSite(t, "50MB")
	s.versions(2)
	s.upload(1, "")
	s.get("/blog/3")
	s.upstream.on("blog-2", script{
		paths: says(200, `{"paths":["/blog/1"],"fallback":"blocking"}`),
		props: func(in input) (int, string) {
			if in.Path == "/blog/3" {
				return 500, "post 3 has no title"
			}
			return 200, `{"props":{}}`
		},
		render: says(200, strings.Repeat("x", 200)),
	})
	status, report := s.upload(2, "")
	if status != 422 || len(report.Refusals) == 0 {
		t.Fatalf("%d %+v", status, report)
	}
	got := report.Refusals[0]
	if got.Code != registry.CodeFailed || got.Path != "/blog/3" || !strings.Contains(got.Message, "post 3 has no title") || got.Fix == "" {
		t.Errorf("refusal: %+v", got)
	}
	s.sees("/blog/3", 200, "HIT", `rendered by 1, props {"of":1}, /blog/3`)
	if status, report := s.upload(2, "?trial=skip"); status != 200 || report.Trial != registry.TrialSkipped {
		t.Errorf("without a trial: %d %+v", status, report)
	}
}

// The same by a restart: the folder changed, `wisr build` made every page anew, and
// the version before it comes back with what it had made.
func TestPagesOfAVersionComeBackAfterABuild(t *testing.T) {
	s := newSite(t, "50MB")
	s.versions(2)
	folder := func(v int) { s.write("plugins/blog/plugin.toml", s.manifest(v)) }
	s.module("blog", "/blog/[x]", "relay.wasm")
	page := func(v int) string { return fmt.Sprintf(`rendered by %d, props {"of":%d}, /blog/0`, v, v) }
	folder(1)
	s.build()
	s.start()
	s.sees("/blog/0", 200, "HIT", page(1))
	s.stop()
	folder(2)
	s.build()
	s.start()
	s.sees("/blog/0", 200, "HIT", page(2))
	if status, report := s.rollback(""); status != 200 || report.Outcome != registry.Live {
		t.Fatalf("rollback: %d %+v", status, report)
	}
	s.sees("/blog/0", 200, "HIT", page(1))
}

// A version that passes its trial and traps ever after goes back by itself, and
// all the time visitors have the pages that were there.
func TestAVersionThatTrapsAfterItsTrialGoesBackByItself(t *testing.T) {
	s := hotSite(t, "50MB")
	s.versions(2)
	page := func(n int) (path, body string) {
		return fmt.Sprintf("/blog/%d", n), fmt.Sprintf(`rendered by 1, props {"of":1}, /blog/%d`, n)
	}
	_, first := s.upload(1, "")
	for n := range 5 {
		path, body := page(n)
		s.sees(path, 200, "MISS", body)
	}
	if status, report := s.upload(2, ""); status != 200 || report.Trial != registry.TrialPassed {
		t.Fatalf("%d %+v", status, report)
	}
	s.upstream.on("blog-2", script{props: says(200, `{"props":{}}`), render: says(601, "")})
	for n := range 5 {
		path, body := page(n)
		s.sees(path, 200, "STALE", body)
	}
	var plugin registry.Status
	for deadline := time.Now().Add(time.Minute); plugin.Active != first.Version; time.Sleep(5 * time.Millisecond) {
		response, err := s.client.Get(s.admin + "/api/plugins/blog")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(response.Body).Decode(&plugin)
		response.Body.Close()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("it does not go back: %+v, %v", plugin, err)
		}
	}
	for n := range 5 {
		path, body := page(n)
		s.sees(path, 200, "HIT", body)
	}
	s.restart()
	path, body := page(3)
	s.sees(path, 200, "HIT", body)
	if !strings.Contains(s.log.String(), "too many pages failed; the version before is back") {
		t.Error("nothing is logged")
	}
}
