package host_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/host"
	"github.com/wisr-dev/wisr/host/config"
	"github.com/wisr-dev/wisr/host/store/dir"
)

// The environment of a process that serves a site until it is killed.
const (
	killedSite  = "WISR_TEST_KILLED_SITE"  // its folder
	killedEpoch = "WISR_TEST_KILLED_EPOCH" // unix nanoseconds, since when its clock runs a hundred times too fast
)

// TestServedByAProcessOfItsOwn is that process, and not a test.
func TestServedByAProcessOfItsOwn(t *testing.T) {
	folder := os.Getenv(killedSite)
	if folder == "" {
		t.Skip("runs for TestS144KilledAtAnyMoment only")
	}
	nanoseconds, err := strconv.ParseInt(os.Getenv(killedEpoch), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	epoch := time.Unix(0, nanoseconds)
	cfg, err := config.Load(folder, os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.Open(context.Background(), cfg, host.Options{
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Now: func() time.Time { return epoch.Add(100 * time.Since(epoch)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	err = h.Serve(context.Background(), func(a host.Addresses) { fmt.Println("serving " + a.Site) })
	t.Fatal(err)
}

// process serves the site in another process until kill.
func (s *site) process(epoch time.Time) (kill func() (log string)) {
	s.t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^TestServedByAProcessOfItsOwn$", "-test.count=1")
	c.Env = append(os.Environ(), killedSite+"="+s.dir, killedEpoch+"="+strconv.FormatInt(epoch.UnixNano(), 10))
	var log bytes.Buffer
	c.Stderr = &log
	out, err := c.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		s.t.Fatal(err)
	}
	kill = sync.OnceValue(func() string {
		_ = c.Process.Kill()
		_ = c.Wait() // it says that it was killed
		return log.String()
	})
	s.t.Cleanup(func() { kill() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			s.url = strings.TrimSuffix(url, "/")
			return kill
		}
	}
	s.t.Fatalf("the process did not begin to serve:\n%s", kill())
	return nil
}

// ask is get for a host that may be killed meanwhile.
func (s *site) ask(path string) (a answer, ok bool) {
	response, err := s.client.Get(s.url + path)
	if err != nil {
		return a, false
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err == nil
}

func TestS144KilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	both(t, func(t *testing.T, s *site) {
		s.plugin("page", "/[...n]")
		body := func(path string, n int) string { return strings.Repeat(fmt.Sprintf("%s %d.", path, n), 500) }
		s.upstream.on("page", script{
			props:  func(in input) (int, string) { return 200, fmt.Sprintf(`{"props":{"n":%d},"revalidate":1}`, in.N) },
			render: func(in input) (int, string) { return 200, body(in.Path, in.N) },
		})
		epoch := time.Now()
		seen := make(map[string]int) // path → the latest generation that anybody saw
		number := func(path string, a answer) int {
			var n int
			if _, err := fmt.Sscanf(a.body, path+" %d.", &n); err != nil || a.status != http.StatusOK || a.body != body(path, n) {
				t.Fatalf("%s: %d %.100q (%v): not a whole page", path, a.status, a.body, err)
			}
			return n
		}
		const rounds = 6 // the store alone is killed far more often in its own tests
		for round := range rounds {
			kill := s.process(epoch)
			for path, n := range seen {
				a, ok := s.ask(path)
				if !ok || a.header.Get("X-Wisr-Cache") == "MISS" {
					t.Fatalf("%s was generation %d before a kill and is not there after it", path, n)
				}
				if got := number(path, a); got < n {
					t.Errorf("%s was generation %d before a kill and is %d after it", path, n, got)
				}
			}
			end := 1 + rand.IntN(40)
			for i := 0; ; i++ {
				if i == end { // some time during the next requests
					time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { kill() })
				}
				path := "/old/" + strconv.Itoa(i%5) // renewed all the time
				if i%3 == 0 {
					path = fmt.Sprintf("/new/%d/%d", round, i)
				}
				a, ok := s.ask(path)
				if !ok {
					break
				}
				seen[path] = number(path, a)
			}
			log := kill()
			if strings.Contains(log, "damaged") || strings.Contains(log, "level=ERROR") {
				t.Errorf("round %d: %s", round, log)
			}
			s.wholeFiles()
		}
		if len(seen) == 0 {
			t.Error("no page was made before any kill")
		}
	})
}

// wholeFiles checks that every entry in the store can be read.
func (s *site) wholeFiles() {
	s.t.Helper()
	var log bytes.Buffer
	d, err := dir.Open(s.pages(), dir.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		s.t.Fatal(err)
	}
	defer d.Close()
	ctx, n := context.Background(), 0
	for entry, err := range d.Pages(ctx) {
		if err == nil {
			_, err = d.Get(ctx, entry.Key)
		}
		if err != nil {
			s.t.Error(err)
		}
		n++
	}
	if files, _ := s.size(); n != files || log.Len() > 0 {
		s.t.Errorf("%d files, %d entries:\n%s", files, n, &log)
	}
}
