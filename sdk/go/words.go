package page

import "encoding/binary"

// Input and output are copied in one call each. The rest goes Extism's way, where
// guest and host share no memory: bytes cross in calls of 8 or of 1, and one of 8
// is the cheaper by two orders of magnitude (LAB 5). So everything goes 8 at a
// time. What is left over at the end goes as one more 8 that overlaps those before
// it; only a block shorter than 8 goes byte by byte, since a word would reach
// beyond it.
const word = 8

// eachWord gives b to put8 and, when it is shorter than a word, to put1, with
// the offset of each piece.
func eachWord(b []byte, put8 func(at, v uint64), put1 func(at uint64, v byte)) {
	if len(b) < word {
		for i, c := range b {
			put1(uint64(i), c)
		}
		return
	}
	i := 0
	for ; i+word <= len(b); i += word {
		put8(uint64(i), binary.LittleEndian.Uint64(b[i:]))
	}
	if i < len(b) {
		last := len(b) - word
		put8(uint64(last), binary.LittleEndian.Uint64(b[last:]))
	}
}

// fillWords fills b from get8 or get1, the reverse of eachWord.
func fillWords(b []byte, get8 func(at uint64) uint64, get1 func(at uint64) byte) {
	if len(b) < word {
		for i := range b {
			b[i] = get1(uint64(i))
		}
		return
	}
	i := 0
	for ; i+word <= len(b); i += word {
		binary.LittleEndian.PutUint64(b[i:], get8(uint64(i)))
	}
	if i < len(b) {
		last := len(b) - word
		binary.LittleEndian.PutUint64(b[last:], get8(uint64(last)))
	}
}
