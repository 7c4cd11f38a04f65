package registry

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Once all are ready it is decided: a host whose disk is full would stay behind.
func TestAHostThatCannotKeepAVersionIsNotReadyForIt(t *testing.T) {
	s := newSite(t).kept()
	r := s.open()
	install(t, r, s.sent("blog", "/blog/[x]", ""))
	p, ok := r.Active("blog")
	if !ok {
		t.Fatal("it cannot be given to other hosts")
	}
	other := newSite(t).kept()
	other.opt.Grants = s.opt.Grants
	behind := other.open()
	blocked := filepath.Join(other.opt.Versions, "blog")
	if err := os.MkdirAll(other.opt.Versions, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := behind.Prepare(t.Context(), p); err == nil || !strings.HasPrefix(err.Error(), "keep the version: ") {
		t.Errorf("where it cannot be kept: %v", err)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if err := behind.Prepare(t.Context(), p); err != nil {
		t.Error(err)
	}
}
