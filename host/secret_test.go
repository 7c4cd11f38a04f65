package host_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// A secret of [fetch.headers] is sent where it belongs and is nowhere else: not
// in what visitors get, not in what the private listener tells, not in the log,
// not on disk — though the upstream repeats it wherever it can, and pages fail
// over it. The same holds for a query value that the manifest calls private.
// That it is not in a guest's memory is tested in plugins/sandbox.
func TestASecretIsNowhere(t *testing.T) {
	const secret, private = "correct-horse-battery-staple", "private-value-of-a-query"
	t.Setenv("TEST_CMS_KEY", secret)
	both(t, func(t *testing.T, s *site) {
		s.module("page", "/page/[do]", "relay.wasm", fmt.Sprintf(
			"[fetch]\nallow = [%q]\nprivate = [\"api_key\"]\n[fetch.headers.%[1]q]\nAuthorization = \"Bearer ${TEST_CMS_KEY}\"\n[config]\nupstream = %[2]q\n",
			s.upstream.URL, s.upstream.URL+"/page"))
		var arrived atomic.Int32
		answers := map[string]func(echo string) (int, string){
			"body":   func(echo string) (int, string) { return 200, echo },
			"error":  func(echo string) (int, string) { return 622, echo },
			"log":    func(echo string) (int, string) { return 620, echo },
			"stderr": func(echo string) (int, string) { return 616, echo },
			"query": func(string) (int, string) {
				return 623, fmt.Sprintf(`{"url":"%s/page/render?api_key=%s&b=c","method":"POST"}`, s.upstream.URL, private)
			},
			"denied": func(string) (int, string) {
				return 623, `{"url":"https://evil.example/x?api_key=` + private + `"}`
			},
			"nobody": func(string) (int, string) {
				return 623, `{"url":"http://127.0.0.1:1/x?api_key=` + private + `","headers":{"X":"` + private + `"}}`
			},
		}
		s.upstream.on("page", script{
			props: func(in input) (int, string) {
				if strings.Contains(in.Header.Get("Authorization"), secret) {
					arrived.Add(1)
				}
				return 200, fmt.Sprintf(`{"props":{"echo":%q},"tags":[%[1]q],"revalidate":1}`, in.Header.Get("Authorization"))
			},
			render: func(in input) (int, string) {
				return answers[strings.TrimPrefix(in.Path, "/page/")](in.Header.Get("Authorization"))
			},
		})
		s.start()
		var told strings.Builder // everything that anybody is told
		for do := range answers {
			for _, path := range []string{"/page/" + do, "/_wisr/data/page/" + do + ".json"} {
				a := s.get(path)
				fmt.Fprintln(&told, a.status, a.header, a.body)
			}
		}
		if arrived.Load() == 0 {
			t.Fatal("the upstream was not sent the secret")
		}
		if body := s.get("/page/body").body; !strings.Contains(body, "[secret]") {
			t.Errorf("the page is %q", body)
		}
		for _, path := range []string{"/api/plugins", "/api/plugins/page", "/api/pages", "/api/pages/explain?path=/page/query", "/api/pages/explain?path=/page/error", "/metrics"} {
			a := s.send("GET", s.admin+path, "")
			fmt.Fprintln(&told, path, a.status, a.header, a.body)
		}
		s.stop()
		told.WriteString(s.log.String())
		err := filepath.WalkDir(s.dir, func(name string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(name)
			fmt.Fprintf(&told, "%s\n%s\n", name, data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, hidden := range []string{secret, private} {
			for line := range strings.Lines(told.String()) {
				if strings.Contains(line, hidden) {
					t.Errorf("%s is told: %.400s", hidden, line)
				}
			}
		}
	})
}
