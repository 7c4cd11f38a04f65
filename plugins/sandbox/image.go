package sandbox

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// ready gets the memory that instances begin with: the image that the
// initialiser left, which is the program's, in the cache, or made now; where
// there is none, what it begins with. Modules of which no image can be made start the
// ordinary way; why that is, is in m.ordinary.
func (m *Module) ready(ctx context.Context, e *entry, get func() (*made, error), keep bool) error {
	m.ordinary = m.plan.Why
	if !keep {
		m.ordinary = "snapshot = false"
	}
	name := m.imageName()
	if m.ordinary == "" {
		if im := m.box.programs.image(m.program, name); im != nil {
			m.startFrom(im)
			return nil
		}
		if data := e.readImage(name); data != nil {
			return m.open(name, data)
		}
	}
	made, err := get()
	if err != nil {
		return err
	}
	if made.begin != nil {
		if m.first, err = snapshot.Open(made.begin); err != nil {
			return err
		}
	}
	if m.ordinary != "" {
		return nil
	}
	data, why := m.takeImage(ctx)
	if data == nil {
		m.ordinary = why
		return context.Cause(ctx)
	}
	e.write(name, data)
	if err := m.open(name, data); err != nil || m.image == nil {
		return err
	}
	err = m.first.Close() // nobody needs it any more
	m.first = nil
	return err
}

// open makes an image of the program's of what takeImage gave.
func (m *Module) open(name string, data []byte) error {
	im, err := snapshot.Open(data)
	if err == nil && len(im.Globals()) != len(m.plan.Globals) {
		err = errors.Join(snapshot.ErrImage, im.Close())
	}
	if err != nil {
		m.ordinary = "its memory could not be kept"
		return nil
	}
	m.startFrom(im)
	return m.box.programs.addImage(m.program, name, im)
}

func (m *Module) startFrom(im *snapshot.Image) {
	m.image, m.begins = im, kernelMemory+uint64(im.Size())
}

// imageName names the image by what an initialiser can see and is not in the
// module: the names of its folders, and how far its memory may grow.
func (m *Module) imageName() string {
	var guests []string
	for _, f := range m.files {
		guests = append(guests, f.guest)
	}
	// Strings and a number always are JSON.
	seen, _ := json.Marshal(struct {
		Files  []string
		Memory uint64
	}{guests, m.memory})
	sum := sha256.Sum256(seen)
	return "snapshot-" + hex.EncodeToString(sum[:8]) + ".image"
}

// readImage is read, but for an image from the future: the clock was set back
// since, and what a guest takes for its start has not come yet.
func (e *entry) readImage(name string) []byte {
	data := e.read(name)
	if data == nil {
		return nil
	}
	info, err := os.Stat(filepath.Join(e.dir, name))
	if err != nil || info.ModTime().After(time.Now()) {
		return nil
	}
	return data
}

// takeImage runs the initialiser in an instance that is for nothing else, and
// takes what it leaves. The text is why there is nothing to take: it failed, as
// it will in every instance, or its effect is not all in memory and globals.
func (m *Module) takeImage(ctx context.Context) (data []byte, why string) {
	i := m.instance(m.fetch.Begin())
	i.imaging = true
	// Nothing else is to run in it, whatever becomes of it.
	i.dead = true
	defer i.Close()
	err := m.box.Do(ctx, func(ctx context.Context) {
		if err := i.start(ctx); err != nil {
			why = err.Error()
			return
		}
		data, why = i.image(ctx)
	})
	if err != nil {
		why = err.Error()
	}
	return data, why
}

// image runs the initialiser of an instance and takes what it leaves.
func (i *Instance) image(ctx context.Context) ([]byte, string) {
	g := i.guest
	t := i.begin(ctx)
	defer i.finish()
	err := catching(func() error { return g.initialise(t.ctx, &i.mod.plan) })
	switch {
	case i.effect != "":
		return nil, "its initialiser " + i.effect
	case err != nil:
		return nil, "its initialiser fails: " + i.failure("", t, 0, err).Message
	case g.spent:
		return nil, "its initialiser closes what it did not open"
	case g.changed != nil && g.changed.Get() != 0:
		return nil, "its initialiser changes a table or drops a segment"
	case len(bytes.TrimLeft(i.kernelBytes(), "\x00")) > 0: // it begins with nothing else
		return nil, "its initialiser uses Extism's memory"
	}
	var globals []uint64
	for _, global := range g.globals {
		globals = append(globals, global.Get())
	}
	var memory []byte
	if i.mod.plan.Memory {
		mem := g.page.Memory()
		memory, _ = mem.Read(0, mem.Size())
	}
	data := snapshot.Take(memory, len(memory), globals)
	if len(data) > maxImage {
		return nil, "its initialiser fills more than " + size(maxImage) + " of memory"
	}
	return data, ""
}

// maxImage bounds what a module's image takes of the host's memory and of the
// disk, which are not the guest's to fill. Go's takes two megabytes.
const maxImage = 64 << 20

func (i *Instance) kernelBytes() []byte {
	memory := i.guest.plugin.Memory()
	data, _ := memory.Read(0, memory.Size())
	return data
}

// catching makes an error of a panic of the engine.
func catching(f func() error) (err error) {
	defer catch(&err)
	return f()
}

// refuseEffect keeps a host function from having an effect while an image is
// made, since it would be had once and not in every instance.
func (c *call) refuseEffect(name string) {
	if c.imaging {
		c.effect = "calls " + name
		c.end(CauseError, nil, "%s has an effect", name)
	}
}
