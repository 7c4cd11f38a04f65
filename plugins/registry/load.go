package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/manifest/strict"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// load makes a version of the plugin in a folder. On a problem the version is
// nil where not even the route is known, else one whose Err is set.
func (r *Registry) load(ctx context.Context, dir string) (*Version, *Problem) {
	m, err := manifest.Load(dir)
	if m == nil {
		return nil, &Problem{Plugin: filepath.Base(dir), Dir: dir, Err: err}
	}
	v := &Version{Plugin: m.Name, Manifest: m, Route: m.Route, Fallback: page.FallbackBlocking}
	if err == nil {
		err = r.fill(ctx, v)
	}
	if err == nil {
		r.opt.Log.Debug("plugin loaded", "plugin", v.Plugin, "version", v.Short(), "route", v.Route.String())
		return v, nil
	}
	v.close()
	v.module, v.fetch, v.Err = nil, nil, err
	return v, &Problem{Plugin: v.Plugin, Dir: dir, Err: err}
}

// Short is the version's ID as people read it.
func (v *Version) Short() string { return v.ID[:min(12, len(v.ID))] }

// fill builds, compiles and asks for the paths.
func (r *Registry) fill(ctx context.Context, v *Version) error {
	if r.opt.Builder != nil {
		if _, err := r.opt.Builder.Build(ctx, v.Manifest); err != nil {
			return err
		}
	}
	if err := r.compile(ctx, v); err != nil {
		return err
	}
	return r.paths(ctx, v)
}

// compile makes v ready to run; no guest has run after it.
func (r *Registry) compile(ctx context.Context, v *Version) error {
	m := v.Manifest
	file := filepath.Join(m.Dir, m.Module)
	module, err := os.ReadFile(file)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return r.missing(m, file)
		}
		return fmt.Errorf("read the module: %w", err)
	}
	v.ID = address(m, module)
	if v.fetch, err = r.fetcher(m); err != nil {
		return err
	}
	v.module, err = r.opt.Sandbox.Load(ctx, sandbox.Spec{
		Name:    m.Name,
		Module:  module,
		Timeout: m.Limits.Timeout,
		Memory:  m.Limits.Memory,
		Output:  m.Limits.Output,
		Config:  m.Config,
		Files:   m.Folders(),
		Fetch:   v.fetch,
	})
	if err != nil {
		return err
	}
	if v.Route.Dynamic() && !v.module.Has(page.ExportPaths) {
		return fmt.Errorf("route %s has parameters, so the module must export %s, which says what paths there are", v.Route, page.ExportPaths)
	}
	return nil
}

func (r *Registry) missing(m *manifest.Manifest, file string) error {
	if m.Build.Command != "" {
		return fmt.Errorf("%s is not there; run `wisr build`, which makes it by the [build] command of %s", file, manifest.FileName)
	}
	return fmt.Errorf("%s is not there; put the module there, or say in [build] command of %s how to make it", file, manifest.FileName)
}

// address is a version's content address: of module, manifest, and what the sandbox makes of them.
func address(m *manifest.Manifest, module []byte) string {
	sum := sha256.New()
	digest := sha256.Sum256(module)
	sum.Write(digest[:])
	fmt.Fprintf(sum, "%s\n%s\n", m.Hash, sandbox.Version())
	return hex.EncodeToString(sum.Sum(nil))
}

// fetcher makes the client by which a plugin reaches what its manifest allows,
// nil for one that asks for nothing.
func (r *Registry) fetcher(m *manifest.Manifest) (*egress.Client, error) {
	if len(m.Fetch.Allow) == 0 {
		return nil, nil
	}
	policy, err := egress.ParsePolicy(m.Fetch.Allow, m.Fetch.Methods)
	if err != nil {
		return nil, fmt.Errorf("%s: [fetch]: %w", filepath.Join(m.Dir, manifest.FileName), err)
	}
	headers := make(map[string]http.Header)
	for origin, fields := range m.Fetch.Headers {
		header := make(http.Header)
		for name, value := range fields {
			expanded, missing := strict.Expand(value, r.opt.LookupEnv)
			if len(missing) > 0 {
				return nil, fmt.Errorf("%s: [fetch.headers.%q] %s needs the environment variable %s, which is not set",
					filepath.Join(m.Dir, manifest.FileName), origin, name, missing[0])
			}
			header.Set(name, expanded)
		}
		headers[origin] = header
	}
	return egress.New(egress.Options{
		Plugin:          m.Name,
		Policy:          policy,
		Timeout:         m.Fetch.Timeout,
		MaxResponse:     m.Fetch.MaxResponse,
		Headers:         headers,
		PrivateNetworks: r.opt.PrivateNetworks,
	}), nil
}

// paths finds out which paths v has (S73). If the guest cannot say and this
// very version said so before, the old list goes on: a restart while an
// upstream is down takes no page away.
func (r *Registry) paths(ctx context.Context, v *Version) error {
	if !v.Route.Dynamic() {
		return nil
	}
	dir := filepath.Join(r.opt.State, v.Plugin)
	file := filepath.Join(dir, v.ID)
	listErr := r.listPaths(ctx, v, file)
	if listErr != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	header, err := v.paths.index(file)
	switch {
	case err != nil && listErr != nil:
		return listErr
	case err != nil:
		return fmt.Errorf("read back the paths: %w", err)
	case listErr != nil:
		r.opt.Log.Warn("getStaticPaths failed; the paths of the last time are used", "plugin", v.Plugin, "error", listErr)
	}
	v.Fallback = header.Fallback
	r.sweepPaths(dir, v.ID)
	return nil
}

// sweepPaths removes the lists of other versions than keep. A version that is
// being replaced keeps answering from memory; only a build reads the file, and it
// opens it once.
func (r *Registry) sweepPaths(dir, keep string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if len(entry.Name()) == len(keep) && entry.Name() != keep {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}
