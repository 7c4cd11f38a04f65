package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// writeAged writes a file as if that had been some time ago.
func writeAged(t *testing.T, path, text string, age time.Duration) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	then := time.Now().Add(-age)
	if err := os.Chtimes(path, then, then); err != nil {
		t.Fatal(err)
	}
}

func TestADigestIsOfWhatTheFileHas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.wasm")
	var d digests
	for _, change := range []struct {
		name string
		do   func()
		want string
	}{
		{"it is there", func() { writeAged(t, path, "one", time.Hour) }, "one"},
		{"it is the same", func() {}, "one"},
		{"it was written to", func() { writeAged(t, path, "two", time.Minute) }, "two"},
		{"it grew", func() { writeAged(t, path, "three", time.Minute) }, "three"},
		{"it was replaced by one of its size and time", func() {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			other := path + ".new"
			writeAged(t, other, "THREE", 0)
			if err := os.Chtimes(other, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(other, path); err != nil {
				t.Fatal(err)
			}
		}, "THREE"},
		// Within the resolution of its time, on however busy a machine.
		{"it was written just now", func() { writeAged(t, path, "four ", -time.Hour) }, "four "},
		{"and again in that moment", func() {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			writeAged(t, path, "FOUR ", 0)
			if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, "FOUR "},
	} {
		change.do()
		if got, err := d.of(path); err != nil || got != sumOf(change.want) {
			t.Errorf("%s: %s, %v", change.name, got, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := d.of(path); !os.IsNotExist(err) {
		t.Errorf("of a file that is gone: %v", err)
	}
}

// A file that was not touched is not read again: one that was changed without
// leaving a trace passes for what it was.
func TestADigestIsRemembered(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.wasm")
	writeAged(t, path, "one", time.Hour)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	var d digests
	if _, err := d.of(path); err != nil {
		t.Fatal(err)
	}
	writeAged(t, path, "two", 0)
	if err := os.Chtimes(path, info.ModTime(), info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got, err := d.of(path); err != nil || got != sumOf("one") {
		t.Errorf("%s, %v", got, err)
	}
	if len(d.known) != 1 {
		t.Errorf("%d files are remembered", len(d.known))
	}
}
