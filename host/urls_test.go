package host_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// urlBlock is a site of testdata/urls.txt and what its URLs give.
type urlBlock struct {
	name     string
	settings []string // lines of [site]
	plugins  []string // "name route"
	rows     []urlRow
}

type urlRow struct {
	line      int
	url, want string
}

// TestS130ToS132S55URLs asks a real host for every URL of testdata/urls.txt,
// which says at its head how to read it.
func TestS130ToS132S55URLs(t *testing.T) {
	for _, block := range urlBlocks(t, "testdata/urls.txt") {
		t.Run(block.name, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) { runURLs(t, s, block) })
		})
	}
}

func runURLs(t *testing.T, s *site, block urlBlock) {
	s.settings("[site]\n" + strings.Join(block.settings, "\n"))
	for _, line := range block.plugins {
		name, route, _ := strings.Cut(line, " ")
		s.plugin(name, route)
		s.upstream.on(name, script{
			props:  says(200, `{"props":{},"revalidate":10}`),
			render: func(in input) (int, string) { return 200, name + describe(t, in) },
		})
	}
	s.start()
	for _, row := range block.rows {
		got := row.follow(t, s)
		if got != row.want {
			t.Errorf("urls.txt:%d: %s\n  gives %s\n  want  %s", row.line, row.url, got, row.want)
		}
	}
}

// follow asks for the row's URL and says what is there.
func (row urlRow) follow(t *testing.T, s *site) string {
	a := s.raw("GET", row.url)
	switch {
	case a.status == 200 && a.header.Get("X-Wisr-Cache") != "":
		return a.body
	case a.status == 200:
		return "script"
	case a.status == 308:
		to := a.header.Get("Location")
		if next := s.raw("GET", to); next.status == 308 {
			t.Errorf("urls.txt:%d: %s → %s → %s: one redirect must do", row.line, row.url, to, next.header.Get("Location"))
		}
		return "308 " + to
	case a.status == 404 && a.header.Get("Cache-Control") != never:
		return "404 that may be kept: " + a.header.Get("Cache-Control")
	case a.status == 404 && strings.HasPrefix(a.body, "missing "):
		return "404 by " + a.body
	}
	return fmt.Sprint(a.status)
}

// describe writes what a guest was told: route, path, params and locale.
func describe(t *testing.T, in input) string {
	var raw struct{ Params json.RawMessage }
	if err := json.Unmarshal([]byte(in.Raw), &raw); err != nil {
		t.Error(err)
	}
	text := " " + in.Path + " " + string(raw.Params)
	if in.Locale != "" {
		text += " " + in.Locale
	}
	return text
}

func urlBlocks(t *testing.T, file string) []urlBlock {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var blocks []urlBlock
	n := 0
	for scan := bufio.NewScanner(f); scan.Scan(); {
		n++
		line := scan.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		if name, ok := strings.CutPrefix(line, "== "); ok {
			blocks = append(blocks, urlBlock{name: name})
			continue
		}
		if len(blocks) == 0 {
			t.Fatalf("%s:%d: %q is before the first site", file, n, line)
		}
		block := &blocks[len(blocks)-1]
		url, want, isRow := strings.Cut(line, " → ")
		switch {
		case isRow:
			block.rows = append(block.rows, urlRow{n, strings.TrimSpace(url), strings.TrimSpace(want)})
		case strings.Contains(line, " = "):
			block.settings = append(block.settings, line)
		default:
			block.plugins = append(block.plugins, line)
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("%s has no sites", file)
	}
	return blocks
}

// A plugin whose route another one has does not load, and the error names both.
func TestS130TwoPluginsForTheSamePaths(t *testing.T) {
	for name, routes := range map[string][2]string{
		"the same pattern":         {"/a/[x]", "/a/[x]"},
		"other parameter names":    {"/a/[x]/[...y]", "/a/[id]/[...rest]"},
		"without parameters":       {"/a", "/a"},
		"an optional catch-all":    {"/a/[[...x]]", "/a/[[...y]]"},
		"an escaped and a literal": {"/a/é", "/a/é"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, s *site) {
				s.plugin("one", routes[0])
				s.plugin("two", routes[1])
				s.plugin("other", "/b")
				report := s.report()
				errs := problems(report)
				for _, want := range []string{"one", "two", routes[0], routes[1]} {
					if !strings.Contains(errs["two"], want) {
						t.Errorf("the error is %q; want it to name %s", errs["two"], want)
					}
				}
				if len(errs) != 1 {
					t.Errorf("problems are %v, want one", errs)
				}
				s.start()
				s.logs("plugin not loaded")
				s.sees("/b", 200, "HIT", "/b #1")
				s.get(strings.NewReplacer("[x]", "v", "[...y]", "w", "[[...x]]", "v", "é", "%C3%A9").Replace(routes[0]))
				if first, second := s.upstream.Called("one/render"), s.upstream.Called("two/render"); first == 0 || second != 0 {
					t.Errorf("the first was rendered %d times, the second %d times", first, second)
				}
			})
		})
	}
}
