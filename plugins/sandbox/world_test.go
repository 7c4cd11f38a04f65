package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wisr-dev/wisr/plugins/egress"
)

// LAB 14: the clock is real, and so is randomness.
func TestClockAndRandomnessAreReal(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(621, "")
	seen := map[string]bool{}
	var lastMono int64
	for range 3 {
		i := run(t, m)
		out, err := i.Call(t.Context(), "render", nil)
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(out))
		if len(fields) != 3 {
			t.Fatalf("got %q", out)
		}
		real, _ := strconv.ParseInt(fields[0], 10, 64)
		mono, _ := strconv.ParseInt(fields[1], 10, 64)
		if off := time.Since(time.Unix(0, real)).Abs(); off > time.Minute {
			t.Errorf("the guest's clock is off by %s", off)
		}
		if mono <= lastMono {
			t.Errorf("the monotonic clock went from %d to %d", lastMono, mono)
		}
		lastMono = mono
		if len(fields[2]) != 32 || seen[fields[2]] {
			t.Errorf("random bytes are %q", fields[2])
		}
		seen[fields[2]] = true
		i.Close()
	}
}

func TestASleepTakesAsLongAsItSays(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	u.answer(617, "30")
	start := time.Now()
	if _, err := run(t, m).Call(t.Context(), "render", nil); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took < 30*time.Millisecond {
		t.Errorf("30 ms took %s", took)
	}
}

func TestVariablesLiveAsLongAsTheirInstance(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	i := run(t, m)
	last := "none"
	for _, value := range []string{"first", "second é", ""} {
		u.answer(618, value)
		if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != last {
			t.Errorf("got %q, %v; want %q", out, err, last)
		}
		last = value
	}
	// Setting it to nothing deleted it, and another instance never had it.
	for _, i := range []*Instance{i, run(t, m)} {
		u.answer(618, "x")
		if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "none" {
			t.Errorf("got %q, %v", out, err)
		}
	}
	// A megabyte of them in all.
	u.answer(619, "1000000")
	if out, err := i.Call(t.Context(), "render", nil); err != nil || string(out) != "kept" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestAModuleWithoutConfigurationHasNone(t *testing.T) {
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "relay.wasm")})
	for export, want := range map[string]string{
		"getStaticPaths": `{"paths":[],"fallback":"blocking"}`,
		"getStaticProps": `{"props":{}}`,
		"render":         `<!doctype html><title>relay</title>`,
	} {
		if out, err := run(t, m).Call(t.Context(), export, nil); err != nil || string(out) != want {
			t.Errorf("%s: got %q, %v", export, out, err)
		}
	}
}

// LAB 6: no client of the process is used, none of its settings, and a
// request comes back with its status, headers and body.
func TestARequestGoesThroughThePluginsClient(t *testing.T) {
	was := http.DefaultClient.Transport
	http.DefaultClient.Transport = broken{}
	defer func() { http.DefaultClient.Transport = was }()

	u := newUpstream(t)
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Two", "a")
		w.Header().Add("X-Two", "b")
		w.Header().Del("Date")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %s", r.Method, r.URL, r.Header.Get("X-Mine"))
	}))
	defer other.Close()
	m := relay(t, u, Spec{Fetch: fetcher(t, u.URL, other.URL)})
	request, _ := json.Marshal(map[string]any{"url": other.URL + "/a?b=c", "headers": map[string]string{"X-Mine": "é"}})
	u.answer(623, string(request))
	i := run(t, m)
	out, err := i.Call(t.Context(), "render", []byte(`{"the":"input"}`))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(string(out), "\n")
	status, headers, _ := strings.Cut(head, " ")
	var got map[string]string
	if err := json.Unmarshal([]byte(headers), &got); err != nil {
		t.Fatalf("headers are %q: %v", headers, err)
	}
	if status != "418" || body != "GET /a?b=c é" || got["x-two"] != "a, b" {
		t.Errorf("got %q", out)
	}
	if want := []string{u.URL + "/render", other.URL + "/a?b=c"}; !slices.Equal(i.Sources(), want) {
		t.Errorf("sources are %q, want %q", i.Sources(), want)
	}
	if want := []string{`POST /render {"the":"input"}`}; !slices.Equal(u.inputs, want) {
		t.Errorf("the upstream got %q, want %q", u.inputs, want)
	}
}

