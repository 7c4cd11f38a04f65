package serve

import (
	"bytes"

	"github.com/gofiber/fiber/v2"
)

// has tells whether the visitor has the representation with this entity tag
// (S51, RFC 9110 section 13.1.2). Only an answer that would succeed can be unneeded.
func has(c *fiber.Ctx, etag []byte, status int) bool {
	if status < 200 || status > 299 {
		return false
	}
	list := c.Request().Header.Peek(fiber.HeaderIfNoneMatch)
	return len(list) > 0 && matches(list, etag)
}

// matches tells whether a list of entity tags, as If-None-Match has it, names
// etag, by weak comparison.
func matches(list, etag []byte) bool {
	list = bytes.TrimSpace(list)
	if string(list) == "*" {
		return true
	}
	for len(list) > 0 {
		list = bytes.TrimPrefix(list, []byte("W/"))
		if len(list) == 0 || list[0] != '"' {
			return false // not a list of entity tags: it names nothing
		}
		end := bytes.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if bytes.Equal(list[:end+2], etag) {
			return true
		}
		list = bytes.TrimLeft(list[end+2:], " \t,")
	}
	return false
}

// notModified answers 304: the header is written, the body is not.
func notModified(c *fiber.Ctx) error {
	header := &c.Response().Header
	header.SetNoDefaultContentType(true)
	header.Del(fiber.HeaderContentType)
	header.DelBytes(headerEncoding)
	c.Status(fiber.StatusNotModified)
	return nil
}
