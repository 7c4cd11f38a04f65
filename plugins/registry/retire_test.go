package registry

import (
	"errors"
	"testing"

	"github.com/wisr-dev/wisr/plugins/page"
)

// blocked makes a page's render wait. The generation that is under way when it
// returns goes on when the test calls release, and its outcome comes by ended.
func blocked(t *testing.T, s *site, match Match, export string) (release func(), ended <-chan error) {
	t.Helper()
	entered, wait, end := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s.upstream.On(export, func(in input) (int, string) {
		close(entered)
		<-wait
		return 200, "made " + in.Path
	})
	go func() {
		made, err := match.Version.Generate(t.Context(), match.Input(), page.ReasonStale)
		if err == nil && string(made.Body) != "made "+match.Path {
			err = errors.New("the body is " + string(made.Body))
		}
		end <- err
	}()
	<-entered
	return func() { close(wait) }, end
}

// runs tells whether a version's module still makes instances: until it is closed.
func runs(t *testing.T, v *Version) bool {
	t.Helper()
	inst, err := v.module.Run(t.Context())
	if err != nil {
		return false
	}
	inst.Close()
	return true
}

func TestAGenerationOfTheOldVersionFinishesAfterASwap(t *testing.T) {
	s := newSite(t)
	dir := s.relay("page", "/page")
	r := s.open()
	old := find(t, r, "/page")
	release, ended := blocked(t, s, old, "page/render")

	s.plugin("page", "/page", "hello.wasm")
	if err := r.Reload(t.Context(), dir); err != nil { // does not wait for it
		t.Fatal(err)
	}
	if find(t, r, "/page").Version == old.Version {
		t.Fatal("it is not swapped")
	}
	body(t, r, "/page")
	for range 2 {
		if _, err := old.Version.Generate(t.Context(), old.Input(), page.ReasonStale); err != ErrRetired {
			t.Errorf("another generation of the old one: %v", err)
		}
	}
	if _, err := old.Version.Shell(t.Context(), old.Input()); err != ErrRetired {
		t.Errorf("a shell of the old one: %v", err)
	}
	if !runs(t, old.Version) {
		t.Error("its module is closed while a generation runs")
	}
	release()
	if err := <-ended; err != nil {
		t.Errorf("the generation that ran: %v", err)
	}
	if runs(t, old.Version) {
		t.Error("its module is never closed")
	}
}

func TestCloseWhileGenerationsRun(t *testing.T) {
	s := newSite(t)
	dir := s.relay("page", "/page")
	s.plugin("other", "/other", "hello.wasm")
	r := s.open()
	match, other := find(t, r, "/page"), find(t, r, "/other")
	release, ended := blocked(t, s, match, "page/render")

	r.Close()
	r.Close() // which is no harm
	if runs(t, other.Version) {
		t.Error("what does not run is not closed at once")
	}
	// Not ErrRetired, after which callers would look it up again for ever.
	for _, m := range []Match{match, other} {
		if _, err := m.Version.Generate(t.Context(), m.Input(), page.ReasonStale); err != ErrClosed {
			t.Errorf("another generation: %v", err)
		}
	}
	if err := r.Reload(t.Context(), dir); err != ErrClosed {
		t.Errorf("a reload: %v", err)
	}
	if !runs(t, match.Version) {
		t.Error("a module is closed while a generation runs")
	}
	release()
	if err := <-ended; err != nil {
		t.Errorf("the generation that ran: %v", err)
	}
	if runs(t, match.Version) {
		t.Error("its module is never closed")
	}
}

// What is loading when the registry is closed does not stay behind.
func TestCloseWhileAPluginLoads(t *testing.T) {
	s := newSite(t)
	dir := s.relay("page", "/page/[x]")
	r := s.open()
	before := find(t, r, "/page/a").Version
	entered, wait, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	s.upstream.On("page/paths", func(input) (int, string) {
		close(entered)
		<-wait
		return 200, result("false", "", "/page/b")
	})
	go func() { ended <- r.Reload(t.Context(), dir) }()
	<-entered
	r.Close()
	close(wait)
	if err := <-ended; err != ErrClosed {
		t.Errorf("reload: %v", err)
	}
	if find(t, r, "/page/a").Version != before {
		t.Error("a closed registry has a new version")
	}
	if runs(t, before) {
		t.Error("the old version is open")
	}
}
