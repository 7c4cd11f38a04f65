package host_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// sites are several hosts of one site, in this process. Their pages are kept by a real
// server that is not in any of them, so that it may listen on any port.
type sites []*site

func newSites(t *testing.T, n int) sites {
	t.Helper()
	s, err := server.NewServer(&server.Options{
		ServerName: "test", Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the server does not start")
	}
	var all sites
	for i := range n {
		one := newSite(t, "50MB")
		if i > 0 {
			one.upstream, one.clock = all[0].upstream, all[0].clock
		}
		one.settings(fmt.Sprintf("[cache]\nstore = \"jetstream:%s\"\n[cluster]\nreplicas = 1\nhost = \"host-%d\"\n[revalidate]\nsecret = \"editors\"\n[grants]\nfetch = [%q]\n",
			strings.TrimPrefix(s.ClientURL(), "nats://"), i, all.first(one).upstream.URL))
		all = append(all, one)
	}
	return all
}

func (s sites) first(or *site) *site {
	if len(s) > 0 {
		return s[0]
	}
	return or
}

func (s sites) each(do func(*site)) {
	for _, one := range s {
		do(one)
	}
}

// start starts all hosts and waits until each sees all.
func (s sites) start() {
	s.each(func(one *site) { one.start() })
	s.each(func(one *site) {
		eventually(one.t, "every host sees the others", func() bool { return len(one.live()) == len(s) })
	})
}

// live are the hosts that one sees.
func (s *site) live() []string {
	s.t.Helper()
	answer := s.operator(http.MethodGet, "readyz")
	var ready struct {
		Details struct {
			Cluster struct {
				Live []string `json:"live"`
			} `json:"cluster"`
		} `json:"details"`
	}
	if err := json.Unmarshal([]byte(answer), &ready); err != nil {
		s.t.Fatalf("readyz says %s: %v", answer, err)
	}
	return ready.Details.Cluster.Live
}

func (s *site) operator(method, path string) string {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.admin+"/"+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if err := answer.Write(&text); err != nil {
		s.t.Fatal(err)
	}
	_, body, _ := strings.Cut(text.String(), "\r\n\r\n")
	return body
}

// eventually waits for something that takes as long as the machine is busy.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(2 * time.Minute); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestS100TheAnswerNamesTheHostsAndAllShowTheNewPage(t *testing.T) {
	all := newSites(t, 3)
	all.each(func(s *site) { s.plugin("page", "/[n]") })
	all.start()
	all[0].sees("/1", 200, "MISS", "/1 #1")
	all[1].sees("/1", 200, "HIT", "/1 #1")
	all[2].sees("/1", 200, "HIT", "/1 #1")
	for n := 2; n < 12; n++ {
		answer := all[n%3].get("/_wisr/revalidate?secret=editors&path=/1")
		want := fmt.Sprintf("/1 #%d", n)
		if !strings.Contains(answer.body, `"hosts":{"confirmed":3`) { // a second is short on a busy machine
			all.each(func(s *site) { s.becomes("/1", want) })
		}
		all.each(func(s *site) { s.sees("/1", 200, "HIT", want) })
	}
	eventually(t, "all hosts confirm", func() bool {
		return strings.Contains(all[0].get("/_wisr/revalidate?secret=editors&path=/1").body, `"hosts":{"confirmed":3,"live":3}`)
	})
}

func TestBlockingMissesOnSeveralHostsMakeOneGeneration(t *testing.T) {
	all := newSites(t, 3)
	all.each(func(s *site) { s.plugin("page", "/[n]") })
	all.start()
	made := 0
	for n := range 10 {
		var group sync.WaitGroup
		for i := range 9 {
			group.Go(func() {
				if got := all[i%3].get(fmt.Sprintf("/many-%d", n)); got.status != 200 {
					t.Errorf("host %d answers %d %s", i%3, got.status, got.body)
				}
			})
		}
		group.Wait()
		made += all[0].upstream.called("page", "render", fmt.Sprintf("/many-%d", n))
	}
	if made > 12 { // a host does not wait long for a server of a busy machine
		t.Errorf("ninety misses of ten pages on three hosts made %d generations, want 10", made)
	}
}

func TestATagThatIsMarkedOnOneHostIsStaleOnAll(t *testing.T) {
	all := newSites(t, 2)
	all.each(func(s *site) { s.plugin("page", "/[n]") })
	all[0].upstream.on("page", script{props: says(200, `{"props":{},"tags":["t"]}`)})
	all.start()
	all[0].sees("/1", 200, "MISS", "/1 #1")
	all[1].sees("/1", 200, "HIT", "/1 #1")
	all[0].clock.advance(time.Second)
	all[0].get("/_wisr/revalidate?secret=editors&tag=t")
	eventually(t, "the other host makes the page anew", func() bool {
		all[1].get("/1")
		return all[0].upstream.called("page", "render", "/1") == 2
	})
	all.each(func(s *site) { s.becomes("/1", "/1 #2") })
}

func TestAVersionThatIsSentToOneHostIsServedByAll(t *testing.T) {
	all := newSites(t, 3)
	all.each(func(s *site) { s.plugin("page", "/[n]") })
	all.start()
	all[0].sees("/1", 200, "MISS", "/1 #1")
	active := func(s *site) string {
		var plugin struct {
			Active string `json:"active"`
		}
		if err := json.Unmarshal([]byte(s.operator(http.MethodGet, "api/plugins/page")), &plugin); err != nil {
			t.Fatal(err)
		}
		return plugin.Active
	}
	first := active(all[0])
	// The folder of one host changes, as a deploy that goes from host to host has it.
	all[1].plugin("page", "/[n]", "[limits]\ntimeout = \"9s\"")
	eventually(t, "all hosts serve the new version", func() bool {
		second := active(all[1])
		return second != first && active(all[0]) == second && active(all[2]) == second
	})
	second := active(all[1])
	all[2].restart()
	if got := active(all[2]); got != second {
		t.Errorf("after a restart, host 2 serves %.12s, want %.12s", got, second)
	}
	all[2].stop()
	if err := os.RemoveAll(filepath.Join(all[2].dir, ".wisr", "versions")); err != nil { // as a machine that is replaced, with a late folder
		t.Fatal(err)
	}
	all[2].start()
	if got := active(all[2]); got != second || !strings.Contains(all[2].log.String(), "wisr plugin rollback page") {
		t.Errorf("with an old folder, host 2 serves %.12s, want %.12s, and to say so", got, second)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, all[0].admin+"/api/plugins/page/rollback", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := all[0].client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != 200 {
		t.Fatalf("rollback: %s", answer.Status)
	}
	eventually(t, "all hosts are back", func() bool {
		return active(all[0]) == first && active(all[1]) == first && active(all[2]) == first
	})
}

func TestAHostThatCannotLoadAVersionRefusesItForAll(t *testing.T) {
	all := newSites(t, 2)
	all.each(func(s *site) { s.plugin("page", "/[n]") })
	all.start()
	all[0].write("plugins/page/content/a.txt", "which host 1 does not have")
	all[0].plugin("page", "/[n]", "[files]\ncontent = \"content\"")
	eventually(t, "it is refused, naming the host", func() bool {
		return strings.Contains(all[0].log.String(), "host host-1 cannot load it")
	})
	all[0].sees("/1", 200, "MISS", "/1 #1")
	all[0].restart() // as it does when it is killed: it comes back with what is live
	all[0].sees("/1", 200, "HIT", "/1 #1")
}
