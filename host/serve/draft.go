package serve

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Drafts lets editors see pages as they will be, by a cookie that they get for a
// secret (SEMANTICS K).
type Drafts struct {
	Secret strict.Secret // unset: the feature is off
	Pages  Pages         // makes a page in draft mode, anew for each visit
}

const (
	draftCookie = "wisr_draft"
	// draftLifetime is how long an editor sees drafts: a working day, after
	// which a forgotten browser shows the public site again.
	draftLifetime = 8 * time.Hour
)

// enterDraft gives an editor the cookie and leads to the page (S120).
func (s *Server) enterDraft(c *fiber.Ctx) error {
	switch {
	case s.draftKey == nil:
		return s.notFound(c.Context(), "")
	case !isRead(c.Context()):
		return notAllowed(c.Context())
	case !s.admit(c, func() bool { return s.opt.Drafts.Secret.Matches(given(c)) }):
		return nil // it is answered
	}
	key, err := s.pageOf(c.Query("path", "/"))
	if err != nil {
		return refusal(c, fiber.StatusBadRequest, err.Error())
	}
	if _, ok := s.opt.Table().Lookup(key); !ok {
		return refusal(c, fiber.StatusNotFound, fmt.Sprintf("no page of this site has the path %s", key))
	}
	expires := s.opt.Now().Add(draftLifetime)
	s.setDraft(c.Context(), s.draftKey.sign(s.draftScope(c.Context()), expires), draftLifetime)
	return s.leadTo(c, key)
}

// leaveDraft takes the cookie away and leads to the page. It needs no secret.
func (s *Server) leaveDraft(c *fiber.Ctx) error {
	if s.draftKey == nil {
		return s.notFound(c.Context(), "")
	}
	if !isRead(c.Context()) {
		return notAllowed(c.Context())
	}
	key, err := s.pageOf(c.Query("path", "/"))
	if err != nil {
		return refusal(c, fiber.StatusBadRequest, err.Error())
	}
	s.setDraft(c.Context(), "", 0)
	return s.leadTo(c, key)
}

// pageOf is the key of a path that somebody wants to be led to: one of this site
// below the base path, and none of the host's own.
func (s *Server) pageOf(path string) (string, error) {
	key, err := route.Canonical(path)
	if err != nil {
		return "", fmt.Errorf("path %.80q: %w", path, err)
	}
	if key == "/_wisr" || strings.HasPrefix(key, "/_wisr/") {
		return "", fmt.Errorf("path %.80q is no page", path)
	}
	key, _ = s.opt.Table().Unprefixed(key)
	return key, nil
}

// leadTo redirects to the page of a key. A key begins with one slash and a
// segment whose characters are escaped, so that nothing leads out of the site:
// neither //host nor /\host is a key.
func (s *Server) leadTo(c *fiber.Ctx, key string) error {
	target := s.opt.BasePath + s.spelling(key)
	header := &c.Response().Header
	header.Set(fiber.HeaderCacheControl, noStore)
	header.Set(fiber.HeaderReferrerPolicy, "no-referrer") // the secret is in this URL
	header.Set(fiber.HeaderLocation, target)
	header.SetContentLength(0) // for HEAD too
	c.Status(fiber.StatusTemporaryRedirect)
	return nil
}

// setDraft sets the cookie, or takes it away if there is no value.
func (s *Server) setDraft(r *fasthttp.RequestCtx, value string, lifetime time.Duration) {
	scope := s.opt.BasePath
	if scope == "" {
		scope = "/"
	}
	cookie := fmt.Sprintf("%s=%s; Path=%s; Max-Age=%d; HttpOnly; SameSite=Lax", draftCookie, value, scope, int(lifetime/time.Second))
	if isSecure(r) {
		cookie += "; Secure"
	}
	r.Response.Header.Set(fiber.HeaderSetCookie, cookie)
}

// isSecure tells whether the visitor's connection is encrypted, which whoever
// ends the encryption in front of this host says. Who lies about it, lies to himself.
func isSecure(r *fasthttp.RequestCtx) bool {
	proto, _, _ := strings.Cut(string(r.Request.Header.Peek(fiber.HeaderXForwardedProto)), ",")
	return r.IsTLS() || strings.EqualFold(strings.TrimSpace(proto), "https")
}

// draftScope is what a cookie is good for: this site, by the name by which the editor knows it.
func (s *Server) draftScope(r *fasthttp.RequestCtx) string {
	return strings.ToLower(string(r.Request.Header.Host())) + s.opt.BasePath
}

// drafting tells whether a request is an editor's (S121), or has a cookie that is
// forged or has expired, which is to be taken away once the page is written.
func (s *Server) drafting(r *fasthttp.RequestCtx) (yes, forged bool) {
	if s.draftKey == nil || !bytes.Contains(r.Request.Header.Peek(fiber.HeaderCookie), []byte(draftCookie+"=")) {
		return false, false
	}
	yes = s.draftKey.verify(string(r.Request.Header.Cookie(draftCookie)), s.draftScope(r), s.opt.Now())
	return yes, !yes
}

// takeDraft takes the cookie away (S122).
func (s *Server) takeDraft(r *fasthttp.RequestCtx) {
	s.setDraft(r, "", 0)
	// The page may be for everybody, but this answer is not: a cache
	// that kept it would take the cookies of others away.
	r.Response.Header.Set(fiber.HeaderCacheControl, noStore)
}

// ask asks for a page: a draft of it, or what visitors get.
func (s *Server) ask(r *fasthttp.RequestCtx, v *registry.Version, key string, manner isr.Manner, draft bool, now time.Time) (isr.Answer, error) {
	if !draft {
		return s.visit(v, key, manner, now)
	}
	r.Response.Header.SetCanonical(headerCacheStatus, []byte("wisr; fwd=bypass; detail=draft"))
	return s.opt.Drafts.Pages.Visit(context.Background(), isr.Page{Key: key, Plugin: v.Plugin, Version: v.ID}, isr.Plain, now)
}
