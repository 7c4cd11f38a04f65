package page_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	page "github.com/wisr-dev/wisr/sdk/go"
)

func TestStubAnswersForTheHost(t *testing.T) {
	var lines []string
	restore := page.Stub(page.Host{
		Config: map[string]string{"api": "https://api.example"},
		Fetch: func(r page.Request) (page.Response, error) {
			if strings.HasPrefix(r.URL, "https://down.example") {
				return page.Response{}, errors.New("refused")
			}
			return page.Response{Status: 200, Body: []byte(r.Method + " " + r.URL)}, nil
		},
		Log: func(level, text string) { lines = append(lines, level+" "+text) },
	})
	if got := page.Config("api") + page.Config("absent"); got != "https://api.example" {
		t.Errorf("Config: %q", got)
	}
	if r, err := page.Fetch(page.Request{URL: "https://api.example/x"}); err != nil || string(r.Body) != "GET https://api.example/x" {
		t.Errorf("Fetch: %q, %v", r.Body, err)
	}
	if _, err := page.Fetch(page.Request{URL: "https://down.example"}); err == nil || err.Error() != "page: fetch GET https://down.example: refused" {
		t.Errorf("a fetch that failed: %v", err)
	}
	responses, err := page.FetchAll([]page.Request{{URL: "https://a.example/x"}, {URL: "https://down.example?key=hunter2"}, {Method: "PUT", URL: "https://b.example"}})
	if len(responses) != 3 || string(responses[0].Body) != "GET https://a.example/x" || responses[1].Status != 0 || string(responses[2].Body) != "PUT https://b.example" ||
		err == nil || err.Error() != "page: fetch GET https://down.example: refused" {
		t.Errorf("FetchAll: %+v, %v", responses, err)
	}
	if responses, err := page.FetchAll(nil); responses != nil || err != nil {
		t.Errorf("FetchAll of nothing: %v, %v", responses, err)
	}
	if _, err := page.Fetch(page.Request{}); err == nil || !strings.Contains(err.Error(), "has no URL") {
		t.Errorf("a fetch without a URL: %v", err)
	}
	page.Debugf("a %d", 1)
	page.Infof("b")
	page.Warnf("c")
	page.Errorf("d")
	if want := []string{"debug a 1", "info b", "warn c", "error d"}; !slices.Equal(lines, want) {
		t.Errorf("the log is %q, want %q", lines, want)
	}

	restore()
	if got := page.Config("api"); got != "" {
		t.Errorf("Config after restore: %q", got)
	}
	if _, err := page.Fetch(page.Request{URL: "https://api.example/x"}); err == nil || !strings.Contains(err.Error(), "page.Stub") {
		t.Errorf("a fetch without a host: %v", err)
	}
}
