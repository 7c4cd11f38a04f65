package webhook

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/plugins/manifest/strict"
)

func TestTemplatesMakeNames(t *testing.T) {
	const github = `{"ref":"refs/heads/main","commits":[{"id":"1","added":["a.md","b.md"],"modified":[]},{"id":"2","added":[],"modified":["a.md"]}]}`
	const strapi = `{"event":"entry.update","model":"post","entry":{"id":42,"slug":"hello","draft":false,"price":1e21,"n":10000000000000001,"nothing":null,
		"tags":[{"id":1,"name":"x"},{"id":2,"name":"y"}],"grid":[[1,2],[3]],"sys.dotted":"no","fields":{"slug":{"en-US":"hi"}},"empty":""}}`
	for _, test := range []struct{ template, body, want string }{
		{"all", strapi, "all"},
		{"post:{entry.id}", strapi, "post:42"},
		{"{model}:{entry.id}:{entry.slug}", strapi, "post:42:hello"},
		{"{entry.draft}", strapi, "false"},
		{"{entry.price} {entry.n}", strapi, "1e21 10000000000000001"},
		{"tag:{entry.tags.name}", strapi, "tag:x tag:y"},
		{"{entry.tags.id}={entry.tags.name}", strapi, "1=x 2=y"},
		{"{entry.tags.1.name}", strapi, "y"},
		{"{entry.tags.id}/{entry.tags.0.name}", strapi, "1/x 2/x"},
		{"{entry.grid}", strapi, "1 2 3"},
		{"{entry.grid.1}", strapi, "3"},
		{"{entry.fields.slug.en-US}", strapi, "hi"},
		{"e{entry.empty}", strapi, "e"},
		{"{commits.added}", github, "a.md b.md"},
		{"{commits.id}:{commits.added}", github, "1:a.md 1:b.md"},
		{"{commits.modified}", github, "a.md"},
		{"{commits.removed}", `{"commits":[]}`, ""},
		{"{id}", `[{"id":1},{"id":2}]`, "1 2"},
		{"{0}", `["x","y"]`, "x"},
		{"{a}-{b}", `{"a":[1,2],"b":["x","y"]}`, "1-x 1-y 2-x 2-y"},
	} {
		h := newHook(t, Settings{Scheme: "github", Tags: []string{test.template}}, time.Now)
		names, err := h.Names([]byte(test.body))
		if got := strings.Join(names.Tags, " "); err != nil || got != test.want {
			t.Errorf("%s: %q, %v, want %q", test.template, got, err, test.want)
		}
	}
}

