package serve

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// has tells whether the visitor has the representation with this entity tag
// (S51, RFC 9110 section 13.1.2). Only an answer that would succeed can be unneeded.
func has(c *fiber.Ctx, etag string, status int) bool {
	if status < 200 || status > 299 {
		return false
	}
	header := c.Request().Header.Peek(fiber.HeaderIfNoneMatch)
	return len(header) > 0 && matches(string(header), etag)
}

// matches tells whether a list of entity tags, as If-None-Match has it, names
// etag, by weak comparison.
func matches(list, etag string) bool {
	list = strings.TrimSpace(list)
	if list == "*" {
		return true
	}
	opaque := strings.TrimPrefix(etag, "W/")
	for list != "" {
		list = strings.TrimPrefix(list, "W/")
		if list[0] != '"' {
			return false // not a list of entity tags: it names nothing
		}
		end := strings.IndexByte(list[1:], '"')
		if end < 0 {
			return false
		}
		if list[:end+2] == opaque {
			return true
		}
		list = strings.TrimLeft(list[end+2:], " \t,")
	}
	return false
}

// notModified answers 304: the header is written, the body is not.
func notModified(c *fiber.Ctx) error {
	header := &c.Response().Header
	header.SetNoDefaultContentType(true)
	header.Del(fiber.HeaderContentType)
	c.Status(fiber.StatusNotModified)
	return nil
}
