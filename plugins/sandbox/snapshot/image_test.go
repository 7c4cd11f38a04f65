package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

// pattern is a memory with zeros at the beginning, at the end and in between.
func pattern() []byte {
	memory := make([]byte, 2<<16)
	for _, at := range []int{grain, grain + 1, 3*grain - 1, 10 * grain, 20*grain + 7} {
		memory[at] = byte(at>>8) | 1
	}
	return memory
}

func open(t *testing.T, data []byte) *Image {
	t.Helper()
	im, err := Open(data)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := im.Close(); err != nil {
			t.Error(err)
		}
	})
	return im
}

func TestAnImageHasWhatWasTaken(t *testing.T) {
	globals := []uint64{1, 1 << 63, 0}
	for name, memory := range map[string][]byte{
		"a pattern": pattern(),
		"zeros":     make([]byte, 1<<16),
		"no zeros":  bytes.Repeat([]byte{1}, 1<<16),
		"nothing":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			data := Take(memory, len(memory), globals)
			im := open(t, data)
			got := make([]byte, im.Size())
			if err := im.Copy(got); err != nil || !bytes.Equal(got, memory) {
				t.Errorf("the memory is another one, %v", err)
			}
			if !slices.Equal(im.Globals(), globals) {
				t.Errorf("globals are %v", im.Globals())
			}
			// What the image was made of is not needed any more.
			clear(data)
			clear(got)
			if err := im.Copy(got); err != nil || !bytes.Equal(got, memory) {
				t.Errorf("the memory is another one afterwards, %v", err)
			}
		})
	}
}

func TestZerosTakeNoRoom(t *testing.T) {
	if n := len(Take(nil, 1<<30, nil)); n > 100 {
		t.Errorf("a gigabyte of zeros takes %d bytes", n)
	}
	if n := len(Take(pattern(), 2<<16, nil)); n > 5*grain+200 {
		t.Errorf("5 grains take %d bytes", n)
	}
}

func TestBytesThatAreNoImageAreRefused(t *testing.T) {
	data := Take(pattern(), 2<<16, []uint64{7})
	for n := range len(data) {
		if _, _, err := decode(data[:n]); err == nil {
			// Cut between two pieces it is a smaller image, which only a digest sees.
			if _, pieces, _ := decode(data[:n]); len(pieces) == 4 {
				t.Errorf("the first %d bytes are an image", n)
			}
		}
	}
	head := len(magic)
	for name, change := range map[string]func([]byte){
		"the magic":           func(b []byte) { b[0]++ },
		"too large a memory":  func(b []byte) { binary.LittleEndian.PutUint64(b[head:], maxMemory+1) },
		"too many globals":    func(b []byte) { binary.LittleEndian.PutUint64(b[head+8:], 1<<60) },
		"a piece past it":     func(b []byte) { binary.LittleEndian.PutUint64(b[head+24:], 2<<16+1) },
		"a piece over it":     func(b []byte) { binary.LittleEndian.PutUint64(b[head+32:], 2<<16) },
		"a piece too long":    func(b []byte) { binary.LittleEndian.PutUint64(b[head+32:], 1<<63) },
		"pieces out of order": func(b []byte) { binary.LittleEndian.PutUint64(b[head+24:], 1<<16) },
	} {
		t.Run(name, func(t *testing.T) {
			damaged := bytes.Clone(data)
			change(damaged)
			if _, err := Open(damaged); !errors.Is(err, ErrImage) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// FuzzOpen: no bytes make decode panic, and what it reads is within the memory
// that it says.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(magic))
	f.Add(Take(pattern(), 2<<16, []uint64{7}))
	f.Add(Take(nil, 0, nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		im, pieces, err := decode(data)
		if err != nil {
			return
		}
		end := 0
		for _, p := range pieces {
			if p.at < end || p.at+len(p.data) > im.size {
				t.Fatalf("a piece of %d bytes at %d, the last one ended at %d of %d", len(p.data), p.at, end, im.size)
			}
			end = p.at + len(p.data)
		}
	})
}
