package dir

import (
	"os"
	"strings"
	"testing"

	"github.com/wisr-dev/wisr/host/isr"
)

// The end of a journal is where one who read all of it would be.
func TestTheEndOfAJournalIsFoundFromItsLastLine(t *testing.T) {
	const line = `{"n":7,"key":"/a"}` + "\n"
	long := func(n string, size int) string {
		return `{"n":` + n + `,"key":"/` + strings.Repeat("x", size-len(`{"n":,"key":"/"}`)-len(n)-1) + "\"}\n"
	}
	for name, text := range map[string]string{
		"nothing":                     "",
		"one line":                    line,
		"half a line":                 `{"n":7,"ke`,
		"a half line after a whole":   line + `{"n":8,"ke`,
		"a damaged line after it":     line + "\x00\x00\n{}\n\n",
		"only damaged lines":          "\x00\x00\nnull\n[1]\n",
		"many lines":                  strings.Repeat(long("1", 300), 1000) + long("1001", 300),
		"many lines and half a line":  strings.Repeat(long("1", 300), 1000) + line + long("8", maxChange)[:maxChange-1],
		"a key with a line inside it": line + `{"n":9,"key":"/{\"n\":5}"}` + "\n",
		"the longest lines":           line + long("8", maxChange) + long("9", maxChange) + long("10", maxChange),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(segmentPath(folder, "w", 3), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			want := position{segment: 3}
			if _, err := readSegment(folder, "w", &want); err != nil {
				t.Fatal(err)
			}
			if got, err := endOfSegment(folder, "w", 3); got != want || err != nil {
				t.Errorf("the end is %+v, %v; want %+v", got, err, want)
			}
		})
	}
	if got, err := endOfSegment(t.TempDir(), "w", 3); (got != position{segment: 3}) || err != nil {
		t.Errorf("a segment that is gone ends at %+v, %v", got, err)
	}
}

// BenchmarkOpen opens a store that four other processes filled.
func BenchmarkOpen(b *testing.B) {
	root := b.TempDir()
	for range 4 {
		other := opened(b, root, Options{})
		for other.journal.size < segmentSize-1000 {
			if err := other.journal.append(isr.Change{Key: "/products/a-page-of-many"}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for b.Loop() {
		d, err := Open(root, Options{})
		if err != nil {
			b.Fatal(err)
		}
		d.Close()
	}
}
