package jetstream

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/logtest"
)

var epoch = time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)

func generation(key string, n, size int) *isr.Entry {
	body := make([]byte, size)
	random := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = random.Read(body)
	return &isr.Entry{Key: key, Plugin: "p", Version: "v1", Body: body, StartedAt: epoch.Add(time.Duration(n)), FinishedAt: epoch, Expire: time.Hour}
}

func TestAPageThatIsLargerThanAMessageIsKeptInAFile(t *testing.T) {
	s := opened(t, connected(t, served(t)), "large", Options{})
	defer s.Close()
	for n := range 3 {
		want := generation("/large", n, 3<<20)
		if stored, err := s.Put(t.Context(), want); !stored || err != nil {
			t.Fatal(stored, err)
		}
		got, err := s.Get(t.Context(), "/large")
		if err != nil || !bytes.Equal(got.Body, want.Body) {
			t.Fatalf("generation %d is not what was put: %v", n, err)
		}
	}
	for e, err := range s.Pages(t.Context()) {
		if err != nil || e.Key != "/large" || e.Body != nil {
			t.Errorf("Pages yields %+v, %v", e, err)
		}
	}
	files, err := s.files.List(t.Context())
	if err != nil || len(files) != 1 {
		t.Errorf("%d files are left, %v; want that of the last generation", len(files), err)
	}
	if err := s.Delete(t.Context(), "/large", epoch.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if files, _ := s.files.List(t.Context()); len(files) != 0 {
		t.Errorf("%d files are left after Delete", len(files))
	}
}

func TestAPageOfANewerWisrIsLeftAlone(t *testing.T) {
	var said logtest.Buffer
	s := opened(t, connected(t, served(t)), "newer", Options{Log: slog.New(slog.NewTextHandler(&said, nil))})
	defer s.Close()
	header := s.header("/a", "v1", epoch)
	header.Set(headerFormat, "2")
	if err := s.pages.put(t.Context(), pageKey("/a"), header, []byte("who knows")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), "/a"); err != isr.ErrNotFound {
		t.Errorf("Get: %v; want ErrNotFound", err)
	}
	if stored, err := s.Put(t.Context(), generation("/a", 1, 10)); stored || err == nil || !strings.Contains(err.Error(), "newer wisr") {
		t.Errorf("Put = %v, %v; want that it is of a newer wisr", stored, err)
	}
	if err := s.Delete(t.Context(), "/a", epoch.Add(time.Hour)); err == nil {
		t.Error("Delete removes it")
	}
	m, err := s.pages.last(t.Context(), pageKey("/a"))
	if err != nil || string(m.data) != "who knows" {
		t.Errorf("it is %v, %v now", m, err)
	}
	if !strings.Contains(said.String(), "a host of a newer version") {
		t.Errorf("the log says nothing of it:\n%s", said.String())
	}
}

func TestThatANewerWisrWroteAPageIsTold(t *testing.T) {
	s := opened(t, connected(t, served(t)), "told", Options{})
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	told := make(chan isr.Change, 10)
	ended := make(chan error, 1)
	go func() { ended <- s.Watch(ctx, func(c isr.Change) { told <- c }) }()
	header := s.header("/a", "v1", epoch)
	header.Set(headerFormat, "3")
	header.Set(headerWriter, "a newer one")
	if err := s.pages.put(t.Context(), pageKey("/a"), header, nil); err != nil {
		t.Fatal(err)
	}
	if c := <-told; c.Key != "/a" {
		t.Errorf("told of %+v", c)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestADamagedPageCountsAsNotFound(t *testing.T) {
	s := opened(t, connected(t, served(t)), "damaged", Options{})
	defer s.Close()
	for _, data := range []string{"", "x", "wisr-page 1 "} {
		if err := s.pages.put(t.Context(), pageKey("/a"), s.header("/a", "v1", epoch), []byte(data)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), "/a"); err != isr.ErrNotFound {
			t.Errorf("%q: %v; want ErrNotFound", data, err)
		}
	}
	want := generation("/a", 1, 10)
	if stored, err := s.Put(t.Context(), want); !stored || err != nil {
		t.Fatal(stored, err)
	}
}

func TestS145TheOldestPagesGoWhenThereAreTooMany(t *testing.T) {
	s := opened(t, connected(t, served(t)), "bounded", Options{MaxSize: 1 << 20})
	defer s.Close()
	for n := range 40 {
		if _, err := s.Put(t.Context(), generation("/"+strings.Repeat("x", n), n, 100<<10)); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for e, err := range s.Pages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if kept++; len(e.Key) < 25 {
			t.Errorf("%s was generated before others that are gone", e.Key)
		}
	}
	if kept == 0 || kept > 10 {
		t.Errorf("%d pages of 100 KB are kept in 1 MB", kept)
	}
}

func TestWhileDetachedNothingIsWrittenAndTheReplicaIsRead(t *testing.T) {
	detached := false
	s := opened(t, connected(t, served(t)), "detached", Options{Detached: func() bool { return detached }})
	defer s.Close()
	if _, err := s.Put(t.Context(), generation("/a", 1, 10)); err != nil {
		t.Fatal(err)
	}
	detached = true
	if _, err := s.Get(t.Context(), "/a"); err != nil {
		t.Errorf("Get: %v", err)
	}
	if _, err := s.Put(t.Context(), generation("/a", 2, 10)); err == nil {
		t.Error("Put writes")
	}
	if err := s.Invalidate(t.Context(), isr.Invalidation{Name: "tag:x", At: epoch}); err == nil {
		t.Error("Invalidate writes")
	}
}

// S33
func TestNothingOlderIsReadThanWhatWasShownBeforeItWasTold(t *testing.T) {
	url := served(t)
	s, other := opened(t, connected(t, url), "shown", Options{}), opened(t, connected(t, url), "shown", Options{})
	defer s.Close()
	defer other.Close()
	for n := range 2 {
		if _, err := other.Put(t.Context(), generation("/a", n, 10)); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Get(t.Context(), "/a"); err != nil || !e.StartedAt.Equal(generation("/a", n, 10).StartedAt) {
			t.Fatalf("Get: %v, %v", e, err)
		}
		m, err := s.pages.last(t.Context(), pageKey("/a"))
		if err != nil || s.told.of(pageKey("/a")) != m.seq {
			t.Errorf("of what was shown it is not remembered that it is revision %d: %v", m.seq, err)
		}
	}
	s.told.tell(pageKey("/a"), 1000) // as if a majority had it, and who was the leader did not know of that yet
	if e, err := s.Get(t.Context(), "/a"); err == nil || errors.Is(err, isr.ErrNotFound) {
		t.Errorf("Get: %v, %v; want an error", e, err)
	}
	s.told.forget()
	if _, err := s.Get(t.Context(), "/a"); err != nil {
		t.Error(err)
	}
}

func FuzzReadStamp(f *testing.F) {
	f.Add("1", "L2E=", "djE=", "2026-03-04T05:06:07Z")
	f.Add("2", "", "", "")
	f.Fuzz(func(t *testing.T, number, key, version, started string) {
		_, _ = readStamp(map[string][]string{headerFormat: {number}, headerKey: {key}, headerVersion: {version}, headerStarted: {started}})
	})
}
