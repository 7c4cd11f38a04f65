package registry

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
)

// A list of paths is a file of lines:
//
//	{"version":"1f2e…","route":"/blog/[slug]","fallback":"blocking","locales":["en","de"],"defaultLocale":"en"}
//	<tab>/blog/a
//	de<tab>/blog/a
//	{"paths":2,"crc32":1234567890}
//
// The header is followed by a line for each path: its locale, empty for the
// default one, and its canonical path. The last line has the number of those and
// the CRC-32 (IEEE) of all lines before it: a file that lacks some, as after a power
// cut, or was damaged otherwise is of no use, and is told from one that is good.

// pathsHeader is the first line.
type pathsHeader struct {
	Version       string        `json:"version"`
	Route         string        `json:"route"`
	Fallback      page.Fallback `json:"fallback"`
	Locales       []string      `json:"locales"`
	DefaultLocale string        `json:"defaultLocale"`
}

// fits tells whether a list with this header answers for what want describes,
// whatever it says of the fallback.
func (h pathsHeader) fits(want pathsHeader) bool {
	return h.Version == want.Version && h.Route == want.Route &&
		h.DefaultLocale == want.DefaultLocale && slices.Equal(h.Locales, want.Locales)
}

// pathsEnd is the last line.
type pathsEnd struct {
	Paths int    `json:"paths"`
	Sum   uint32 `json:"crc32"`
}

func (e pathsEnd) line() (string, error) {
	text, err := json.Marshal(e)
	return string(text), err
}

// Temporary files have names that begin with this. One stays behind when the
// process is killed.
const newPaths = "new-"

// pathsWriter writes a list to a new file, which takes its name when all is in it.
type pathsWriter struct {
	file  *os.File
	out   *bufio.Writer
	sum   hash.Hash32
	count int
	bytes int64
}

// newPathsWriter makes a file in the folder that it is to stay in; the caller
// discards it.
func newPathsWriter(dir string) (*pathsWriter, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.CreateTemp(dir, newPaths+"*")
	if err != nil {
		return nil, err
	}
	return &pathsWriter{file: file, out: bufio.NewWriter(file), sum: crc32.NewIEEE()}, nil
}

func (w *pathsWriter) header(h pathsHeader) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return w.line(string(text))
}

func (w *pathsWriter) path(p page.Path) error {
	w.count++
	return w.line(p.Locale + "\t" + p.Path)
}

func (w *pathsWriter) line(text string) error {
	text += "\n"
	w.bytes += int64(len(text))
	_, _ = io.WriteString(w.sum, text) // never fails
	_, err := w.out.WriteString(text)
	return err
}

// finish writes the end and gives the file its name.
func (w *pathsWriter) finish(file string) error {
	end, err := pathsEnd{w.count, w.sum.Sum32()}.line()
	if err != nil {
		return err
	}
	if err := errors.Join(w.line(end), w.out.Flush(), w.file.Close()); err != nil {
		return err
	}
	return os.Rename(w.file.Name(), file)
}

// discard removes the file unless it is finished.
func (w *pathsWriter) discard() {
	_ = w.file.Close()
	_ = os.Remove(w.file.Name())
}

// readPaths reads a file and calls yield for each path, before it is known
// whether the file is whole. The error is yield's as it is, or says what is wrong
// with the file; fs.ErrNotExist if there is none.
func readPaths(file string, yield func(page.Path) error) (pathsHeader, error) {
	f, err := os.Open(file)
	if err != nil {
		return pathsHeader{}, err
	}
	defer f.Close()
	var stopped error
	header, err := decodePaths(f, func(p page.Path) error {
		stopped = yield(p)
		return stopped
	})
	switch {
	case stopped != nil:
		return pathsHeader{}, stopped
	case err != nil:
		return pathsHeader{}, fmt.Errorf("%s: %w", file, err)
	}
	return header, nil
}

// maxLine is far above what a header with every locale there is takes.
const maxLine = 1 << 20

func decodePaths(r io.Reader, yield func(page.Path) error) (pathsHeader, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	sum := crc32.NewIEEE()
	var header pathsHeader
	for n := 0; lines.Scan(); n++ {
		line := lines.Text()
		switch {
		case n == 0:
			if err := json.Unmarshal([]byte(line), &header); err != nil {
				return pathsHeader{}, fmt.Errorf("line 1: %w", err)
			}
		case strings.HasPrefix(line, "{"):
			if end, err := (pathsEnd{n - 1, sum.Sum32()}).line(); err != nil || line != end || lines.Scan() {
				return pathsHeader{}, errors.New("it is damaged: its last line is of other lines than these")
			}
			return header, lines.Err()
		default:
			p, err := header.parse(line)
			if err == nil {
				err = yield(p)
			}
			if err != nil {
				return pathsHeader{}, fmt.Errorf("line %d: %w", n+1, err)
			}
		}
		_, _ = io.WriteString(sum, line+"\n") // never fails
	}
	if err := lines.Err(); err != nil {
		return pathsHeader{}, err
	}
	return pathsHeader{}, errors.New("it is cut off: its last line is missing")
}

// parse reads a path's line.
func (h pathsHeader) parse(line string) (page.Path, error) {
	locale, path, found := strings.Cut(line, "\t")
	canonical, err := route.Canonical(path)
	switch {
	case !found, err != nil, canonical != path:
		return page.Path{}, errors.New("it is damaged: want a locale, a tab and a path")
	case locale != "" && (locale == h.DefaultLocale || !slices.Contains(h.Locales, locale)):
		return page.Path{}, fmt.Errorf("it is damaged: %.40q is none of its locales", locale)
	}
	return page.Path{Path: path, Locale: locale}, nil
}
