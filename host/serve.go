package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/sync/errgroup"

	"github.com/wisr-dev/wisr/host/admin"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/dev"
	"github.com/wisr-dev/wisr/host/serve"
)

// grace is how long requests and generations may go on after the host was told to stop (S146).
const grace = 30 * time.Second

// Addresses are where a Host listens.
type Addresses struct {
	Site  string `json:"site"`  // URL of the root page
	Admin string `json:"admin"` // URL of the private listener
}

// Serve answers visitors and operators until ctx ends, finishes what it
// accepted, and closes the host. ready is called once it listens.
func (h *Host) Serve(ctx context.Context, ready func(Addresses)) (err error) {
	var stopping atomic.Bool
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		err = errors.Join(err, h.Close(end))
	}()
	h.hearChanges(ctx)
	site, err := listen("server", "--listen", h.cfg.Server.Listen)
	if err != nil {
		return err
	}
	private, err := listen("admin", "--admin", h.cfg.Admin.Listen)
	if err != nil {
		return errors.Join(err, site.Close())
	}
	operators := admin.New(admin.Options{
		Token: h.cfg.Admin.Token.Reveal(),
		Guard: h.guard,
		Ready: func() error {
			if stopping.Load() {
				return errors.New("shutting down")
			}
			if h.versions != nil {
				return h.versions.Behind()
			}
			return nil
		},
		Details:    h.details,
		Registry:   h.registry,
		Engine:     h.engine,
		File:       h.public.Find,
		Revalidate: h.demand,
		Cluster:    h.clusterStatus(),
		Forget:     h.forgetHost(),
		Events:     h.happened,
		Metrics:    h.metrics.handler(),
		Log:        h.opt.Log,
	})

	public, stop, err := h.visitors(ctx)
	if err != nil {
		return errors.Join(err, site.Close(), private.Close())
	}
	var group errgroup.Group
	group.Go(func() error { return public.Serve(site) })
	group.Go(func() error { return operators.Serve(private) })
	ready(Addresses{Site: "http://" + site.Addr().String() + h.root(), Admin: "http://" + private.Addr().String() + "/"})

	failed := make(chan error, 1)
	go func() { failed <- group.Wait() }()
	var failure error
	done := false
	select {
	case <-ctx.Done():
		h.opt.Log.Info("stopping; requests in flight are finished first")
	case failure = <-failed:
		done = true
	}
	stopping.Store(true)
	stop()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	shutdown := errors.Join(public.Shutdown(end), operators.Shutdown(end))
	// A server that had not begun to listen when it was told to stop would do so yet.
	_ = site.Close()
	if !done {
		failure = <-failed
	}
	return errors.Join(failure, shutdown)
}

// visitors makes the public listener's server, in Dev with what follows the
// site's files; stop ends that.
func (h *Host) visitors(ctx context.Context) (server *serve.Server, stop func(), err error) {
	opt := serve.Options{
		Table:         h.registry.Table,
		Public:        h.public,
		BasePath:      h.cfg.Site.BasePath,
		TrailingSlash: h.cfg.Site.TrailingSlash,
		TagsHeader:    h.cfg.Cache.TagsHeader,
		Crawlers:      h.crawlers(),
		Guard:         h.guard,
		Now:           h.opt.Now,
		Log:           h.opt.Log,
	}
	opt.Drafts.Secret = h.cfg.Draft.Secret
	if h.opt.Mode != Dev {
		opt.Pages, opt.Visited, opt.Drafts.Pages = h.engine, h.metrics.visited, h.drafts()
		opt.Revalidate, opt.RevalidateSecret = h.demand, h.cfg.Revalidate.Secret
		if opt.Hooks, err = h.hooks(); err != nil {
			return nil, nil, err
		}
		return serve.New(opt), h.follow(ctx), nil
	}
	script := h.cfg.Site.BasePath + "/_wisr/dev/client.js"
	events := dev.NewEvents()
	watcher := &dev.Watcher{
		Registry: h.registry,
		Builder:  h.builder,
		Plugins:  h.cfg.Path(h.cfg.Plugins.Dir),
		Public:   h.cfg.Path("public"),
		Refresh:  h.public.Refresh,
		Settings: h.cfg.Path(config.FileName),
		Events:   events,
		Service:  h.service,
		Log:      h.opt.Log,
		Parallel: runtime.NumCPU(),
	}
	opt.Pages = &dev.Pages{Pages: h.uncached(renderer{box: h.box, registry: h.registry}), Script: script}
	opt.Drafts.Pages = &dev.Pages{Pages: h.uncached(renderer{box: h.box, registry: h.registry, draft: true}), Script: script}
	opt.Failed = dev.Failed(script)
	opt.Internal = map[string]fiber.Handler{"dev/client.js": events.Script, "dev/events": events.Handler}

	watching, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	if err := watcher.Open(); err != nil {
		h.opt.Log.Error("changes of files are not seen", "error", err)
		close(ended)
	} else {
		go func() {
			defer close(ended)
			watcher.Run(watching)
		}()
	}
	stop = func() {
		cancel()
		events.Close()
		<-ended
	}
	return serve.New(opt), stop, nil
}

// crawlers are the configured ones, else the usual ones.
func (h *Host) crawlers() []string {
	if h.cfg.Site.Crawlers != nil {
		return h.cfg.Site.Crawlers
	}
	return serve.DefaultCrawlers
}

// root is the path of the root page.
func (h *Host) root() string {
	if h.cfg.Site.BasePath != "" && !h.cfg.Site.TrailingSlash {
		return h.cfg.Site.BasePath
	}
	return h.cfg.Site.BasePath + "/"
}

// details are what /readyz tells besides.
func (h *Host) details() any {
	table := h.registry.Table()
	broken := []string{}
	for _, p := range table.Problems {
		broken = append(broken, p.Plugin)
	}
	details := map[string]any{"plugins": len(table.Versions), "broken": broken}
	if h.cluster != nil {
		details["cluster"] = map[string]any{"detached": h.cluster.Detached(), "keeps_pages": h.cluster.Keeps(), "live": h.cluster.Live()}
	}
	return details
}

// listen opens a listener; the error says how to choose another address.
func listen(table, flag, address string) (net.Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err == nil {
		return ln, nil
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is in use by another program; choose another one with %s HOST:PORT, or in wisr.toml: [%s] listen", address, flag, table)
	}
	return nil, fmt.Errorf("listen on %s ([%s] listen): %w", address, table, err)
}
