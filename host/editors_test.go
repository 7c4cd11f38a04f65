package host_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestS105TwoHundredEditorsAndVisitors has 100 editors and 100 visitors at a few
// pages, which an upstream stamps with the number of the last edit. An editor who
// was answered sees the edit or a later one; nobody sees a page go back. They are at
// it for a second with the memory cache on and one with it off; WISR_EDITING=10s makes that longer.
func TestS105TwoHundredEditorsAndVisitors(t *testing.T) {
	const pages, editors, visitors = 6, 100, 100
	editing, err := time.ParseDuration(cmp.Or(os.Getenv("WISR_EDITING"), "1s"))
	if err != nil {
		t.Fatal(err)
	}
	forEditors(t, func(t *testing.T, s *site) {
		s.clock.since = time.Now()
		s.client.Transport.(*http.Transport).MaxIdleConnsPerHost = editors + visitors
		var edits [pages]atomic.Int64
		edit := func(path string) *atomic.Int64 {
			n, _ := strconv.Atoi(path[len(path)-1:])
			return &edits[n]
		}
		s.upstream.on("blog", script{
			props: func(in input) (int, string) {
				stamp := edit(in.Path).Load()
				time.Sleep(time.Duration(rand.IntN(8)) * time.Millisecond) // the answer is old when it arrives
				return 200, fmt.Sprintf(`{"props":{"stamp":%d},"revalidate":1,"tags":["t%s"]}`, stamp, in.Path[len(in.Path)-1:])
			},
			render: func(in input) (int, string) { return 200, string(in.Props) },
		})
		s.start()
		var answered, seen atomic.Int64
		end := time.Now().Add(editing)
		var all sync.WaitGroup
		for range editors {
			all.Go(func() {
				for once := true; once || time.Now().Before(end) && !t.Failed(); once = false {
					n := rand.IntN(pages)
					path := fmt.Sprintf("/blog/%d", n)
					mine := edit(path).Add(1)
					switch rand.IntN(10) {
					case 0:
						s.revalidate(fmt.Sprintf("?tag=t%d&mode=purge", n), 200)
					case 1:
						s.revalidate("?path="+path+"&mode=purge", 200)
					case 2:
						s.revalidate(fmt.Sprintf("?tag=t%d", n), 200)
						s.get(path) // begins a generation, and promises nothing yet
						continue
					default:
						s.revalidate("?path="+path, 200)
					}
					answered.Add(1)
					if got := s.stamp(path); got < mine {
						t.Errorf("%s: edit %d was answered, and the page is as of %d", path, mine, got)
					}
				}
			})
		}
		for range visitors {
			all.Go(func() {
				var last [pages]int64
				for once := true; once || time.Now().Before(end) && !t.Failed(); once = false {
					n := rand.IntN(pages)
					path := fmt.Sprintf("/blog/%d", n)
					got := s.stamp(path)
					if got < last[n] {
						t.Errorf("%s went back from %d to %d", path, last[n], got)
					}
					last[n] = got
					seen.Add(1)
				}
			})
		}
		all.Wait()
		t.Logf("%d edits were answered and %d pages seen in %v", answered.Load(), seen.Load(), editing)
		if answered.Load() < editors/2 || seen.Load() < visitors {
			t.Errorf("only %d answers and %d visits", answered.Load(), seen.Load())
		}
	})
}

// stamp is the edit that a page shows.
func (s *site) stamp(path string) int64 {
	a := s.get(path)
	var stamp int64
	if _, err := fmt.Sscanf(a.body, `{"stamp":%d}`, &stamp); err != nil || a.status != 200 {
		s.t.Errorf("GET %s: %d %q", path, a.status, a.body)
	}
	return stamp
}
