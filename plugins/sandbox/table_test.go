package sandbox

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// The table of `task bench:sandbox`: what isolation costs. "x-most" is what the
// metric x is to be at most.

// A fresh instance and a render, against a render of the same module in an
// instance that is there, without metering and without this package.
func BenchmarkGenerationToWarm(b *testing.B) {
	bars := map[string]float64{"go": 1.5, "c": 2}
	for _, p := range benchPages {
		b.Run(p.name, func(b *testing.B) {
			s := box(b, Options{})
			input := pageInput(b)
			module, _ := p.modules(b)
			beside(b, s, fresh(b, s, module, input), bare(b, module, input, nil))
			b.ReportMetric(bars[p.name], "ratio-most")
		})
	}
}

// A fresh instance and a render, against the same by Extism with a time-out.
func BenchmarkGenerationToStock(b *testing.B) {
	bars := map[string]float64{"go": 0.2, "c": 0.5}
	for _, p := range benchPages {
		b.Run(p.name, func(b *testing.B) {
			s := box(b, Options{})
			input := pageInput(b)
			ours, theirs := p.modules(b)
			beside(b, s, fresh(b, s, ours, input), stock(b, theirs, input))
			b.ReportMetric(bars[p.name], "ratio-most")
		})
	}
}

// 200 pages at once that wait 10 ms each for an upstream, in a host of two cores.
// The bar is not one of time on a busy machine: one after the other they took two
// seconds.
func BenchmarkWaiting(b *testing.B) {
	const pages, wait = 200, 10 * time.Millisecond
	u := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(wait)
		fmt.Fprint(w, "page")
	}))
	defer u.Close()
	s := box(b, Options{Cores: 2})
	m := load(b, s, Spec{Module: fixture(b, "relay.wasm"), Config: map[string]string{"upstream": u.URL}, Fetch: fetcher(b, u.URL)})
	for b.Loop() {
		var all sync.WaitGroup
		for range pages {
			all.Go(func() {
				if _, err := generate(b.Context(), m, ""); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// An instance of a snapshotted Go guest, created and closed, against Extism's.
func BenchmarkInstance(b *testing.B) {
	s := box(b, Options{})
	ours, theirs := benchPages[0].modules(b)
	m := load(b, s, Spec{Module: ours})
	p := stocked(b, theirs)
	beside(b, s, func(ctx context.Context) {
		i, err := m.Run(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		i.Close()
	}, func(ctx context.Context) {
		i, err := p.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			b.Error(err)
			return
		}
		i.Close(ctx)
	})
	b.ReportMetric(150, "us-most")
}

// How long after its deadline of 200 ms a guest that will not end has ended.
func BenchmarkDeadline(b *testing.B) {
	const deadline = 200 * time.Millisecond
	u := newUpstream(b)
	guests := map[string]*Module{}
	for name, module := range endless() {
		m, err := box(b, Options{}).Load(b.Context(), Spec{Module: module, Timeout: deadline, Memory: 1100 << 20})
		if err != nil {
			b.Fatal(err)
		}
		guests[name] = m
	}
	guests["recursion"] = relay(b, u, Spec{Timeout: deadline})
	u.answer(610, "")
	for _, name := range slices.Sorted(maps.Keys(guests)) {
		b.Run(name, func(b *testing.B) {
			var worst time.Duration
			for b.Loop() {
				i := run(b, guests[name])
				begun := time.Now()
				if f := failure(b, i, "render", nil); f.Cause != CauseTimeout {
					b.Fatal(f)
				}
				worst = max(worst, time.Since(begun)-deadline)
				i.Close()
			}
			b.ReportMetric(float64(worst.Microseconds())/1000, "ms-late")
			b.ReportMetric(20, "ms-late-most")
		})
	}
}
