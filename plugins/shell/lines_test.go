package shell

import (
	"slices"
	"strings"
	"testing"
)

func TestALineIsWholeHoweverItIsWritten(t *testing.T) {
	var got []string
	l := Lines{Put: func(line string) { got = append(got, line) }}
	for _, text := range []string{"a", "b\r\n\nc\n", "d"} {
		if n, err := l.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("Write(%q) is %d, %v", text, n, err)
		}
	}
	l.Flush()
	l.Flush()
	if want := []string{"ab", "", "c", "d"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestALineThatDoesNotEndIsCut(t *testing.T) {
	n := 0
	l := Lines{Put: func(line string) { n += len(line) }}
	if _, err := l.Write([]byte(strings.Repeat("x", 3*longLine))); err != nil || n != 3*longLine || len(l.rest) > 0 {
		t.Errorf("%d bytes were handed on, %d kept, %v", n, len(l.rest), err)
	}
}
