package strict

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

type sample struct {
	Name   string            `toml:"name"`
	Count  int               `toml:"count"`
	Bytes  int64             `toml:"bytes"`
	On     bool              `toml:"on"`
	Token  Secret            `toml:"token"`
	List   []string          `toml:"list"`
	Config map[string]string `toml:"config"`
	Limits struct {
		Timeout Duration `toml:"timeout"`
		Memory  Size     `toml:"memory"`
	} `toml:"limits"`
	Fetch struct {
		Timeout Duration                     `toml:"timeout"`
		Headers map[string]map[string]Secret `toml:"headers" usage:"name an origin"`
		Deep    struct {
			Key string `toml:"key"`
		} `toml:"deep"`
	} `toml:"fetch"`
	Hooks []hook `toml:"hook"`
}

type hook struct {
	Path    string            `toml:"path"`
	Secret  Secret            `toml:"secret"`
	Tags    []string          `toml:"tags"`
	Headers map[string]Secret `toml:"headers"`
	Retry   struct {
		Every Duration `toml:"every"`
	} `toml:"retry"`
}

func lookup(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func TestDecodeFillsEveryType(t *testing.T) {
	const text = "\uFEFFname = 'a'\r\ncount = 0x1F\r\nbytes = 1_000\r\non = true\r\ntoken = \"t\"\r\nlist = [\"a\", \"b\"]\r\n" +
		"config.a = \"1\"\r\nlimits = { timeout = \"1m\", memory = 5 }\r\n[fetch.deep]\r\nkey = \"\"\"x\ny\"\"\"\r\n[fetch]\r\ntimeout = \"1s\"\r\n" +
		"[fetch.headers.\"https://a.b\"]\r\nX = \"y\"\r\n"
	var s sample
	doc, err := Decode("f.toml", []byte(text), &s)
	if err != nil {
		t.Fatal(err)
	}
	var want sample
	want.Name, want.Count, want.Bytes, want.On, want.Token = "a", 31, 1000, true, NewSecret("t")
	want.List, want.Config = []string{"a", "b"}, map[string]string{"a": "1"}
	want.Limits.Timeout, want.Limits.Memory = Duration(time.Minute), 5
	want.Fetch.Timeout, want.Fetch.Deep.Key = Duration(time.Second), "x\ny"
	want.Fetch.Headers = map[string]map[string]Secret{"https://a.b": {"X": NewSecret("y")}}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got %+v, want %+v", s, want)
	}
	for key, has := range map[string]bool{
		"name": true, "limits": true, "limits.memory": true, "config.a": true, "list[1]": true,
		`fetch.headers."https://a.b".X`: true, "fetch.deep.key": true,
		"list[2]": false, "list[-1]": false, "list[x]": false, "list.0": false, "fetch.deep.no": false, "name[0]": false, "nam": false,
	} {
		if doc.Has(key) != has {
			t.Errorf("Has(%q) = %v", key, !has)
		}
	}
}

func TestDecodeLeavesAbsentKeysAlone(t *testing.T) {
	s := sample{Name: "default", List: []string{"default"}}
	s.Limits.Memory = 7
	if _, err := Decode("f.toml", []byte("list = []\n[limits]\n"), &s); err != nil {
		t.Fatal(err)
	}
	if s.Name != "default" || s.Limits.Memory != 7 || len(s.List) != 0 {
		t.Errorf("got %+v", s)
	}
}

func TestDecodeRefusesWhatItCannotFill(t *testing.T) {
	for _, into := range []any{
		nil, sample{}, new(int), (*sample)(nil),
		&struct{ A string }{},
		&struct {
			A float64 `toml:"a"`
		}{},
		&struct {
			A map[int]string `toml:"a"`
		}{},
		&struct {
			A struct{ B string } `toml:"a"`
		}{},
	} {
		doc, err := Decode("f.toml", []byte("a = 1"), into)
		var errs Errors
		if doc != nil || err == nil || errors.As(err, &errs) {
			t.Errorf("%T: got %v, %v", into, doc, err)
		}
	}
}

