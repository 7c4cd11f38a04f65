package memory

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// watching runs Watch until end is called, which waits.
func watching(t *testing.T, m *memory, told func(isr.Change)) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { _ = m.Watch(ctx, told) })
	return sync.OnceFunc(func() { cancel(); watch.Wait() })
}

func nobody(isr.Change) {}

// numbered is the keys of the pages of some numbers.
func numbered(from, to int) (keys []string) {
	for i := from; i < to; i++ {
		keys = append(keys, fmt.Sprint("/", i))
	}
	return keys
}

// wantCopies waits until there are copies of some pages, and no other file.
func wantCopies(t *testing.T, m *memory, keys ...string) {
	t.Helper()
	wanted := func() bool {
		f := m.disk.folder()
		return f != nil && !slices.ContainsFunc(keys, func(key string) bool { return !f.has(key) }) && len(copiesOf(t, m.disk.root)) == len(keys)
	}
	for begun := time.Now(); !wanted(); time.Sleep(time.Millisecond) {
		if time.Since(begun) > time.Minute {
			t.Fatalf("there are copies %v, want some of %v", copiesOf(t, m.disk.root), keys)
		}
	}
}

// S141
func TestPagesAreCopiedBeforeVisitorsAskForThem(t *testing.T) {
	const pages = 20
	behind := &hooked{Store: onDisk(t, t.TempDir())}
	for i := range pages {
		mustPut(t, behind, generation(fmt.Sprint("/", i), i))
	}
	m := opened(t, behind, Options{Disk: t.TempDir()})
	defer closed(t, m)
	defer watching(t, m, nobody)()
	wantCopies(t, m, numbered(0, pages)...)
	behind.reads.Store(0)
	for i := range pages {
		wantGeneration(t, m, fmt.Sprint("/", i), i)
	}
	if n := behind.reads.Load(); n > 0 {
		t.Errorf("the store behind was read %d times for visitors", n)
	}
	mustPut(t, m, generation("/0", 100))
	mustPut(t, m, generation("/new", 100))
	if err := m.Delete(t.Context(), "/1", distantFuture); err != nil {
		t.Fatal(err)
	}
	wantCopies(t, m, append(numbered(2, pages), "/0", "/new")...)
	behind.reads.Store(0)
	wantGeneration(t, m, "/0", 100)
	wantGeneration(t, m, "/new", 100)
	if n := behind.reads.Load(); n > 0 {
		t.Errorf("the store behind was read %d times for pages that changed", n)
	}
}

func TestAnotherHostsPageIsCopiedOnceItIsTold(t *testing.T) {
	root := t.TempDir()
	behind := watched{onDisk(t, root), make(chan isr.Change)}
	m := opened(t, behind, Options{Disk: t.TempDir()})
	defer closed(t, m)
	told := make(chan isr.Change)
	defer watching(t, m, func(c isr.Change) { told <- c })()
	defer close(behind.changes)
	other := onDisk(t, root)
	defer closed(t, other)
	for n := range 3 {
		mustPut(t, other, generation("/a", n))
		behind.changes <- isr.Change{Key: "/a"}
		<-told
		wantCopies(t, m, "/a")
	}
	wantGeneration(t, m, "/a", 2)
}

// What was read for a copy while the page changed is no copy of it.
func TestAPageThatChangesWhileItIsCopiedIsCopiedAgain(t *testing.T) {
	root := t.TempDir()
	behind := &hooked{Store: onDisk(t, root)}
	m := opened(t, behind, Options{Disk: t.TempDir()})
	defer closed(t, m)
	mustPut(t, m, generation("/a", 1))
	behind.afterGet = func() {
		behind.afterGet = nil
		mustPut(t, m, generation("/a", 2))
	}
	if err := m.copyPage(t.Context(), "/a"); err != nil {
		t.Fatal(err)
	}
	if files := copiesOf(t, m.disk.root); len(files) > 0 {
		t.Errorf("there is a copy of what was replaced: %v", files)
	}
	defer watching(t, m, nobody)()
	wantCopies(t, m, "/a")
	wantGeneration(t, m, "/a", 2)
}

// Who has read a page before its copy was made may not put that in the place of the copy, which somebody may have seen by then.
func TestAPageThatWasReadEarlierDoesNotReplaceACopy(t *testing.T) {
	root := t.TempDir()
	behind := &hooked{Store: onDisk(t, root)}
	m := opened(t, behind, Options{Disk: t.TempDir()})
	defer closed(t, m)
	other := onDisk(t, root)
	defer closed(t, other)
	mustPut(t, other, generation("/a", 1))
	behind.afterGet = func() {
		behind.afterGet = nil
		mustPut(t, other, generation("/a", 2))
		if err := m.copyPage(t.Context(), "/a"); err != nil {
			t.Error(err)
		}
		wantCopies(t, m, "/a")
	}
	wantGeneration(t, m, "/a", 1)
	wantGeneration(t, m, "/a", 2)
}

