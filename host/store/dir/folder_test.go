package dir

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"

	"github.com/wisr-dev/wisr/host/isr"
)

func TestAMillionPagesLeaveNoLargeFolder(t *testing.T) {
	d := Dir{root: "/"}
	names := map[string]int{}
	for i := range 100_000 { // a tenth of each
		names[filepath.Dir(d.path("pages", hash(fmt.Sprintf("/products/%d", i))))]++
	}
	for folder, n := range names {
		if n > 1000 {
			t.Errorf("%s has %d names", folder, n)
		}
	}
	if len(names) > 1000 {
		t.Errorf("%d folders", len(names))
	}
}

// What grows with the pages is their 256 folders and nothing besides.
func TestOnlyTheFoldersOfPagesGrow(t *testing.T) {
	const pages = 2000
	root := t.TempDir()
	d := opened(t, root, Options{})
	for i := range pages {
		mustPut(t, d, &isr.Entry{Key: fmt.Sprintf("/products/%d", i)})
	}
	names := map[string]int{}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		names[filepath.Dir(path)]++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, n := range names {
		most := 256 // whatever there is
		if filepath.Dir(folder) == filepath.Join(root, "pages") {
			most = 10_000 * pages / 1_000_000
		}
		if n > most {
			t.Errorf("%s has %d names, want at most %d", folder, n, most)
		}
	}
}
