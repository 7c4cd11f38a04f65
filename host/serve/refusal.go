package serve

import (
	"errors"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// notAllowed refuses a method (S53).
func notAllowed(r *fasthttp.RequestCtx) error {
	r.Response.Header.Set(fiber.HeaderAllow, "GET, HEAD")
	return plain(r, fiber.StatusMethodNotAllowed, "Method Not Allowed")
}

// malformed refuses a path that is none (S55).
func malformed(r *fasthttp.RequestCtx, err error) error {
	return plain(r, fiber.StatusBadRequest, "Bad Request: "+err.Error())
}

// refuse answers what fiber itself refuses.
func (s *Server) refuse(r *fasthttp.RequestCtx, err error) error {
	status := fiber.StatusInternalServerError
	var known *fiber.Error
	if errors.As(err, &known) {
		status = known.Code
	}
	if status >= 500 {
		s.opt.Log.Error("answer a request", "error", err)
		return plain(r, status, "Internal Server Error")
	}
	return plain(r, status, err.Error())
}

func plain(r *fasthttp.RequestCtx, status int, text string) error {
	r.SetStatusCode(status)
	header := &r.Response.Header
	header.Set(fiber.HeaderCacheControl, noStore)
	header.SetContentType("text/plain; charset=utf-8")
	r.Response.SetBodyString(text + "\n")
	return nil
}
