package serve

import (
	"context"
	_ "embed"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
)

// The script that a shell may load: it waits until the page is made and shows
// it. It has to stay below a kilobyte, and needs no inline script.
//
//go:embed fallback.js
var fallbackJS []byte

// shell answers with the page that stands in while a path is generated for the
// first time (S61). Nobody may keep it: the next answer is the page.
func (s *Server) shell(r *fasthttp.RequestCtx, p *place) error {
	match := p.match
	made, err := match.Version.Shell(context.Background(), match.Input())
	if err != nil {
		// The page may be good though its shell is not: wait for it.
		s.opt.Log.Warn("the fallback shell failed; visitors wait for the page", "plugin", match.Version.Plugin, "error", err)
		answer, err := s.visit(match.Version, p.key, isr.Plain, s.opt.Now())
		if err != nil {
			return s.failed(r, match.Locale, err)
		}
		return s.write(r, p, answer)
	}
	header := &r.Response.Header
	header.SetCanonical(headerState, stateNames[isr.Miss])
	header.SetCanonical(headerCacheStatus, []byte("wisr; fwd=uri-miss; detail=fallback"))
	return s.body(r, &isr.Entry{Header: made.Result.Header, Body: made.Body}, fiber.StatusOK)
}

// fallbackScript answers with the script. It changes only with the program.
func fallbackScript(r *fasthttp.RequestCtx) error {
	header := &r.Response.Header
	header.SetContentType("text/javascript; charset=utf-8")
	header.Set(fiber.HeaderCacheControl, "public, max-age=3600")
	r.Response.SetBodyRaw(fallbackJS)
	return nil
}
