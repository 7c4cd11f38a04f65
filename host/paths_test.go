package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/prerender"
)

// report makes all pages as `wisr build` does.
func (s *site) report() *prerender.Report {
	s.t.Helper()
	h := s.open(host.Build)
	report, err := h.Build(context.Background(), nil)
	if err := errors.Join(err, h.Close(context.Background())); err != nil {
		s.t.Fatal(err)
	}
	return report
}

// problems are the errors of the plugins that a build could not load, by plugin.
func problems(r *prerender.Report) map[string]string {
	errs := make(map[string]string)
	for _, p := range r.Problems {
		errs[p.Plugin] = p.Err.Error()
	}
	return errs
}

func TestS70BadPathsAreNamedAndFailTheirPluginAlone(t *testing.T) {
	one := func(element string) string { return `{"paths":[` + element + `],"fallback":false}` }
	tests := []struct{ route, result, says string }{
		{"[slug]", `{"paths":[]}`, `"fallback" is missing; want false, true or "blocking"`},
		{"[slug]", `{"paths":[],"fallback":null}`, `"fallback" is null; want false, true or "blocking"`},
		{"[slug]", `{"paths":[],"fallback":"true"}`, `"fallback" is "true"; want false, true or "blocking"`},
		{"[slug]", `{"paths":[],"fallback":1}`, `"fallback" is 1; want false, true or "blocking"`},
		{"[slug]", `{"fallback":false}`, `"paths" is missing; want a list of paths`},
		{"[slug]", `{"paths":"/ROUTE/a","fallback":false}`, `"paths" is "/ROUTE/a"; want a list of paths`},
		{"[slug]", `{"paths":{"0":"/ROUTE/a"},"fallback":false}`, `"paths" is {"0":"/ROUTE/a"}; want a list of paths`},
		{"[slug]", `{"paths":null,"fallback":false}`, `"paths" is null; want a list of paths`},
		{"[slug]", `{"paths":[],"fallback":false,"revalidate":10}`, `"revalidate" is an unknown key with value 10`},
		{"[slug]", `{"paths":[],"fallback":false,"cursor":7}`, `"cursor" is 7; want a string`},
		{"[slug]", `[]`, `the result is []; want a JSON object`},
		{"[slug]", `{"paths":[],"fallback":false`, `the result is not JSON`},
		{"[slug]", one(`"/ROUTE/a/b"`), `paths[0]: "/ROUTE/a/b" does not match route "/ROUTE/[slug]"`},
		{"[slug]", one(`"/ROUTE/ok","/elsewhere/a"`), `paths[1]: "/elsewhere/a" does not match route "/ROUTE/[slug]"`},
		{"[slug]", one(`"ROUTE/a"`), `paths[0]: "ROUTE/a" is a malformed path`},
		{"[slug]", one(`"/ROUTE/%zz"`), `paths[0]: "/ROUTE/%zz" is a malformed path`},
		{"[slug]", one(`"/ROUTE/.."`), `paths[0]: "/ROUTE/.." is a malformed path`},
		{"[slug]", one(`null`), `"paths[0]" is null; want a string or an object with "params"`},
		{"[slug]", one(`{"params":{"slug":"a"},"lang":"de"}`), `"paths[0].lang" is an unknown key with value "de"`},
		{"[slug]", one(`{"params":{}}`), `"paths[0].params.slug" is missing`},
		{"[slug]", one(`{"params":{"slug":7}}`), `"paths[0].params.slug" is 7; want a string`},
		{"[slug]", one(`{"params":{"slug":["a"]}}`), `"paths[0].params.slug" is ["a"]; want a string`},
		{"[slug]", one(`{"params":{"slug":null}}`), `"paths[0].params.slug" is null; want a string`},
		{"[slug]", one(`{"params":{"slug":""}}`), `"paths[0].params.slug" is empty`},
		{"[slug]", one(`{"params":{"slug":"."}}`), `"paths[0].params.slug" is "."`},
		{"[slug]", one(`{"params":{"slug":".."}}`), `"paths[0].params.slug" is ".."`},
		{"[slug]", one(`{"params":{"slug":"a","id":"b"}}`), `"paths[0].params.id" is an unknown parameter with value "b"`},
		{"[...at]", one(`{"params":{"at":"a"}}`), `"paths[0].params.at" is "a"; want a list of strings`},
		{"[...at]", one(`{"params":{"at":[]}}`), `"paths[0].params.at" is empty`},
		{"[...at]", one(`{"params":{"at":null}}`), `"paths[0].params.at" is null; want a list of strings`},
		{"[...at]", one(`{"params":{"at":["a",7]}}`), `"paths[0].params.at[1]" is 7; want a string`},
		{"[...at]", one(`{"params":{"at":["a",".."]}}`), `"paths[0].params.at[1]" is ".."`},
		{"[slug]", one(`{"params":{"slug":"a"},"locale":"fr"}`), `"paths[0].locale" is "fr"; want one of ["en" "de"]`},
		{"[slug]", one(`{"params":{"slug":"a"},"locale":7}`), `"paths[0].locale" is 7; want one of ["en" "de"]`},
	}
	both(t, func(t *testing.T, s *site) {
		s.settings("[site]\nlocales = [\"en\", \"de\"]\ndefault_locale = \"en\"")
		for i, tt := range tests {
			name := fmt.Sprintf("bad%d", i)
			s.plugin(name, "/"+name+"/"+tt.route)
			s.upstream.on(name, script{paths: says(200, strings.ReplaceAll(tt.result, "ROUTE", name))})
		}
		s.plugin("good", "/good/[slug]")
		s.upstream.on("good", script{paths: says(200, `{"paths":["/good/a","/good/b"],"fallback":false}`)})

		report := s.report()
		errs := problems(report)
		for i, tt := range tests {
			name := fmt.Sprintf("bad%d", i)
			want := "plugin " + name + ": getStaticPaths: "
			says := strings.ReplaceAll(tt.says, "ROUTE", name)
			if got := errs[name]; !strings.HasPrefix(got, want) || !strings.Contains(got, says) {
				t.Errorf("%s\n  gives the error %q\n  want %q and %q", tt.result, got, want, says)
			}
		}
		if len(errs) != len(tests) || report.Failed() != len(tests) {
			t.Errorf("%d plugins did not load, %d failures; want %d", len(errs), report.Failed(), len(tests))
		}
		if len(report.Routes) != 1 || report.Routes[0].Plugin != "good" || report.Routes[0].Made != 2 {
			t.Errorf("made %+v; want the two pages of the good plugin", report.Routes)
		}
		s.start()
		s.sees("/good/a", 200, "HIT", "/good/a #1")
		if a := s.get("/bad0/a"); a.status != 500 {
			t.Errorf("the route of a plugin that did not load answers %d, want 500", a.status)
		}
		s.logs("plugin bad0: getStaticPaths")
	})
}

