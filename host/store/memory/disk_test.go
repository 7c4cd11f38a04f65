package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// copiesOf returns the files of copies below a folder, of whichever process.
func copiesOf(t *testing.T, root string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, f fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // being removed
			return nil
		}
		if err == nil && f.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// theCopy is the only one that there is.
func theCopy(t *testing.T, root string) string {
	t.Helper()
	files := copiesOf(t, root)
	if len(files) != 1 {
		t.Fatalf("there are %d copies on the disk: %v; want one", len(files), files)
	}
	return files[0]
}

// S140
func TestAPageThatWasReadIsReadAgainFromTheDisk(t *testing.T) {
	behind, copies := &hooked{Store: onDisk(t, t.TempDir())}, t.TempDir()
	m := opened(t, behind, Options{Disk: copies})
	defer closed(t, m)
	mustPut(t, m, generation("/a", 1))
	for range 3 {
		wantGeneration(t, m, "/a", 1)
	}
	if n := behind.reads.Load(); n != 1 {
		t.Errorf("the store behind was read %d times", n)
	}
	mustPut(t, m, generation("/a", 2))
	wantGeneration(t, m, "/a", 2)
	if err := m.Delete(t.Context(), "/a", distantFuture); err != nil {
		t.Fatal(err)
	}
	if files := copiesOf(t, copies); len(files) > 0 {
		t.Errorf("copies of a page that was deleted: %v", files)
	}
}

// S141
func TestWhatMemoryHasNoRoomForIsReadFromTheDisk(t *testing.T) {
	behind := &hooked{Store: onDisk(t, t.TempDir())}
	m := opened(t, behind, Options{Bytes: 20 << 10, Disk: t.TempDir()})
	defer closed(t, m)
	const pages = 30
	for range 6 {
		for i := range pages {
			if behind.reads.Load() == 0 {
				mustPut(t, behind, generation(fmt.Sprint("/", i), i))
			}
		}
		for i := range pages {
			wantGeneration(t, m, fmt.Sprint("/", i), i)
		}
	}
	if n := behind.reads.Load(); n != pages {
		t.Errorf("the store behind was read %d times for %d pages", n, pages)
	}
}

func TestACopyOnTheDiskThatWasReadBeforeAChangeDoesNotGetIntoMemory(t *testing.T) {
	m := opened(t, onDisk(t, t.TempDir()), Options{Bytes: 1 << 20, Disk: t.TempDir()})
	defer closed(t, m)
	mustPut(t, m, generation("/a", 1))
	m.disk.place(m.disk.folder(), "/a", m.disk.write(m.disk.folder(), generation("/a", 1)))
	s := m.stripe("/a")
	before, old := s.count(), m.disk.get(m.disk.folder(), "/a")
	mustPut(t, m, generation("/a", 2))
	m.promote(s, before, old)
	wantGeneration(t, m, "/a", 2)
}

func TestACopyThatIsDamagedIsMadeAnew(t *testing.T) {
	behind, copies := &hooked{Store: onDisk(t, t.TempDir())}, t.TempDir()
	m := opened(t, behind, Options{Disk: copies})
	defer closed(t, m)
	mustPut(t, m, generation("/a", 1))
	mustPut(t, m, generation("/b", 1))
	wantGeneration(t, m, "/b", 1)
	other, err := os.ReadFile(theCopy(t, copies))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(theCopy(t, copies)); err != nil {
		t.Fatal(err)
	}
	wantGeneration(t, m, "/a", 1)
	file := theCopy(t, copies)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-10] ^= 1
	for name, damaged := range map[string][]byte{
		"cut off": whole[:len(whole)/2], "empty": {}, "a wrong bit": flipped, "of another page": other,
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			before := behind.reads.Load()
			for range 2 {
				wantGeneration(t, m, "/a", 1)
			}
			if n := behind.reads.Load() - before; n != 1 {
				t.Errorf("the store behind was read %d times", n)
			}
		})
	}
}

// S144
func TestAProcessReadsNoCopyOfTheOneBefore(t *testing.T) {
	root, copies := t.TempDir(), t.TempDir()
	killed := opened(t, onDisk(t, root), Options{Disk: copies})
	mustPut(t, killed, generation("/a", 1))
	wantGeneration(t, killed, "/a", 1)
	theCopy(t, copies)
	defer closed(t, killed) // long after the next one

	other := onDisk(t, root)
	defer closed(t, other)
	mustPut(t, other, generation("/a", 2)) // which nobody tells
	m := opened(t, onDisk(t, root), Options{Disk: copies})
	defer closed(t, m)
	wantGeneration(t, m, "/a", 2)
}

func TestCopiesOnTheDiskAreBounded(t *testing.T) {
	const most = 50 << 10
	copies := t.TempDir()
	m := opened(t, onDisk(t, t.TempDir()), Options{Disk: copies, DiskSize: most})
	defer closed(t, m)
	for i := range 60 {
		key := fmt.Sprint("/", i)
		mustPut(t, m, generation(key, i))
		wantGeneration(t, m, key, i)
		if size := m.disk.folder().bytes.Load(); size > most {
			t.Fatalf("%d bytes of copies", size)
		}
	}
	if n := len(copiesOf(t, copies)); n < 10 {
		t.Errorf("%d copies are kept", n)
	}
}

