package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// space is a mapping of so many bytes, as a guest's memory is in.
func space(t *testing.T, size int) []byte {
	t.Helper()
	data, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(data) })
	return data
}

func TestMemoriesShareAnImageAndNotWhatIsWritten(t *testing.T) {
	want := pattern()
	im := open(t, Take(want, len(want), nil))
	var all sync.WaitGroup
	for n := range 4 {
		memory := space(t, len(want)+1<<16)[:len(want)]
		all.Go(func() {
			if err := im.Map(memory); err != nil {
				t.Error(err)
				return
			}
			for round := range 20 {
				if !bytes.Equal(memory, want) {
					t.Errorf("memory %d is not the image in round %d", n, round)
				}
				// All of it, half of it, a byte, nothing.
				written := [][]byte{memory, memory[:len(memory)/2], memory[grain+1 : grain+2], nil}[(round+n)%4]
				for k := range written {
					written[k] = byte(n + 1)
				}
				if _, err := im.Reset(memory); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}

// Where the kernel does not tell which pages were written to, all are dropped.
func TestResetWithoutThePagemap(t *testing.T) {
	want := pattern()
	im := open(t, Take(want, len(want), nil))
	if im.pages != nil {
		im.pages.close()
		im.pages = nil
	}
	memory := space(t, len(want))
	if err := im.Map(memory); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		clear(memory)
		if kept, err := im.Reset(memory); err != nil || kept != 0 || !bytes.Equal(memory, want) {
			t.Errorf("%d bytes are kept, %v", kept, err)
		}
	}
}

// An idle memory does not keep what it once had without end.
func TestResetKeepsNotTooMuch(t *testing.T) {
	im := open(t, Take(nil, 3*maxKept, nil))
	memory := space(t, 3*maxKept)
	if err := im.Map(memory); err != nil {
		t.Fatal(err)
	}
	for _, pages := range []int{0, 1, 100, maxKept / grain, maxKept/grain + 1, 0} {
		for n := range pages {
			memory[n*grain] = 1
		}
		kept, err := im.Reset(memory)
		if err != nil || kept > maxKept || im.pages != nil && pages <= maxKept/grain && kept < pages*grain {
			t.Errorf("after writing to %d pages %d bytes are kept, %v", pages, kept, err)
		}
		if !bytes.Equal(memory, make([]byte, len(memory))) {
			t.Error("the memory is not the image")
		}
	}
}

// What follows a memory in its mapping is not the image's.
func TestMapLeavesTheRestAlone(t *testing.T) {
	want := pattern()
	im := open(t, Take(want, len(want), nil))
	whole := space(t, len(want)+1<<16)
	whole[len(want)] = 7
	if err := im.Map(whole[:len(want)]); err != nil {
		t.Fatal(err)
	}
	if _, err := im.Reset(whole[:len(want)]); err != nil {
		t.Fatal(err)
	}
	if whole[len(want)] != 7 {
		t.Error("the byte behind it is another one")
	}
}

func TestNobodyCanWriteToAnImage(t *testing.T) {
	want := pattern()
	im := open(t, Take(want, len(want), nil))
	if _, err := unix.Pwrite(im.fd, []byte("x"), 0); err == nil {
		t.Error("the file can be written to")
	}
	if err := unix.Ftruncate(im.fd, 0); err == nil {
		t.Error("the file can be cut")
	}
	if _, err := unix.Mmap(im.fd, 0, grain, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err == nil {
		t.Error("the file can be mapped to write")
	}
}

func TestCloseGivesTheFileUpAndLeavesMemoriesTheirBytes(t *testing.T) {
	want := pattern()
	im, err := Open(Take(want, len(want), nil))
	if err != nil {
		t.Fatal(err)
	}
	memory := space(t, len(want))
	if err := im.Map(memory); err != nil {
		t.Fatal(err)
	}
	if n := images(t); n != 1 {
		t.Errorf("%d images are open", n)
	}
	for range 2 {
		if err := im.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := images(t); n != 0 {
		t.Errorf("%d images are open after Close", n)
	}
	if !bytes.Equal(memory, want) {
		t.Error("the memory changed")
	}
}

// images counts the files in memory of this process that are images.
func images(t *testing.T) int {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, l := range links {
		if target, err := os.Readlink(l); err == nil && strings.Contains(target, "memfd:wisr-image") {
			n++
		}
	}
	return n
}

func BenchmarkReset(b *testing.B) {
	memory := bytes.Repeat([]byte{1}, 4<<20)
	im, err := Open(Take(memory, len(memory), nil))
	if err != nil {
		b.Fatal(err)
	}
	defer im.Close()
	data, err := unix.Mmap(-1, 0, len(memory), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		b.Fatal(err)
	}
	defer unix.Munmap(data)
	if err := im.Map(data); err != nil {
		b.Fatal(err)
	}
	for _, written := range []int{0, 10, 100, 300, 1000} {
		b.Run(fmt.Sprint(written, " pages"), func(b *testing.B) {
			for b.Loop() {
				for p := range written {
					data[p*grain]++
				}
				if _, err := im.Reset(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
