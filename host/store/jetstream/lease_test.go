package jetstream

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestALeaseThatNobodyRenewsIsTaken(t *testing.T) {
	t.Parallel() // it waits for some seconds
	s := opened(t, connected(t, served(t)), "leases", Options{})
	defer s.Close()
	l, err := s.OpenLeases(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// As one is whose time is by a clock that was ahead: the servers do not let go of it.
	left := nats.Header{headerFormat: {"1"}, headerWriter: {"another"}, headerKey: {base64.URLEncoding.EncodeToString([]byte("/a"))}}
	if err := l.bucket.put(t.Context(), "l."+hash("/a"), left, nil); err != nil {
		t.Fatal(err)
	}
	if release := l.Try(t.Context(), "/a"); release != nil {
		t.Fatal("a lease that another host has is given")
	}
	if err := l.Wait(t.Context(), "/a"); err != nil {
		t.Fatal(err)
	}
	release := l.Try(t.Context(), "/a")
	if release == nil {
		t.Fatal("a lease that nobody renews is not given")
	}
	release()
}

func TestALeaseOfThisHostThatItDoesNotHoldIsTaken(t *testing.T) {
	s := opened(t, connected(t, served(t)), "own", Options{})
	defer s.Close()
	l, err := s.OpenLeases(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// The answer to a write was lost, or the process that wrote it is gone.
	if err := l.bucket.put(t.Context(), "l."+hash("/a"), l.header("/a"), nil); err != nil {
		t.Fatal(err)
	}
	release := l.Try(t.Context(), "/a")
	if release == nil {
		t.Fatal("it is not given")
	}
	if again := l.Try(t.Context(), "/a"); again != nil {
		t.Error("it is given twice")
	}
	release()
}

func TestALeaseIsNotLetGoOfByAServerWhoseClockIsAhead(t *testing.T) {
	s := opened(t, connected(t, served(t)), "apart", Options{Apart: func() time.Duration { return 3 * time.Minute }})
	defer s.Close()
	l, err := s.OpenLeases(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	release := l.Try(t.Context(), "/a")
	if release == nil {
		t.Fatal("it is not given")
	}
	defer release()
	m, err := l.bucket.last(t.Context(), "l."+hash("/a"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.header.Get(jetstream.MsgTTLHeader), (3*time.Minute + leaseTime).String(); got != want {
		t.Errorf("a lease goes by itself after %s, and clocks are 3 minutes apart; want %s", got, want)
	}
}

// Each is a message in place of the one that the holder knows of.
func TestALeaseIsGivenBackByItsHolderAlone(t *testing.T) {
	s := opened(t, connected(t, served(t)), "back", Options{})
	defer s.Close()
	l, err := s.OpenLeases(t.Context(), "host")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for who, stays := range map[string]bool{
		"host":    false, // it was renewed, and the answer was lost
		"another": true,  // it ran out while this process was stopped, say
	} {
		t.Run(who, func(t *testing.T) {
			key, subject := "/"+who, "l."+hash("/"+who)
			release := l.Try(t.Context(), key)
			if release == nil {
				t.Fatal("it is not given")
			}
			header := l.header(key)
			header.Set(headerWriter, who)
			if err := l.bucket.put(t.Context(), subject, header, nil); err != nil {
				t.Fatal(err)
			}
			release()
			for l.busy(subject) {
				time.Sleep(time.Millisecond)
			}
			m, err := l.bucket.last(t.Context(), subject)
			if there := err == nil && !m.deleted(); there != stays {
				t.Errorf("the lease is there: %v, %v; want %v", there, err, stays)
			}
		})
	}
}
