package dir

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// stripes is the number of locks. Each is held for the time of one rename, so a
// few are enough for any number of writers.
const stripes = 64

// marksLock is one more, that of the log of invalidations.
const marksLock = stripes

// locks let one goroutine of one process at a time change the files whose hashes
// have a lock in common. Within the process that is a channel, between
// processes an advisory lock on a file, which the kernel drops when its
// holder dies. Readers take none.
type locks struct {
	held  [stripes + 1]chan struct{}
	files [stripes + 1]string
}

func newLocks(dir string) *locks {
	l := &locks{}
	for i := range l.held {
		l.held[i] = make(chan struct{}, 1)
		l.files[i] = filepath.Join(dir, fmt.Sprintf("%02x", i))
	}
	return l
}

func stripe(sum digest) int { return int(sum[len(sum)-1]) % stripes }

func (l *locks) lock(ctx context.Context, sum digest) (unlock func(), err error) {
	return l.lockStripe(ctx, stripe(sum))
}

func (l *locks) lockStripe(ctx context.Context, i int) (unlock func(), err error) {
	select {
	case l.held[i] <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f, err := lockFile(ctx, l.files[i])
	if err != nil {
		<-l.held[i]
		return nil, err
	}
	return func() {
		f.Close() // and so unlocks
		<-l.held[i]
	}, nil
}

// lockFile opens and locks a file. It asks again and again instead of waiting in
// the kernel, where the end of ctx would not be noticed. The file is opened
// each time, which costs some microseconds and keeps two processes from locking two
// files after someone emptied the folder.
func lockFile(ctx context.Context, name string) (*os.File, error) {
	f, err := create(name, os.O_RDWR) // network mounts lock only what is open for writing
	if err != nil {
		return nil, err
	}
	for wait := 100 * time.Microsecond; ; wait = min(2*wait, 20*time.Millisecond) {
		ok, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, &os.PathError{Op: "lock", Path: name, Err: err}
		}
		if ok {
			return f, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for the lock %s: %w", name, ctx.Err())
		}
	}
}
