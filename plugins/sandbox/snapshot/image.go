package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// Image is the state that instances begin with. It is not changed once made;
// its methods, but for Close, may be called by many goroutines.
type Image struct {
	globals []uint64
	size    int // bytes of memory
	backing
}

// Globals are the values of the plan's globals, in its order.
func (im *Image) Globals() []uint64 { return im.globals }

// Size is the number of bytes of the memory.
func (im *Image) Size() int { return im.size }

// piece is a part of the memory that is not all zero.
type piece struct {
	at   int
	data []byte
}

// grain is the size in which memory is looked at for zeros: a page of most
// systems.
const grain = 4096

// The form of an image in bytes: the magic, the size of the memory, the number
// of globals and their values, then of each piece its place, its length and
// its bytes. All numbers take eight bytes, little-endian.
const magic = "wisr image 1\n"

// maxMemory is what a module of 32-bit addresses can have.
const maxMemory = 1 << 32

// Take gives a memory and the values of globals as bytes for Open. Of the size
// bytes of the memory those that are missing are zero.
func Take(memory []byte, size int, globals []uint64) []byte {
	out := binary.LittleEndian.AppendUint64([]byte(magic), uint64(size))
	out = binary.LittleEndian.AppendUint64(out, uint64(len(globals)))
	for _, g := range globals {
		out = binary.LittleEndian.AppendUint64(out, g)
	}
	for at := 0; at < len(memory); {
		end := at
		for end < len(memory) && !zero(memory[end:min(end+grain, len(memory))]) {
			end = min(end+grain, len(memory))
		}
		if end == at {
			at += grain
			continue
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(at))
		out = binary.LittleEndian.AppendUint64(out, uint64(end-at))
		out = append(out, memory[at:end]...)
		at = end
	}
	return out
}

func zero(grains []byte) bool {
	var zeros [grain]byte
	return bytes.Equal(grains, zeros[:len(grains)])
}

// ErrImage is returned by Open for bytes that are no image. It does not see
// every damage: that an image is whole is for a digest to tell.
var ErrImage = errors.New("not an image")

// Open makes an image of what Take gave. It is the caller's to close.
func Open(data []byte) (*Image, error) {
	im, pieces, err := decode(data)
	if err != nil {
		return nil, err
	}
	if err := im.back(pieces); err != nil {
		return nil, fmt.Errorf("memory for an image of %d bytes: %w", im.size, err)
	}
	return im, nil
}

// decode reads what Take gave; the pieces refer to data.
func decode(data []byte) (*Image, []piece, error) {
	rest, ok := bytes.CutPrefix(data, []byte(magic))
	number := func(most int) int {
		if !ok || len(rest) < 8 {
			ok = false
			return 0
		}
		n := binary.LittleEndian.Uint64(rest)
		rest = rest[8:]
		ok = n <= uint64(most)
		return int(n)
	}
	im := &Image{size: number(maxMemory)}
	for n := number(len(rest)/8 - 1); ok && n > 0; n-- {
		im.globals = append(im.globals, binary.LittleEndian.Uint64(rest))
		rest = rest[8:]
	}
	var pieces []piece
	for end := 0; ok && len(rest) > 0; {
		p := piece{at: number(im.size)}
		n := number(im.size - p.at)
		if !ok || p.at < end || n > len(rest) {
			return nil, nil, ErrImage
		}
		p.data, rest = rest[:n], rest[n:]
		end = p.at + n
		pieces = append(pieces, p)
	}
	if !ok {
		return nil, nil, ErrImage
	}
	return im, pieces, nil
}
