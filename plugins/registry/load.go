package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// load makes a version of the plugin in a folder. On a problem the version is
// nil where not even the route is known, else one whose Err is set.
func (r *Registry) load(ctx context.Context, dir string) (*Version, *Problem) {
	m, err := manifest.Load(dir)
	if m == nil {
		return nil, &Problem{Plugin: filepath.Base(dir), Dir: dir, Err: err, unnamed: true}
	}
	v := unloaded(m)
	if err == nil {
		err = r.fill(ctx, v)
	}
	if err == nil {
		r.opt.Log.Debug("plugin loaded", "plugin", v.Plugin, "version", v.Short(), "route", v.Route.String())
		return v, nil
	}
	v.close()
	id := v.ID
	v = broken(m, err)
	v.ID = id
	return v, &Problem{Plugin: v.Plugin, Dir: dir, Err: err}
}

func unloaded(m *manifest.Manifest) *Version {
	return &Version{Plugin: m.Name, Manifest: m, Route: m.Route, Fallback: page.FallbackBlocking}
}

// broken is a version that cannot run. It has no paths, and a fallback that
// lets every path be asked for: what was stored of it is still good.
func broken(m *manifest.Manifest, err error) *Version {
	v := unloaded(m)
	v.Err = err
	return v
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
	if err := r.reachable(m.Route); err != nil {
		return err
	}
	module, err := readModule(m)
	if err != nil {
		return err
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

// reachable tells what keeps every visitor from a route: where its first segment
// is a locale, that locale's page of the rest is meant (S132).
func (r *Registry) reachable(p route.Pattern) error {
	first, _, _ := strings.Cut(p.String()[1:], "/")
	if !slices.Contains(r.opt.Locales, first) {
		return nil
	}
	return fmt.Errorf("route %s begins with the locale %q, and addresses that do are of the pages without it; leave it out of the route", p, first)
}

// readModule reads the module of a plugin, which has to be a file: reading
// anything else may never end.
func readModule(m *manifest.Manifest) ([]byte, error) {
	file := filepath.Join(m.Dir, m.Module)
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && m.Build.Command != "":
		return nil, fmt.Errorf("%s is not there; run `wisr build`, which makes it by the [build] command of %s", file, manifest.FileName)
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("%s is not there; put the module there, or say in [build] command of %s how to make it", file, manifest.FileName)
	case err == nil && !info.Mode().IsRegular():
		return nil, fmt.Errorf("read the module: %s is not a file", file)
	case err != nil:
		return nil, fmt.Errorf("read the module: %w", err)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	return module, nil
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
	headers, err := r.headers(m)
	if err != nil {
		return nil, err
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
