package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/wisr-dev/wisr/host/store/jetstream"
	"github.com/wisr-dev/wisr/plugins/registry"
)

// Versions has all hosts serve the same versions of plugins.
//
// Whoever wants another version active has its bytes in the object store, and asks every live host
// to prepare: to load it and let go again. If all say that they are ready, it
// writes the decision, one value for each plugin, by compare-and-set; that is when the
// version is active. The others see the decision and swap. A host that joins, or was away,
// does what was decided before it says that it is ready for visitors.
//
// What a host finds in a folder of its own and was never decided about is news, of a
// deploy that goes from host to host, and is proposed to the others.
type Versions struct {
	c        *Cluster
	decided  *jetstream.Register
	registry *registry.Registry

	mu     sync.Mutex
	behind map[string]error // plugins of which the decision could not be carried out here; guarded by mu
}

// decision is what is active of a plugin.
type decision struct {
	Format  int             `json:"format"`
	Plugin  string          `json:"plugin"`
	Content string          `json:"content"` // "": the plugin was removed
	Origin  registry.Origin `json:"origin"`
	Reason  registry.Reason `json:"reason"`
	Host    string          `json:"host"` // that decided
	At      time.Time       `json:"at"`
	Before  []string        `json:"before"` // contents that were active before, the latest first
}

const (
	// preparing is how long a host may take to load a version: a large module is compiled in some
	// seconds, behind others that are.
	preparing = 2 * time.Minute
	// remembered is how many contents a decision knows that came before.
	remembered = 32
)

// answer is what a host says that was asked to prepare.
type answer struct {
	Host  string `json:"host"`
	Error string `json:"error,omitempty"`
}

// OpenVersions opens what was decided.
func (c *Cluster) OpenVersions(ctx context.Context) (*Versions, error) {
	decided, err := c.pages.OpenRegister(ctx, "active")
	if err != nil {
		return nil, err
	}
	return &Versions{c: c, decided: decided, behind: make(map[string]error)}, nil
}

// Start carries out what was decided, proposes what is news here, and follows what
// is decided from now on.
func (v *Versions) Start(ctx context.Context, reg *registry.Registry) error {
	v.registry = reg
	sub, err := v.c.conn.Subscribe(v.c.subject("prepare."+v.c.opt.Host), v.prepare)
	if err != nil {
		return err
	}
	v.c.subs = append(v.c.subs, sub)
	names := make(map[string]bool)
	for name, err := range v.decided.Names(ctx) {
		if err != nil {
			return fmt.Errorf("read which versions are active: %w", err)
		}
		names[name] = true
	}
	for _, version := range reg.Table().Versions {
		names[version.Plugin] = true
	}
	for name := range names {
		if err := v.settle(ctx, name); err != nil {
			return fmt.Errorf("plugin %s: %w", name, err)
		}
	}
	v.c.spawn(v.sweep)
	v.c.spawn(func(ctx context.Context) {
		v.decided.Follow(ctx, func(name string) { v.follow(ctx, name) })
	})
	return nil
}

// settle brings this host and the decision about a plugin together. Where what is news here is refused, this host
// serves what the others do: it may have served that before it was restarted.
func (v *Versions) settle(ctx context.Context, name string) error {
	d, at, err := v.read(ctx, name)
	if err != nil {
		return err
	}
	active, ok := v.registry.Active(name)
	switch {
	case ok && active.Content == d.Content, !ok && at.Revision == 0:
		return nil
	case ok && (at.Revision == 0 || d.Content != "" && !slices.Contains(d.Before, active.Content)):
		active.Reason = registry.ReasonFolder
		err := v.Agree(ctx, active)
		if errors.Is(err, jetstream.ErrConflict) { // another host starts with the same
			return v.settle(ctx, name)
		}
		if err == nil || ctx.Err() != nil || at.Revision == 0 { // of a new plugin nothing is live that could be served instead
			return err
		}
		v.c.log.Warn("a version is refused; nothing changed", "plugin", name, "error", err)
	case ok && d.Content != "":
		v.c.log.Info("the folder of a plugin has a version that was live before; what other hosts serve is served", "plugin", name,
			"fix", "to go back on all hosts: wisr plugin rollback "+name)
	}
	v.note(name, v.adopt(ctx, d))
	return nil
}

// follow carries out what another host decided, until it is.
func (v *Versions) follow(ctx context.Context, name string) {
	for pause := 250 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 10*time.Second) {
		d, at, err := v.read(ctx, name)
		if err == nil && at.Revision > 0 {
			err = v.adopt(ctx, d)
		}
		v.note(name, err)
		if err == nil {
			return
		}
		v.c.log.Error("a version that other hosts serve cannot be served here", "plugin", name, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// note remembers whether a decision was carried out.
func (v *Versions) note(name string, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.behind, name)
	if err != nil {
		v.behind[name] = err
	}
}

// Behind says what keeps this host from serving what the others do; nil: nothing.
func (v *Versions) Behind() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for name, err := range v.behind {
		return fmt.Errorf("plugin %s is not what other hosts serve: %w", name, err)
	}
	return nil
}

