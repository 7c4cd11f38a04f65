package strict

import (
	"reflect"
	"testing"
	"time"
)

func TestAListOfTablesFillsASlice(t *testing.T) {
	const text = `
[[hook]]
path = "a"
headers = { X = "y" }
[hook.retry]
every = "1s"

[[hook]]
path = "b"
secret = "${MISSING}"
tags = ["t"]
[hook.headers]
Z = "${SET}"
`
	var s sample
	doc, err := DecodeEnv("f.toml", []byte(text), &s, lookup(map[string]string{"SET": "set"}))
	if err != nil {
		t.Fatal(err)
	}
	want := []hook{{Path: "a", Headers: map[string]Secret{"X": NewSecret("y")}}, {Path: "b", Tags: []string{"t"}, Headers: map[string]Secret{"Z": NewSecret("set")}}}
	want[0].Retry.Every = Duration(time.Second)
	if !reflect.DeepEqual(s.Hooks, want) {
		t.Errorf("got %+v, want %+v", s.Hooks, want)
	}
	for key, has := range map[string]bool{
		"hook[0].path": true, "hook[0].secret": false, "hook[0].retry.every": true, "hook[0].headers.X": true,
		"hook[1].path": true, "hook[1].secret": false, "hook[1].tags[0]": true, "hook[1].retry": false, "hook[2]": false,
	} {
		if doc.Has(key) != has {
			t.Errorf("Has(%s) is %v", key, !has)
		}
	}
	if unset := doc.Unset(); len(unset) != 1 || unset[0].Key != "hook[1].secret" || unset[0].Line != 10 {
		t.Errorf("unset: %+v", unset)
	}
	for key, line := range map[string]int{"hook[1].tags[0]": 11, "hook[0].secret": 2, "hook[1].retry.every": 8} {
		if e := doc.Errorf(key, "", "wrong"); e.Line != line {
			t.Errorf("an error at %s is at line %d, want %d", key, e.Line, line)
		}
	}
}

func TestListsOfTablesWrittenWrongly(t *testing.T) {
	for text, want := range map[string]string{
		"[hook]\npath = 'a'":            `f.toml:1:2: hook is a table; want a list of tables (write [[hook]] on a line of its own, with double brackets, and below it its keys; [[hook]] takes path, secret, tags, [hook.headers], [hook.retry])`,
		"hook = [{path = 'a'}]":         `f.toml:1:1: hook is a list; want a list of tables (write [[hook]] on a line of its own, with double brackets, and below it its keys; [[hook]] takes path, secret, tags, [hook.headers], [hook.retry])`,
		"[[hook]]\n[[hook]]\npth = 'a'": `f.toml:3:1: unknown key hook[1].pth (did you mean "path"? [[hook]] takes path, secret, tags, [hook.headers], [hook.retry])`,
		"[[hook]]\ntags = 'a'":          `f.toml:2:1: hook[0].tags is the string "a"; want a list of strings in brackets (write tags = ["a"])`,
		"[[hok]]":                       `f.toml:1:3: unknown table [hok] (did you mean [[hook]]? the top of the file takes name, count, bytes, on, token, list, [config], [limits], [fetch], [[hook]])`,
		"path = 'a'":                    `f.toml:1:1: unknown key path (path stands below [[hook]]; the top of the file takes name, count, bytes, on, token, list, [config], [limits], [fetch], [[hook]])`,
	} {
		var s sample
		if _, err := Decode("f.toml", []byte(text), &s); err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
	for _, text := range []string{"[[hook]]\n[hook]", "[hook]\n[[hook]]", "hook = []\n[[hook]]", "[[hook]]\n[[hook.path]]\n[[hook.path.x]]\n[hook.path]"} {
		var s sample
		if _, err := Decode("f.toml", []byte(text), &s); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}