// S144
func TestTheNextProcessMovesCopiesThatAreStillRight(t *testing.T) {
	root, copies := t.TempDir(), t.TempDir()
	before := opened(t, onDisk(t, root), Options{Disk: copies})
	end := watching(t, before, nobody)
	for i := range 10 {
		mustPut(t, before, generation(fmt.Sprint("/", i), i))
	}
	wantCopies(t, before, numbered(0, 10)...)
	end()
	same, err := os.Stat(before.disk.folder().name("/5"))
	if err != nil {
		t.Fatal(err)
	}
	cut := before.disk.folder().name("/7")
	if err := os.Truncate(cut, 100); err != nil { // as it may be after the power went
		t.Fatal(err)
	}
	closed(t, before)

	other := onDisk(t, root)
	mustPut(t, other, generation("/2", 200))
	if err := other.Delete(t.Context(), "/3", distantFuture); err != nil {
		t.Fatal(err)
	}
	closed(t, other)
	behind := &hooked{Store: onDisk(t, root)}
	m := opened(t, behind, Options{Disk: copies})
	defer closed(t, m)
	defer watching(t, m, nobody)()
	wantCopies(t, m, append(numbered(0, 3), numbered(4, 10)...)...)
	if now, err := os.Stat(m.disk.folder().name("/5")); err != nil || !os.SameFile(same, now) {
		t.Errorf("a copy that is still right was written again: %v", err)
	}
	behind.reads.Store(0)
	wantGeneration(t, m, "/2", 200)
	wantGeneration(t, m, "/7", 7)
	if n := behind.reads.Load(); n > 0 {
		t.Errorf("the store behind was read %d times", n)
	}
}

// Many marks are forgotten at a time.
func TestCopiesAreMovedHoweverOftenTheyHaveToGo(t *testing.T) {
	m := opened(t, onDisk(t, t.TempDir()), Options{Disk: t.TempDir()})
	defer closed(t, m)
	var was []os.FileInfo
	for i := range 6 {
		key := fmt.Sprint("/", i)
		mustPut(t, m, generation(key, i))
		wantGeneration(t, m, key, i)
		info, err := os.Stat(m.disk.folder().name(key))
		if err != nil {
			t.Fatal(err)
		}
		was = append(was, info)
		if err := m.Forget(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	defer watching(t, m, nobody)()
	wantCopies(t, m, numbered(0, 6)...)
	for i, before := range was {
		if now, err := os.Stat(m.disk.folder().name(fmt.Sprint("/", i))); err != nil || !os.SameFile(before, now) {
			t.Errorf("the copy of page %d was written again: %v", i, err)
		}
	}
}

func TestCopiesThatVisitorsDidNotAskForLeaveRoomForThoseTheyDo(t *testing.T) {
	const most = 64 << 10
	behind := &hooked{Store: onDisk(t, t.TempDir())}
	for i := range 100 {
		mustPut(t, behind, generation(fmt.Sprint("/", i), i))
	}
	m := opened(t, behind, Options{Disk: t.TempDir(), DiskSize: most})
	defer closed(t, m)
	if err := m.copyAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	var size int64
	for _, file := range copiesOf(t, m.disk.root) {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	if size > most || size < most/2 || size != m.disk.folder().bytes.Load() {
		t.Errorf("%d bytes of copies, counted as %d; they may have %d", size, m.disk.folder().bytes.Load(), most)
	}
	if n := int(behind.reads.Load()); n > len(copiesOf(t, m.disk.root)) {
		t.Errorf("%d pages were read, for %d copies", n, len(copiesOf(t, m.disk.root)))
	}
	for i := range 100 { // each change gives its room back
		mustPut(t, m, generation(fmt.Sprint("/", i), i+1000))
	}
	if size := m.disk.folder().bytes.Load(); size != 0 {
		t.Errorf("%d bytes are counted where no copies are", size)
	}
}

// S141
func TestMorePagesThanAreKnownByNameAreCopied(t *testing.T) {
	var l missing
	l.wake = make(chan struct{}, 1)
	l.register(1)
	for i := range mostMissing + 10 {
		l.add(fmt.Sprint(i))
	}
	if keys, all := l.take(); len(keys) > 0 || !all {
		t.Errorf("%d names, all %v; want all", len(keys), all)
	}
	l.add("/a")
	if keys, all := l.take(); len(keys) != 1 || all {
		t.Errorf("%d names, all %v; want one name", len(keys), all)
	}
	l.register(-1)
	l.add("/a")
	if keys, all := l.take(); len(keys) > 0 || all {
		t.Errorf("%d names, all %v, with nobody to copy them", len(keys), all)
	}
}
