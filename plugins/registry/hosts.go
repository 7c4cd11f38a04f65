package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wisr-dev/wisr/plugins/manifest"
)

// Proposal is what is to become of a plugin on all hosts of a site.
type Proposal struct {
	Plugin  string `json:"plugin"`
	Content string `json:"content"` // digest of module and manifest, the same on every host; "": the plugin goes
	Bundle  Bundle `json:"bundle"`
	Origin  Origin `json:"origin"`
	Reason  Reason `json:"reason"`
}

// Prepare finds out whether a version that another host proposes could run here. It changes
// nothing that visitors see. Its error says what to do as well: the text is all that the other host is told.
func (r *Registry) Prepare(ctx context.Context, p Proposal) error {
	err := r.prepare(ctx, p)
	if err == nil {
		return nil
	}
	if fix := refusal(err).Fix; fix != "" {
		return fmt.Errorf("%w (%s)", err, fix)
	}
	return err
}

func (r *Registry) prepare(ctx context.Context, p Proposal) error {
	a, err := r.proposed(p, r.findPlace(p.Plugin))
	if err != nil {
		return err
	}
	v, err := r.load(ctx, a)
	if err != nil {
		return err
	}
	defer v.retire(ErrRetired) // its machine code stays on the disk, for Adopt
	if err := r.has(v, a.place); err != nil {
		return err
	}
	if err := r.keep(v, a); err != nil { // what is not adopted goes with the next version of the plugin
		return fmt.Errorf("keep the version: %w", err)
	}
	return nil
}

// has tells what keeps a version from a place, as commit would find out.
func (r *Registry) has(v *Version, place string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	bytes, n := v.bytes, 1
	for at, other := range r.versions {
		if at != place {
			bytes, n = bytes+other.bytes, n+1
		}
	}
	if err := r.opt.Limits.check(n, bytes); err != nil {
		return err
	}
	return collision(r.versions, place, v)
}

// Adopt makes active what all hosts have agreed on. There is no trial: another host has tried it.
func (r *Registry) Adopt(ctx context.Context, p Proposal) error {
	report := &Report{Plugin: p.Plugin, At: r.opt.Now().UTC(), Trial: NoTrial}
	begun := time.Now()
	r.interrupt(p.Plugin)
	place, release, err := r.placeOf(ctx, p.Plugin)
	if err != nil {
		return err
	}
	defer release()
	old := r.at(place)
	if p.Content == "" {
		if old == nil {
			return nil
		}
		return r.take(ctx, p.Plugin, place, true)
	}
	if old != nil {
		report.Previous = old.ID
		if old.Err == nil && old.content == p.Content {
			return nil
		}
	}
	a, err := r.proposed(p, place)
	if err != nil {
		return err
	}
	report.Version = a.id()
	v, err := r.load(ctx, a)
	if err != nil {
		return err
	}
	if err := r.keep(v, a); err != nil {
		r.discard(v, err)
		return fmt.Errorf("keep the version: %w", err)
	}
	why := p.Reason
	if why == ReasonFolder { // it is not this host's
		why = ReasonUpload
	}
	_, err = r.activate(ctx, change{place: place, version: v, held: r.held(place), reason: why, agreed: true}, report, begun)
	return err
}

// proposed is the bundle of a proposal for a place.
func (r *Registry) proposed(p Proposal, place string) (*bundle, error) {
	a := &bundle{module: p.Bundle.Module, signature: p.Bundle.Signature, origin: p.Origin, place: place}
	var err error
	if p.Origin == FromUpload {
		a.manifest, err = r.parseSent(p.Bundle.Manifest)
	} else if a.manifest, err = manifest.Parse(manifest.FileName, p.Bundle.Manifest); err == nil {
		a.manifest.Dir = place
	}
	if err != nil {
		return nil, err
	}
	if a.content() != p.Content || a.manifest.Name != p.Plugin {
		return nil, errors.New("the plugin was changed or damaged on its way between hosts")
	}
	return a, nil
}

// Active returns the active version of a plugin as other hosts could adopt it. It
// is not there if no version works, or where none is kept.
func (r *Registry) Active(name string) (Proposal, bool) {
	place := r.findPlace(name)
	v := r.at(place)
	if v == nil || v.Err != nil || v.Plugin != name || r.opt.Versions == "" {
		return Proposal{}, false
	}
	a, err := r.readKept(name, Kept{ID: v.ID, Content: v.content, Origin: v.Origin}, place)
	if err != nil {
		r.opt.Log.Warn("the active version of a plugin cannot be given to other hosts", "plugin", name, "error", err)
		return Proposal{}, false
	}
	return proposal(v, a), true
}

func proposal(v *Version, a *bundle) Proposal {
	return Proposal{
		Plugin: v.Plugin, Content: v.content, Origin: v.Origin,
		Bundle: Bundle{Manifest: a.manifest.Text, Module: a.module, Signature: a.signature},
	}
}

// agree asks the other hosts, unless they have agreed on the change already.
func (r *Registry) agree(ctx context.Context, c change, plugin string) error {
	if r.opt.Agree == nil || c.agreed {
		return nil
	}
	p := Proposal{Plugin: plugin}
	if c.version != nil {
		if err := r.has(c.version, c.place); err != nil {
			return err
		}
		a, err := r.readKept(plugin, Kept{ID: c.version.ID, Content: c.version.content, Origin: c.version.Origin}, c.place)
		if err != nil {
			return err
		}
		p = proposal(c.version, a)
	}
	p.Reason = c.reason
	return withCode(CodeHosts, "", r.opt.Agree(ctx, p))
}
