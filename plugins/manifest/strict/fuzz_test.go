package strict

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// FuzzDecode looks for panics, for errors without a place, for files that are
// accepted though they are no TOML, and for values of the environment in errors.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "name = \"a\"\ncount = 1\nbytes = 0x10\non = true\ntoken = '${A}'\nlist = ['a', '${A}']\n[config]\na = ''\n[limits]\ntimeout = '1s'\nmemory = '1MB'\n[fetch.headers.'https://a.b']\nX = 'y'\n",
		"nmae = 1", "[limit]", "[[limits]]", "limits = 1", "limits.timeout = 10", "name = blog", "name = \"a", "a = [{b=1}, [2]]", "a = {b=1,}", "name = 'a'\nname = 'b'\n[x]\n[x]",
		"name = \"\"\"a\nb\"\"\"", "\uFEFFname = 'é'\r\n", "count = '${A}'\non = '${A}'\nlist = '${A}'\n[limits]\nmemory = '${A}'\ntimeout = '${A}${'", "a.b.c = 1979-05-27T07:32:00Z",
		"name = \"\\u00e9\\x\"", "= 1", "é = 1", "[a", "\"\" = 1", "token = 5",
		"[[hook]]\npath = 'a'\n[hook.retry]\nevery = '1s'\n[[hook]]\nsecret = '${A}'\n[hook.headers]\na = 'b'", "hook = [{path = 'a'}]", "[[hook]]\n[hook]", "[hook]\n[[hook]]", "hook = []\n[[hook]]", "[[a.b]]\n[a]\nb.c = 1",
	} {
		f.Add([]byte(s))
	}
	const secret = "S3CR3T+value"
	f.Fuzz(func(t *testing.T, data []byte) {
		var s sample
		given := bytes.Clone(data)
		doc, err := DecodeEnv("f.toml", data, &s, func(name string) (string, bool) { return secret, name == "A" })
		if !bytes.Equal(given, data) {
			t.Fatal("the input was changed")
		}
		if err == nil {
			var v map[string]any
			if err := toml.Unmarshal(bytes.TrimPrefix(data, []byte("\uFEFF")), &v); err != nil {
				t.Fatalf("accepted, but %v", err)
			}
			for _, key := range []string{"name", "list[0]", "limits.timeout", `config.""`, "hook[0].path", "hook[1].retry.every"} {
				if e := doc.Errorf(key, "", "wrong"); e.Line < 1 || e.Column < 1 || e.Line > 1+bytes.Count(data, []byte("\n")) {
					t.Fatalf("%s at %d:%d", key, e.Line, e.Column)
				}
			}
			return
		}
		var errs Errors
		if !errors.As(err, &errs) || len(errs) == 0 {
			t.Fatalf("got %T", err)
		}
		for _, e := range errs {
			if e.Message == "" || e.File != "f.toml" || e.Line > 1+bytes.Count(data, []byte("\n")) || e.Line > 0 && e.Column < 1 {
				t.Fatalf("got %+v", e)
			}
			if strings.ContainsAny(e.Error(), "\n\r\x00\x1b") {
				t.Fatalf("a message is not one line of text: %q", e.Error())
			}
		}
		if strings.Contains(err.Error(), secret) && !bytes.Contains(data, []byte(secret)) {
			t.Fatalf("shows a value of the environment: %v", err)
		}
	})
}

// FuzzExpand checks Expand against what can be said without scanning.
func FuzzExpand(f *testing.F) {
	for _, s := range []string{"", "${A}", "$${A}", "${", "a${A}b$$${A}", "${A B}", "${${A}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out, missing := Expand(s, func(name string) (string, bool) { return "${" + name + "}", true })
		if len(missing) > 0 {
			t.Fatalf("missing %q", missing)
		}
		if !strings.Contains(s, "$${") && out != s {
			t.Fatalf("replacing each reference by itself gives %q", out)
		}
		names, err := References(s)
		if !strings.Contains(s, "${") && (len(names) > 0 || err != nil) {
			t.Fatalf("found %q, %v", names, err)
		}
	})
}

// FuzzSize checks that what is accepted is written and read again as the same.
func FuzzSize(f *testing.F) {
	for _, s := range []string{"0", "128MB", "1KiB", "8388607TB", "128 mb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if g := guessSize(s); g != "" {
			if _, ok := parseSize(g); !ok {
				t.Fatalf("guesses %q", g)
			}
		}
		if g := guessDuration(s); g != "" {
			if _, ok := parseDuration(g); !ok {
				t.Fatalf("guesses %q", g)
			}
		}
		n, ok := parseSize(s)
		if !ok {
			return
		}
		if again, ok := parseSize(n.String()); n < 0 || !ok || again != n {
			t.Fatalf("%d is written as %s and read as %d", n, n, again)
		}
	})
}
