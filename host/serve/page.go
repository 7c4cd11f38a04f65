package serve

import (
	"context"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// The keys of the site's own error pages.
const (
	notFoundKey = "/404"
	failedKey   = "/500"
)

// page answers with the page of a key.
func (s *Server) page(c *fiber.Ctx, key string) error {
	match, ok := s.opt.Table().Lookup(key)
	if !ok {
		if file := s.opt.Public.New(key); file != "" {
			if done, err := s.file(c, file); done {
				return err
			}
		}
		return s.notFound(c, s.opt.Table().Locale(key))
	}
	draft, done := s.drafting(c)
	defer done()
	if !draft && match.Version.Fallback == page.FallbackFalse && !match.Known() {
		return s.notFound(c, match.Locale)
	}
	answer, err := s.ask(c, match, key, s.manner(c, match), draft)
	if err != nil {
		return s.failed(c, match.Locale, err)
	}
	if answer.State == isr.Pending {
		return s.shell(c, match, key)
	}
	return s.write(c, match, answer)
}

// write answers with what a visit got.
func (s *Server) write(c *fiber.Ctx, match registry.Match, answer isr.Answer) error {
	entry := answer.Entry
	if (match.Path == notFoundKey || match.Path == failedKey) && entry.Kind != page.KindProps {
		entry = builtin[match.Path] // as where it stands in for another page
	}
	switch {
	case match.Path == notFoundKey:
		return s.body(c, entry, fiber.StatusNotFound)
	case match.Path == failedKey:
		return s.body(c, entry, fiber.StatusInternalServerError)
	case entry.Kind == page.KindNotFound && answer.State == isr.Uncached:
		return s.notFound(c, match.Locale)
	case entry.Kind == page.KindNotFound:
		s.cached(c, answer)
		return s.send(c, s.errorPage(match.Locale, notFoundKey), fiber.StatusNotFound)
	case entry.Kind == page.KindRedirect:
		s.cached(c, answer)
		return s.redirect(c, entry.Redirect)
	default:
		s.cached(c, answer)
		return s.send(c, entry, entry.Status)
	}
}

// visit asks for the page of a match. It does not end with the request, whose
// context ends when the host begins to shut down: who was let in is served (S146).
func (s *Server) visit(match registry.Match, key string, manner isr.Manner) (isr.Answer, error) {
	answer, err := s.opt.Pages.Visit(context.Background(), isr.Page{Key: key, Plugin: match.Version.Plugin, Version: match.Version.ID}, manner)
	if err == nil && answer.Entry != nil && answer.Entry.Kind != page.KindNotFound {
		match.Version.Served(key, answer.At)
	}
	return answer, err
}

// manner is how a request for a page is to be answered.
func (s *Server) manner(c *fiber.Ctx, match registry.Match) isr.Manner {
	switch {
	case isPrefetch(c):
		return isr.Prefetch
	case match.Version.Route.Dynamic() && match.Version.Fallback == page.FallbackTrue && !s.crawlers.match(c.Request().Header.UserAgent()):
		return isr.Hurried
	}
	return isr.Plain
}

// notFound answers with the site's 404 page. Nobody may keep that: a plugin may
// come and serve the path.
func (s *Server) notFound(c *fiber.Ctx, locale string) error {
	return s.body(c, s.errorPage(locale, notFoundKey), fiber.StatusNotFound)
}

// failed answers for a page that could not be made (S22).
func (s *Server) failed(c *fiber.Ctx, locale string, err error) error {
	if unavailable(err) {
		c.Response().Header.Set(fiber.HeaderRetryAfter, "1")
		return plain(c, fiber.StatusServiceUnavailable, utils.StatusMessage(fiber.StatusServiceUnavailable))
	}
	if s.opt.Failed != nil {
		return s.opt.Failed(c, err)
	}
	return s.body(c, s.errorPage(locale, failedKey), fiber.StatusInternalServerError)
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
		answer, err := s.visit(match, key, isr.Plain)
		if err == nil && answer.Entry.Kind == page.KindProps {
			return answer.Entry
		}
	}
	return builtin[path]
}

// body answers with an entry's body and nothing that lets anybody keep it.
func (s *Server) body(c *fiber.Ctx, entry *isr.Entry, status int) error {
	header := &c.Response().Header
	header.Set(fiber.HeaderCacheControl, noStore)
	s.fields(c, entry)
	c.Status(status)
	c.Response().SetBodyRaw(entry.Body)
	return nil
}

// redirect sends the visitor to where a page says.
func (s *Server) redirect(c *fiber.Ctx, r page.Redirect) error {
	c.Response().Header.Set(fiber.HeaderLocation, s.destination(r))
	c.Response().Header.SetContentLength(0) // for HEAD too
	c.Status(r.StatusCode)
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
func isPrefetch(c *fiber.Ctx) bool {
	header := &c.Request().Header
	return string(header.Peek("Purpose")) == "prefetch" || strings.Contains(string(header.Peek("Sec-Purpose")), "prefetch")
}
