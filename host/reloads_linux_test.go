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
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/api"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/footprinttest"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// usage is what a reload could leave behind.
type usage struct {
	footprinttest.Footprint
	cache, versions int64 // bytes of files
}

func measure(t *testing.T, site string) (u usage) {
	t.Helper()
	u.Footprint = footprinttest.Take(t)
	_, u.cache = footprinttest.Folder(t, filepath.Join(site, work, compiledWork))
	_, u.versions = footprinttest.Folder(t, filepath.Join(site, work, versionsWork))
	return u
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
	const warm = 20
	for n := range warm { // until as many versions are kept as ever will be
		reload(n)
	}
	for range 2000 { // and as many events
		h.happened.Publish(api.Event{})
	}
	before := measure(t, site)
	var during []usage
	for n := range reloads {
		reload(warm + n)
		if (n+1)%max(reloads/samples, 1) == 0 {
			during = append(during, measure(t, site))
		}
	}
	var after usage
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) { // threads are kept for a while
		after = measure(t, site)
		if after.grown(before) == "" || time.Now().After(deadline) {
			break
		}
	}
	t.Logf("before %+v\nafter  %+v", before, after)
	if more := after.grown(before); more != "" {
		t.Errorf("after %d reloads there are more %s", reloads, more)
	}
	if reloads >= 500 { // else what one of them leaves does not stand out
		flat(t, during)
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

// grown names what is more than before by more than noise, "" for nothing.
func (u usage) grown(before usage) string {
	switch {
	case u.RSS > before.RSS+before.RSS/10+8<<20:
		return "bytes in memory"
	case u.Goroutines > before.Goroutines+2:
		return "goroutines"
	case u.Threads > before.Threads+2:
		return "threads"
	case u.Descriptors > before.Descriptors+2:
		return "files"
	case u.Memfds > before.Memfds+1: // the module that came before may have been given up already
		return "memfds"
	case u.Maps > before.Maps+30:
		return "memory maps"
	case u.cache > before.cache+before.cache/10:
		return "bytes of compiled code"
	case u.versions > before.versions+before.versions/10:
		return "bytes of versions"
	}
	return ""
}

// samples is how often a long run is looked at on its way.
const samples = 20

// flat holds the second half of a run against the first: what a thousandth of it
// leaves behind is there five hundred times more.
func flat(t *testing.T, during []usage) {
	t.Helper()
	half := len(during) / 2
	for what, of := range map[string]func(usage) int{
		"KB in memory": func(u usage) int { return int(u.RSS >> 10) },
		"KB of heap":   func(u usage) int { return int(u.Heap >> 10) },
		"goroutines":   func(u usage) int { return u.Goroutines },
		"threads":      func(u usage) int { return u.Threads },
		"files":        func(u usage) int { return u.Descriptors },
		"memfds":       func(u usage) int { return u.Memfds },
		"memory maps":  func(u usage) int { return u.Maps },
		"KB of code":   func(u usage) int { return int(u.cache >> 10) },
		"bytes kept":   func(u usage) int { return int(u.versions) },
	} {
		middle := func(some []usage) int {
			var values []int
			for _, u := range some {
				values = append(values, of(u))
			}
			slices.Sort(values)
			return values[len(values)/2]
		}
		first, second := middle(during[:half]), middle(during[half:])
		t.Logf("%s: %d in the first half, %d in the second", what, first, second)
		if second > first+max(first/33, 8) { // a thread that came late has a few maps of its own; a leak has hundreds
			t.Errorf("%s: %d in the first half, %d in the second", what, first, second)
		}
	}
}
