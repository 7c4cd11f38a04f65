package host_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// mount puts a file system of so many bytes into the site's folder.
func (s *site) mount(name string, size int) {
	s.t.Helper()
	folder := filepath.Join(s.dir, name)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		s.t.Skipf("this user may not mount a file system: %v", err)
	}
	s.t.Cleanup(func() {
		s.stop()
		if err := syscall.Unmount(folder, 0); err != nil {
			s.t.Error(err)
		}
	})
}

func TestS143AFullDiskTakesNoPageAway(t *testing.T) {
	both(t, func(t *testing.T, s *site) {
		s.mount("disk", 1<<20)
		s.settings("[cache]\nstore = \"dir:disk/pages\"")
		s.plugin("page", "/[n]")
		body := func(path string, n int) string {
			return fmt.Sprintf("%s #%d", path, n) + strings.Repeat(" ", 100_000)
		}
		s.upstream.on("page", script{render: func(in input) (int, string) { return 200, body(in.Path, in.N) }})
		s.start()
		const pages = 15 // of 100 KB
		for i := range pages {
			path := fmt.Sprintf("/%d", i)
			s.sees(path, 200, "MISS", body(path, 1))
		}
		s.logs("no space left on device")
		for i := range pages {
			path := fmt.Sprintf("/%d", i)
			s.sees(path, 200, "HIT", body(path, 1))
		}
		s.clock.advance(10 * time.Second)
		for i := range pages {
			path := fmt.Sprintf("/%d", i)
			s.sees(path, 200, "STALE", body(path, 1))
			s.becomes(path, body(path, 2))
		}
		if n := strings.Count(s.log.String(), "level=WARN"); n > 3 {
			t.Errorf("%d warnings about one cause", n)
		}
		// There is room again: what could not be written is, before the end at the latest.
		if err := syscall.Mount("tmpfs", filepath.Join(s.dir, "disk"), "tmpfs", syscall.MS_REMOUNT, "size=8388608"); err != nil {
			t.Fatal(err)
		}
		for i := range 3 { // each page that is written takes some others along
			path := fmt.Sprintf("/more%d", i)
			s.sees(path, 200, "MISS", body(path, 1))
		}
		s.logs("can be written again")
		s.restart()
		for i := range pages {
			path := fmt.Sprintf("/%d", i)
			s.sees(path, 200, "HIT", body(path, 2))
		}
	})
}
