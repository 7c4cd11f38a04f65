package memory

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

func TestConcurrentMissesReadTheDiskOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		behind := &hooked{Store: onDisk(t, t.TempDir()), beforeGet: func() { <-release }}
		m := inFront(t, behind, 1<<20)
		defer closed(t, m)
		mustPut(t, behind, generation("/a", 1))
		var all sync.WaitGroup
		gone, cancel := context.WithCancel(t.Context())
		all.Go(func() { _, _ = m.Get(gone, "/a") }) // the one that reads
		synctest.Wait()
		for range 20 {
			all.Go(func() { wantGeneration(t, m, "/a", 1) })
		}
		synctest.Wait()
		cancel() // S13: whose visitor went away
		close(release)
		all.Wait()
		if n := behind.reads.Load(); n != 1 {
			t.Errorf("the disk was read %d times", n)
		}
	})
}

// wherever runs a test with copies in memory, and again with copies on the disk.
func wherever(t *testing.T, test func(t *testing.T, front func(isr.Store) *memory)) {
	for name, onDisk := range map[string]bool{"memory": false, "disk": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test(t, func(behind isr.Store) *memory {
					if onDisk {
						return opened(t, behind, Options{Disk: t.TempDir()})
					}
					return inFront(t, behind, 1<<20)
				})
			})
		})
	}
}

func TestAReadThatBeganBeforeAPutDoesNotBringTheOldPageBack(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *memory){
		"put":    func(t *testing.T, m *memory) { mustPut(t, m, generation("/a", 2)) },
		"delete": func(t *testing.T, m *memory) { _ = m.Delete(t.Context(), "/a", distantFuture) },
		"told": func(t *testing.T, m *memory) {
			mustPut(t, m.behind, generation("/a", 2))
			m.changedBehind(t.Context(), isr.Change{Key: "/a"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			wherever(t, func(t *testing.T, front func(isr.Store) *memory) {
				release := make(chan struct{})
				var later atomic.Bool
				behind := &hooked{Store: onDisk(t, t.TempDir())}
				m := front(behind)
				defer closed(t, m)
				mustPut(t, behind, generation("/a", 1))
				behind.afterGet = func() {
					if !later.Swap(true) {
						<-release
					}
				}
				check := func() {
					if name != "delete" {
						wantGeneration(t, m, "/a", 2)
					} else if e, err := m.Get(t.Context(), "/a"); !errors.Is(err, isr.ErrNotFound) {
						t.Errorf("got %v, %v", e, err)
					}
				}
				var old sync.WaitGroup
				old.Go(func() { wantGeneration(t, m, "/a", 1) }) // has read it, and has not returned
				synctest.Wait()
				change(t, m)
				check() // does not wait for that read
				close(release)
				old.Wait()
				check()
			})
		})
	}
}

func TestPutsThatReturnInAnotherOrderLeaveTheNewest(t *testing.T) {
	wherever(t, func(t *testing.T, front func(isr.Store) *memory) {
		release := make(chan struct{})
		behind := &hooked{Store: onDisk(t, t.TempDir())}
		behind.afterPut = func(e *isr.Entry) {
			if e.StartedAt.Equal(generation("/a", 2).StartedAt) {
				<-release
			}
		}
		m := front(behind)
		defer closed(t, m)
		mustPut(t, m, generation("/a", 1))
		var slow sync.WaitGroup
		slow.Go(func() { mustPut(t, m, generation("/a", 2)) })
		synctest.Wait()
		mustPut(t, m, generation("/a", 3))
		wantGeneration(t, m, "/a", 3)
		close(release)
		slow.Wait()
		wantGeneration(t, m, "/a", 3)
	})
}

func TestAfterAReadOfAnotherProcessesPageNoOlderOneIsShown(t *testing.T) {
	wherever(t, func(t *testing.T, front func(isr.Store) *memory) {
		root := t.TempDir()
		behind := &hooked{Store: onDisk(t, root)}
		m := front(behind)
		defer closed(t, m)
		other := onDisk(t, root)
		defer closed(t, other)
		mustPut(t, other, generation("/a", 1))

		read, put := make(chan struct{}), make(chan struct{})
		behind.beforeGet = func() { <-read }
		behind.afterPut = func(e *isr.Entry) {
			if e.StartedAt.Equal(generation("/a", 3).StartedAt) {
				<-put
			}
		}
		var reader, writer sync.WaitGroup
		reader.Go(func() { wantGeneration(t, m, "/a", 4) })
		synctest.Wait()
		mustPut(t, m, generation("/a", 2)) // so that what is read will not be kept
		writer.Go(func() { mustPut(t, m, generation("/a", 3)) })
		synctest.Wait()
		mustPut(t, other, generation("/a", 4))
		close(read)
		reader.Wait()
		close(put)
		writer.Wait()
		wantGeneration(t, m, "/a", 4)
	})
}

func TestAPutThatEndsWhileAnothersNewerPageIsReadDoesNotStay(t *testing.T) {
	wherever(t, func(t *testing.T, front func(isr.Store) *memory) {
		root := t.TempDir()
		behind := &hooked{Store: onDisk(t, root)}
		m := front(behind)
		defer closed(t, m)
		other := onDisk(t, root)
		defer closed(t, other)

		read, put := make(chan struct{}), make(chan struct{})
		behind.afterGet = func() { <-read }
		behind.afterPut = func(*isr.Entry) { <-put }
		var reader, writer sync.WaitGroup
		writer.Go(func() { mustPut(t, m, generation("/a", 1)) })
		synctest.Wait()
		mustPut(t, other, generation("/a", 2))
		reader.Go(func() { wantGeneration(t, m, "/a", 2) }) // has read it, and has not returned
		synctest.Wait()
		close(put)
		writer.Wait()
		close(read)
		reader.Wait()
		wantGeneration(t, m, "/a", 2)
	})
}

// Visitors and editors go on while all copies go.
func TestCopiesGoWhileOthersAreReadAndWritten(t *testing.T) {
	m := opened(t, onDisk(t, t.TempDir()), Options{Bytes: 20 << 10, Disk: t.TempDir()})
	defer closed(t, m)
	ctx, end := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for page := range 4 {
		key := fmt.Sprint("/", page)
		mustPut(t, m, generation(key, 0))
		var newest atomic.Int64
		all.Go(func() {
			for n := 1; ctx.Err() == nil; n++ {
				mustPut(t, m, generation(key, n))
				newest.Store(int64(n))
			}
		})
		all.Go(func() {
			for ctx.Err() == nil {
				least := generation(key, int(newest.Load()))
				if e, err := m.Get(context.Background(), key); err != nil || e.StartedAt.Before(least.StartedAt) {
					t.Errorf("after the generation of %v: %v, %v", least.StartedAt, e, err)
					return
				}
			}
		})
	}
	for range 20 {
		if err := m.Forget(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Now()}); err != nil {
			t.Error(err)
		}
	}
	end()
	all.Wait()
}
