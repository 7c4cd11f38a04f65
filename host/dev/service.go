package dev

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
	"github.com/wisr-dev/wisr/plugins/shell"
)

const (
	// parting is how long a service may take to end by itself once it was asked to.
	parting = 5 * time.Second
	// glance is how often it is looked whether a service answers, and how long one look
	// may take where the machine is another one.
	glance = 50 * time.Millisecond
	stare  = time.Second
)

// Service is a program that runs beside the site while that is written, such as the API
// that its pages fetch from: [dev] of wisr.toml.
//
// It is started once. When it ends by itself it stays so until one of its files changes:
// a program that cannot start would be started for ever. If something answers at its
// address already, that is taken for the service and nothing is started.
type Service struct {
	plan  manifest.Manifest // not of a plugin: only its folder and what to run and watch there count
	env   []string
	ready string
	log   *slog.Logger

	changed chan struct{} // wakes run, which starts the service anew; room for one
	settled chan struct{} // the service is ready, or will not be; room for one
	stop    context.CancelFunc
	ended   chan struct{} // closed when run has returned
}

// ServiceOptions are what there is to know of a service.
type ServiceOptions struct {
	Dir   string            // the site's folder, in which it runs
	Build manifest.Build    // its command, and the files whose change starts it anew; none: nothing does
	Ready string            // host:port where it answers; "": that is not known
	Env   map[string]string // its variables, besides those of this process, which come first
	Log   *slog.Logger
}

// StartService starts a service. Nothing of it is left when ctx has ended and Close has
// returned.
func StartService(ctx context.Context, o ServiceOptions) *Service {
	ctx, stop := context.WithCancel(ctx)
	s := &Service{
		plan: manifest.Manifest{Dir: o.Dir, Build: o.Build}, env: os.Environ(), ready: o.Ready, log: o.Log,
		changed: make(chan struct{}, 1), settled: make(chan struct{}, 1), stop: stop, ended: make(chan struct{}),
	}
	for name, value := range o.Env {
		if _, has := os.LookupEnv(name); !has {
			s.env = append(s.env, name+"="+value)
		}
	}
	go func() {
		defer close(s.ended)
		s.run(ctx)
	}()
	return s
}

// Settled receives whenever the service has become ready, or has turned out not to.
func (s *Service) Settled() <-chan struct{} { return s.settled }

// Close ends the service and waits for that: for a few seconds if it does not want to.
func (s *Service) Close() {
	s.stop()
	<-s.ended
}

// Saw starts the service anew if one of the changed files is its own.
func (s *Service) Saw(changed map[string]bool, builder *build.Builder) {
	if len(s.plan.Build.Watch) == 0 { // for a plugin, that is all of its folder
		return
	}
	for name := range changed {
		if builder.IsInput(&s.plan, name) {
			wake(s.changed)
			return
		}
	}
}

// Folders are those in which a change may be one of the service's files.
func (s *Service) Folders(builder *build.Builder) []string {
	if len(s.plan.Build.Watch) == 0 {
		return nil
	}
	folders := builder.Inputs(&s.plan)
	for i, dir := range folders {
		if dir == s.plan.Dir { // the site is watched in parts: all of it has the caches of tools
			return append(folders[:i:i], folders[i+1:]...)
		}
	}
	return folders
}

// run runs the service, and again after each change, until ctx ends.
func (s *Service) run(ctx context.Context) {
	again := false
	for {
		// One that was just ended may seem to answer for a moment more.
		if !again && s.answers(ctx) {
			s.log.Info("[dev] not started: "+s.ready+" answers already; end what runs there to have it started here", "command", s.plan.Build.Command)
			wake(s.settled)
		} else {
			again = s.once(ctx)
		}
		if again {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		}
	}
}

// once runs the service until it ends, by itself, with ctx, or for a change; that it tells.
func (s *Service) once(ctx context.Context) (changed bool) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	out := &shell.Lines{Put: func(line string) { s.log.Info("[dev] " + line) }}
	cmd := shell.Command(running, s.plan.Build.Command)
	cmd.Dir, cmd.Env = s.plan.Dir, s.env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return shell.Terminate(cmd) }
	cmd.WaitDelay = parting // for those it started, too: their output is waited for
	if err := cmd.Start(); err != nil {
		if ctx.Err() == nil {
			s.tellEnd(err)
		}
		return false
	}
	started := "[dev] started"
	if s.ready != "" {
		started += "; pages wait until " + s.ready + " answers"
	}
	s.log.Info(started, "command", s.plan.Build.Command)
	over := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		_ = shell.Kill(cmd) // what it has left behind; mostly nothing
		out.Flush()
		over <- err
	}()
	return s.follow(ctx, stop, over)
}

// follow waits for the end of a service that was started, and tells when it is ready.
// It ends by itself, by stop if its files have changed, or with ctx.
func (s *Service) follow(ctx context.Context, stop context.CancelFunc, over <-chan error) (changed bool) {
	look := time.NewTicker(glance)
	defer look.Stop()
	known := s.ready == ""
	if known {
		look.Stop()
		wake(s.settled)
	}
	for {
		select {
		case <-look.C:
			if known = s.answers(ctx); known {
				look.Stop()
				wake(s.settled)
			}
		case err := <-over:
			if ctx.Err() == nil && !changed {
				s.tellEnd(err)
			}
			return changed
		case <-s.changed:
			s.log.Info("[dev] its files changed; ended, to be started anew")
			changed = true
			look.Stop() // it is not ready, even if it answers to its end
			stop()
		}
	}
}

// tellEnd tells of a service that nobody asked to end.
func (s *Service) tellEnd(err error) {
	then := "start wisr dev again to have it back"
	if len(s.plan.Build.Watch) > 0 {
		then = "a change of its files starts it again"
	}
	how := "exit status 0"
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		how = err.Error()
	}
	s.log.Error("[dev] ended, and the site goes on without it; "+then, "command", s.plan.Build.Command, "error", how)
	wake(s.settled)
}

// answers tells whether something accepts connections at the service's address.
func (s *Service) answers(ctx context.Context) bool {
	if s.ready == "" {
		return false
	}
	dialer := net.Dialer{Timeout: stare}
	conn, err := dialer.DialContext(ctx, "tcp", s.ready)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// wake leaves a word in a channel with room for one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
