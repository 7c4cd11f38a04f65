package isr_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/plugins/page"
)

var modelRuns = flag.Int("model.runs", 25, "random histories that the model test plays")

// TestRandomHistoriesAgreeWithTheModel plays random interleavings of visits,
// renewals, invalidations, failures, slow generations, deploys and restarts in
// virtual time. A simple oracle, which knows only what generations were run
// and what visitors saw, says after each answer whether it was allowed.
func TestRandomHistoriesAgreeWithTheModel(t *testing.T) {
	for seed := range *modelRuns {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { play(t, uint64(seed)) })
		})
	}
}

func play(t *testing.T, seed uint64) {
	m := &model{t: t, dice: rand.New(rand.NewPCG(seed, 1)), paths: make(map[string]*modelPath), version: "v1"}
	s := open(t, func(o *isr.Options) { o.Workers, o.Expire = 2, 2*time.Minute })
	s.becomes(m.generate)

	for range 150 {
		time.Sleep(time.Duration(m.roll(4000)) * time.Millisecond)
		key := fmt.Sprintf("/%d", m.roll(4))
		switch n := m.roll(100); {
		case n < 60:
			m.others.Go(func() { m.visit(s, key) })
		case n < 72:
			m.others.Go(func() { m.renew(s, key) })
		case n < 82:
			m.mark(s, isr.Name{Kind: isr.NameTag, Value: fmt.Sprint("tag", m.roll(3))}, false)
		case n < 85:
			m.mark(s, isr.Name{Kind: isr.NamePath, Value: key}, false)
		case n < 88:
			m.mark(s, isr.Name{Kind: isr.NameTag, Value: fmt.Sprint("tag", m.roll(3))}, true)
		case n < 92:
			m.mu.Lock()
			m.failing = !m.failing
			m.mu.Unlock()
		case n < 95:
			next := fmt.Sprint("v", m.roll(3))
			m.mu.Lock()
			m.version = next
			m.mu.Unlock()
		default:
			m.others.Wait()
			s.restart()
			m.mu.Lock()
			for _, p := range m.paths {
				p.failures, p.retryAt = 0, time.Time{} // only the store outlives a restart
			}
			m.mu.Unlock()
		}
		synctest.Wait()
	}
	m.others.Wait()

	// Whatever happened before, a mended site is fresh after one visit.
	m.mu.Lock()
	m.failing, m.mended = false, true
	m.mu.Unlock()
	time.Sleep(time.Minute)
	for i := range 4 {
		key := fmt.Sprintf("/%d", i)
		m.visit(s, key)
		time.Sleep(10 * time.Second) // longer than any generation, at most as long as any window but one
		synctest.Wait()
		answer, err := s.Visit(t.Context(), isr.Page{Key: key, Plugin: "blog", Version: m.version}, isr.Plain, time.Now())
		if err != nil || answer.Entry.Version != m.version || answer.Detail == isr.FailedBefore {
			t.Errorf("%s in the end: %+v, error %v", key, answer, err)
		}
		time.Sleep(10 * time.Second)
	}
}

// model is the oracle's memory.
type model struct {
	t      *testing.T
	others sync.WaitGroup

	mu      sync.Mutex
	dice    *rand.Rand
	version string
	failing bool // every generation fails
	mended  bool // none does; else one in ten
	serial  int
	paths   map[string]*modelPath
	marked  []marked
}

// marked is a name that was marked as stale, or purged.
type marked struct {
	name   isr.Name
	purged bool
	at     time.Time
}

// modelPath is what happened to one path.
type modelPath struct {
	running  bool
	done     map[string]generation // the good ones, by body
	last     string                // body of the good one that started last; "" if it was purged
	seen     time.Time             // latest start of what any visitor got
	failures int
	retryAt  time.Time
}

type generation struct {
	begun, ended time.Time
	revalidate   time.Duration
	tags         []string
	version      string
}

func (m *model) roll(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dice.IntN(n)
}

func (m *model) path(key string) *modelPath {
	if m.paths[key] == nil {
		m.paths[key] = &modelPath{done: make(map[string]generation)}
	}
	return m.paths[key]
}

