package serve

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/plugins/page"
)

// file answers with a file of public/ (S133). done is false if it is gone, or
// cannot be read, which nobody but the operator has to know.
func (s *Server) file(r *fasthttp.RequestCtx, name string) (done bool, err error) {
	f, err := s.opt.Public.open(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.opt.Log.Warn("a file of public/ cannot be read", "file", name, "error", err)
		}
		return false, nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		f.Close()
		return false, err
	}
	header := &r.Response.Header
	header.SetContentType(page.FileType(name))
	header.Set(fiber.HeaderCacheControl, "public, max-age=0")
	header.Set(fiber.HeaderAcceptRanges, "bytes")
	header.Set(fiber.HeaderLastModified, info.ModTime().UTC().Format(http.TimeFormat))
	etag := fileTag(info)
	header.SetCanonical(headerETag, []byte(etag))
	if unchanged(r, etag, info.ModTime()) {
		f.Close()
		return true, notModified(r)
	}
	start, length := int64(0), info.Size()
	if value := r.Request.Header.Peek(fiber.HeaderRange); len(value) > 0 && r.Request.Header.IsGet() && ifRange(r, etag) {
		from, n, ok := parseRange(string(value), info.Size())
		switch {
		case ok && n == 0:
			f.Close()
			header.Set(fiber.HeaderContentRange, "bytes */"+strconv.FormatInt(info.Size(), 10))
			return true, plain(r, fiber.StatusRequestedRangeNotSatisfiable, "Range Not Satisfiable")
		case ok:
			start, length = from, n
			header.Set(fiber.HeaderContentRange, "bytes "+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(from+n-1, 10)+"/"+strconv.FormatInt(info.Size(), 10))
			r.SetStatusCode(fiber.StatusPartialContent)
		}
	}
	r.Response.SetBodyStream(&section{io.NewSectionReader(f, start, length), f}, int(length))
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
func unchanged(r *fasthttp.RequestCtx, etag string, modified time.Time) bool {
	header := &r.Request.Header
	if list := header.Peek(fiber.HeaderIfNoneMatch); len(list) > 0 {
		return matches(list, []byte(etag))
	}
	since, err := http.ParseTime(string(header.Peek(fiber.HeaderIfModifiedSince)))
	return err == nil && !modified.Truncate(time.Second).After(since)
}

// ifRange tells whether a range may be answered as one: If-Range is absent or
// names this very representation. Dates are not strong enough here and get the whole file.
func ifRange(r *fasthttp.RequestCtx, etag string) bool {
	value := r.Request.Header.Peek(fiber.HeaderIfRange)
	return len(value) == 0 || string(value) == etag
}

// parseRange reads a Range header with one range of bytes. ok is false if it
// is to be ignored: another unit, several ranges, or no range at all (RFC 9110
// section 14.2), or any of an empty file, of which there is no part to name.
// length 0 with ok means that it lies outside of size bytes.
func parseRange(value string, size int64) (start, length int64, ok bool) {
	unit, spec, found := strings.Cut(value, "=")
	first, last, dash := strings.Cut(strings.TrimSpace(spec), "-")
	if !found || !strings.EqualFold(unit, "bytes") || !dash || size == 0 {
		return 0, 0, false
	}
	if first == "" {
		n, ok := position(last)
		length = min(n, size)
		return size - length, length, ok
	}
	start, ok = position(first)
	end := size - 1
	if last != "" && ok {
		end, ok = position(last)
		ok = ok && start <= end
		end = min(end, size-1)
	}
	if !ok || start >= size {
		return 0, 0, ok
	}
	return start, end - start + 1, true
}

// position reads a number of bytes. One that no file has is the largest there is.
func position(digits string) (int64, bool) {
	n, err := strconv.ParseUint(digits, 10, 63)
	if errors.Is(err, strconv.ErrRange) {
		return math.MaxInt64, true
	}
	return int64(n), err == nil
}
