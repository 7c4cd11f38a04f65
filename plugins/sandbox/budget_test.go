package sandbox

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestWhoBeginsWaitsForWhoEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{total: 10}
		if err := b.begin(t.Context(), 6); err != nil {
			t.Fatal(err)
		}
		began := make(chan struct{}, 3)
		for range 3 {
			go func() {
				if err := b.begin(t.Context(), 5); err != nil {
					t.Error(err)
				}
				began <- struct{}{}
				b.end(5)
			}()
			synctest.Wait()
		}
		if len(began) != 0 {
			t.Fatalf("%d began where there was no room", len(began))
		}
		b.end(6)
		synctest.Wait()
		if len(began) != 3 || b.inUse() != 0 {
			t.Errorf("%d began after it; %d bytes are in use at the end", len(began), b.inUse())
		}
	})
}

// Each has 4 of 10 and wants 2 more: one of them has to go without.
func TestGuestsThatWaitForEachOtherDoNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{total: 9}
		results := make(chan error, 2)
		for range 2 {
			if err := b.begin(t.Context(), 4); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			go func() {
				err := b.grow(t.Context(), 2)
				results <- err
				if err == nil {
					b.end(6)
				} else {
					b.end(4)
				}
			}()
			synctest.Wait()
		}
		first, second := <-results, <-results
		if !errors.Is(first, errFull) || second != nil {
			t.Errorf("got %v, %v; one is refused, and the other gets what that gives back", first, second)
		}
		if b.inUse() != 0 || b.running != 0 {
			t.Errorf("%d bytes, %d running at the end", b.inUse(), b.running)
		}
	})
}

// The only guest that does not wait ends: of those who wait, none fits.
func TestTheLastOneRunningEndsAndNobodyElseIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{total: 10}
		for _, size := range []uint64{5, 4, 1} {
			if err := b.begin(t.Context(), size); err != nil {
				t.Fatal(err)
			}
		}
		results := make(chan error, 2)
		for _, c := range []struct{ has, wants uint64 }{{5, 5}, {4, 5}} {
			go func() {
				err := b.grow(t.Context(), c.wants)
				results <- err
				if err == nil {
					b.end(c.has + c.wants)
				} else {
					b.end(c.has)
				}
			}()
			synctest.Wait()
		}
		b.end(1)
		first, second := <-results, <-results
		if !errors.Is(first, errFull) || second != nil {
			t.Errorf("got %v, %v", first, second)
		}
	})
}

func TestWhoGivesUpWaitingLeavesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{total: 10}
		if err := b.begin(t.Context(), 6); err != nil {
			t.Fatal(err)
		}
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		big := make(chan error, 1)
		go func() { big <- b.begin(ctx, 10) }()
		synctest.Wait()
		small := make(chan error, 1)
		go func() { small <- b.begin(t.Context(), 4) }()
		synctest.Wait()
		cancel(why)
		if err := <-big; !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
		// Who was behind it has its turn.
		if err := <-small; err != nil {
			t.Error(err)
		}
		b.end(6)
		b.end(4)
		if b.inUse() != 0 {
			t.Errorf("%d bytes are in use at the end", b.inUse())
		}
	})
}

// What is kept by who serves nobody goes first, and nothing is kept while
// somebody waits.
func TestWhatIsKeptIsGivenBackToWhoeverNeedsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &budget{total: 10}
		b.reclaim = func() { b.unkeep(4) }
		if err := b.begin(t.Context(), 6); err != nil {
			t.Fatal(err)
		}
		if !b.keep(6, 4) || b.inUse() != 4 {
			t.Fatalf("%d bytes are in use where 4 are kept", b.inUse())
		}
		if err := b.begin(t.Context(), 8); err != nil || b.inUse() != 8 {
			t.Errorf("%d bytes are in use, %v", b.inUse(), err)
		}
		waited := make(chan error, 1)
		go func() { waited <- b.begin(t.Context(), 8) }()
		synctest.Wait()
		if b.keep(8, 1) {
			t.Error("something is kept while somebody waits")
		}
		b.end(8)
		if err := <-waited; err != nil {
			t.Error(err)
		}
	})
}

func TestWithoutABoundNobodyWaits(t *testing.T) {
	b := &budget{}
	for range 3 {
		if err := b.begin(t.Context(), 1<<40); err != nil {
			t.Fatal(err)
		}
		if err := b.grow(t.Context(), 1<<40); err != nil {
			t.Fatal(err)
		}
	}
	if b.inUse() != 6<<40 {
		t.Errorf("%d bytes are in use", b.inUse())
	}
}
