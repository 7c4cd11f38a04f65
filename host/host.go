package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/wisr-dev/wisr/host/admin"
	"github.com/wisr-dev/wisr/host/cluster"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/demand"
	"github.com/wisr-dev/wisr/host/dev"
	"github.com/wisr-dev/wisr/host/guard"
	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/serve"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/host/store/jetstream"
	"github.com/wisr-dev/wisr/host/store/memory"
	"github.com/wisr-dev/wisr/host/watch"
	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/registry"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Mode is what a Host is for.
type Mode uint8

const (
	Start Mode = iota // serve what is there, for visitors
	Build             // build modules from source and make every page
	Dev               // serve while the site is written
)

// Options of a Host.
type Options struct {
	Mode      Mode
	Log       *slog.Logger
	Now       func() time.Time            // nil: time.Now
	LookupEnv func(string) (string, bool) // nil: os.LookupEnv
}

// Host is one site.
type Host struct {
	cfg *config.Config
	opt Options

	box      *sandbox.Sandbox
	builder  *build.Builder
	registry *registry.Registry
	store    isr.Store           // nil in Dev, which keeps nothing
	engine   *isr.Engine         // nil in Dev
	sweeper  *sweeper            // nil in Dev
	demand   *demand.Revalidator // nil in Dev
	purges   *purges             // nil in Dev, and for a site without [[purge]]
	public   *serve.Public
	guard    *guard.Limiter
	lower    func() // GOMAXPROCS again
	metrics  *metrics
	happened *admin.Events
	follower *watch.Plugins // nil but in Start, between Open and Serve
	service  *dev.Service   // nil but in Dev, and for a site without [dev]

	cluster  *cluster.Cluster                  // nil for a host alone
	shared   *jetstream.Store                  // nil for a host alone
	versions *cluster.Versions                 // nil for a host alone, and but in Start
	loaded   atomic.Pointer[registry.Registry] // registry, for the cluster, which is there before
}

