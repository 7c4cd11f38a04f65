package dir

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"sync/atomic"

	"github.com/wisr-dev/wisr/host/isr"
)

// sweeper keeps the store below its bound (S145). What the store holds is never
// tracked file by file. A survey adds up all sizes and remembers the oldest files;
// then writes are counted, and when there could be too much there is another survey.
type sweeper struct {
	max     int64 // 0: no bound
	recall  int   // how many of the oldest files a survey remembers
	full    chan struct{}
	written atomic.Int64 // bytes put since Open
	limit   atomic.Int64 // what written may grow to before the next survey
}

// wrote counts bytes and wakes the sweeper when it is time.
func (s *sweeper) wrote(n int64) {
	if s.max == 0 || s.written.Add(n) <= s.limit.Load() {
		return
	}
	select {
	case s.full <- struct{}{}:
	default: // it has been told
	}
}

// keepBelowMax surveys the store at once, because it may be full from before, and
// whenever it could have become full.
func (d *Dir) keepBelowMax(ctx context.Context) {
	for {
		if err := d.sweep(ctx); err != nil && ctx.Err() == nil {
			d.log.Warn("the page store cannot be kept below cache.max_size", "folder", d.root, "cause", explain(err))
			d.sweeper.limit.Store(d.sweeper.written.Load() + d.sweeper.max/8) // not again at every write
		}
		select {
		case <-d.sweeper.full:
		case <-ctx.Done():
			return
		}
	}
}

// sweep drops the entries that were stored longest ago until an eighth of the
// bound is free, if the store is above it.
func (d *Dir) sweep(ctx context.Context) error {
	s := &d.sweeper
	for {
		written := s.written.Load()
		total, oldest, err := d.survey(ctx)
		if err != nil {
			return err
		}
		if total > s.max {
			before := total
			for _, c := range oldest {
				if total <= s.max-s.max/8 {
					break
				}
				gone, err := d.evict(ctx, c)
				if err != nil {
					return err
				}
				if gone {
					total -= c.size
				}
			}
			if total > s.max && total < before {
				continue // there were more to drop than a survey remembers
			}
		}
		s.limit.Store(written + max(s.max-total, 0))
		return nil
	}
}

// candidate is a file that may be dropped. An entry is written when its generation
// ends and never again, so that the time of the file tells its age.
type candidate struct {
	sum  digest
	set  string // folder of the version that it was set aside of; "" for a page
	time int64  // nanoseconds
	size int64
}

// recalled bounds what a survey holds in memory: 3 MB.
const recalled = 1 << 16

// survey adds up the sizes of all entries and returns the oldest of them in order.
func (d *Dir) survey(ctx context.Context) (total int64, oldest []candidate, err error) {
	var young youngestFirst
	add := func(set string, sum digest, f fs.DirEntry) error {
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		total += info.Size()
		c := candidate{sum: sum, set: set, time: info.ModTime().UnixNano(), size: info.Size()}
		if len(young) < d.sweeper.recall {
			heap.Push(&young, c)
		} else if c.time < young[0].time {
			young[0] = c
			heap.Fix(&young, 0)
		}
		return nil
	}
	err = d.eachPage(ctx, func(sum digest, f fs.DirEntry) error { return add("", sum, f) })
	if err == nil {
		err = d.eachEarlier(ctx, add)
	}
	slices.SortFunc(young, func(a, b candidate) int { return cmp.Compare(a.time, b.time) })
	return total, young, err
}

// evict drops an entry unless it was replaced since the survey.
func (d *Dir) evict(ctx context.Context, c candidate) (gone bool, err error) {
	path := d.path("pages", c.sum)
	if c.set != "" {
		path = d.earlierPath(c.set, c.sum)
	}
	unlock, err := d.locks.lock(ctx, c.sum)
	if err != nil {
		return false, err
	}
	defer unlock()
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil || info.ModTime().UnixNano() != c.time || info.Size() != c.size {
		return false, err
	}
	if e, err := readHead(path); err == nil && c.set == "" {
		// A full disk is no reason to keep it: a host that is not told may
		// go on serving its copy, which is a good page.
		_ = d.journal.append(isr.Change{Key: e.Key})
	}
	err = os.Remove(path)
	return err == nil, err
}

// youngestFirst is a heap of candidates.
type youngestFirst []candidate

func (h youngestFirst) Len() int           { return len(h) }
func (h youngestFirst) Less(i, j int) bool { return h[i].time > h[j].time }
func (h youngestFirst) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *youngestFirst) Push(c any)        { *h = append(*h, c.(candidate)) }
func (h *youngestFirst) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
