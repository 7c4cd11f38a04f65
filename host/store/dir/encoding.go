package dir

import (
	"bytes"

	"github.com/wisr-dev/wisr/host/isr"
)

// Encode returns an entry as the file that this store would keep of it, for other
// places that keep entries. An entry that could not be read back as it is, is an error.
func Encode(e *isr.Entry) ([]byte, error) { return encode(e) }

// Decode makes the entry of what Encode returned. The entry's content has memory of its own.
func Decode(data []byte) (*isr.Entry, error) {
	return readEntry(bytes.NewReader(data), int64(len(data)))
}

// ReadFile makes the entry of a file that has what Encode returned.
func ReadFile(path string) (*isr.Entry, error) { return readPage(path) }

// CutHead returns the part of what Encode returned that DecodeHead reads.
func CutHead(data []byte) ([]byte, error) {
	line, err := parseFirstLine(data)
	if err != nil {
		return nil, err
	}
	if line.headSize() > len(data) {
		return nil, damagedf("it has %d bytes, fewer than its header", len(data))
	}
	return data[:line.headSize()], nil
}

// DecodeHead makes an entry without content of what CutHead returned.
func DecodeHead(head []byte) (*isr.Entry, error) {
	line, err := parseFirstLine(head)
	if err != nil {
		return nil, err
	}
	if line.headSize() != len(head) {
		return nil, damagedf("the header has %d bytes, its first line says %d", len(head), line.headSize())
	}
	e, _, err := decodeHead(line, head)
	return e, err
}
