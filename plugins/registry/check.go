package registry

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// Checkup is what Check found out about one plugin.
type Checkup struct {
	Plugin   string
	Dir      string
	Manifest *manifest.Manifest // nil if it cannot be read
	Module   *sandbox.Report    // nil if it cannot be read
	Fuel     [2]uint64          // the least and the most work that a stored page took, where the host knows
	Errors   []error            // why it would not load, or not be served; none: it would
}

// Check looks at the plugins in opt.Dir as Open would, but runs no guest, and builds
// nothing if opt.Builder only looks. The error is of the folder itself, or ctx's.
func Check(ctx context.Context, opt Options) ([]Checkup, error) {
	r := newRegistry(opt)
	dirs, err := r.folders()
	if err != nil {
		return nil, err
	}
	checkups := make([]Checkup, len(dirs))
	for i, dir := range dirs {
		c := Checkup{Plugin: filepath.Base(dir), Dir: dir}
		a, err := r.readFolder(ctx, dir)
		m := a.manifest
		if err != nil {
			c.Errors = append(c.Errors, err)
		}
		if m != nil {
			c.Plugin, c.Manifest = m.Name, m
			c.Module = inspect(a)
			v := unloaded(m)
			if err == nil {
				if err := r.compile(ctx, v, a, false); err != nil {
					c.Errors = append(c.Errors, err)
				}
			}
			v.Err = c.Err()
			r.versions[dir] = v
		}
		checkups[i] = c
	}
	defer r.Close()
	r.publish()
	for _, p := range r.Table().Problems { // names and routes that two plugins want
		for i := range checkups {
			if checkups[i].Dir == p.Dir {
				checkups[i].Errors = append(checkups[i].Errors, p.Err)
			}
		}
	}
	return checkups, ctx.Err()
}

// inspect reads a module; what is wrong with it compile says.
func inspect(a *bundle) *sandbox.Report {
	module := a.module
	if module == nil { // for the manifest's sake it was not read
		var err error
		if module, err = readModule(a.manifest); err != nil {
			return nil
		}
	}
	report, err := sandbox.Inspect(module)
	if err != nil {
		return nil
	}
	return &report
}

// Err is all of c.Errors as one, nil for none.
func (c *Checkup) Err() error { return errors.Join(c.Errors...) }