// A store may drop pages by itself, past its size; their marks are forgotten then.
func TestWhenAMarkIsForgottenNoCopyIsLeftThatItWasFor(t *testing.T) {
	for name, opt := range map[string]Options{"disk": {Disk: t.TempDir()}, "memory": {Bytes: 1 << 20}, "both": {Bytes: 1 << 20, Disk: t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			m := opened(t, onDisk(t, root), opt)
			defer closed(t, m)
			mustPut(t, m, generation("/a", 1))
			wantGeneration(t, m, "/a", 1)
			if err := os.RemoveAll(filepath.Join(root, "pages")); err != nil {
				t.Fatal(err)
			}
			wantGeneration(t, m, "/a", 1)
			if err := m.Forget(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Now()}); err != nil {
				t.Fatal(err)
			}
			if e, err := m.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
				t.Errorf("got %v, %v", e, err)
			}
			mustPut(t, m, generation("/a", 2))
			wantGeneration(t, m, "/a", 2)
		})
	}
}

// S143
func TestADiskWithoutRoomForCopiesIsToldOnceAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind, copies := &hooked{Store: onDisk(t, t.TempDir())}, filepath.Join(t.TempDir(), "copies")
		if err := os.WriteFile(copies, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		var text bytes.Buffer
		m := opened(t, behind, Options{Disk: copies, Log: slog.New(slog.NewTextHandler(&text, nil))})
		defer closed(t, m)
		mustPut(t, m, generation("/a", 1))
		for range 3 {
			wantGeneration(t, m, "/a", 1)
			time.Sleep(retryDisk)
		}
		if n := behind.reads.Load(); n != 3 {
			t.Errorf("the store behind was read %d times", n)
		}
		if err := os.Remove(copies); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * retryDisk)
		for range 3 {
			wantGeneration(t, m, "/a", 1)
		}
		if n := behind.reads.Load(); n != 4 {
			t.Errorf("the store behind was read %d times, with a disk that can be written again", n)
		}
		synctest.Wait()
		if lines := strings.Count(text.String(), "\n"); lines != 1 || !strings.Contains(text.String(), "level=WARN") || !strings.Contains(text.String(), copies) {
			t.Errorf("log: %s; want one warning with the path", text.String())
		}
	})
}

func TestNoCopyIsReadAfterOneCouldNotBeRemoved(t *testing.T) {
	root, copies := t.TempDir(), t.TempDir()
	m := opened(t, onDisk(t, root), Options{Disk: copies})
	defer closed(t, m)
	mustPut(t, m, generation("/a", 1))
	wantGeneration(t, m, "/a", 1)
	stuck := theCopy(t, copies)
	if err := errors.Join(os.Remove(stuck), os.MkdirAll(filepath.Join(stuck, "x"), 0o700)); err != nil {
		t.Fatal(err)
	}
	mustPut(t, m, generation("/a", 2))
	if f := m.disk.folder(); f != nil {
		t.Errorf("copies in %s are still read", f.path)
	}
	wantGeneration(t, m, "/a", 2)
}

// S143 S33
func TestAPageThatCannotBeWrittenDoesNotHideANewerCopy(t *testing.T) {
	behind := &hooked{Store: onDisk(t, t.TempDir())}
	m := opened(t, behind, Options{Disk: t.TempDir()})
	mustPut(t, m, generation("/a", 2))
	wantGeneration(t, m, "/a", 2)
	m.behind = unreadable{watched{Store: behind}}
	if ok, err := m.Put(t.Context(), generation("/a", 1)); ok || err != nil {
		t.Errorf("Put = %v, %v; want false", ok, err)
	}
	wantGeneration(t, m, "/a", 2)
	m.behind = behind
	closed(t, m)
}

// S142 S100
func TestAnotherHostsPageIsNotHiddenByACopyAfterItWasTold(t *testing.T) {
	const generations = 40
	for name, bytes := range map[string]int64{"disk": 0, "memory and disk": 4 << 10} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			behind := watched{onDisk(t, root), make(chan isr.Change)}
			m := opened(t, behind, Options{Bytes: bytes, Disk: t.TempDir()})
			defer closed(t, m)
			other := onDisk(t, root)
			defer closed(t, other)
			mustPut(t, other, generation("/a", 0))
			ctx, end := context.WithCancel(t.Context())
			told := make(chan isr.Change)
			var all sync.WaitGroup
			all.Go(func() { _ = m.Watch(ctx, func(c isr.Change) { told <- c }) })
			for range 3 {
				all.Go(func() { // a visitor, who does not see the page go back
					var seen time.Time
					for ctx.Err() == nil {
						e, err := m.Get(context.Background(), "/a")
						if err != nil || e.StartedAt.Before(seen) {
							t.Errorf("after the generation of %s: %v, %v", seen, e, err)
							return
						}
						seen = e.StartedAt
					}
				})
			}
			for n := 1; n <= generations; n++ {
				mustPut(t, other, generation("/a", n))
				behind.changes <- isr.Change{Key: "/a"}
				<-told
				wantGeneration(t, m, "/a", n)
			}
			end()
			close(behind.changes)
			all.Wait()
		})
	}
}
