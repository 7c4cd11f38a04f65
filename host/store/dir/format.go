package dir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// A page file is
//
//	wisr-page 1 <head> started=<RFC 3339> header=<n> body=<n> props=<n> coded=<n> data=<data>\n
//	<header, n bytes of JSON>\n
//	<body, n bytes>\n
//	<props, n bytes>\n
//	<encodings and data encodings, one after the other, n bytes>\n
//
// where head is the CRC-32C of what follows it up to the end of the header's
// line, and data that of all behind. They find what a disk or a cut-off copy
// did; they do not hold against someone who may write the folder.
const (
	magic     = "wisr-page "
	version   = "1"
	maxLine   = 256       // the first line; it has 200 bytes at most
	maxHeader = 16 << 20  // 128 tags and 64 headers of 8 KiB need 4 MiB if every byte is escaped; the rest is for sources
	maxFile   = 1<<31 - 1 // a manifest allows 256 MB of output a call, and there are its encodings
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errDamaged is wrapped by every error about the content of a file, as opposed
// to errors of reading it.
var errDamaged = errors.New("damaged")

func damagedf(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errDamaged, fmt.Sprintf(format, args...))
}

// firstLine is the first line of a page file.
type firstLine struct {
	size                       int // of the line itself
	head                       uint32
	rest                       int // where the bytes that head is about begin
	started                    time.Time
	header, body, props, coded int
	data                       uint32
}

// fileSize is the size that the line claims for its file.
func (l firstLine) fileSize() int64 {
	return int64(l.headSize()) + int64(l.body) + 1 + int64(l.props) + 1 + int64(l.coded) + 1
}

// headSize is the size of the first two lines.
func (l firstLine) headSize() int { return l.size + l.header + 1 }

// encode returns the file of an entry. An entry that could not be read back as
// it is, is an error: a string that is not UTF-8, a time before year 0 or after 9999.
func encode(e *isr.Entry) ([]byte, error) {
	h := header{
		Key: e.Key, Plugin: e.Plugin, Version: e.Version,
		Kind: e.Kind, Status: e.Status, Redirect: e.Redirect, Header: e.Header,
		Tags: e.Tags, Sources: e.Sources, Fuel: e.Fuel,
		FinishedAt: e.FinishedAt.UTC(), Revalidate: duration(e.Revalidate), Expire: duration(e.Expire),
		ETag: e.ETag, DataETag: e.DataETag,
		Encodings: codings(e.Encodings), DataEncodings: codings(e.DataEncodings),
		Seen: e.Seen, Unchanged: e.Unchanged,
	}
	if err := h.checkText(); err != nil {
		return nil, err
	}
	started, err := e.StartedAt.UTC().MarshalText()
	if err != nil {
		return nil, fmt.Errorf("startedAt: %w", err)
	}
	headerLine, err := h.appendJSON(make([]byte, 0, 1024))
	if err != nil {
		return nil, err
	}
	headerLine = append(headerLine, '\n')
	if len(headerLine) > maxHeader {
		return nil, fmt.Errorf("the header has %d bytes; at most %d can be kept", len(headerLine), maxHeader)
	}
	parts := [][]byte{e.Body, newline, e.Props, newline}
	coded := 0
	for _, c := range slices.Concat(e.Encodings, e.DataEncodings) {
		parts = append(parts, c.Body)
		coded += len(c.Body)
	}
	parts = append(parts, newline)
	data, size := uint32(0), int64(maxLine+len(headerLine))
	for _, part := range parts {
		data = crc32.Update(data, castagnoli, part)
		size += int64(len(part))
	}
	if size > maxFile {
		return nil, fmt.Errorf("the page has %d bytes with its encodings; at most %d can be kept", size, maxFile)
	}
	rest := fmt.Sprintf(" started=%s header=%d body=%d props=%d coded=%d data=%08x\n",
		started, len(headerLine)-1, len(e.Body), len(e.Props), coded, data)
	head := crc32.Update(crc32.Checksum([]byte(rest), castagnoli), castagnoli, headerLine)

	out := make([]byte, 0, size)
	out = fmt.Appendf(out, "%s%s %08x%s", magic, version, head, rest)
	out = append(out, headerLine...)
	for _, part := range parts {
		out = append(out, part...)
	}
	return out, nil
}

var newline = []byte("\n")