func TestNamesAreOfThreeKindsEachOnce(t *testing.T) {
	h := newHook(t, Settings{
		Scheme:  "github",
		Tags:    []string{"post:{id}", "post:{id}", "posts"},
		Paths:   []string{"/blog//{slug}/", "/{files}"},
		Sources: []string{"https://api.example.com/{id}"},
	}, time.Now)
	names, err := h.Names([]byte(`{"id":1,"slug":"é /x","files":["a","b","a"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for kind, test := range map[string]struct{ got, want []string }{
		"tags":    {names.Tags, []string{"post:1", "posts"}},
		"paths":   {names.Paths, []string{"/blog/%C3%A9%20/x", "/a", "/b"}},
		"sources": {names.Sources, []string{"https://api.example.com/1"}},
	} {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s are %q, want %q", kind, test.got, test.want)
		}
	}
}

func TestBodiesThatMakeNoNames(t *testing.T) {
	long := strings.Repeat("x", 300)
	many := "[" + strings.Repeat("1,", 99) + "1]"
	for _, test := range []struct{ kind, template, body, want string }{
		{"tag", "post:{entry.id}", `{"entry":{}}`, `the field entry.id is missing`},
		{"tag", "post:{entry.id}", `{}`, `the field entry is missing`},
		{"tag", "post:{entry.id}", `{"entry":{"id":null}}`, `the field entry.id is null`},
		{"tag", "post:{entry.id}", `{"entry":{"id":{}}}`, `the field entry.id is an object`},
		{"tag", "post:{entry.id}", `{"entry":"x"}`, `the field entry.id is missing: what it should be in is no object`},
		{"tag", "post:{entry.id}", `{"entry":[{"id":1},{}]}`, `the field entry.id is missing`},
		{"tag", "{a.2}", `{"a":[1,2]}`, `the field a.2 is missing: the list has 2 elements`},
		{"tag", "{a}", `[]{}`, `the body is not JSON: something follows`},
		{"tag", "{a}", ``, `the body is not JSON: EOF`},
		{"tag", "{a}", `{"a":`, `the body is not JSON: unexpected EOF`},
		{"tag", "{a}", strings.Repeat("[", 20000), `the body is not JSON`},
		{"tag", "{a}", `{"a":""}`, `makes the tag ""; a tag is 1 to 256 bytes`},
		{"tag", "{a}", `{"a":"` + long + `"}`, `makes the tag "` + long[:80] + `…"`},
		{"tag", "{a}", `{"a":"x\ny"}`, `makes the tag "x\ny"`},
		{"tag", "{a}", "{\"a\":\"\xff\"}", `makes the tag "�"`},
		{"tag", "{a}{b}", `{"a":` + many + `,"b":` + many + `}`, `makes more than 1000 names`},
		{"tag", "{a}{b}{c}{d}", `{"a":` + many + `,"b":` + many + `,"c":` + many + `,"d":[]}`, `leads through more than 50000`},
		{"tag", "{a}{a}{a}{a}", `{"a":"` + strings.Repeat("x", 3000) + `"}`, `makes a name of more than 8192 bytes`},
		{"path", "{a}", `{"a":"b"}`, `makes the path "b": malformed path: it does not begin with a slash`},
		{"path", "/{a}", `{"a":"b?c=d"}`, `makes the path "/b?c=d": malformed path: it has a '?'`},
		{"path", "/{a}", `{"a":"../../etc"}`, `makes the path "/../../etc": malformed path`},
		{"path", "/{a}", `{"a":"%zz"}`, `malformed path`},
		{"path", "{a}", `{"a":"https://example.com/"}`, `malformed path`},
		{"source", "{a}", `{"a":"x\u0000"}`, `makes the source "x\x00"`},
	} {
		s := Settings{Scheme: "github"}
		*map[string]*[]string{"tag": &s.Tags, "path": &s.Paths, "source": &s.Sources}[test.kind] = []string{test.template}
		names, err := newHook(t, s, time.Now).Names([]byte(test.body))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s of %.80s: %v, want %s", test.template, test.body, err, test.want)
		}
		if field := new(FieldError); !errors.Is(err, ErrBody) && !errors.As(err, &field) {
			t.Errorf("%s: %T", test.template, err)
		}
		if len(names.Tags)+len(names.Paths)+len(names.Sources) > 0 {
			t.Errorf("%s: %v", test.template, names)
		}
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                    "it is empty",
		"post:{entry.id":                      "the { at character 6 has no }",
		"é{a}}":                               "character 5 is a } without its {",
		"{a{b}}":                              "the { at character 1 has no }",
		"{}":                                  "the field at character 1 is not keys with dots between",
		"x{a..b}":                             "the field at character 2 is not keys",
		"{ a}":                                "is not keys",
		"a\nb":                                "control character",
		"{a" + strings.Repeat(".a", 40) + "}": "more than 32 parts",
		strings.Repeat("x", 2000):             "longer than 1024 bytes",
	} {
		if _, err := ParseTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// FuzzNames looks for panics, for time without end, and for names that break
// the rules of their kind.
func FuzzNames(f *testing.F) {
	f.Add("post:{entry.id}", `{"entry":{"id":42}}`)
	f.Add("{a.b}:{a.c}", `{"a":[{"b":1,"c":[1,2]},{"b":[],"c":3}]}`)
	f.Add("/{0.1}", `[[1,[2,[3]]]]`)
	f.Add("{a}{a}", `{"a":[[["x"]]]}`)
	f.Add("{a", `[`)
	f.Fuzz(func(t *testing.T, template, body string) {
		h, err := New(Settings{Scheme: "github", Secret: strict.NewSecret(key), Tags: []string{template}, Paths: []string{template}}, time.Now)
		if err != nil {
			return
		}
		names, err := h.Names([]byte(body))
		if err != nil {
			if len(names.Tags)+len(names.Paths) > 0 || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("%v, %q", names, err)
			}
			return
		}
		for _, tag := range names.Tags {
			if tag == "" || len(tag) > maxTag || !utf8.ValidString(tag) {
				t.Errorf("tag %q", tag)
			}
		}
		for _, path := range names.Paths {
			if path[0] != '/' || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?# \\") {
				t.Errorf("path %q", path)
			}
		}
	})
}
