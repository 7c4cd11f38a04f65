package serve

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"hash/maphash"
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
	Visit(ctx context.Context, p isr.Page, manner isr.Manner, now time.Time) (isr.Answer, error)
}

// Options of a Server.
type Options struct {
	Pages         Pages
	Visited       func(isr.State, error) // told of what Pages answered; nil: nobody
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

	places   places
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
	s := &Server{opt: opt, crawlers: newCrawlers(opt.Crawlers), places: places{seed: maphash.MakeSeed()}, draftKey: newDraftKey(opt.Drafts.Secret)}
	s.life, s.end = context.WithCancelCause(context.Background())
	s.app = fiber.New(fiber.Config{
		DisableStartupMessage: true,
		ReadBufferSize:        maxHeader,
		BodyLimit:             maxBody,
		ReadTimeout:           readTimeout,
		IdleTimeout:           idleTimeout,
		ErrorHandler:          func(c *fiber.Ctx, err error) error { return s.refuse(c.Context(), err) },
	})
	s.app.Server().Handler = s.Handler()
	return s
}

// Handler answers one request of any listener. It goes past fiber's router,
// which refuses methods that it does not know with 400 (S53), and past its context where
// that is of no use: a page that is there costs little more than to send it.
func (s *Server) Handler() fasthttp.RequestHandler {
	return func(r *fasthttp.RequestCtx) {
		if err := s.answer(r); err != nil {
			_ = s.refuse(r, err) // it writes the answer
		}
	}
}

// withFiber calls a handler of fiber's.
func (s *Server) withFiber(r *fasthttp.RequestCtx, handler fiber.Handler) error {
	c := s.app.AcquireCtx(r)
	defer s.app.ReleaseCtx(c)
	return handler(c)
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
func (s *Server) answer(r *fasthttp.RequestCtx) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			r.Response.Reset()
			err = fmt.Errorf("internal error: %v\n%s", bug, debug.Stack())
		}
		if s.stopping.Load() {
			r.Response.Header.SetConnectionClose()
		}
	}()
	return s.handle(r)
}

// handle answers one request.
func (s *Server) handle(r *fasthttp.RequestCtx) error {
	now := s.opt.Now() // once: looking at the clock is a tenth of what a hit costs here
	if err := s.opt.Public.Look(now); err != nil {
		s.opt.Log.Warn("changes of public/ are not seen", "error", err)
	}
	table, listed := s.opt.Table(), s.opt.Public.there.Load()
	target := r.Request.Header.RequestURI()
	if known := s.places.find(target, table, listed); known != nil && isRead(r) {
		return s.show(r, known, now)
	}
	raw, query := split(target)
	path, inside := strings.CutPrefix(raw, s.opt.BasePath)
	if !inside || (path != "" && path[0] != '/') {
		return s.notFound(r, "")
	}
	if rest, ok := strings.CutPrefix(path, "/_wisr/"); ok {
		return s.internal(r, rest)
	}
	if !isRead(r) {
		return notAllowed(r)
	}
	key, err := route.Canonical(cmp.Or(path, "/")) // "" is the base path itself
	if err != nil {
		return malformed(r, err)
	}
	if strings.HasPrefix(key, "/_wisr/") || key == "/_wisr" {
		return s.notFound(r, "") // the host's own prefix by another spelling is no page
	}
	file := listed.files[key]
	if file != "" {
		if path != key && misspelt(path, key) {
			return s.moved(r, key, query)
		}
		if done, err := s.file(r, file); done {
			return err
		}
	}
	if plain, ok := table.Unprefixed(key); ok {
		if file := s.opt.Public.New(key); file != "" {
			if done, err := s.file(r, file); done {
				return err
			}
		}
		return s.moved(r, s.spelling(plain), query)
	}
	if want := s.spelling(key); want != path && misspelt(path, want) {
		return s.moved(r, want, query)
	}
	match, ok := table.Lookup(key)
	if !ok {
		if file := s.opt.Public.New(key); file != "" {
			if done, err := s.file(r, file); done {
				return err
			}
		}
		return s.notFound(r, table.Locale(key))
	}
	made := newPlace(raw, key, table, listed, match)
	if file == "" { // else one that could not be read may be read next time
		s.places.remember(made)
	}
	return s.show(r, made, now)
}

// internal answers what is below /_wisr/.
func (s *Server) internal(r *fasthttp.RequestCtx, rest string) error {
	if data, ok := strings.CutPrefix(rest, "data/"); ok {
		if !isRead(r) {
			return notAllowed(r)
		}
		return s.data(r, data)
	}
	if rest == "fallback.js" && isRead(r) {
		return fallbackScript(r)
	}
	return s.withFiber(r, func(c *fiber.Ctx) error {
		if name, ok := strings.CutPrefix(rest, "hooks/"); ok {
			return s.hook(c, name)
		}
		switch rest {
		case "draft":
			return s.enterDraft(c)
		case "draft/exit":
			return s.leaveDraft(c)
		}
		if what, plugin, _ := strings.Cut(rest, "/"); what == "revalidate" {
			return s.revalidate(c, plugin)
		}
		if handler := s.opt.Internal[rest]; handler != nil {
			return handler(c)
		}
		return s.notFound(r, "")
	})
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

func isRead(r *fasthttp.RequestCtx) bool {
	header := &r.Request.Header
	return header.IsGet() || header.IsHead()
}
