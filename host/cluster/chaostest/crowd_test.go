package chaostest

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// crowd are visitors and editors, who check what they are shown.
type crowd struct {
	f     *fleet
	paths []string
	// private says that a host may make pages for itself alone, which go with its process.
	private bool
	group   sync.WaitGroup

	mu       sync.Mutex
	promised [3]map[string]promise // by host and path: the latest edit that the host said it shows
	acked    map[string]promise    // by path: the latest edit that an editor was told is shown
	visits   int
	retried  int
	edited   int
	refused  int
	slowest  map[string]visit // by what the visitor was told
	problems []string
}

// visit is one that took long.
type visit struct {
	host, path string
	took       time.Duration
	at         time.Time
}

func (v visit) String() string {
	return fmt.Sprintf("%v (%s on %s at %s)", v.took.Round(time.Millisecond), v.path, v.host, v.at.Format("05.000"))
}

// promise is an edit, and who promised it when.
type promise struct {
	edit int
	host string
	at   time.Time
	told string
}

func newCrowd(f *fleet, pages int) *crowd {
	c := &crowd{f: f, acked: make(map[string]promise), slowest: make(map[string]visit)}
	for n := range pages {
		c.paths = append(c.paths, fmt.Sprintf("/%d", n))
	}
	for i := range c.promised {
		c.promised[i] = make(map[string]promise)
	}
	return c
}

// problem notes what must not happen.
func (c *crowd) problem(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.problems = append(c.problems, time.Now().Format("05.000 ")+fmt.Sprintf(format, args...))
}

// visit asks hosts for pages until ctx ends, and tries another host only where a connection is lost.
func (c *crowd) visit(ctx context.Context, random *rand.Rand) {
	last := [3]map[string]seen{{}, {}, {}}
	var lives [3]int
	for n := 0; ctx.Err() == nil; n++ {
		path := c.paths[random.IntN(len(c.paths))]
		if random.IntN(50) == 0 {
			path = fmt.Sprintf("/new/%d/%d", random.IntN(10), n) // several visitors may come to it at once
		}
		i := random.IntN(3)
		for ctx.Err() == nil {
			if life := c.f.hosts[i].life(); c.private && life != lives[i] {
				lives[i], last[i] = life, make(map[string]seen)
			}
			if c.look(i, path, last[i]) {
				break
			}
			i = (i + 1) % 3
		}
		time.Sleep(some(random, 4*time.Millisecond))
	}
}

// look shows a page of a host to a visitor, who remembers what it was before. It is false if the connection was lost.
func (c *crowd) look(i int, path string, last map[string]seen) bool {
	h := c.f.hosts[i]
	c.mu.Lock()
	promised := c.promised[i][path]
	c.mu.Unlock()
	begun := time.Now()
	page, err := h.get(context.Background(), path)
	took := time.Since(begun)
	c.mu.Lock()
	if c.slowest[page.state].took < took {
		c.slowest[page.state] = visit{h.name, path, took, begun}
	}
	c.visits++
	if err != nil {
		c.retried++
	}
	c.mu.Unlock()
	if err != nil {
		return false
	}
	now, err := parse(page.body)
	if page.status != http.StatusOK || err != nil || now.path != path {
		c.problem("host %s shows %s as %d %q", h.name, path, page.status, page.body)
		return true
	}
	where := fmt.Sprintf("host %s shows generation %d of %s (edit %d, made by %s; %s %s)", h.name, now.generation, path, now.edit, now.host, page.state, page.cacheStatus)
	if before := last[path]; before.path != "" && now.generation < before.generation {
		if was, is := c.f.upstream.generation(before.generation), c.f.upstream.generation(now.generation); !c.f.apart(is, was) {
			c.problem("goes back: %s after generation %d (edit %d, made by %s), which is %v younger", where, before.generation, before.edit, before.host, was.from.Sub(is.from))
		}
	}
	if now.edit < promised.edit {
		c.problem("lost: %s; edit %d was promised by %s at %s: %s", where, promised.edit, promised.host, promised.at.Format("05.000"), promised.told)
	}
	last[path] = now
	return true
}

// edit edits pages and has hosts make them anew, until ctx ends.
func (c *crowd) edit(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		c.revalidate(random.IntN(3), c.paths[random.IntN(len(c.paths))])
		time.Sleep(some(random, 100*time.Millisecond))
	}
}

// revalidate edits a page and has a host make it anew.
func (c *crowd) revalidate(i int, path string) (confirmed int) {
	h := c.f.hosts[i]
	edit := c.f.upstream.edit(path)
	answer, ok := c.ask(h, path)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.edited++
	if !ok {
		c.refused++
		return 0
	}
	p := promise{edit, h.name, time.Now(), fmt.Sprint(answer.Hosts.Confirmed, " of ", answer.Hosts.Live, " hosts confirmed")}
	for j := range c.promised {
		if (j == i || answer.Hosts.Confirmed == len(c.promised)) && c.promised[j][path].edit < edit {
			c.promised[j][path] = p
		}
	}
	if c.acked[path].edit < edit {
		c.acked[path] = p
	}
	return answer.Hosts.Confirmed
}

// told is the answer to an editor.
type told struct {
	Revalidated bool
	Hosts       struct{ Confirmed, Live int }
}

func (c *crowd) ask(h *member, path string) (answer told, ok bool) {
	query := url.Values{"secret": {"editors"}, "path": {path}}
	response, err := c.f.client.Post(fmt.Sprintf("http://%s:%d/_wisr/revalidate?%s", h.ip, sitePort, query.Encode()), "", nil)
	if err != nil {
		return answer, false
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&answer)
	return answer, err == nil && response.StatusCode == http.StatusOK && answer.Revalidated
}

// same tells why hosts do not show the same pages, without that any is made anew for it.
func (c *crowd) same() error {
	for _, path := range c.paths {
		var first shown
		for i, h := range c.f.hosts {
			page, err := h.get(context.Background(), path, "Purpose", "prefetch")
			if err != nil {
				return err
			}
			now, err := parse(page.body)
			if err != nil || page.status != http.StatusOK {
				return fmt.Errorf("host %s shows %s as %d %q", h.name, path, page.status, page.body)
			}
			if edit := c.acked[path].edit; now.edit < edit {
				return fmt.Errorf("host %s shows edit %d of %s, and %d was acknowledged", h.name, now.edit, path, edit)
			}
			if i == 0 {
				first = page
			} else if page.body != first.body || page.etag != first.etag {
				return fmt.Errorf("host %s shows %q, %s, and host %s %q, %s", h.name, page.body, page.etag, c.f.hosts[0].name, first.body, first.etag)
			}
		}
	}
	return nil
}

// some is a time that is shorter than most.
func some(random *rand.Rand, most time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(most)))
}
