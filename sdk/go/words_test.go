package page

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// The host refuses a word that reaches beyond its block, so none may, and the
// cheap calls have to do nearly all the work.
func TestBytesCrossInWordsWithinTheBlock(t *testing.T) {
	for n := range 70 {
		from := make([]byte, n)
		for i := range from {
			from[i] = byte(i + 1)
		}
		block := make([]byte, n) // the host's: slicing past its end panics
		words, bytesPut := 0, 0
		eachWord(from,
			func(at, v uint64) { words++; binary.LittleEndian.PutUint64(block[at:at+8], v) },
			func(at uint64, v byte) { bytesPut++; block[at] = v })
		if !bytes.Equal(block, from) {
			t.Fatalf("%d bytes arrived at the host as %v", n, block)
		}
		into := make([]byte, n)
		fillWords(into,
			func(at uint64) uint64 { words++; return binary.LittleEndian.Uint64(block[at : at+8]) },
			func(at uint64) byte { bytesPut++; return block[at] })
		if !bytes.Equal(into, from) {
			t.Fatalf("%d bytes came back as %v", n, into)
		}
		wantWords, wantBytes := 2*((n+7)/8), 0
		if n < 8 {
			wantWords, wantBytes = 0, 2*n
		}
		if words != wantWords || bytesPut != wantBytes {
			t.Errorf("%d bytes there and back: %d words and %d single bytes, want %d and %d", n, words, bytesPut, wantWords, wantBytes)
		}
	}
}
