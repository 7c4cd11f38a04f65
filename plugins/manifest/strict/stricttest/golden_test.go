package stricttest

import (
	"reflect"
	"testing"
)

func TestArchive(t *testing.T) {
	const text = "about\n\n-- a case/f.toml --\nx = 1\n-- not a marker\n-- a case/env --\n-- a case/want --\nout\n-- b/f.toml --\n-- b/want --\nlast"
	a := parse(text)
	if got := a.format(); got != text {
		t.Errorf("formats as %q", got)
	}
	want := []Case{
		{Name: "a case", Files: map[string]string{"f.toml": "x = 1\n-- not a marker\n", "env": ""}},
		{Name: "b", Files: map[string]string{"f.toml": ""}},
	}
	if got := a.cases(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
