package chaostest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/wisr-dev/wisr/host/linktest"
)

func TestAHostThatIsAlone(t *testing.T) {
	asked(t)
	f := newFleet(t, built(t))
	alone(t, f)
	killedAlone(t, f)
}

// alone has hosts lose the others, and come back with what was made and acknowledged meanwhile.
func alone(t *testing.T, f *fleet) {
	f.whole()
	c := newCrowd(f, 2)
	a, b, host := f.hosts[0], f.hosts[1], f.hosts[2]
	for _, path := range c.paths {
		f.until("all hosts confirm", func() bool { return c.revalidate(2, path) == 3 })
	}

	// The majority is gone.
	a.kill(syscall.SIGKILL)
	b.kill(syscall.SIGKILL)
	f.until("the last host says that it is detached", host.isDetached)
	before := host.shows(t, "/0")
	if !strings.Contains(before.cacheStatus, "detail=detached") || before.state != "STALE" {
		t.Errorf("the last host shows %+v", before)
	}
	if fresh := host.shows(t, "/made-alone"); fresh.state != "MISS" {
		t.Errorf("it makes a page as %+v", fresh)
	}
	if metrics := host.metrics(t); !strings.Contains(metrics, "wisr_cluster_detached 1") {
		t.Error("its metrics do not say that it is detached")
	}
	if !host.said("the other hosts cannot be reached") {
		t.Error("its log does not say that it is detached")
	}
	if got := c.revalidate(2, "/0"); got != 1 {
		t.Errorf("%d hosts confirm what one of them knows", got)
	}
	f.whole()
	f.until("all hosts show what was acknowledged meanwhile", func() bool { return c.same() == nil })

	// A host is cut off. Of what is acknowledged on both sides, the later stays.
	f.link(2, linktest.Cut)
	f.until("the host that was cut off says so", host.isDetached)
	c.revalidate(2, "/0")
	c.revalidate(0, "/1")
	for i, path := range []string{2: "/1", 0: "/0"} {
		if path != "" {
			f.until("an edit is acknowledged", func() bool { return c.revalidate(i, path) > 0 })
		}
	}
	f.whole()
	f.until("all hosts show the latest that was acknowledged", func() bool { return c.same() == nil })
	for _, p := range c.problems {
		t.Error(p)
	}
}

// killedAlone has a host that is alone acknowledge an edit and be killed before it can tell the others. The page that they
// have would be shown for an hour; they get the other one, without that it is made again.
func killedAlone(t *testing.T, f *fleet) {
	f.whole()
	c := newCrowd(f, 0)
	c.paths = []string{lasting}
	f.until("all hosts confirm", func() bool { return c.revalidate(0, lasting) == 3 })
	f.link(2, linktest.Cut)
	f.until("the host that was cut off says so", f.hosts[2].isDetached)
	f.until("it acknowledges an edit", func() bool { return c.revalidate(2, lasting) == 1 })
	f.hosts[2].kill(syscall.SIGKILL)
	f.whole()
	made := f.upstream.count()
	f.until("all hosts show what was acknowledged", func() bool { return c.same() == nil })
	if n := f.upstream.count() - made; n > 0 {
		t.Errorf("what was acknowledged is made again, in %d generations", n)
	}
}

// shows asks a host for a page, which has to be one.
func (h *member) shows(t *testing.T, path string) shown {
	t.Helper()
	page, err := h.get(t.Context(), path)
	if _, wrong := parse(page.body); err != nil || wrong != nil || page.status != http.StatusOK {
		t.Fatalf("host %s shows %s as %d %q, %v", h.name, path, page.status, page.body, err)
	}
	return page
}

func (h *member) metrics(t *testing.T) string {
	t.Helper()
	response, err := h.f.client.Get(fmt.Sprintf("http://%s:%d/metrics", h.ip, adminPort))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// said tells whether the host's log has a text lately.
func (h *member) said(text string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Contains(strings.Join(h.log, "\n"), text)
}
