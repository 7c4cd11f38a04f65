package jetstream

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/linktest"
)

// Who leads may end with what it was asked in its hands.
func TestWhatIsLostOnItsWayIsWrittenSoon(t *testing.T) {
	way := linktest.New(t, "127.0.0.1:0")
	way.Lead(strings.TrimPrefix(served(t), "nats://"))
	nc, err := nats.Connect("nats://"+way.Address(), nats.ReconnectWait(time.Millisecond), nats.MaxReconnects(-1))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	s := opened(t, nc, "lost", Options{})
	defer s.Close()
	s.opt.Patience = 5 * time.Second
	for name, lose := range map[string]linktest.State{"the write": linktest.Swallowed, "its answer": linktest.Deaf} {
		subject := "m." + hash(name)
		way.Set(lose)
		ended := make(chan error, 1)
		go func() {
			_, err := s.marks.write(t.Context(), subject, s.header(name, "", time.Unix(0, 0)), nil, 0)
			ended <- err
		}()
		for !way.Holds() {
			time.Sleep(time.Millisecond)
		}
		way.Set(linktest.Cut)
		way.Set(linktest.Whole)
		if err := <-ended; err != nil {
			t.Errorf("%s is lost: %v", name, err)
		}
		if m, err := s.marks.last(t.Context(), subject); err != nil || m.seq != s.marks.at.last() {
			t.Errorf("%s is lost: %v, %v; want what was answered", name, m, err)
		}
	}
}

// A replica that is here does not answer from the beginning.
func TestNearFailsUntilTheReplicaAnswers(t *testing.T) {
	s := opened(t, connected(t, served(t)), "near", Options{Replica: func(string) (uint64, bool) { return 0, true }})
	defer s.Close()
	answers := func(is bool) {
		t.Helper()
		stream, err := s.js.Stream(t.Context(), s.pages.stream)
		if err != nil {
			t.Fatal(err)
		}
		c := stream.CachedInfo().Config
		c.AllowDirect = is
		if _, err := s.js.UpdateStream(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if err := s.Near(t.Context()); (err == nil) != is {
			t.Errorf("it answers: %v; Near: %v", is, err)
		}
	}
	answers(false)
	answers(true)
}

func TestAnotherOnesWriteIsNotTakenForOnesOwn(t *testing.T) {
	s := opened(t, connected(t, served(t)), "own", Options{})
	defer s.Close()
	header := s.header("a", "", time.Unix(0, 0))
	seq, err := s.marks.write(t.Context(), "m.a", header, []byte("x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.marks.written(t.Context(), "m.a", header, []byte("x")); err != nil || got != seq {
		t.Errorf("written: %d, %v; want %d", got, err, seq)
	}
	later, other := s.header("a", "", time.Unix(1, 0)), nats.Header{}
	for name := range later {
		other.Set(name, header.Get(name))
	}
	other.Set(headerWriter, "other")
	erased := s.header("a", "", time.Unix(0, 0))
	erased.Set("KV-Operation", "DEL")
	for what, c := range map[string]struct {
		key    string
		header nats.Header
		data   string
	}{
		"another generation": {"m.a", later, "x"},
		"another writer":     {"m.a", other, "x"},
		"another value":      {"m.a", header, "y"},
		"a deletion":         {"m.a", erased, "x"},
		"none":               {"m.b", header, "x"},
	} {
		if _, err := s.marks.written(t.Context(), c.key, c.header, []byte(c.data)); !errors.Is(err, errConflict) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
