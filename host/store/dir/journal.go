package dir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
)

// What a journal may grow to. Eight segments are some 100,000 changes: a reader
// that does not look for as long as it takes to make those has to be told
// that anything may have changed.
const (
	segmentSize = 1 << 20
	segments    = 8
	maxChange   = 64 << 10 // a line; a path has 8 KiB at most
)

// journal is what this store changed, a JSON object a line, for other processes
// to read. Each open store writes its own, so that writers need no lock and a killed
// one leaves its half line behind everyone else's. It is never flushed: after a
// loss of power no reader remembers anything either.
type journal struct {
	dir, id string

	mu      sync.Mutex // guards the rest
	segment uint64
	size    int64 // of the segment; 0: it does not exist yet
	n       uint64
}

// change is a line. N counts the lines of one writer from 1, so that a reader
// notices what it missed.
type change struct {
	N    uint64    `json:"n"`
	Key  string    `json:"key,omitempty"`
	Name string    `json:"name,omitempty"`
	At   time.Time `json:"at,omitzero"`
}

func segmentPath(dir, id string, segment uint64) string {
	return dir + separator + id + "." + strconv.FormatUint(segment, 10)
}

// append adds a line. The file is closed after each, because only then do the
// readers on the other side of a network mount see it.
func (j *journal) append(c isr.Change) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	line, err := json.Marshal(change{N: j.n + 1, Key: c.Key, Name: c.Name, At: c.At.UTC()})
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if len(line) > maxChange {
		return fmt.Errorf("a name of %d bytes is too long to be kept", len(c.Key)+len(c.Name))
	}
	f, err := j.open()
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		j.next() // the line may be there in part: nothing may follow it
		return err
	}
	j.n++
	if j.size += int64(len(line)); j.size >= segmentSize {
		j.next()
	}
	return nil
}

func (j *journal) open() (*os.File, error) {
	if j.size > 0 {
		f, err := openFile(segmentPath(j.dir, j.id, j.segment), os.O_WRONLY|os.O_APPEND, 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
		// Removed as abandoned because nothing was written for long. A reader
		// knows where in the old file it was, so the new one has another name.
		j.next()
	}
	return create(segmentPath(j.dir, j.id, j.segment), os.O_WRONLY|os.O_APPEND|os.O_EXCL)
}

func (j *journal) next() {
	j.segment++
	j.size = 0
	if j.segment >= segments {
		os.Remove(segmentPath(j.dir, j.id, j.segment-segments))
	}
}

// positions say how far the journals of others were read, by writer.
type positions map[string]position

type position struct {
	segment uint64
	offset  int64
	n       uint64 // of the last line
}

// endsOfJournals returns where the journals of others end now.
func endsOfJournals(dir, self string) (positions, error) {
	all, err := listJournals(dir, self)
	ends := positions{}
	for id, segments := range all {
		at, err := endOfSegment(dir, id, segments[len(segments)-1])
		if err != nil {
			return nil, err
		}
		ends[id] = at
	}
	return ends, err
}

// endOfSegment returns where a segment ends now. It parses no more than the
// last line: Open waits for it, once for every process that wrote of late.
func endOfSegment(dir, id string, segment uint64) (position, error) {
	at := position{segment: segment}
	f, err := os.Open(segmentPath(dir, id, segment))
	if errors.Is(err, fs.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return at, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return at, err
	}
	// A whole line at least, also if one that a killed writer left follows.
	at.offset = max(0, info.Size()-2*maxChange)
	lines, err := io.ReadAll(io.NewSectionReader(f, at.offset, 2*maxChange))
	if err != nil {
		return at, err
	}
	lines = lines[:bytes.LastIndexByte(lines, '\n')+1]
	at.offset += int64(len(lines))
	for len(lines) > 0 && at.n == 0 {
		lines = lines[:len(lines)-1]
		last := bytes.LastIndexByte(lines, '\n') + 1
		var c change
		if json.Unmarshal(lines[last:], &c) == nil {
			at.n = c.N
		}
		lines = lines[:last]
	}
	return at, nil
}

// listJournals returns the segments of every other writer in order.
func listJournals(dir, self string) (map[string][]uint64, error) {
	all := map[string][]uint64{}
	err := eachFile(dir, func(f fs.DirEntry) error {
		id, number, _ := strings.Cut(f.Name(), ".")
		segment, err := strconv.ParseUint(number, 10, 64)
		if err == nil && id != self && madeByStore(f.Name()) {
			all[id] = append(all[id], segment)
		}
		return nil
	})
	for _, segments := range all {
		slices.Sort(segments)
	}
	return all, err
}

// readSegment returns the whole lines that a segment has from a position on, and
// moves it. A segment that is gone is an empty one.
func readSegment(dir, id string, at *position) ([]change, error) {
	f, err := os.Open(segmentPath(dir, id, at.segment))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, at.offset, segmentSize+maxChange))
	if err != nil {
		return nil, err
	}
	return parseChanges(data, at), nil
}

// parseChanges returns the whole lines of what follows a position, and moves it.
// What is not one of our lines is skipped; its number will be missed.
func parseChanges(data []byte, at *position) (changes []change) {
	for {
		line, rest, ok := bytes.Cut(data, newline)
		if !ok {
			return changes
		}
		data = rest
		at.offset += int64(len(line)) + 1
		var c change
		if json.Unmarshal(line, &c) == nil && c.N > 0 {
			at.n = c.N
			changes = append(changes, c)
		}
	}
}
