package sandbox

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/wisr-dev/wisr/plugins/sandbox/snapshot"
)

// program is what is made of a module's bytes: the engine's code and the images
// that instances start from. Modules of the same bytes, which are versions of a
// plugin that differ in their manifests, share one. Loading it another time
// would cost most of what it cost the first time: wazero validates a module
// also where it finds the code on the disk.
type program struct {
	digest string
	turn   chan struct{} // holds a value while somebody makes what is missing

	// Made with the turn, once.
	facts
	code *code // nil: not made yet
	size int   // bytes of the binary

	images map[string]*sharedImage // by imageName; guarded by programs.mu
	users  int                     // modules, and who is loading one; guarded by programs.mu
	gone   bool                    // it is not to be shared any more; guarded by programs.mu
}

type sharedImage struct {
	*snapshot.Image
	users int
}

// enter waits for the turn.
func (p *program) enter(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *program) leave() { <-p.turn }

func (p *program) close(ctx context.Context, codes *codes) (err error) {
	if p.code != nil {
		err = codes.put(ctx, p.code)
	}
	for _, im := range p.images {
		err = errors.Join(err, im.Close())
	}
	return err
}

// programs are those that modules use, and a few more that were used last: the
// version that was replaced is the one that a rollback brings back.
type programs struct {
	codes *codes // of all of them; locked after mu or without it

	mu   sync.Mutex
	all  map[string]*program // by digest; guarded by mu
	idle []*program          // used by nobody, the last used last; guarded by mu

	closed bool // guarded by mu
}

// What is kept though nobody uses it. Compiled code takes three times what its
// module does, and as much again is what wazero knows about it.
const (
	idlePrograms = 4
	idleBytes    = 16 << 20 // of their modules together
)

// take gives the program of a digest, which is the caller's to put back. It may
// have no code yet.
func (s *programs) take(digest string) *program {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.all[digest]
	if p == nil {
		p = &program{digest: digest, turn: make(chan struct{}, 1), images: map[string]*sharedImage{}}
		if s.all == nil {
			s.all = map[string]*program{}
		}
		s.all[digest] = p
	}
	s.idle = slices.DeleteFunc(s.idle, func(other *program) bool { return other == p })
	p.users++
	return p
}

// image gives a program's image, nil for none. It is given back with the program.
func (s *programs) image(p *program, name string) *snapshot.Image {
	s.mu.Lock()
	defer s.mu.Unlock()
	im := p.images[name]
	if im == nil {
		return nil
	}
	im.users++
	return im.Image
}

// addImage makes an image the program's, and that of the caller as if image had
// given it. Others that nobody uses go: limits and folders may change without end.
func (s *programs) addImage(p *program, name string, im *snapshot.Image) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for name, other := range p.images {
		if other.users == 0 {
			err = errors.Join(err, other.Close())
			delete(p.images, name)
		}
	}
	p.images[name] = &sharedImage{im, 1}
	return err
}

// put gives a program back, with an image of it or nil.
func (s *programs) put(ctx context.Context, p *program, im *snapshot.Image) error {
	var err error
	for _, p := range s.release(p, im) {
		err = errors.Join(err, p.close(ctx, s.codes))
	}
	return err
}

// release returns the programs that are to be closed.
func (s *programs) release(p *program, im *snapshot.Image) (closing []*program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, shared := range p.images {
		if shared.Image == im {
			shared.users--
		}
	}
	if p.users--; p.users > 0 {
		return nil
	}
	if p.gone || p.code == nil || s.closed {
		s.remove(p)
		return []*program{p}
	}
	s.idle = append(s.idle, p)
	bytes := 0
	for k, p := range slices.Backward(s.idle) {
		if bytes += p.size; bytes > idleBytes || len(s.idle)-k > idlePrograms {
			closing = slices.Clone(s.idle[:k+1])
			s.idle = slices.Delete(s.idle, 0, k+1)
			break
		}
	}
	for _, p := range closing {
		s.remove(p)
	}
	return closing
}

// remove keeps a program from being shared. s.mu is held.
func (s *programs) remove(p *program) {
	p.gone = true
	if s.all[p.digest] == p {
		delete(s.all, p.digest)
	}
}

// forget lets a program go as soon as nobody uses it; nobody new will.
func (s *programs) forget(ctx context.Context, digest string) error {
	s.mu.Lock()
	p := s.all[digest]
	if p == nil {
		s.mu.Unlock()
		return nil
	}
	s.remove(p)
	s.codes.forget(digest)
	s.idle = slices.DeleteFunc(s.idle, func(other *program) bool { return other == p })
	unused := p.users == 0
	s.mu.Unlock()
	if !unused {
		return nil
	}
	return p.close(ctx, s.codes)
}

// close lets all programs go, those that are used when they are put back.
func (s *programs) close(ctx context.Context) (err error) {
	s.mu.Lock()
	s.closed = true
	idle := s.idle
	s.idle = nil
	s.mu.Unlock()
	for _, p := range idle {
		err = errors.Join(err, p.close(ctx, s.codes))
	}
	return err
}
