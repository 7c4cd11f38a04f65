package copying

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
)

func opened(t *testing.T) isr.Store {
	t.Helper()
	s, err := dir.Open(t.TempDir(), dir.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func entry(key string, n int) *isr.Entry {
	at := time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC)
	return &isr.Entry{Key: key, Plugin: "p", Version: "v", Body: fmt.Appendf(nil, "%d", n), StartedAt: at, FinishedAt: at, Expire: time.Hour}
}

func TestACopyThatWasBrokenOffGoesOn(t *testing.T) {
	from, to := opened(t), opened(t)
	for n := range 50 {
		if _, err := from.Put(t.Context(), entry(fmt.Sprint("/", n), 1)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := to.Put(t.Context(), entry("/7", 2)); err != nil { // newer than the one to copy
		t.Fatal(err)
	}
	mark := isr.Invalidation{Name: "tag:x", At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}
	if err := from.Invalidate(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Run(ctx, from, to, func(r Report) {
		if r.Copied == 10 {
			cancel()
		}
	}); !errors.Is(err, context.Canceled) {
		t.Fatalf("broken off: %v", err)
	}
	report, err := Run(t.Context(), from, to, func(Report) {})
	if err != nil || report.Pages != 50 || report.Skipped < 11 || report.Copied+report.Skipped != 50 || report.Marks != 1 {
		t.Fatalf("%+v, %v", report, err)
	}
	for n := range 50 {
		want := 1
		if n == 7 {
			want = 2
		}
		e, err := to.Get(t.Context(), fmt.Sprint("/", n))
		if err != nil || string(e.Body) != fmt.Sprint(want) {
			t.Errorf("/%d is %v, %v", n, e, err)
		}
	}
	marks, err := to.Invalidations(t.Context())
	if err != nil || len(marks) != 1 || marks[0].Name != mark.Name || !marks[0].At.Equal(mark.At) {
		t.Errorf("invalidations are %v, %v", marks, err)
	}
}

// away takes nothing for some calls, as the hosts of a cluster while they agree on who leads them.
type away struct {
	isr.Store
	calls atomic.Int32 // that are still to fail
}

func (a *away) fails() error {
	if a.calls.Add(-1) >= 0 {
		return errors.New("nobody leads")
	}
	return nil
}

func (a *away) Put(ctx context.Context, e *isr.Entry) (bool, error) {
	if err := a.fails(); err != nil {
		return false, err
	}
	return a.Store.Put(ctx, e)
}

func (a *away) Invalidate(ctx context.Context, inv isr.Invalidation) error {
	return errors.Join(a.fails(), a.Store.Invalidate(ctx, inv))
}

func TestACopyWaitsForHostsThatAgreeOnWhoLeads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := opened(t)
		if _, err := from.Put(t.Context(), entry("/a", 1)); err != nil {
			t.Fatal(err)
		}
		if err := from.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)}); err != nil {
			t.Fatal(err)
		}
		for failing, wanted := range map[int32]bool{0: true, 2: true, 3 * tries: false} {
			to := &away{Store: opened(t)}
			to.calls.Store(failing)
			report, err := Run(t.Context(), from, to, func(Report) {})
			if copied := err == nil && report.Copied == 1 && report.Marks == 1; copied != wanted {
				t.Errorf("with %d calls that fail: %+v, %v", failing, report, err)
			}
		}
	})
}
