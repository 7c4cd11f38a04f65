package host_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
)

func TestS150EveryRequestMakesThePage(t *testing.T) { both(t, testEveryRequestMakesThePage) }

func testEveryRequestMakesThePage(t *testing.T, s *site) {
	s.plugin("page", "/page")
	s.plugin("item", "/item/[id]")
	s.plugin("gone", "/gone")
	s.plugin("moved", "/moved")
	s.plugin("missing", "/404")
	s.upstream.on("item", shells("true", tenSeconds))
	s.upstream.on("gone", script{props: says(200, gone)})
	s.upstream.on("moved", script{props: says(200, `{"redirect":{"destination":"/page","permanent":true}}`)})
	s.serve(host.Dev)
	for n := 1; n <= 3; n++ {
		for path, status := range map[string]int{"/page": 200, "/item/new": 200, "/item/known": 200, "/gone": 404, "/moved": 308} {
			a := s.get(path, browser, `If-None-Match: *`)
			if a.status != status || a.header.Get("Cache-Control") != never || a.header.Get("X-Wisr-Cache") != "" || a.header.Get("ETag") != "" || a.header.Get("Age") != "" {
				t.Errorf("%s: %d %v, want %d and nothing to keep it by", path, a.status, a.header, status)
			}
			if status == 200 && !strings.HasPrefix(a.body, fmt.Sprintf("%s #%d", path, n)) {
				t.Errorf("%s: %q, want generation %d", path, a.body, n)
			}
		}
		if got := s.upstream.called("page", "props", "/page"); got != n {
			t.Errorf("getStaticProps ran %d times for %d requests", got, n)
		}
	}
	if a := s.get("/_wisr/data/page.json"); a.status != 200 || a.body != `{"props":{}}` || a.header.Get("Cache-Control") != never || a.header.Get("ETag") != "" {
		t.Errorf("data: %d %q %v", a.status, a.body, a.header)
	}
	if _, err := os.Stat(filepath.Join(s.pages(), "pages")); err == nil {
		t.Error("pages were stored")
	}
	s.upstream.on("page", script{render: says(500, "it is <broken>")})
	if a := s.get("/page"); a.status != 500 || !strings.Contains(a.header.Get("Cache-Control"), "no-store") || !strings.Contains(a.body, "it is &lt;broken&gt;") {
		t.Errorf("a failure: %d %v\n%s", a.status, a.header, a.body)
	}
}

// events connects as an open browser does, and returns what it is told, each as "name data".
func (s *site) events() <-chan string {
	s.t.Helper()
	response, err := http.Get(s.url + "/_wisr/dev/events")
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { response.Body.Close() })
	if kind := response.Header.Get("Content-Type"); response.StatusCode != 200 || kind != "text/event-stream" {
		s.t.Fatalf("events: %d %s", response.StatusCode, kind)
	}
	queue := make(chan string, 100)
	go func() {
		defer close(queue)
		name := ""
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if text, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = text
			} else if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				queue <- name + " " + text
			}
		}
	}()
	return queue
}

// hears waits for an event with all of these words.
func hears(t *testing.T, events <-chan string, words ...string) {
	t.Helper()
	timeout := time.After(20 * time.Second)
next:
	for {
		select {
		case event, ok := <-events:
			if !ok {
				t.Fatalf("the connection ended before an event with %q", words)
			}
			for _, word := range words {
				if !strings.Contains(event, word) {
					continue next
				}
			}
			return
		case <-timeout:
			t.Fatalf("no event with %q", words)
		}
	}
}

func TestS151AChangedSourceIsBuiltSwappedAndShown(t *testing.T) {
	both(t, testAChangedSourceIsBuiltSwappedAndShown)
}

func testAChangedSourceIsBuiltSwappedAndShown(t *testing.T, s *site) {
	relay, err := os.ReadFile("../testdata/relay.wasm")
	if err != nil {
		t.Fatal(err)
	}
	hello, err := os.ReadFile("../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	s.write("plugins/page/source", string(relay))
	s.write("plugins/page/plugin.toml", fmt.Sprintf(`
name = "page"
route = "/page"
module = "page.wasm"
[build]
command = "if grep -q broken source; then echo source:1: it is broken >&2; exit 1; fi; cp source page.wasm"
watch = ["source"]
[fetch]
allow = [%q]
[config]
upstream = %q
`, s.upstream.URL, s.upstream.URL+"/page"))
	s.serve(host.Dev)
	if a := s.get("/page"); a.status != 200 || !strings.HasPrefix(a.body, "/page #1") || !strings.Contains(a.body, "/_wisr/dev/client.js") {
		t.Fatalf("%d %q", a.status, a.body)
	}
	events := s.events()
	hears(t, events, "problems")

	s.write("plugins/page/source", "broken")
	hears(t, events, "problems", `"plugin":"page"`, "source:1: it is broken", `"served":true`)
	s.logs("source:1: it is broken")
	if a := s.get("/page"); a.status != 200 || !strings.HasPrefix(a.body, "/page #2") {
		t.Errorf("while the build fails: %d %q, want the last good version", a.status, a.body)
	}

	s.write("plugins/page/source", string(hello))
	hears(t, events, "reload")
	if a := s.get("/page"); a.status != 200 || strings.HasPrefix(a.body, "/page") {
		t.Errorf("after the change: %d %q, want the page of the other module", a.status, a.body)
	}

	late := s.events() // who connects now is told that all is well
	var problems []json.RawMessage
	if err := json.Unmarshal([]byte(strings.TrimPrefix(<-late, "problems ")), &problems); err != nil || len(problems) != 0 {
		t.Errorf("problems are %s (%v), want none", problems, err)
	}
}
