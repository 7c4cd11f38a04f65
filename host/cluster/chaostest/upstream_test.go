package chaostest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/relaytest"
)

// upstream is where pages get their data: how often a page was edited. It sees all generations.
type upstream struct {
	*relaytest.Upstream

	mu    sync.Mutex
	edits map[string]int // by path
	slow  time.Duration  // how long a generation takes at most
	made  []generation   // in the order in which they asked for their data
}

// generation is one of a page.
type generation struct {
	path, host string
	edit       int
	from, to   time.Time // from its first question to its last answer; to is zero if it did not end
}

func newUpstream(t *testing.T) *upstream {
	u := &upstream{edits: make(map[string]int), slow: 10 * time.Millisecond}
	u.Upstream = relaytest.New(t, map[string]relaytest.Script{
		"paths":  relaytest.Says(200, `{"paths":[],"fallback":"blocking"}`),
		"props":  u.props,
		"render": u.render,
	})
	return u
}

// edit edits a page and returns how often that was done.
func (u *upstream) edit(path string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.edits[path]++
	return u.edits[path]
}

// lasting is a page that is not made anew by itself.
const lasting = "/lasting"

// props gives the data that a page shows.
func (u *upstream) props(in relaytest.Input) (int, string) {
	u.mu.Lock()
	n := len(u.made)
	u.made = append(u.made, generation{path: in.Path, host: in.Header.Get("X-Host"), edit: u.edits[in.Path], from: time.Now()})
	window := 1
	if in.Path == lasting {
		window = 3600
	}
	answer := fmt.Sprintf(`{"props":{"edit":%d,"generation":%d},"revalidate":%d}`, u.edits[in.Path], n, window)
	slow := u.slow
	u.mu.Unlock()
	time.Sleep(rand.N(slow))
	return 200, answer
}

// seen is what a page says.
type seen struct {
	path, host       string
	edit, generation int
}

func (u *upstream) render(in relaytest.Input) (int, string) {
	var p struct{ Edit, Generation int }
	if err := json.Unmarshal(in.Props, &p); err != nil {
		return 500, err.Error()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.made[p.Generation].to = time.Now()
	return 200, fmt.Sprintf("%s %s %d %d.", in.Path, in.Header.Get("X-Host"), p.Edit, p.Generation)
}

func parse(body string) (s seen, err error) {
	_, err = fmt.Sscanf(body, "%s %s %d %d.", &s.path, &s.host, &s.edit, &s.generation)
	return s, err
}

// overlap is two generations of one path at the same time.
type overlap struct{ first, second generation }

// overlaps are those of all that was made.
func (u *upstream) overlaps() (list []overlap) {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := make(map[string]generation) // by path: the one that ended last
	for _, g := range u.made {
		if g.to.IsZero() { // its host was killed
			continue
		}
		before, ok := last[g.path]
		if ok && before.to.After(g.from) {
			list = append(list, overlap{before, g})
		}
		if !ok || g.to.After(before.to) {
			last[g.path] = g
		}
	}
	return list
}

// generation returns one by its number.
func (u *upstream) generation(n int) generation {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.made[n]
}

func (u *upstream) count() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.made)
}
