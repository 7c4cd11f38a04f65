package sandbox

import (
	"bytes"
	"testing"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// Both kinds of space give zeros behind the image to who grows into what
// somebody else had.
func TestWhatAMemoryGrewByIsZeroTheNextTime(t *testing.T) {
	im, err := snapshot.Open(snapshot.Take([]byte("image"), pageSize, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	for name, s := range map[string]space{"reserved": reserve(4 * pageSize), "of Go's heap": &heap{}} {
		t.Run(name, func(t *testing.T) {
			defer s.release()
			s.grow(pageSize)
			if err := s.begin(im); err != nil {
				t.Fatal(err)
			}
			for _, pages := range []int{3, 1, 2, 4} {
				data := s.grow(uint64(pages * pageSize))
				if len(data) != pages*pageSize || !bytes.HasPrefix(data, []byte("image\x00")) || len(bytes.Trim(data[5:], "\x00")) > 0 {
					t.Fatalf("grown to %d pages it has %d bytes, and they are not the image and zeros", pages, len(data))
				}
				for k := range data {
					data[k] = 0xab
				}
				s.grow(pageSize)
				if _, err := s.reset(im); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
