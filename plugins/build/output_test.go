package build

import (
	"bytes"
	"testing"

	"github.com/wisr-dev/wisr/plugins/shell"
)

func TestLastBytesKeepsTheEnd(t *testing.T) {
	for _, tt := range []struct {
		writes []string
		want   string
	}{
		{nil, ""},
		{[]string{"abc\n"}, "abc\n"},
		{[]string{"abc\n", "0123456789"}, "0123456789"},
		{[]string{"abc\ndef\n", "ghi\njkl\n"}, "ghi\njkl\n"},
		{[]string{"0123456789abcdef"}, "6789abcdef"},
		{[]string{"ééééééé"}, "ééééé"},
		{[]string{"x", "éééééé"}, "ééééé"},
		{[]string{"xééééé", "y"}, "ééééy"},
	} {
		l := &lastBytes{limit: 10}
		for _, w := range tt.writes {
			if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
				t.Errorf("Write(%q) is %d, %v", w, n, err)
			}
		}
		if got := l.String(); got != tt.want {
			t.Errorf("%q gives %q, want %q", tt.writes, got, tt.want)
		}
	}
}

func TestTheLogHasWholeLinesWithTheName(t *testing.T) {
	var b bytes.Buffer
	log := newLineLog(&b)
	one, two := log.of("one"), log.of("two")
	for _, w := range []struct {
		to   *shell.Lines
		text string
	}{{one, "a"}, {two, "x\ny"}, {one, "b\r\n\nc\n"}, {two, "z"}} {
		if n, err := w.to.Write([]byte(w.text)); n != len(w.text) || err != nil {
			t.Errorf("Write(%q) is %d, %v", w.text, n, err)
		}
	}
	one.Flush()
	two.Flush()
	if want := "two: x\none: ab\none: \none: c\ntwo: yz\n"; b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

func TestTail(t *testing.T) {
	for in, want := range map[string]string{
		"":              "",
		"\n\n":          "",
		"a":             "a",
		"a\nb\nc\n":     "a\nb\nc",
		"a\nb\nc\nd\n":  "…\nb\nc\nd",
		"\n\na\n\nb\n ": "a\n\nb",
	} {
		if got := tail(in, 3); got != want {
			t.Errorf("tail(%q) is %q, want %q", in, got, want)
		}
	}
}
