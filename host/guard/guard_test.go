package guard

import (
	"fmt"
	"net/netip"
	"testing"
	"time"
)

var (
	right = func() bool { return true }
	wrong = func() bool { return false }
)

// clock moves only when told to.
type clock struct{ now time.Time }

func newLimiter() (*Limiter, *clock) {
	c := &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	return New(func() time.Time { return c.now }), c
}

func fail(t *testing.T, l *Limiter, from netip.Addr, times int) {
	t.Helper()
	for n := range times {
		if ok, wait := l.Try(from, wrong); ok || wait > 0 {
			t.Fatalf("attempt %d: %v, wait %v", n+1, ok, wait)
		}
	}
}

func TestAFewFailuresAreFreeAndThenAnAddressWaits(t *testing.T) {
	l, c := newLimiter()
	from := netip.MustParseAddr("192.0.2.1")
	fail(t, l, from, burst)
	called := false
	ok, wait := l.Try(from, func() bool { called = true; return true })
	if ok || wait != interval || called {
		t.Fatalf("after %d failures: %v, wait %v, checked %v", burst, ok, wait, called)
	}
	c.now = c.now.Add(interval - time.Nanosecond)
	if _, wait := l.Try(from, right); wait != time.Nanosecond {
		t.Errorf("a nanosecond early: wait %v", wait)
	}
	c.now = c.now.Add(time.Nanosecond)
	if ok, wait := l.Try(from, right); !ok || wait > 0 {
		t.Errorf("after the wait: %v, %v", ok, wait)
	}
	fail(t, l, from, 1)
	if _, wait := l.Try(from, right); wait != interval {
		t.Errorf("one more failure: wait %v", wait)
	}
	if failed, denied := l.Counts(); failed != burst+1 || denied != 3 {
		t.Errorf("counted %d failed, %d denied", failed, denied)
	}
}

func TestTheRightSecretIsNotCounted(t *testing.T) {
	l, _ := newLimiter()
	from := netip.MustParseAddr("192.0.2.1")
	for range 10 * burst {
		if ok, wait := l.Try(from, right); !ok || wait > 0 {
			t.Fatal(ok, wait)
		}
	}
}

func TestFailuresAreForgottenWithTime(t *testing.T) {
	l, c := newLimiter()
	from := netip.MustParseAddr("192.0.2.1")
	fail(t, l, from, burst)
	c.now = c.now.Add(burst * interval)
	fail(t, l, from, burst)
	c.now = c.now.Add(-time.Hour) // a clock that was put right
	if ok, wait := l.Try(from, right); ok || wait != interval {
		t.Errorf("%v, %v", ok, wait)
	}
}

func TestAddressesAreCountedApartAndNetworksTogether(t *testing.T) {
	for _, test := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{"fe80::1%eth0", "fe80::1%eth1", true},
	} {
		l, _ := newLimiter()
		fail(t, l, netip.MustParseAddr(test.a), burst)
		if _, wait := l.Try(netip.MustParseAddr(test.b), right); (wait > 0) != test.same {
			t.Errorf("%s after %s: wait %v", test.b, test.a, wait)
		}
	}
}

func TestMemoryIsBoundedAndWhoOwesMostIsRemembered(t *testing.T) {
	l, _ := newLimiter()
	guesser := netip.MustParseAddr("192.0.2.1")
	fail(t, l, guesser, burst)
	from := netip.MustParseAddr("198.18.0.0")
	for range 3 * maxAddresses {
		from = from.Next()
		fail(t, l, from, 1)
	}
	if len(l.debt) > maxAddresses {
		t.Errorf("%d addresses are kept", len(l.debt))
	}
	if _, wait := l.Try(guesser, right); wait == 0 {
		t.Error("a flood of addresses made the limiter forget the guesser")
	}
}

func TestAPeerWithoutAddressIsCountedToo(t *testing.T) {
	l, _ := newLimiter()
	fail(t, l, netip.Addr{}, burst)
	if _, wait := l.Try(netip.Addr{}, right); wait == 0 {
		t.Error("no wait")
	}
}

func TestRetryAfterRoundsUp(t *testing.T) {
	for wait, want := range map[time.Duration]int64{time.Nanosecond: 1, time.Second: 1, 1500 * time.Millisecond: 2, interval: 6} {
		if got := RetryAfter(wait); got != want {
			t.Errorf("%v: %d, want %d", wait, got, want)
		}
	}
}

func ExampleLimiter() {
	limiter := New(time.Now)
	from := netip.MustParseAddr("192.0.2.7")
	ok, wait := limiter.Try(from, func() bool { return "guess" == "secret" })
	fmt.Println(ok, wait)
	// Output: false 0s
}
