package serve

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/guard"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/route"
)

// Pages gives the page for a visit: the engine, or in development what makes
// every page anew.
type Pages interface {
	Visit(ctx context.Context, p isr.Page, manner isr.Manner) (isr.Answer, error)
}

// Options of a Server.
type Options struct {
	Pages         Pages
	Drafts        Drafts
	Table         func() *registry.Table
	Public        *Public
	BasePath      string // "" or "/docs"
	TrailingSlash bool
	TagsHeader    bool            // send Cache-Tag (S44)
	Crawlers      []string        // who waits for a page in place of a shell (S62); see crawlers.go
	Hooks         map[string]Hook // webhooks, by the rest of the path below {base}/_wisr/hooks/
	Guard         *guard.Limiter  // of attempts at secrets; nil: no limit
	Now           func() time.Time
	Log           *slog.Logger

	// Revalidate carries out what is asked for with RevalidateSecret. Without
	// either there is no such URL (S101).
	Revalidate       *demand.Revalidator
	RevalidateSecret config.Secret

	// Failed, if set, writes the answer for a page that could not be made, in
	// place of the site's 500 page.
	Failed func(c *fiber.Ctx, err error) error
	// Internal are further handlers below {base}/_wisr/, by the rest of the path.
	Internal map[string]fiber.Handler
}

// Server is the public listener.
type Server struct {
	opt      Options
	app      *fiber.App
	crawlers crawlers
	draftKey draftKey // nil: no drafts

	conns    conns
	stopping atomic.Bool // every answer is the last one of its connection

	// life ends when the host is to stop, and with it what may take any time.
	life context.Context
	end  context.CancelCauseFunc
}

// Limits of a request. The header has room for a path of 8 KiB, which is the
// longest that is accepted, and for cookies that the host does not read.
const (
	maxHeader   = 32 << 10
	maxBody     = 1 << 20
	readTimeout = 30 * time.Second
	idleTimeout = 2 * time.Minute
)

// New makes a Server; Serve starts it.
func New(opt Options) *Server {
	s := &Server{opt: opt, crawlers: newCrawlers(opt.Crawlers), draftKey: newDraftKey(opt.Drafts.Secret)}
	s.life, s.end = context.WithCancelCause(context.Background())
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		ReadBufferSize:        maxHeader,
		BodyLimit:             maxBody,
		ReadTimeout:           readTimeout,
		IdleTimeout:           idleTimeout,
		ErrorHandler:          s.refuse,
	})
	s.app.Server().Handler = s.Handler()
	return s
}

// Handler answers one request of any listener. It goes past fiber's router,
// which refuses methods that it does not know with 400 (S53).
func (s *Server) Handler() fasthttp.RequestHandler {
	return func(request *fasthttp.RequestCtx) {
		c := s.app.AcquireCtx(request)
		defer s.app.ReleaseCtx(c)
		if err := s.answer(c); err != nil {
			_ = s.refuse(c, err) // it writes the answer
		}
	}
}

// Serve answers on ln until Shutdown, and then returns nil.
func (s *Server) Serve(ln net.Listener) error { return s.app.Listener(s.conns.listen(ln)) }

// Shutdown takes no more connections and waits for the requests in flight, or for ctx.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stopping.Store(true)
	s.end(isr.ErrClosed)
	s.conns.wait(ctx)
	return s.app.ShutdownWithContext(ctx)
}

// answer is handle, where a bug ends the request and not the host.
func (s *Server) answer(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.Response().Reset()
			err = fmt.Errorf("internal error: %v\n%s", r, debug.Stack())
		}
		if s.stopping.Load() {
			c.Response().Header.SetConnectionClose()
		}
	}()
	return s.handle(c)
}

// handle answers one request.
func (s *Server) handle(c *fiber.Ctx) error {
	raw, query := split(c.Request().Header.RequestURI())
	path, inside := strings.CutPrefix(raw, s.opt.BasePath)
	if !inside || (path != "" && path[0] != '/') {
		return s.notFound(c, "")
	}
	if rest, ok := strings.CutPrefix(path, "/_wisr/"); ok {
		return s.internal(c, rest)
	}
	if !isRead(c) {
		return notAllowed(c)
	}
	key, err := route.Canonical(cmp.Or(path, "/")) // "" is the base path itself
	if err != nil {
		return malformed(c, err)
	}
	if strings.HasPrefix(key, "/_wisr/") || key == "/_wisr" {
		return s.notFound(c, "") // the host's own prefix by another spelling is no page
	}
	if err := s.opt.Public.Look(s.opt.Now()); err != nil {
		s.opt.Log.Warn("changes of public/ are not seen", "error", err)
	}
	if file := s.opt.Public.Find(key); file != "" {
		if path != key && misspelt(path, key) {
			return s.moved(c, key, query)
		}
		if done, err := s.file(c, file); done {
			return err
		}
	}
	if plain, ok := s.opt.Table().Unprefixed(key); ok {
		if file := s.opt.Public.New(key); file != "" {
			if done, err := s.file(c, file); done {
				return err
			}
		}
		return s.moved(c, s.spelling(plain), query)
	}
	if want := s.spelling(key); want != path && misspelt(path, want) {
		return s.moved(c, want, query)
	}
	return s.page(c, key)
}