func TestS71PathsAreEscapedAndParamsAreNot(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		var asked sync.Map // path → input of getStaticProps
		props := func(in input) (int, string) {
			asked.Store(in.Path, in.Raw)
			return 200, `{"props":{}}`
		}
		s.plugin("one", "/one/[slug]")
		s.upstream.on("one", script{props: props, paths: says(200, `{"fallback":false,"paths":[
			"/one/a", "/one/%61", "//one/a/", {"params":{"slug":"a"}},
			"/one/sl%2fash", {"params":{"slug":"sl/ash"}}, {"params":{"slug":"sl%2Fash"}},
			"/one/caf%c3%a9", "/one/café", {"params":{"slug":"café"}}, {"params":{"slug":"a b+c"}}]}`)})
		s.plugin("many", "/many/[...at]")
		s.upstream.on("many", script{props: props, paths: says(200, `{"fallback":false,"paths":[
			"/many/a/b", {"params":{"at":["a","b"]}}, {"params":{"at":["a/b"]}}, {"params":{"at":["c"]}}]}`)})
		s.plugin("maybe", "/maybe/[[...at]]")
		s.upstream.on("maybe", script{props: props, paths: says(200, `{"fallback":false,"paths":[
			"/maybe", {"params":{"at":null}}, {"params":{"at":[]}}, {"params":{}}, {"params":{"at":["x","y"]}}]}`)})

		report := s.report()
		got := make(map[string]int)
		for _, route := range report.Routes {
			got[route.Plugin] = route.Pages
		}
		if want := map[string]int{"one": 5, "many": 3, "maybe": 2}; fmt.Sprint(got) != fmt.Sprint(want) || report.Failed() != 0 {
			t.Errorf("pages are %v, %d failed; want %v", got, report.Failed(), want)
		}
		s.start()
		for path, params := range map[string]string{
			"/one/a":            `{"slug":"a"}`,
			"/one/sl%2Fash":     `{"slug":"sl/ash"}`,
			"/one/sl%252Fash":   `{"slug":"sl%2Fash"}`,
			"/one/caf%C3%A9":    `{"slug":"café"}`,
			"/one/a%20b+c":      `{"slug":"a b+c"}`,
			"/many/a/b":         `{"at":["a","b"]}`,
			"/many/a%2Fb":       `{"at":["a/b"]}`,
			"/many/c":           `{"at":["c"]}`,
			"/maybe":            `{}`,
			"/maybe/x/y":        `{"at":["x","y"]}`,
			"/one/sl/ash":       "", // not listed, and another path
			"/one/caf%C3%A9%20": "",
		} {
			a := s.get(path)
			if params == "" {
				if a.status != 404 {
					t.Errorf("%s: %d %q, want 404", path, a.status, a.body)
				}
				continue
			}
			if a.status != 200 || a.header.Get("X-Wisr-Cache") != "HIT" || a.body != path+" #1" {
				t.Errorf("%s: %d %s %q", path, a.status, a.header.Get("X-Wisr-Cache"), a.body)
			}
			raw, _ := asked.Load(path)
			if got := paramsOf(t, raw.(string)); got != params {
				t.Errorf("%s was made with params %s, want %s", path, got, params)
			}
		}
	})
}

