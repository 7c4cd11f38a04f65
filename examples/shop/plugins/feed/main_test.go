package main

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	page "github.com/wisr-dev/wisr/sdk/go"
)

func TestTheFeedHasTheNewestTeaFirst(t *testing.T) {
	t.Cleanup(page.Stub(page.Host{
		Config: map[string]string{"api": "http://api", "site": "https://halden.example"},
		Fetch: func(r page.Request) (page.Response, error) {
			return page.Response{Status: 200, Body: []byte(`[
				{"slug":"old","name":"Old","summary":"S","added":"2026-01-02"},
				{"slug":"new","name":"A & B","summary":"<b>","added":"2026-03-04"}]`)}, nil
		},
	}))
	result, err := load(page.Input{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := render(&out, page.Input{}, result.Props); err != nil {
		t.Fatal(err)
	}
	var f feed
	if err := xml.Unmarshal(out.Bytes(), &f); err != nil || len(f.Entries) != 2 {
		t.Fatalf("%v\n%s", err, &out)
	}
	if e := f.Entries[0]; e.Title != "A & B" || e.Summary != "<b>" || e.ID != "https://halden.example/tea/new" || f.Updated != "2026-03-04T09:00:00Z" {
		t.Errorf("%+v", f)
	}
}

func TestAnAPIThatFailsIsAnErrorThatSaysSo(t *testing.T) {
	t.Cleanup(page.Stub(page.Host{Fetch: func(page.Request) (page.Response, error) { return page.Response{Status: 502}, nil }}))
	if _, err := load(page.Input{}); err == nil || !strings.Contains(err.Error(), "502") {
		t.Error(err)
	}
}
