package jetstream

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

func TestFilesThatNoPageNamesAreSwept(t *testing.T) {
	s := opened(t, connected(t, served(t)), "sweep", Options{})
	defer s.Close()
	if err := s.Retain(t.Context(), []string{"v1", "v2"}); err != nil {
		t.Fatal(err)
	}
	large := generation("/large", 1, 3<<20)
	if stored, err := s.Put(t.Context(), large); !stored || err != nil {
		t.Fatal(stored, err)
	}
	next := generation("/large", 2, 3<<20) // sets the other one aside, with a file of its own
	next.Version = "v2"
	if stored, err := s.Put(t.Context(), next); !stored || err != nil {
		t.Fatal(stored, err)
	}
	// What a host leaves that is killed between the file and the message.
	if _, err := s.files.Put(t.Context(), jetstream.ObjectMeta{Name: "page/x/y"}, bytes.NewReader(make([]byte, 100))); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("of files that are new, %d are swept, %v", n, err)
	}
	later := time.Now().Add(time.Minute)
	if n, err := s.sweep(t.Context(), later); n != 1 || err != nil {
		t.Errorf("%d files are swept, %v; want the one that no page names", n, err)
	}
	for version, want := range map[string][]byte{"v1": large.Body, "v2": next.Body} {
		e, err := s.Earlier(t.Context(), "/large", version)
		if version == "v2" {
			e, err = s.Get(t.Context(), "/large")
		}
		if err != nil || !bytes.Equal(e.Body, want) {
			t.Errorf("the page of %s is gone: %v", version, err)
		}
	}
	if err := s.Retain(t.Context(), []string{"v2"}); err != nil { // purges what was set aside of v1, but not its file
		t.Fatal(err)
	}
	if n, err := s.sweep(t.Context(), later); n != 1 || err != nil {
		t.Errorf("%d files are swept, %v; want that of the version that cannot come back", n, err)
	}
	if n, err := s.sweep(t.Context(), later); n != 0 || err != nil {
		t.Errorf("swept again: %d, %v", n, err)
	}
}

func TestFilesOfARegisterThatAreNotNeededAreSwept(t *testing.T) {
	s := opened(t, connected(t, served(t)), "register", Options{})
	defer s.Close()
	r, err := s.OpenRegister(t.Context(), "active")
	if err != nil {
		t.Fatal(err)
	}
	needed := func(context.Context) (map[string]bool, error) { return map[string]bool{"new": true}, nil }
	if n, err := r.sweep(t.Context(), time.Now(), needed); n != 0 || err != nil {
		t.Errorf("of no files %d are swept, %v", n, err)
	}
	for _, name := range []string{"old", "new"} {
		if err := r.PutFile(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := r.Sweep(t.Context(), needed); n != 0 || err != nil {
		t.Errorf("of files that are new %d are swept, %v", n, err)
	}
	if n, err := r.sweep(t.Context(), time.Now().Add(time.Minute), needed); n != 1 || err != nil {
		t.Errorf("%d files are swept, %v", n, err)
	}
	if _, err := r.File(t.Context(), "old"); err == nil {
		t.Error("the old one is still there")
	}
	if data, err := r.File(t.Context(), "new"); err != nil || string(data) != "new" {
		t.Errorf("the new one is %q, %v", data, err)
	}
}