// Open builds a Host: it opens the store and loads the plugins. Plugins that do
// not load do not keep it from opening; they are logged, in Build told by the
// report. Serve and Close close it.
func Open(ctx context.Context, cfg *config.Config, opt Options) (_ *Host, err error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.LookupEnv == nil {
		opt.LookupEnv = os.LookupEnv
	}
	if opt.Mode == Dev {
		opt.LookupEnv = devEnv(cfg.Dev.Env, opt.LookupEnv)
	}
	h := &Host{cfg: cfg, opt: opt, guard: guard.New(opt.Now), metrics: newMetrics(), happened: admin.NewEvents(opt.Now)}
	h.lower = raiseProcs(h.moreProcs())
	if opt.Mode != Dev {
		h.sweeper = newSweeper(h)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, h.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := h.openWork(); err != nil {
		return nil, err
	}
	if err := h.openService(ctx); err != nil {
		return nil, err
	}
	if opt.Mode != Dev {
		if h.store, err = h.openStore(ctx); err != nil {
			return nil, err
		}
		opt.Now = h.opt.Now
	}
	if h.box, err = sandbox.New(ctx, sandbox.Options{
		CacheDir: h.workPath(compiledWork), Cores: h.workers(), AtOnce: h.generations(), Memory: h.cfg.Render.Memory,
	}); err != nil {
		return nil, err
	}
	if opt.Mode != Start {
		options := build.Options{StateDir: h.workPath(buildWork), Begin: func(m *manifest.Manifest) {
			opt.Log.Info("building", "plugin", m.Name)
		}}
		if opt.Mode == Dev {
			options.Repeat = time.Second // shorter than it takes to save a file once more
		}
		h.builder = build.New(options)
	}
	h.openFollower()
	if h.registry, err = registry.Open(ctx, h.registryOptions()); err != nil {
		return nil, err
	}
	h.loaded.Store(h.registry)
	if h.versions != nil {
		if err := h.versions.Start(ctx, h.registry); err != nil {
			return nil, fmt.Errorf("serve what the other hosts do: %w", err)
		}
	}
	h.metrics.observe(h.registry, h.guard)
	for _, p := range h.registry.Table().Problems {
		opt.Log.Log(ctx, failureLevel(opt.Mode), "plugin not loaded", "plugin", p.Plugin, "error", p.Err)
	}
	if table := h.registry.Table(); len(table.Versions)+len(table.Problems) == 0 {
		opt.Log.Warn("there are no plugins; each page is one: a folder with a plugin.toml", "in", cfg.Path(cfg.Plugins.Dir))
	}
	if h.public, err = serve.OpenPublic(cfg.Path("public")); err != nil {
		return nil, err
	}
	if opt.Mode == Dev {
		return h, nil
	}
	// Before the first page of another version replaces one of these.
	if err := h.retain(ctx); err != nil {
		return nil, err
	}
	if opt.Mode == Start {
		if err := h.box.Retain(h.registry.Modules()); err != nil {
			opt.Log.Warn("compiled modules that are not needed stay on the disk", "error", err)
		}
	}
	if h.purges, err = h.openPurges(); err != nil {
		return nil, err
	}
	told := h.events()
	if h.purges != nil {
		h.purges.listen(&told)
	}
	h.engine, err = isr.New(ctx, isr.Options{
		Store:              h.store,
		Renderer:           renderer{box: h.box, registry: h.registry, encode: true},
		Now:                opt.Now,
		Workers:            h.generations(),
		Admit:              h.admit,
		Queue:              cfg.Render.Queue,
		Expire:             cfg.Cache.Expire,
		NotFoundRevalidate: cfg.Site.NotFoundRevalidate,
		Leases:             h.leases(),
		Detached:           h.detached(),
		Events:             told,
	})
	if err != nil {
		return nil, err
	}
	h.demand = &demand.Revalidator{Engine: h.engine, Table: h.registry.Table, Parallel: h.atOnce(), Confirm: h.confirm()}
	h.sweeper.start()
	return h, nil
}

// Close lets go of everything. Generations that run may end first, until ctx ends.
func (h *Host) Close(ctx context.Context) error {
	var errs []error
	if h.follower != nil {
		errs = append(errs, h.follower.Close())
	}
	if h.sweeper != nil {
		h.sweeper.stop()
	}
	if h.engine != nil {
		errs = append(errs, h.engine.Close(ctx))
	}
	if h.purges != nil { // after the last page
		h.purges.close(context.WithoutCancel(ctx))
	}
	if h.registry != nil {
		h.registry.Close()
	}
	if h.service != nil { // pages ask it
		h.service.Close()
	}
	if h.box != nil {
		errs = append(errs, h.box.Close(context.WithoutCancel(ctx)))
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	if h.cluster != nil {
		h.cluster.Close()
	}
	if h.lower != nil {
		h.lower()
	}
	return errors.Join(errs...)
}

// failureLevel is at which plugins and pages that fail are logged. A build
// tells all of them in its report, and nobody reads the same twice.
func failureLevel(mode Mode) slog.Level {
	if mode == Build {
		return slog.LevelDebug
	}
	return slog.LevelError
}

func (h *Host) registryOptions() registry.Options {
	opt := registry.Options{
		Dir:             h.cfg.Path(h.cfg.Plugins.Dir),
		Sandbox:         h.box,
		Builder:         h.builder,
		State:           h.workPath(pathsWork),
		Locales:         h.cfg.Site.Locales,
		DefaultLocale:   h.cfg.Site.DefaultLocale,
		PrivateNetworks: h.cfg.Grants.PrivateNetworks,
		Grants:          registry.Grants{Fetch: h.cfg.Grants.Fetch, Env: h.cfg.Grants.Env},
		Limits:          registry.Limits{Plugins: h.cfg.Plugins.Max, Bytes: h.cfg.Plugins.MaxModules},
		Trust:           h.cfg.Plugins.Trust,
		LookupEnv:       h.opt.LookupEnv,
		Now:             h.opt.Now,
		Parallel:        runtime.NumCPU(),
		Log:             h.opt.Log,
	}
	for _, folder := range h.cfg.Grants.Files {
		opt.Grants.Files = append(opt.Grants.Files, h.cfg.Path(folder))
	}
	if h.sweeper != nil {
		opt.Changed = h.sweeper.wake
	}
	if h.happened != nil { // nil for a mere check
		opt.Events = h.deploys()
	}
	if h.opt.Mode == Start {
		h.hotLoad(&opt)
		if h.versions != nil {
			opt.Agree = h.versions.Agree
		}
	}
	return opt
}

// openStore opens the store that the configuration names, with memory in front.
func (h *Host) openStore(ctx context.Context) (isr.Store, error) {
	if h.cfg.Clustered() && !(h.opt.Mode == Build && h.cfg.Cluster.Listen != "") { // a build does not wait for other hosts
		if err := h.joinCluster(ctx); err != nil {
			return nil, err
		}
		return h.openClusterStore(ctx)
	}
	disk, err := dir.Open(h.cfg.Path(h.cfg.Cache.Store.Place), dir.Options{MaxSize: h.cfg.Cache.MaxSize, Log: h.opt.Log})
	if err != nil {
		return nil, err
	}
	return memory.New(disk, h.copies()), nil
}

// copies are those of pages that are kept for visitors, whom a build does not have.
func (h *Host) copies() memory.Options {
	opt := memory.Options{Log: h.opt.Log}
	if h.opt.Mode == Start {
		opt.Bytes = h.cfg.Cache.Memory
	}
	return opt
}
