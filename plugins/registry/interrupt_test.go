package registry

import (
	"errors"
	"sync"
	"testing"
)

// Who takes a bad version back does not wait until the folder's next one is tried.
func TestARollbackDoesNotWaitForAFolder(t *testing.T) {
	s := newSite(t).kept()
	s.upstream.On("blog/paths", lists("false", "/blog/a"))
	dir := s.relay("blog", "/blog/[x]", "# 1")
	r := s.open()
	first := find(t, r, "/blog/a").Version.ID
	s.relay("blog", "/blog/[x]", "# 2")
	if err := r.Reload(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	asked, answered := make(chan struct{}), make(chan struct{})
	ask := sync.OnceFunc(func() { close(asked) }) // what was interrupted may be tried again
	s.upstream.On("blog/paths", func(input) (int, string) {
		ask()
		<-answered
		return 500, ""
	})
	s.relay("blog", "/blog/[x]", "# 3")
	ended := make(chan error, 1)
	go func() { ended <- r.Reload(t.Context(), dir) }()
	<-asked
	_, err := r.Rollback(t.Context(), "blog", first)
	close(answered)
	if err != nil || find(t, r, "/blog/a").Version.ID != first {
		t.Errorf("rolled back: %v", err)
	}
	if err := <-ended; !errors.Is(err, ErrInterrupted) {
		t.Errorf("the reload ended with %v", err)
	}
	// The operator's word holds until the folder changes.
	if err := r.Reload(t.Context(), dir); err != nil || find(t, r, "/blog/a").Version.ID != first {
		t.Errorf("the folder's version came back: %v", err)
	}
}
