package registry

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/wisr-dev/wisr/plugins/egress"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/page"
	"github.com/wisr-dev/wisr/plugins/route"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// load makes a version of a bundle. On a problem it is broken, and has its
// ID if it came to have one.
func (r *Registry) load(ctx context.Context, a *bundle) (*Version, error) {
	v := unloaded(a.manifest)
	err := r.fill(ctx, v, a)
	if err == nil {
		r.opt.Log.Debug("plugin loaded", "plugin", v.Plugin, "version", v.Short(), "route", v.Route.String())
		return v, nil
	}
	v.close()
	return v.asBroken(err), err
}

// asBroken is a version that is known and cannot run after all.
func (v *Version) asBroken(err error) *Version {
	failed := broken(v.Manifest, err)
	failed.ID, failed.content, failed.digest, failed.Origin, failed.bytes = v.ID, v.content, v.digest, v.Origin, v.bytes
	return failed
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

// fill checks, compiles and asks for the paths.
func (r *Registry) fill(ctx context.Context, v *Version, a *bundle) error {
	if err := r.compile(ctx, v, a, a.manifest.Snapshot); err != nil {
		return err
	}
	return withCode(CodePaths, "", r.paths(ctx, v, a.place))
}

// compile makes v ready to run. With snapshot its initialiser runs for that;
// without, no guest has run after it.
func (r *Registry) compile(ctx context.Context, v *Version, a *bundle, snapshot bool) error {
	m := a.manifest
	v.ID, v.content, v.digest, v.Origin, v.bytes = a.id(), a.content(), a.digest(), a.origin, int64(len(a.module))
	if err := r.admit(a); err != nil {
		return err
	}
	v.owner, v.recent = r, r.recentOf(v.Plugin)
	var err error
	if v.fetch, err = r.fetcher(m, a.origin); err != nil {
		return err
	}
	select {
	case r.compiling <- struct{}{}:
		defer func() { <-r.compiling }()
	case <-ctx.Done():
		return ctx.Err()
	}
	v.module, err = r.opt.Sandbox.Load(ctx, sandbox.Spec{
		Name:    m.Name,
		Module:  a.module,
		Digest:  a.digest(),
		Timeout: m.Limits.Timeout,
		Memory:  m.Limits.Memory,
		Output:  m.Limits.Output,
		Config:  m.Config,
		Files:   m.Folders(),
		Fetch:   v.fetch,

		Snapshot: snapshot,
		Behind:   r.Table() != nil && !a.urgent, // there are visitors
	})
	if err != nil {
		return err
	}
	if v.Route.Dynamic() && !v.module.Has(page.ExportPaths) {
		return fmt.Errorf("route %s has parameters, so the module must export %s, which says what paths there are", v.Route, page.ExportPaths)
	}
	if why := v.module.Ordinary(); snapshot && why != "" {
		r.opt.Log.Info("every instance runs the module's initialiser", "plugin", v.Plugin, "version", v.Short(), "why", why)
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

// fetcher makes the client by which a plugin reaches what its manifest allows,
// nil for one that asks for nothing.
func (r *Registry) fetcher(m *manifest.Manifest, origin Origin) (*egress.Client, error) {
	if len(m.Fetch.Allow) == 0 {
		return nil, nil
	}
	policy, err := egress.ParsePolicy(m.Fetch.Allow, m.Fetch.Methods)
	if err != nil {
		return nil, fmt.Errorf("%s: [fetch]: %w", filepath.Join(m.Dir, manifest.FileName), err)
	}
	headers, secrets, err := r.headers(m)
	if err != nil {
		return nil, err
	}
	return egress.New(egress.Options{
		Plugin:          m.Name,
		Policy:          policy,
		Timeout:         m.Fetch.Timeout,
		MaxResponse:     m.Fetch.MaxResponse,
		MaxRequests:     m.Fetch.MaxRequests,
		Private:         m.Fetch.Private,
		Headers:         headers,
		Secrets:         secrets,
		PrivateNetworks: r.opt.PrivateNetworks,
		Sent:            origin == FromUpload,
	}), nil
}