func TestErrorsAreInTheOrderOfTheFileAndUnwrap(t *testing.T) {
	var s sample
	doc, err := Decode("f.toml", []byte("b = 1\n\n[limits]\ntimeout = \"1s\"\na = 1\n"), &s)
	if doc == nil || err == nil {
		t.Fatal(doc, err)
	}
	e := doc.Errorf("limits.timeout", "hint", "limits.timeout is %d", 1)
	if want := "f.toml:4:1: limits.timeout is 1 (hint)"; e.Error() != want {
		t.Errorf("got %q, want %q", e, want)
	}
	var errs Errors
	if !errors.As(doc.Err(), &errs) || len(errs) != 3 {
		t.Fatalf("got %v", doc.Err())
	}
	for i, line := range []int{1, 4, 5} {
		if errs[i].Line != line || errs[i].File != "f.toml" {
			t.Errorf("error %d is %v", i, errs[i])
		}
	}
	var one *Error
	if !errors.As(doc.Err(), &one) || one.Key != "b" {
		t.Errorf("errors.As finds %v", one)
	}
	if got := strings.Count(doc.Err().Error(), "\n"); got != 2 {
		t.Errorf("%d line breaks in %q", got, doc.Err())
	}
}

func TestErrorfPointsAtTheKeyOrTheTableThatLacksIt(t *testing.T) {
	const file = `name = "a"
list = [
  "x", "é", "y",
]
[fetch]
  [fetch.headers."https://a.b"]
  X = "y"
`
	tests := []struct {
		key          string
		line, column int
	}{
		{"name", 1, 1},
		{"list", 2, 1},
		{"list[0]", 3, 3},
		{"list[2]", 3, 13}, // in characters, not bytes
		{"list[3]", 2, 1},
		{"fetch", 5, 2},
		{"fetch.timeout", 5, 2},
		{`fetch.headers."https://a.b".X`, 7, 3},
		{`fetch.headers."https://a.b".Y`, 6, 18},
		{"limits.timeout", 1, 1},
		{"", 1, 1},
		{"[", 1, 1},
		{`"`, 1, 1},
	}
	for _, tt := range tests {
		var s sample
		doc, _ := Decode("f.toml", []byte(file), &s)
		e := doc.Errorf(tt.key, "", "wrong")
		if e.Line != tt.line || e.Column != tt.column {
			t.Errorf("%s: at %d:%d, want %d:%d", tt.key, e.Line, e.Column, tt.line, tt.column)
		}
	}
}

func TestAKeyHasOneError(t *testing.T) {
	tests := []struct{ name, file, key string }{
		{"of the wrong type", `name = 5`, "name"},
		{"below a table of the wrong type", `limits = 5`, "limits.timeout"},
		{"misspelled", `nmae = "x"`, "name"},
		{"below a misspelled table", "[limit]\n", "limits"},
		{"in the wrong table", "[limits]\nname = \"x\"", "name"},
		{"given twice", "name = \"a\"\nname = \"b\"", "name"},
	}
	for _, tt := range tests {
		var s sample
		doc, err := Decode("f.toml", []byte(tt.file), &s)
		if doc == nil || err == nil {
			t.Fatalf("%s: %v, %v", tt.name, doc, err)
		}
		if e := doc.Errorf(tt.key, "", "missing"); e == nil || doc.Err().Error() != err.Error() {
			t.Errorf("%s: got %v", tt.name, doc.Err())
		}
	}
}

func TestErrorsOfOneFileAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, "unknown%d = 1\n", i)
	}
	b.WriteString("name = \"a\"\n")
	var s sample
	doc, err := Decode("f.toml", []byte(b.String()), &s)
	doc.Errorf("name", "", "wrong")
	var errs Errors
	if !errors.As(doc.Err(), &errs) || len(errs) != maxErrors+1 {
		t.Fatalf("got %v", err)
	}
	if got := errs[maxErrors].Error(); got != "f.toml: and 181 more errors" {
		t.Errorf("the last one is %q", got)
	}
}