func (v *Versions) read(ctx context.Context, name string) (d decision, at jetstream.Registered, err error) {
	if at, err = v.decided.Get(ctx, name); err != nil || at.Revision == 0 {
		return d, at, err
	}
	if err := json.Unmarshal(at.Value, &d); err != nil {
		return d, at, fmt.Errorf("what is active of plugin %s cannot be read: %w", name, err)
	}
	if d.Format > format {
		return d, at, fmt.Errorf("what is active of plugin %s was decided by a newer wisr; update this host", name)
	}
	return d, at, nil
}

// adopt makes active here what was decided.
func (v *Versions) adopt(ctx context.Context, d decision) error {
	p := registry.Proposal{Plugin: d.Plugin, Content: d.Content, Origin: d.Origin, Reason: d.Reason}
	if active, ok := v.registry.Active(d.Plugin); ok && active.Content == d.Content {
		return nil
	}
	if d.Content != "" {
		if err := v.fetch(ctx, &p); err != nil {
			return err
		}
	}
	return v.registry.Adopt(ctx, p)
}

// fetch gets the bytes of a proposal.
func (v *Versions) fetch(ctx context.Context, p *registry.Proposal) error {
	data, err := v.decided.File(ctx, p.Content)
	if err == nil {
		err = json.Unmarshal(data, &p.Bundle)
	}
	if err != nil {
		return fmt.Errorf("get the bytes of version %.12s: %w", p.Content, err)
	}
	return nil
}

// Agree has every live host prepare a proposal, and then decides it. An error of a host names that.
func (v *Versions) Agree(ctx context.Context, p registry.Proposal) error {
	before, at, err := v.read(ctx, p.Plugin)
	if err != nil {
		return err
	}
	if at.Revision > 0 && before.Content == p.Content {
		return nil
	}
	d := decision{Format: format, Plugin: p.Plugin, Content: p.Content, Origin: p.Origin, Reason: p.Reason, Host: v.c.opt.Host, At: v.c.Now().UTC()}
	if at.Revision > 0 {
		d.Before = append([]string{before.Content}, before.Before...)
		d.Before = d.Before[:min(len(d.Before), remembered)]
	}
	if p.Content != "" {
		data, err := json.Marshal(p.Bundle)
		if err == nil {
			err = v.decided.PutFile(ctx, p.Content, data)
		}
		if err != nil {
			return fmt.Errorf("give the version to the other hosts: %w", err)
		}
		if err := v.prepareAll(ctx, p); err != nil {
			return err
		}
	}
	if at.Value, err = json.Marshal(d); err != nil {
		return err
	}
	at.Name = p.Plugin
	if err := v.decided.Set(ctx, at); err != nil {
		return fmt.Errorf("another host may have decided something else meanwhile: %w", err)
	}
	return nil
}

// prepareAll asks all live hosts but this one.
func (v *Versions) prepareAll(ctx context.Context, p registry.Proposal) error {
	p.Bundle = registry.Bundle{} // they get it themselves
	question, err := json.Marshal(p)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(v.c.Live(), func(name string) bool { return name == v.c.opt.Host })
	refused := make([]error, len(others))
	var group sync.WaitGroup
	for i, host := range others {
		group.Go(func() { refused[i] = v.ask(ctx, host, question) })
	}
	group.Wait()
	return errors.Join(refused...)
}

// ask asks a host to prepare. One that goes away meanwhile is not waited for: it
// catches up when it is back.
func (v *Versions) ask(ctx context.Context, host string, question []byte) error {
	ctx, cancel := context.WithTimeout(ctx, preparing)
	defer cancel()
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	replies := make(chan *nats.Msg, 1)
	inbox, err := v.c.conn.ChanSubscribe(v.c.conn.NewInbox(), replies)
	if err != nil {
		return err
	}
	defer func() { _ = inbox.Unsubscribe() }() // it fails only if the connection is closed
	for asked := false; ; {
		if !asked {
			if err := v.c.conn.PublishRequest(v.c.subject("prepare."+host), inbox.Subject, question); err != nil {
				return err
			}
			asked = true
		}
		select {
		case reply := <-replies:
			if len(reply.Data) == 0 { // nobody listens yet: it is starting
				select {
				case <-tick.C:
				case <-ctx.Done():
				}
				asked = false
				continue
			}
			var a answer
			if err := json.Unmarshal(reply.Data, &a); err != nil {
				return fmt.Errorf("host %s gives an answer that cannot be read: %w", host, err)
			}
			if a.Error != "" {
				return fmt.Errorf("host %s cannot load it: %s", host, a.Error)
			}
			return nil
		case <-tick.C:
			if !slices.Contains(v.c.Live(), host) {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("host %s did not say whether it can load it: %w", host, context.Cause(ctx))
		}
	}
}

// prepare answers ask of another host.
func (v *Versions) prepare(m *nats.Msg) {
	var p registry.Proposal
	if json.Unmarshal(m.Data, &p) != nil || strings.ContainsAny(p.Content, "/ ") {
		return
	}
	v.c.spawn(func(ctx context.Context) {
		a := answer{Host: v.c.opt.Host}
		err := v.fetch(ctx, &p)
		if err == nil {
			err = v.registry.Prepare(ctx, p)
		}
		if err != nil {
			a.Error = err.Error()
		}
		if data, err := json.Marshal(a); err == nil {
			_ = m.Respond(data) // who asked does not wait for ever
		}
	})
}
