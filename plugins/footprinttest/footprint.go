// Package footprinttest tells what this process holds of the system: memory,
// goroutines, threads, files. A test that does something a thousand times takes
// a footprint before and one after, and looks for what grew:
//
//	before := footprinttest.Take(t)
//	…
//	if after := footprinttest.Take(t); after.Memfds > before.Memfds { … }
//
// It says nothing about which number is too much. What the system does not tell,
// outside of Linux that is all but heap and goroutines, is zero.
package footprinttest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
)

// Footprint is what a process holds.
type Footprint struct {
	RSS  uint64 // bytes of memory that are not the system's to give to others
	Heap uint64 // bytes of it that Go has in use

	Goroutines, Threads int
	Descriptors         int // open files, memfds included
	Memfds              int
	Maps                int // of memory
}

// Take takes the footprint of this moment, once Go has given back what it can.
func Take(t testing.TB) Footprint {
	t.Helper()
	debug.FreeOSMemory() // collects garbage first
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	f := Footprint{Heap: memory.HeapAlloc, Goroutines: runtime.NumGoroutine()}
	if runtime.GOOS != "linux" {
		return f
	}
	f.Threads = len(list(t, "/proc/self/task"))
	for _, fd := range list(t, "/proc/self/fd") {
		f.Descriptors++
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(to, "/memfd:") {
			f.Memfds++
		}
	}
	f.Maps = strings.Count(read(t, "/proc/self/maps"), "\n")
	var size, resident uint64 // pages
	if _, err := fmt.Sscan(read(t, "/proc/self/statm"), &size, &resident); err != nil {
		t.Fatal(err)
	}
	f.RSS = resident * uint64(os.Getpagesize())
	return f
}

// Folder counts the files below a folder and their bytes.
func Folder(t testing.TB, dir string) (files int, bytes int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files, bytes = files+1, bytes+info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, bytes
}

func list(t testing.TB, dir string) []os.DirEntry {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func read(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
