package serve

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"github.com/wisr-dev/wisr/host/guard"
)

// admit tells whether a request's sender knows a secret, which check finds out
// in constant time. Who does not has been answered: 401 (S101), or 429 after too
// many attempts.
func (s *Server) admit(c *fiber.Ctx, check func() bool) bool {
	forwarded := bytes.Join(c.Request().Header.PeekAll(fiber.HeaderXForwardedFor), []byte(","))
	ok, wait := s.opt.Guard.Try(guard.Client(c.Context().RemoteAddr(), string(forwarded)), check)
	switch {
	case wait > 0:
		c.Response().Header.Set(fiber.HeaderRetryAfter, strconv.FormatInt(guard.RetryAfter(wait), 10))
		_ = refusal(c, fiber.StatusTooManyRequests, "Too many failed attempts")
	case !ok:
		_ = refusal(c, fiber.StatusUnauthorized, "Invalid token")
	}
	return ok
}

// given is the secret that a request brings: as a bearer token, whose scheme is
// in any case (RFC 9110 section 11.1), else as secret= in its query.
func given(c *fiber.Ctx) string {
	if scheme, token, ok := strings.Cut(c.Get(fiber.HeaderAuthorization), " "); ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	return c.Query("secret")
}

// refusal answers a program that asked for something that it does not get.
func refusal(c *fiber.Ctx, status int, message string) error {
	c.Response().Header.Set(fiber.HeaderCacheControl, noStore)
	c.Status(status)
	return c.JSON(struct {
		Message string `json:"message"`
	}{message})
}
