package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/wisr-dev/wisr/plugins/registry"
)

func (s *site) put(path string, parts ...any) *httptest.ResponseRecorder {
	body, kind := upload(parts...)
	return s.do(request("PUT", path, body, "Content-Type: "+kind))
}

// Whatever order they come in, every upload is answered, and what is live is one of them.
func TestUploadsOfOnePluginFollowEachOther(t *testing.T) {
	s := newSite(t, nil)
	module := moduleOf(t, "hello")
	reports := make([]registry.Report, 8)
	var clients sync.WaitGroup
	for n := range reports {
		clients.Go(func() {
			w := s.put("/api/plugins/hello", "manifest", manifestOf("hello", fmt.Sprintf("# %d\n", n/2)), "module", module)
			if err := json.Unmarshal(w.Body.Bytes(), &reports[n]); err != nil || w.Code != 200 {
				t.Errorf("%d: %d %s", n, w.Code, w.Body)
			}
		})
	}
	clients.Wait()
	active, _ := s.registry.Plugin("hello")
	found := false
	for _, r := range reports {
		found = found || r.Version == active.Active
	}
	if !found {
		t.Errorf("%s is live, and nobody sent it", active.Active)
	}
}

func TestTheSameContentAgainIsAnsweredAtOnce(t *testing.T) {
	s := newSite(t, nil)
	parts := []any{"manifest", manifestOf("hello", "# 2\n"), "module", moduleOf(t, "hello")}
	for _, want := range []registry.Outcome{registry.Live, registry.Unchanged} {
		var report registry.Report
		w := s.put("/api/plugins/hello", parts...)
		if err := json.Unmarshal(w.Body.Bytes(), &report); err != nil || report.Outcome != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

func TestWhatIsNoUploadIsRefused(t *testing.T) {
	s := newSite(t, nil)
	manifest, module := manifestOf("hello", ""), moduleOf(t, "hello")
	for name, w := range map[string]*httptest.ResponseRecorder{
		"twice":   s.put("/api/plugins/hello", "manifest", manifest, "module", module, "module", module),
		"unknown": s.put("/api/plugins/hello", "manifest", manifest, "module", module, "more", module),
		"missing": s.put("/api/plugins/hello", "module", module),
		"no form": s.do(request("PUT", "/api/plugins/hello", strings.NewReader("x"), "Content-Type: application/wasm")),
		"cut off": s.do(request("PUT", "/api/plugins/hello", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"module\"\r\n\r\nx"), "Content-Type: multipart/form-data; boundary=b")),
	} {
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if status, _ := s.registry.Plugin("hello"); status.Last != nil && status.Last.Outcome == registry.Refused {
		t.Errorf("the registry was asked: %+v", status.Last)
	}
}
