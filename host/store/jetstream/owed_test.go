package jetstream

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// What a host made alone is lost if it is killed before it is written. What it replaces is stale then.
func TestWhatWasMadeAloneIsOwedAfterTheProcess(t *testing.T) {
	url, file := served(t), filepath.Join(t.TempDir(), "work", "owed.log")
	var cut atomic.Bool
	open := func() *Store {
		return opened(t, connected(t, url), "owed", Options{Owed: file, Detached: cut.Load})
	}
	put := func(s *Store, key string, n int) {
		t.Helper()
		if _, err := s.Put(t.Context(), generation(key, n, 10)); (err != nil) != cut.Load() {
			t.Fatalf("put %s %d: %v", key, n, err)
		}
	}
	before := open()
	for _, key := range []string{"/owed", "/paid", "/newer"} {
		put(before, key, 1)
	}
	cut.Store(true)
	for _, key := range []string{"/owed", "/paid", "/newer", "/new"} {
		put(before, key, 2)
		put(before, key, 3)
	}
	cut.Store(false)
	put(before, "/paid", 3)
	if err := before.Close(); err != nil { // and "/owed" and "/newer" are not written any more
		t.Fatal(err)
	}
	other := opened(t, connected(t, url), "owed", Options{})
	put(other, "/newer", 4)

	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(`{"key":"/paid","sta`) // it was killed while it wrote
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	after := open()
	defer after.Close()
	marks, err := after.Invalidations(t.Context())
	if err != nil || len(marks) != 1 || marks[0].Name != "path:/owed" || !marks[0].At.Equal(epoch.Add(3)) {
		t.Errorf("marked are %v, %v", marks, err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the log is still there: %v", err)
	}
}

func TestTheLogOfWhatIsOwedDoesNotGrowForEver(t *testing.T) {
	o := &owed{path: filepath.Join(t.TempDir(), "owed.log")}
	defer o.close()
	for n := range 3 {
		if err := o.note("/a", time.Unix(int64(n), 0)); err != nil {
			t.Fatal(err)
		}
	}
	o.lines += 2 * spare // as if it were alone for long
	for _, key := range []string{"/b", "/c"} {
		if err := o.note(key, time.Unix(1, 0)); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(o.path)
	if got := strings.Count(string(text), "\n"); err != nil || got != 3 {
		t.Errorf("it has %d lines, %v, for three pages", got, err)
	}
	left, err := o.read()
	if err != nil || len(left) != 3 || !left["/a"].Equal(time.Unix(2, 0)) {
		t.Errorf("it has %v, %v", left, err)
	}
	for key := range left {
		if err := o.paid(key, time.Unix(5, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := o.read(); err != nil || len(left) > 0 {
		t.Errorf("all is written, and it has %v, %v", left, err)
	}
}