// decode makes the entry of a file from its first two lines, the first one parsed
// as well, and the content behind them. The entry's bodies and props are parts of content.
func decode(line firstLine, head, content []byte) (*isr.Entry, error) {
	e, h, err := decodeHead(line, head)
	if err != nil {
		return nil, err
	}
	if crc32.Checksum(content, castagnoli) != line.data {
		return nil, damagedf("checksum of the content is wrong")
	}
	e.Body, content = cut(content, line.body)
	e.Props, content = cut(content[1:], line.props)
	content = content[1 : 1+line.coded]
	var ok, dataOK bool
	e.Encodings, content, ok = cutCodings(content, h.Encodings)
	e.DataEncodings, content, dataOK = cutCodings(content, h.DataEncodings)
	if !ok || !dataOK || len(content) > 0 {
		return nil, damagedf("the header's encodings have not %d bytes", line.coded)
	}
	return e, nil
}

// cut returns the first n bytes of data, nil for none, and the rest. There is no room
// to append to the first over what follows.
func cut(data []byte, n int) (first, rest []byte) {
	if n == 0 {
		return nil, data
	}
	return data[:n:n], data[n:]
}

func cutCodings(data []byte, list []coding) (coded []isr.Coded, rest []byte, ok bool) {
	for _, c := range list {
		if c.Bytes < 0 || c.Bytes > len(data) {
			return nil, nil, false
		}
		var body []byte
		body, data = cut(data, c.Bytes)
		coded = append(coded, isr.Coded{Coding: c.Coding, Body: body})
	}
	return coded, data, true
}

// decodeHead reads the first two lines of a file. The entry has no content.
func decodeHead(line firstLine, data []byte) (*isr.Entry, *header, error) {
	if crc32.Checksum(data[line.rest:], castagnoli) != line.head {
		return nil, nil, damagedf("checksum of the header is wrong")
	}
	var h header
	if err := json.Unmarshal(data[line.size:], &h); err != nil {
		return nil, nil, damagedf("header: %v", err)
	}
	return &isr.Entry{
		Key: h.Key, Plugin: h.Plugin, Version: h.Version,
		Kind: h.Kind, Status: h.Status, Redirect: h.Redirect, Header: h.Header,
		Tags: h.Tags, Sources: h.Sources, Fuel: h.Fuel,
		StartedAt: line.started, FinishedAt: h.FinishedAt,
		Revalidate: time.Duration(h.Revalidate), Expire: time.Duration(h.Expire),
		ETag: h.ETag, DataETag: h.DataETag,
		Seen: h.Seen, Unchanged: h.Unchanged,
	}, &h, nil
}

// parseFirstLine reads the first line; data may be cut off behind it. What it
// says is not verified before decodeHead, but it is within the bounds above.
func parseFirstLine(data []byte) (firstLine, error) {
	var l firstLine
	if !bytes.HasPrefix(data, []byte(magic)) {
		return l, damagedf("not a page file")
	}
	end := bytes.IndexByte(data[:min(len(data), maxLine)], '\n')
	if end < 0 {
		return l, damagedf("the first line has no end")
	}
	fields := strings.Split(string(data[len(magic):end]), " ")
	if fields[0] != version {
		return l, damagedf("format version %.20q, this program reads version %s", fields[0], version)
	}
	if len(fields) != 8 {
		return l, damagedf("the first line has %d fields, want 8", len(fields))
	}
	l.size = end + 1
	l.rest = len(magic) + len(fields[0]) + 1 + len(fields[1])
	var err error
	fail := func(e error) {
		if err == nil && e != nil {
			err = damagedf("first line: %v", e)
		}
	}
	value := func(i int, name string) string {
		v, ok := strings.CutPrefix(fields[i], name+"=")
		if !ok {
			fail(fmt.Errorf("no %s in field %d", name, i))
		}
		return v
	}
	sum := func(s string) uint32 {
		n, e := strconv.ParseUint(s, 16, 32)
		fail(e)
		return uint32(n)
	}
	size := func(s string, limit int) int {
		n, e := strconv.ParseUint(s, 10, 31)
		if e == nil && int(n) > limit {
			e = fmt.Errorf("size %d is over %d", n, limit)
		}
		fail(e)
		return int(n)
	}
	l.head = sum(fields[1])
	started, e := time.Parse(time.RFC3339Nano, value(2, "started"))
	fail(e)
	l.started = started.UTC()
	l.header = size(value(3, "header"), maxHeader)
	l.body = size(value(4, "body"), maxFile)
	l.props = size(value(5, "props"), maxFile)
	l.coded = size(value(6, "coded"), maxFile)
	l.data = sum(value(7, "data"))
	if err == nil && l.fileSize() > maxFile {
		fail(fmt.Errorf("sizes add up to more than %d", maxFile))
	}
	return l, err
}
