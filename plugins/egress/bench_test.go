package egress

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"
)

// One guarded GET beside one of a bare net/http client, to the same upstream
// on loopback, alternating. "x-bare" is the ratio of the medians:
//
//	go test -run '^$' -bench Guarded ./plugins/egress
func BenchmarkGuardedRequest(b *testing.B) {
	page := make([]byte, 13<<10)
	up := serve(b, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(page)
	})
	guarded := client(b, Options{Headers: map[string]http.Header{up.URL: {"Authorization": {"Bearer secret"}}}},
		"https://*.cms.example/v1/*", "https://api.example.com", up.URL+"/v1/*")
	bare := &http.Client{Transport: &http.Transport{}}
	defer bare.CloseIdleConnections()
	target := up.URL + "/v1/posts?page=1"
	ctx := context.Background()

	var inBare, inGuarded []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if err := get(ctx, bare, target); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		if _, err := guarded.Do(ctx, Request{URL: target, Header: map[string]string{"Accept": "application/json"}}); err != nil {
			b.Fatal(err)
		}
		inBare = append(inBare, middle.Sub(start))
		inGuarded = append(inGuarded, time.Since(middle))
	}
	b.ReportMetric(float64(median(inGuarded))/float64(median(inBare)), "x-bare")
}

// Twenty requests of 50 ms each, asked together as fetch_all does. "x-one" is
// how long that takes, by how long one takes:
//
//	go test -run '^$' -bench Twenty ./plugins/egress
func BenchmarkTwentyRequestsAtOnce(b *testing.B) {
	const each = 50 * time.Millisecond
	up := serve(b, func(w http.ResponseWriter, r *http.Request) {
		sleep(r.Context(), int(each/time.Millisecond))
		w.Write(make([]byte, 13<<10))
	})
	c := client(b, Options{}, up.URL)
	requests := make([]Request, 20)
	for i := range requests {
		requests[i].URL = fmt.Sprintf("%s/%d", up.URL, i)
	}
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		results, err := c.Begin().DoAll(context.Background(), requests, 1<<20)
		if err != nil || results[19].Err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	b.ReportMetric(float64(median(took))/float64(each), "x-one")
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

func get(ctx context.Context, c *http.Client, target string) error {
	req, err := http.NewRequestWithContext(ctx, "GET", target, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer secret")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func BenchmarkCheck(b *testing.B) {
	p, err := ParsePolicy(spellingAllow, nil)
	if err != nil {
		b.Fatal(err)
	}
	u, err := url.Parse("https://a.cms.example/v1/posts?page=1")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if p.Check("GET", u) != nil {
			b.Fatal("denied")
		}
	}
}