func TestS72PathsInPages(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("item", "/item/[id]")
		var cursors []string
		s.upstream.on("item", script{paths: func(in input) (int, string) {
			cursors = append(cursors, in.Cursor) // pages are asked for one after the other
			switch in.Cursor {
			case "":
				return 200, `{"paths":["/item/1"],"fallback":false,"cursor":"zwei & 2"}`
			case "zwei & 2":
				return 200, `{"paths":["/item/2","/item/1"],"fallback":false,"cursor":"3"}`
			}
			return 200, `{"paths":["/item/3"],"fallback":false}`
		}})
		if report := s.report(); report.Failed() != 0 || report.Routes[0].Made != 3 {
			t.Fatalf("%+v, want three pages", report)
		}
		if want := []string{"", "zwei & 2", "3"}; !slices.Equal(cursors, want) {
			t.Errorf("cursors were %q, want %q", cursors, want)
		}
		s.start()
		s.sees("/item/3", 200, "HIT", "/item/3 #1")

		for name, result := range map[string]struct{ paths, says string }{
			"round":  {`{"paths":[],"fallback":false,"cursor":"again"}`, `plugin round: getStaticPaths: cursor "again" came back`},
			"change": {`{"paths":[],"fallback":FALLBACK,"cursor":"NEXT"}`, "plugin change: getStaticPaths: fallback is true, but was false on the page before"},
		} {
			s.plugin(name, "/"+name+"/[id]")
			s.upstream.on(name, script{paths: func(in input) (int, string) {
				fallback := "false"
				if in.Cursor != "" {
					fallback = "true"
				}
				return 200, strings.NewReplacer("FALLBACK", fallback, "NEXT", in.Cursor+"x").Replace(result.paths)
			}})
			if got := problems(s.report())[name]; !strings.Contains(got, result.says) {
				t.Errorf("the error is %q, want %q", got, result.says)
			}
		}
	})
}

func TestS73PathsAreAskedForAtABuildAndAtALoadOnly(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[...path]")
		s.upstream.on("page", script{paths: says(200, `{"paths":["/a"],"fallback":"blocking"}`)})
		calls := func(want int, when string) {
			t.Helper()
			if n := s.upstream.called("page", "paths", ""); n != want {
				t.Errorf("getStaticPaths ran %d times %s, want %d", n, when, want)
			}
		}
		s.build()
		calls(1, "at a build")
		s.start()
		calls(2, "at a load after it")
		for _, path := range []string{"/a", "/b", "/b", "/c/d", "/_wisr/data/e.json"} {
			s.get(path)
		}
		s.clock.advance(20 * time.Second)
		s.get("/a")
		s.becomes("/a", "/a #2")
		calls(2, "after visits")
	})
}

// paramsOf are the params in what a guest was given, as the host wrote them.
func paramsOf(t *testing.T, raw string) string {
	t.Helper()
	var in struct{ Params json.RawMessage }
	if err := json.Unmarshal([]byte(raw), &in); err != nil {
		t.Fatal(err)
	}
	return string(in.Params)
}