func TestDecodeIsBounded(t *testing.T) {
	tests := map[string]string{
		"size":                    strings.Repeat("#", maxSize+1),
		"keys":                    strings.Repeat("a.", maxValues) + "a = 1",
		"many keys":               manyKeys(maxValues + 1),
		"values in a list":        "list = [" + strings.Repeat("'',", maxValues) + "]",
		"lists in lists":          "list = " + strings.Repeat("[", 100_000),
		"closed lists":            "list = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"tables in tables":        "list = " + strings.Repeat("{a=", 5000) + "1" + strings.Repeat("}", 5000),
		"lists in tables":         "list = " + strings.Repeat("[{a=", 5000) + "1" + strings.Repeat("}]", 5000),
		"a header of many parts":  "[" + strings.Repeat("a.", 100_000) + "a]",
		"a long key":              strings.Repeat("a", maxPart+1) + " = 1",
		"a long key in a table":   "config = { " + strings.Repeat("a", maxPart+1) + " = 1 }",
		"a long key in a header":  "[" + strings.Repeat("a", maxPart+1) + "]",
		"many keys in lists":      "list = [" + strings.Repeat("{a=1},", maxValues/2+1) + "]",
		"many headers of a table": strings.Repeat("[[a]]\n", maxValues+1),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			var s sample
			doc, err := Decode("f.toml", []byte(text), &s)
			var errs Errors
			if doc != nil || !errors.As(err, &errs) || len(errs) != 1 {
				t.Errorf("got %.200v", err)
			}
			if n := len(err.Error()); n > 2000 {
				t.Errorf("the error has %d bytes", n)
			}
		})
	}
	var s sample
	if _, err := Decode("f.toml", []byte("[config]\n"+strings.ReplaceAll(manyKeys(maxValues-10), "= 1", "= ''")), &s); err != nil {
		t.Errorf("a file within the limits: %v", err)
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d = 1\n", i)
	}
	return b.String()
}

func TestEnvironment(t *testing.T) {
	const file = `name = "${A}-${B}"
count = "${N}"
on = "${ON}"
token = "${UNSET}"
list = ["x", "${UNSET}", "${ALSO}"]
[limits]
memory = "${EMPTY}"
timeout = "${N}s"
[config]
a = "$${A} $A ${A}"
`
	s := sample{Token: NewSecret("default"), List: []string{"default"}}
	s.Limits.Memory = 7
	doc, err := DecodeEnv("f.toml", []byte(file), &s, lookup(map[string]string{"A": "a", "B": "${A}", "N": "12", "ON": "true", "EMPTY": ""}))
	if err != nil {
		t.Fatal(err)
	}
	if s.Name != "a-${A}" || s.Count != 12 || !s.On || s.Limits.Timeout != Duration(12*time.Second) || s.Config["a"] != "${A} $A a" {
		t.Errorf("got %+v", s)
	}
	if s.Token.Reveal() != "default" || s.List[0] != "default" || s.Limits.Memory != 7 {
		t.Errorf("what is unset does not count as absent: %+v", s)
	}
	want := []Unset{{"token", 4, []string{"UNSET"}}, {"list", 5, []string{"UNSET"}}, {"limits.memory", 7, []string{"EMPTY"}}}
	if got := doc.Unset(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for key, has := range map[string]bool{"name": true, "token": false, "list": false, "limits.memory": false} {
		if doc.Has(key) != has {
			t.Errorf("Has(%q) = %v", key, !has)
		}
	}
	if got := doc.Quote("name"); got != `"${A}-${B}" from the environment` {
		t.Errorf("Quote gives %s", got)
	}
	if doc.FromEnv("name") != true || doc.FromEnv("limits") || doc.FromEnv("no") {
		t.Error("FromEnv is wrong")
	}
}

func TestWithoutALookupReferencesAreText(t *testing.T) {
	var s sample
	doc, err := Decode("f.toml", []byte(`name = "${A} ${"`), &s)
	if err != nil || s.Name != "${A} ${" || doc.FromEnv("name") {
		t.Errorf("got %q, %v", s.Name, err)
	}
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	good, large := filepath.Join(dir, "good"), filepath.Join(dir, "large")
	for name, size := range map[string]int{good: maxSize, large: maxSize + 1} {
		if err := os.WriteFile(name, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if data, err := ReadFile(good); err != nil || len(data) != maxSize {
		t.Errorf("got %d bytes, %v", len(data), err)
	}
	for name, want := range map[string]string{large: "larger than 256KB", dir: "not a regular file", filepath.Join(dir, "no"): "no such file"} {
		if _, err := ReadFile(name); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want %q", name, err, want)
		}
	}
}

func TestKey(t *testing.T) {
	for want, parts := range map[string][]string{
		"limits.timeout":  {"limits", "timeout"},
		`a."b.c".d-e_F1`:  {"a", "b.c", "d-e_F1"},
		`""`:              {""},
		`"a\"b"."c\nd".x`: {"a\"b", "c\nd", "x"},
	} {
		if got := Key(parts...); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