type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("the client of the process was used")
}

// LAB 6: a redirect from an allowed place to a forbidden one is not followed,
// and headers are not carried along.
func TestARedirectToAForbiddenPlaceIsNotFollowed(t *testing.T) {
	var reached atomic.Bool
	forbidden := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer forbidden.Close()
	allowed := httptest.NewServer(http.RedirectHandler(forbidden.URL+"/x", http.StatusFound))
	defer allowed.Close()
	u := newUpstream(t)
	m := relay(t, u, Spec{Fetch: fetcher(t, u.URL, allowed.URL)})
	u.answer(623, fmt.Sprintf(`{"url":%q,"headers":{"Authorization":"Bearer secret"}}`, allowed.URL))
	_, err := run(t, m).Call(t.Context(), "render", nil)
	var denied *egress.Denied
	if f, ok := err.(*Failure); !ok || f.Cause != CauseFetch || !errors.As(err, &denied) {
		t.Errorf("got %v", err)
	}
	if reached.Load() {
		t.Error("the forbidden place was reached")
	}
}

func TestARequestThatIsNoneSaysSo(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{})
	for body, want := range map[string]string{
		"GET /":              "http_request: the description of a request is not JSON as Extism wants it: invalid character 'G'",
		`{"url":7}`:          "http_request: the description of a request is not JSON as Extism wants it: json: cannot unmarshal number",
		`{"url":"ftp://a/"}`: "GET ftp://a/ is not allowed: ",
		`{}`:                 "GET ",
	} {
		u.answer(623, body)
		if f := failure(t, run(t, m), "render", nil); f.Cause != CauseFetch || !strings.HasPrefix(f.Message, want) {
			t.Errorf("%s: got %s: %s", body, f.Cause, f.Message)
		}
	}
}

func TestWithoutAClientThereIsNoNetwork(t *testing.T) {
	u := newUpstream(t)
	m := load(t, box(t, Options{}), Spec{Module: fixture(t, "relay.wasm"), Config: map[string]string{"upstream": u.URL}})
	f := failure(t, run(t, m), "render", nil)
	if f.Cause != CauseFetch || !strings.Contains(f.Message, "is not allowed") || !strings.Contains(f.Message, u.URL) {
		t.Errorf("got %s: %s", f.Cause, f.Message)
	}
	if len(u.inputs) != 0 {
		t.Error("the upstream was reached")
	}
}

// LAB 7: with only one of Extism's memory settings set, no answer would fit.
func TestAnswersOfAnySizeWithinTheMemoryArrive(t *testing.T) {
	u := newUpstream(t)
	m := relay(t, u, Spec{Memory: 64 << 20, Output: 32 << 20})
	for _, n := range []int{1, 7, 8, 9, 70_000, 20 << 20} {
		page := strings.Repeat("x", n)
		u.answer(200, page)
		if out, err := run(t, m).Call(t.Context(), "render", nil); err != nil || string(out) != page {
			t.Errorf("%d bytes: got %d, %v", n, len(out), err)
		}
	}
}

// A run that is given up while it waits for a core is not a time-out.
func TestARunThatIsGivenUpWhileWaitingSaysSo(t *testing.T) {
	s := box(t, Options{Cores: 1})
	m := load(t, s, Spec{Name: "blog", Module: fixture(t, "hello.wasm")})
	i := run(t, m)
	busy := sit(t, s.cores)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := m.Run(ctx)
	_, errCall := i.Call(ctx, "render", nil)
	for _, err := range []error{err, errCall} {
		if f, ok := err.(*Failure); !ok || f.Cause != CauseCanceled || !errors.Is(err, context.DeadlineExceeded) ||
			f.Message != "given up while waiting for a core: context deadline exceeded" {
			t.Errorf("got %v", err)
		}
	}
	// It did not run, and still can.
	busy.leave()
	if _, err := i.Call(t.Context(), "render", nil); err != nil {
		t.Error(err)
	}
}