// internal answers what is below /_wisr/.
func (s *Server) internal(c *fiber.Ctx, rest string) error {
	if data, ok := strings.CutPrefix(rest, "data/"); ok {
		if !isRead(c) {
			return notAllowed(c)
		}
		return s.data(c, data)
	}
	if name, ok := strings.CutPrefix(rest, "hooks/"); ok {
		return s.hook(c, name)
	}
	switch rest {
	case "draft":
		return s.enterDraft(c)
	case "draft/exit":
		return s.leaveDraft(c)
	case "fallback.js":
		if isRead(c) {
			return fallbackScript(c)
		}
	}
	if what, plugin, _ := strings.Cut(rest, "/"); what == "revalidate" {
		return s.revalidate(c, plugin)
	}
	if handler := s.opt.Internal[rest]; handler != nil {
		return handler(c)
	}
	return s.notFound(c, "")
}

func (s *Server) spelling(key string) string {
	return spelling(s.opt.BasePath, s.opt.TrailingSlash, key)
}

// spelling is the path of a key as its URL has it after the base path: with a
// trailing slash where the site wants one and the last segment does not look
// like a file (S55). The root below a base path is that path.
func spelling(basePath string, trailingSlash bool, key string) string {
	switch {
	case key == "/" && basePath != "" && !trailingSlash:
		return ""
	case key == "/", !trailingSlash, strings.Contains(key[strings.LastIndexByte(key, '/'):], "."):
		return key
	}
	return key + "/"
}

// Addresses are the paths of the URLs at which a page is found, which is what
// caches in front of the site know of it: its own and that of its data.
func Addresses(basePath string, trailingSlash bool, key string) []string {
	return []string{basePath + spelling(basePath, trailingSlash, key), basePath + dataPath(key)}
}

// misspelt tells whether path differs from want in its slashes. Other
// differences are other escapes for the same characters, which are served as they are.
func misspelt(path, want string) bool {
	return strings.Contains(path, "//") || strings.HasSuffix(path, "/") != strings.HasSuffix(want, "/")
}

// moved sends the visitor to the right spelling. The target always begins with
// the base path or one slash and a segment, so that it never leaves the site.
func (s *Server) moved(c *fiber.Ctx, path, query string) error {
	target := s.opt.BasePath + path
	if query != "" {
		target += "?" + query
	}
	c.Response().Header.Set(fiber.HeaderLocation, target)
	c.Response().Header.SetContentLength(0) // for HEAD too
	c.Status(fiber.StatusPermanentRedirect)
	return nil
}

// split cuts a request target into path and query. The absolute form (RFC 9112
// section 3.2.2) loses its scheme and authority.
func split(target []byte) (path, query string) {
	if i := bytes.IndexByte(target, '#'); i >= 0 {
		target = target[:i]
	}
	if len(target) > 0 && target[0] != '/' {
		if i := bytes.Index(target, []byte("://")); i >= 0 {
			target = target[i+3:]
			if i = bytes.IndexAny(target, "/?"); i < 0 {
				return "/", ""
			}
			target = target[i:]
		}
	}
	p, q, _ := bytes.Cut(target, []byte("?"))
	if len(p) == 0 {
		p = []byte("/")
	}
	return string(p), string(q)
}

func isRead(c *fiber.Ctx) bool {
	header := &c.Request().Header
	return header.IsGet() || header.IsHead()
}

// notAllowed refuses a method (S53).
func notAllowed(c *fiber.Ctx) error {
	c.Response().Header.Set(fiber.HeaderAllow, "GET, HEAD")
	return plain(c, fiber.StatusMethodNotAllowed, "Method Not Allowed")
}

// malformed refuses a path that is none (S55).
func malformed(c *fiber.Ctx, err error) error {
	return plain(c, fiber.StatusBadRequest, "Bad Request: "+err.Error())
}

// refuse answers what fiber itself refuses.
func (s *Server) refuse(c *fiber.Ctx, err error) error {
	status := fiber.StatusInternalServerError
	var known *fiber.Error
	if errors.As(err, &known) {
		status = known.Code
	}
	if status >= 500 {
		s.opt.Log.Error("answer a request", "error", err)
		return plain(c, status, "Internal Server Error")
	}
	return plain(c, status, err.Error())
}

func plain(c *fiber.Ctx, status int, text string) error {
	c.Status(status)
	header := &c.Response().Header
	header.Set(fiber.HeaderCacheControl, noStore)
	header.SetContentType("text/plain; charset=utf-8")
	c.Response().SetBodyString(text + "\n")
	return nil
}
