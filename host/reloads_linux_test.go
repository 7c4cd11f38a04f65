package host

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// usage is what a process holds that a reload could leave behind.
type usage struct {
	rss, cache, versions int64 // bytes; of the process, and of files
	goroutines, threads  int
	files, memfds, maps  int
}

func measure(t *testing.T, site string) (u usage) {
	t.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "VmRSS:"):
			n, _ := strconv.ParseInt(fields[1], 10, 64)
			u.rss = n << 10
		case strings.HasPrefix(line, "Threads:"):
			u.threads, _ = strconv.Atoi(fields[1])
		}
	}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		u.files++
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(name, "/memfd:") {
			u.memfds++
		}
	}
	mapped, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	u.maps = bytes.Count(mapped, []byte("\n"))
	u.goroutines = runtime.NumGoroutine()
	u.cache, u.versions = folderSize(t, filepath.Join(site, work, compiledWork)), folderSize(t, filepath.Join(site, work, versionsWork))
	return u
}

func folderSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// variant is the module with a custom section of its own: another module to
// whoever looks at bytes, and the same to visitors.
func variant(module []byte, n int) []byte {
	content := binary.AppendUvarint(nil, 1)
	content = append(content, 'n')
	content = binary.BigEndian.AppendUint64(content, uint64(n))
	return append(append(append(bytes.Clone(module), 0), binary.AppendUvarint(nil, uint64(len(content)))...), content...)
}

// A host that is deployed to all day holds what it held in the morning. The default is 60
// versions; WISR_TEST_RELOADS=1000 makes it a thousand.
func TestAThousandReloadsLeaveNothingBehind(t *testing.T) {
	reloads := 60
	if n, err := strconv.Atoi(os.Getenv("WISR_TEST_RELOADS")); err == nil {
		reloads = n
	}
	site := t.TempDir()
	module, err := os.ReadFile("../testdata/hello.wasm")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(site, "plugins"), 0o755); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(site, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	h, err := Open(t.Context(), cfg, Options{Mode: Start, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.WithoutCancel(t.Context()))

	reload := func(n int) {
		t.Helper()
		manifest := fmt.Sprintf("name = \"page\"\nroute = \"/page\"\nmodule = \"hello.wasm\"\n# %d\n", n)
		report, err := h.registry.Install(t.Context(), "page", registry.Bundle{Manifest: []byte(manifest), Module: variant(module, n)}, registry.InstallOptions{})
		if err != nil || report.Outcome != registry.Live {
			t.Fatalf("version %d: %+v, %v", n, report, err)
		}
		if _, err := h.engine.Renew(t.Context(), isr.Page{Key: "/page", Plugin: "page", Version: report.Version}); err != nil {
			t.Fatal(err)
		}
		switch n % 10 {
		case 3:
			broken := registry.Bundle{Manifest: []byte(manifest + "# broken\n"), Module: append(variant(module, -n), 1)}
			if _, err := h.registry.Install(t.Context(), "page", broken, registry.InstallOptions{}); err == nil {
				t.Fatal("a broken module is loaded")
			}
		case 7:
			if _, err := h.registry.Rollback(t.Context(), "page", ""); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range 20 { // until as many versions are kept as ever will be
		reload(n)
	}
	before := measure(t, site)
	for n := range reloads {
		reload(20 + n)
	}
	var after usage
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) { // threads are kept for a while
		after = measure(t, site)
		if after.flat(before) == "" || time.Now().After(deadline) {
			break
		}
	}
	t.Logf("before %+v\nafter  %+v", before, after)
	if more := after.flat(before); more != "" {
		t.Errorf("after %d reloads there are more %s", reloads, more)
	}
	var aside int
	_ = filepath.WalkDir(filepath.Join(site, work, "pages", "earlier"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			aside++
		}
		return nil
	})
	if aside > 2*(cfg.Plugins.Keep+1) { // the sweeper may be one behind
		t.Errorf("%d pages are set aside", aside)
	}
}

// flat names what grew by more than noise, "" for nothing.
func (u usage) flat(before usage) string {
	switch {
	case u.rss > before.rss+before.rss/10+8<<20:
		return "bytes in memory"
	case u.goroutines > before.goroutines+2:
		return "goroutines"
	case u.threads > before.threads+2:
		return "threads"
	case u.files > before.files+2:
		return "files"
	case u.memfds > before.memfds:
		return "memfds"
	case u.maps > before.maps+30:
		return "memory maps"
	case u.cache > before.cache+before.cache/10:
		return "bytes of compiled code"
	case u.versions > before.versions+before.versions/10:
		return "bytes of versions"
	}
	return ""
}
