//go:build !linux

package snapshot

import "bytes"

// backing is the pieces on the heap: here images are copied.
type backing struct{ pieces []piece }

func (im *Image) back(pieces []piece) error {
	for _, p := range pieces {
		im.pieces = append(im.pieces, piece{p.at, bytes.Clone(p.data)})
	}
	return nil
}

// Copy writes the image to a memory of its size that is zero.
func (im *Image) Copy(memory []byte) error {
	for _, p := range im.pieces {
		copy(memory[p.at:], p.data)
	}
	return nil
}

// Map is Copy here.
func (im *Image) Map(memory []byte) error { return im.Copy(memory) }

// Reset gives a memory that Map was called with the bytes of the image again,
// and tells how many bytes of it are its own and no longer the image's.
func (im *Image) Reset(memory []byte) (kept int, err error) {
	clear(memory)
	return len(memory), im.Copy(memory)
}

// Close does nothing here.
func (im *Image) Close() error { return nil }
