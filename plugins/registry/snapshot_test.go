package registry

import (
	"strings"
	"testing"
)

// snapshot = false in a manifest has every instance run the initialiser; so
// does an initialiser that does more than fill memory, which the log tells.
func TestInstancesStartFromAnImageUnlessTheManifestSaysNo(t *testing.T) {
	s := newSite(t)
	s.plugin("kept", "/kept", "hello.wasm")
	s.plugin("anew", "/anew", "hello.wasm", "snapshot = false")
	s.plugin("writes", "/writes", "inittrap.wasm") // to standard error, before it traps
	r := s.open()
	for key, want := range map[string]string{"/kept": "", "/anew": "snapshot = false", "/writes": "its initialiser calls fd_write"} {
		if got := find(t, r, key).Version.module.Ordinary(); got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
	if log := s.log.String(); strings.Count(log, "every instance runs the module's initialiser") != 1 || !strings.Contains(log, `plugin=writes`) {
		t.Errorf("the log is\n%s", log)
	}
}
