package dir

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/wisr-dev/wisr/host/isr"
)

// A log of invalidations is
//
//	wisr-invalidations 1 <id> <limit>\n
//	<sum> marked 2026-03-04T05:06:07.123456789Z "tag:news"\n
//	<sum> forgotten 2026-03-04T05:06:07.123456789Z "tag:news"\n
//	…
//	<zero bytes, for what comes next>
//
// where sum is the CRC-32C of what follows it in its line. No line has a zero byte or
// a newline in it: names are quoted as in Go. Lines that would make the log longer than
// limit rewrite it, which gives it another id.
const (
	logMagic  = "wisr-invalidations 1 "
	logHead   = len(logMagic) + len("0123456789abcdef 0123456789\n")
	marked    = "marked"
	forgotten = "forgotten"
	sumSize   = len("01234567 ")
)

// newLogHead returns the first line of a log.
func newLogHead(id idBytes, limit int) []byte {
	return fmt.Appendf(nil, "%s%x %010d\n", logMagic, id, limit)
}

// parseLogHead returns the limit that the first line of a log says.
func parseLogHead(head []byte) (limit int64, ok bool) {
	rest, ok := bytes.CutPrefix(head, []byte(logMagic))
	if !ok || len(head) != logHead || head[logHead-1] != '\n' {
		return 0, false
	}
	_, size, _ := bytes.Cut(rest[:len(rest)-1], []byte(" "))
	limit, err := strconv.ParseInt(string(size), 10, 64)
	return limit, err == nil
}

// record is what a line says: that a name was marked at a time, or that what
// is above of it, up to a time, is forgotten.
type record struct {
	isr.Invalidation
	forgotten bool
}

// line returns the record's line. A record that could not be read back, here or
// from a journal, is an error.
func (r record) line() ([]byte, error) {
	if !utf8.ValidString(r.Name) {
		return nil, errors.New("the name is not valid UTF-8")
	}
	kind := marked
	if r.forgotten {
		kind = forgotten
	}
	line := make([]byte, sumSize, sumSize+len(kind)+len(r.Name)+40)
	line = append(append(line, kind...), ' ')
	line, err := r.At.UTC().AppendText(line)
	if err != nil {
		return nil, err
	}
	line = strconv.AppendQuote(append(line, ' '), r.Name)
	copy(line, fmt.Appendf(nil, "%08x ", crc32.Checksum(line[sumSize:], castagnoli)))
	return append(line, '\n'), nil
}

// parseRecord reads a line without its newline.
func parseRecord(line []byte) (r record, err error) {
	if len(line) < sumSize || line[sumSize-1] != ' ' {
		return r, damagedf("a line of %d bytes", len(line))
	}
	text := line[sumSize:]
	sum, err := strconv.ParseUint(string(line[:sumSize-1]), 16, 32)
	if err != nil || uint32(sum) != crc32.Checksum(text, castagnoli) {
		return r, damagedf("checksum of a line is wrong")
	}
	kind, text, _ := bytes.Cut(text, []byte(" "))
	at, name, _ := bytes.Cut(text, []byte(" "))
	switch string(kind) {
	case marked:
	case forgotten:
		r.forgotten = true
	default:
		return r, damagedf("a line says %.20q", kind)
	}
	if r.At, err = time.Parse(time.RFC3339Nano, string(at)); err != nil {
		return r, damagedf("%v", err)
	}
	r.At = r.At.UTC()
	if r.Name, err = strconv.Unquote(string(name)); err != nil {
		return r, damagedf("name %.80s: %v", name, err)
	}
	return r, nil
}

// replay returns what the lines of a log leave, by name, and what is wrong with
// the last of those that are damaged. Those count for nothing. The first line of the
// log may be among them.
func replay(data []byte) (live map[string]time.Time, damage error) {
	live = map[string]time.Time{}
	if _, ok := parseLogHead(data[:min(len(data), logHead)]); ok {
		data = data[logHead:]
	}
	for line := range bytes.Lines(data) {
		line = bytes.Trim(line, "\n\x00") // zero bytes before it: the file was cut off while it was in use
		if len(line) == 0 {
			continue
		}
		r, err := parseRecord(line)
		if err != nil {
			damage = err
			continue
		}
		switch at, known := live[r.Name]; {
		case r.forgotten && known && !at.After(r.At):
			delete(live, r.Name)
		case !r.forgotten && !at.After(r.At):
			live[r.Name] = r.At
		}
	}
	return live, damage
}
