package serve

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/wisr-dev/wisr/plugins/page"
)

// file answers with a file of public/ (S133). done is false if it is gone.
func (s *Server) file(c *fiber.Ctx, name string) (done bool, err error) {
	f, err := s.opt.Public.root.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		return true, err
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return false, err
	}
	header := &c.Response().Header
	header.SetContentType(page.FileType(name))
	header.Set(fiber.HeaderCacheControl, "public, max-age=0")
	header.Set(fiber.HeaderAcceptRanges, "bytes")
	header.Set(fiber.HeaderLastModified, info.ModTime().UTC().Format(http.TimeFormat))
	etag := fileTag(info)
	header.SetCanonical(headerETag, []byte(etag))
	if unchanged(c, etag, info.ModTime()) {
		f.Close()
		return true, notModified(c)
	}
	start, length := int64(0), info.Size()
	if value := c.Request().Header.Peek(fiber.HeaderRange); len(value) > 0 && ifRange(c, etag) {
		from, n, ok := parseRange(string(value), info.Size())
		switch {
		case ok && n == 0:
			f.Close()
			header.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(info.Size(), 10))
			return true, plain(c, fiber.StatusRequestedRangeNotSatisfiable, "Range Not Satisfiable")
		case ok:
			start, length = from, n
			header.Set(fiber.HeaderContentRange, "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(from+n-1, 10)+"/"+strconv.FormatInt(info.Size(), 10))
			c.Status(fiber.StatusPartialContent)
		}
	}
	c.Response().SetBodyStream(&section{io.NewSectionReader(f, start, length), f}, int(length))
	return true, nil
}

// section is a part of a file; fasthttp closes it when it is sent.
type section struct {
	*io.SectionReader
	file *os.File
}

func (s *section) Close() error { return s.file.Close() }

// fileTag is a file's entity tag: by time and size, so that it costs no reading.
func fileTag(info fs.FileInfo) string {
	return `"` + strconv.FormatInt(info.ModTime().UnixNano(), 36) + "-" + strconv.FormatInt(info.Size(), 36) + `"`
}

// unchanged evaluates the conditions of a request in the order of RFC 9110 section 13.2.2.
func unchanged(c *fiber.Ctx, etag string, modified time.Time) bool {
	header := &c.Request().Header
	if list := header.Peek(fiber.HeaderIfNoneMatch); len(list) > 0 {
		return matches(list, []byte(etag))
	}
	since, err := http.ParseTime(string(header.Peek(fiber.HeaderIfModifiedSince)))
	return err == nil && !modified.Truncate(time.Second).After(since)
}

// ifRange tells whether a range may be answered as one: If-Range is absent or
// names this very representation. Dates are not strong enough here and get the whole file.
func ifRange(c *fiber.Ctx, etag string) bool {
	value := c.Request().Header.Peek(fiber.HeaderIfRange)
	return len(value) == 0 || string(value) == etag
}

// parseRange reads a Range header with one range of bytes. ok is false if it
// is to be ignored: another unit, several ranges, or no range at all (RFC 9110
// section 14.2). length 0 with ok means that it lies outside of size bytes.
func parseRange(value string, size int64) (start, length int64, ok bool) {
	spec, found := strings.CutPrefix(value, "bytes=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !found || !dash || strings.Contains(spec, ",") {
		return 0, 0, false
	}
	if first == "" {
		n, err := strconv.ParseUint(last, 10, 63)
		if err != nil {
			return 0, 0, false
		}
		length = min(int64(n), size)
		return size - length, length, true
	}
	from, err := strconv.ParseUint(first, 10, 63)
	if err != nil {
		return 0, 0, false
	}
	start, end := int64(from), size-1
	if last != "" {
		to, err := strconv.ParseUint(last, 10, 63)
		if err != nil || int64(to) < start {
			return 0, 0, false
		}
		end = min(int64(to), end)
	}
	if start >= size {
		return 0, 0, true
	}
	return start, end - start + 1, true
}