// generate is the renderer: a random page after a random time, or a failure.
func (m *model) generate(ctx context.Context, key string, reason page.Reason) (*isr.Output, error) {
	m.mu.Lock()
	p := m.path(key)
	if p.running {
		m.t.Errorf("two generations of %s at once", key)
	}
	p.running = true
	begun := time.Now()
	if reason == page.ReasonStale && p.last != "" && begun.Before(p.retryAt) {
		m.t.Errorf("%s is tried %v too early after %d failures", key, p.retryAt.Sub(begun), p.failures)
	}
	m.serial++
	text := fmt.Sprintf("%s #%d", key, m.serial)
	g := generation{begun: begun, version: m.version, revalidate: []time.Duration{0, time.Second, 5 * time.Second, 30 * time.Second}[m.dice.IntN(4)]}
	for i := range 3 {
		if m.dice.IntN(2) == 0 {
			g.tags = append(g.tags, fmt.Sprint("tag", i))
		}
	}
	takes := time.Duration(m.dice.IntN(3000)) * time.Millisecond
	fails := m.failing || !m.mended && m.dice.IntN(10) == 0
	m.mu.Unlock()

	time.Sleep(takes)

	m.mu.Lock()
	defer m.mu.Unlock()
	p.running = false
	g.ended = time.Now()
	if fails {
		if p.last != "" {
			p.failures++
			p.retryAt = g.ended.Add(backoff(p.failures))
		}
		return nil, errUpstream
	}
	p.failures, p.retryAt = 0, time.Time{}
	p.done[text], p.last = g, text
	if m.was(true, key, g, g.ended) {
		p.last = "" // it took the place of one that was not purged, and is gone with it
	}
	out := output(text, g.revalidate)
	out.Version, out.Result.Tags = g.version, g.tags
	return out, ctx.Err()
}

// backoff is S31 in the oracle's own words.
func backoff(failures int) time.Duration {
	table := []time.Duration{0, 0, 1, 2, 4, 8, 16, 30}
	return table[min(failures, len(table)-1)] * time.Second
}

func (m *model) visit(s *site, key string) {
	m.mu.Lock()
	asked := time.Now()
	had, version := m.path(key).last, m.version
	m.mu.Unlock()
	answer, err := s.Visit(context.Background(), isr.Page{Key: key, Plugin: "blog", Version: version}, isr.Plain, time.Now())

	m.mu.Lock()
	defer m.mu.Unlock()
	p, waited := m.path(key), time.Since(asked)
	if err != nil {
		if had != "" {
			m.t.Errorf("%s was good, and a visitor got %v", key, err)
		}
		return
	}
	g, good := p.done[string(answer.Entry.Body)]
	if !good {
		m.t.Errorf("%s: %q was never made", key, answer.Entry.Body)
		return
	}
	if answer.Entry.StartedAt.Before(p.seen) {
		m.t.Errorf("%s went back to %q", key, answer.Entry.Body)
	}
	p.seen = answer.Entry.StartedAt

	if m.was(true, key, g, asked) {
		m.t.Errorf("%s: %q was purged before it was asked for", key, answer.Entry.Body)
	}

	age := asked.Sub(g.ended)
	fresh := age < 2*time.Minute && (g.revalidate == 0 || age < g.revalidate) && g.version == version && !m.was(false, key, g, asked)
	switch answer.State {
	case isr.Hit:
		if !fresh || waited > 0 {
			m.t.Errorf("%s: HIT for %q, age %v of %v, waited %v", key, answer.Entry.Body, age, g.revalidate, waited)
		}
	case isr.StaleHit:
		if fresh || waited > 0 && age < 2*time.Minute {
			m.t.Errorf("%s: STALE for %q, age %v of %v, waited %v", key, answer.Entry.Body, age, g.revalidate, waited)
		}
	case isr.Miss:
		if had != "" {
			m.t.Errorf("%s: MISS though %q was there", key, had)
		}
	case isr.Revalidated:
		if had == "" || asked.Sub(p.done[had].ended) < 2*time.Minute {
			m.t.Errorf("%s: REVALIDATED though %q had not expired", key, had)
		}
	}
}

func (m *model) renew(s *site, key string) {
	m.mu.Lock()
	asked, version := time.Now(), m.version
	m.mu.Unlock()
	entry, err := s.Renew(context.Background(), isr.Page{Key: key, Plugin: "blog", Version: version})
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		if !errors.Is(err, errUpstream) {
			m.t.Errorf("renew %s: %v", key, err)
		}
		return
	}
	if g := m.path(key).done[string(entry.Body)]; g.begun.Before(asked) { // S105
		m.t.Errorf("renew %s was answered with %q, which began %v before", key, entry.Body, asked.Sub(g.begun))
	}
}

func (m *model) mark(s *site, name isr.Name, purge bool) {
	m.mu.Lock()
	m.marked = append(m.marked, marked{name, purge, time.Now()})
	if purge {
		for key, p := range m.paths {
			if p.last != "" && m.was(true, key, p.done[p.last], time.Now()) {
				p.last = ""
			}
		}
	}
	m.mu.Unlock()
	do := s.Invalidate
	if purge {
		do = s.Purge
	}
	if err := do(context.Background(), name); err != nil {
		m.t.Error(err)
	}
}

// was tells whether a generation was marked as stale, or purged, by a time. m.mu is held.
func (m *model) was(purged bool, key string, g generation, by time.Time) bool {
	for _, mark := range m.marked {
		answers := mark.name.Kind == isr.NamePath && mark.name.Value == key || mark.name.Kind == isr.NameTag && slices.Contains(g.tags, mark.name.Value)
		if answers && mark.purged == purged && !mark.at.After(by) && !mark.at.Before(g.begun) {
			return true
		}
	}
	return false
}
