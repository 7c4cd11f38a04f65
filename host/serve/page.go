package serve

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// The keys of the site's own error pages.
const (
	notFoundKey = "/404"
	failedKey   = "/500"
)

// show answers with the page that a path led to.
func (s *Server) show(r *fasthttp.RequestCtx, p *place, now time.Time) error {
	draft, forged := s.drafting(r)
	if forged {
		defer s.takeDraft(r)
	}
	if !draft && !p.open {
		return s.notFound(r, p.match.Locale)
	}
	asked := askedBy(&r.Request.Header)
	answer, err := s.ask(r, p.match.Version, p.key, s.manner(r, p.match.Version, asked), draft, now)
	if err != nil {
		return s.failed(r, p.match.Locale, err)
	}
	switch {
	case answer.State == isr.Pending:
		return s.shell(r, p)
	case answer.State == isr.Hit && !forged && p.last.again(r, asked, answer):
		return nil
	}
	return s.write(r, p, answer)
}

// write answers with what a visit got.
func (s *Server) write(r *fasthttp.RequestCtx, p *place, answer isr.Answer) error {
	entry, match := answer.Entry, p.match
	if (match.Path == notFoundKey || match.Path == failedKey) && entry.Kind != page.KindProps {
		entry = builtin[match.Path] // as where it stands in for another page
	}
	switch {
	case match.Path == notFoundKey:
		return s.body(r, entry, fiber.StatusNotFound)
	case match.Path == failedKey:
		return s.body(r, entry, fiber.StatusInternalServerError)
	case entry.Kind == page.KindNotFound && answer.State == isr.Uncached:
		return s.notFound(r, match.Locale)
	case entry.Kind == page.KindNotFound:
		s.cached(r, answer)
		body, done := s.head(r, s.errorPage(match.Locale, notFoundKey), fiber.StatusNotFound)
		return finish(r, body, done)
	case entry.Kind == page.KindRedirect:
		s.cached(r, answer)
		return s.redirect(r, entry.Redirect)
	default:
		s.cached(r, answer)
		body, done := s.head(r, entry, entry.Status)
		if answer.State == isr.Hit {
			p.last.keep(r, answer)
		}
		return finish(r, body, done)
	}
}

// visit asks for a page of a version. It does not end with the request, whose
// context ends when the host begins to shut down: who was let in is served (S146).
func (s *Server) visit(v *registry.Version, key string, manner isr.Manner, now time.Time) (isr.Answer, error) {
	answer, err := s.opt.Pages.Visit(context.Background(), isr.Page{Key: key, Plugin: v.Plugin, Version: v.ID}, manner, now)
	if s.opt.Visited != nil {
		s.opt.Visited(answer.State, err)
	}
	if err == nil && answer.Entry != nil && answer.Entry.Kind != page.KindNotFound {
		v.Served(key, answer.At)
	}
	return answer, err
}

// manner is how a request for a page is to be answered.
func (s *Server) manner(r *fasthttp.RequestCtx, v *registry.Version, asked asked) isr.Manner {
	switch {
	case asked.purpose && isPrefetch(r):
		return isr.Prefetch
	case v.Route.Dynamic() && v.Fallback == page.FallbackTrue && !s.crawlers.match(r.Request.Header.UserAgent()):
		return isr.Hurried
	}
	return isr.Plain
}

// notFound answers with the site's 404 page. Nobody may keep that: a plugin may
// come and serve the path.
func (s *Server) notFound(r *fasthttp.RequestCtx, locale string) error {
	return s.body(r, s.errorPage(locale, notFoundKey), fiber.StatusNotFound)
}

// failed answers for a page that could not be made (S22).
func (s *Server) failed(r *fasthttp.RequestCtx, locale string, err error) error {
	if unavailable(err) {
		r.Response.Header.Set(fiber.HeaderRetryAfter, "1")
		return plain(r, fiber.StatusServiceUnavailable, utils.StatusMessage(fiber.StatusServiceUnavailable))
	}
	if s.opt.Failed != nil {
		return s.withFiber(r, func(c *fiber.Ctx) error { return s.opt.Failed(c, err) })
	}
	return s.body(r, s.errorPage(locale, failedKey), fiber.StatusInternalServerError)
}

// unavailable tells that a page was not tried, so that trying again soon may help.
func unavailable(err error) bool {
	return errors.Is(err, isr.ErrBusy) || errors.Is(err, isr.ErrClosed)
}

// errorPage returns the site's own error page in a locale, or the built-in one
// where the site has none or it cannot be made.
func (s *Server) errorPage(locale, path string) *isr.Entry {
	table := s.opt.Table()
	key := table.Key(page.Path{Path: path, Locale: locale})
	if match, ok := table.Lookup(key); ok && !match.Version.Route.Dynamic() {
		answer, err := s.visit(match.Version, key, isr.Plain, s.opt.Now())
		if err == nil && answer.Entry.Kind == page.KindProps {
			return answer.Entry
		}
	}
	return builtin[path]
}

// body answers with an entry's body and nothing that lets anybody keep it.
func (s *Server) body(r *fasthttp.RequestCtx, entry *isr.Entry, status int) error {
	header := &r.Response.Header
	header.Set(fiber.HeaderCacheControl, noStore)
	s.fields(r, entry)
	r.SetStatusCode(status)
	r.Response.SetBodyRaw(entry.Body)
	return nil
}

// redirect sends the visitor to where a page says.
func (s *Server) redirect(r *fasthttp.RequestCtx, to page.Redirect) error {
	r.Response.Header.Set(fiber.HeaderLocation, s.destination(to))
	r.Response.Header.SetContentLength(0) // for HEAD too
	r.SetStatusCode(to.StatusCode)
	return nil
}

// destination is where a redirect leads: below the base path unless the page
// said otherwise (S81).
func (s *Server) destination(r page.Redirect) string {
	switch {
	case !r.BasePath || r.Destination[0] != '/':
		return r.Destination
	case r.Destination == "/":
		return s.opt.BasePath + s.spelling("/")
	}
	return s.opt.BasePath + r.Destination
}

// isPrefetch tells whether the browser asks ahead of its person (S14).
func isPrefetch(r *fasthttp.RequestCtx) bool {
	header := &r.Request.Header
	return string(header.Peek("Purpose")) == "prefetch" || strings.Contains(string(header.Peek("Sec-Purpose")), "prefetch")
}
