package dir

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// BenchmarkPut puts pages of 10 KB with 5 KB of props, and after each writes and
// renames the same bytes with nothing around it; x-bare is the ratio of the times.
// A page that replaces another is flushed, the bare one never is.
//
//	go test -run '^$' -bench Put ./host/store/dir
func BenchmarkPut(b *testing.B) {
	for _, replaced := range []bool{false, true} {
		name := "new"
		if replaced {
			name = "replaced"
		}
		b.Run(name, func(b *testing.B) {
			d, err := Open(filepath.Join(b.TempDir(), "pages"), Options{})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			e := &isr.Entry{
				Key: "/replaced", Plugin: "blog", Version: "1", StartedAt: time.Now(),
				Body: bytes.Repeat([]byte("0123456789"), 1000), Props: bytes.Repeat([]byte("01234"), 1000),
			}
			bare := b.TempDir()
			var puts, bares time.Duration
			n := 0
			for b.Loop() {
				n++
				e.StartedAt = e.StartedAt.Add(1)
				if !replaced {
					e.Key = fmt.Sprintf("/new/%d", n)
				}
				start := time.Now()
				if ok, err := d.Put(b.Context(), e); !ok || err != nil {
					b.Fatal(ok, err)
				}
				puts += time.Since(start)

				data, err := encode(e)
				if err != nil {
					b.Fatal(err)
				}
				to := filepath.Join(bare, "replaced")
				if !replaced {
					to = filepath.Join(bare, fmt.Sprint(n))
				}
				start = time.Now()
				if err := writeAndRename(to, data, false); err != nil {
					b.Fatal(err)
				}
				bares += time.Since(start)
			}
			b.ReportMetric(float64(puts.Nanoseconds())/float64(n), "ns/put")
			b.ReportMetric(float64(n)/puts.Seconds(), "puts/s")
			b.ReportMetric(float64(n)/bares.Seconds(), "bare/s")
			b.ReportMetric(float64(puts)/float64(bares), "x-bare")
			b.ReportMetric(0, "ns/op") // of both together: says nothing
		})
	}
}

// BenchmarkFlush is why a page that replaces none is not flushed: it writes and
// renames new files of 15 KB, without and with.
func BenchmarkFlush(b *testing.B) {
	for name, flush := range map[string]bool{"without": false, "with": true} {
		b.Run(name, func(b *testing.B) {
			folder := b.TempDir()
			data := make([]byte, 15_000)
			n := 0
			for b.Loop() {
				n++
				if err := writeAndRename(filepath.Join(folder, fmt.Sprint(n)), data, flush); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func writeAndRename(path string, data []byte, flush bool) error {
	temp := path + ".tmp"
	f, err := os.Create(temp)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if flush {
		if err := f.Sync(); err != nil {
			return err
		}
	}
	return os.Rename(temp, path)
}

// BenchmarkGet reads a page of 10 KB with 5 KB of props.
func BenchmarkGet(b *testing.B) {
	d, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	e := &isr.Entry{Key: "/a", Body: make([]byte, 10_000), Props: make([]byte, 5_000)}
	if _, err := d.Put(b.Context(), e); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Get(b.Context(), "/a"); err != nil {
			b.Fatal(err)
		}
	}
}
