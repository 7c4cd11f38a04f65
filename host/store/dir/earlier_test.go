package dir

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What was set aside is older than what replaced it, and goes first.
func TestS145WhatWasSetAsideCountsAndGoesFirst(t *testing.T) {
	d := opened(t, t.TempDir(), Options{})
	if err := d.Retain(t.Context(), []string{"v1", "v2"}); err != nil {
		t.Fatal(err)
	}
	size := aged(t, d, 10) // which entryOf says are of v1
	newer := entryOf("/005", 2)
	newer.Version = "v2"
	newer.StartedAt = newer.StartedAt.Add(time.Hour)
	mustPut(t, d, newer)
	aside := d.earlierPath(folderOf(entryOf("/005", 1).Version), hash("/005"))
	if _, err := os.Stat(aside); err != nil {
		t.Fatalf("nothing is set aside: %v", err)
	}
	d.sweeper.max, d.sweeper.recall = 10*size, recalled
	if total, _, err := d.survey(t.Context()); err != nil || total < 11*size-100 {
		t.Errorf("the survey finds %d bytes, %v; want those of eleven pages of %d", total, err, size)
	}
	if err := os.Chtimes(aside, time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := d.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(aside); !os.IsNotExist(err) {
		t.Errorf("what was set aside is still there: %v", err)
	}
	if n := len(pages(t, d)); n < 8 {
		t.Errorf("%d pages are left", n)
	}
}

// A file in a place where folders are is no reason to fail.
func TestRetainRemovesWhatIsNotOfARetainedVersion(t *testing.T) {
	root := t.TempDir()
	d := opened(t, root, Options{})
	odd := filepath.Join(root, "earlier", "a-file")
	if err := os.MkdirAll(filepath.Dir(odd), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(odd, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	mustPut(t, d, entryOf("/a", 1))
	if err := d.Delete(t.Context(), "/a", time.Now()); err != nil {
		t.Error(err)
	}
	if err := d.Retain(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(odd); !os.IsNotExist(err) {
		t.Errorf("it is still there: %v", err)
	}
}
