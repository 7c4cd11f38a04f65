package sandbox

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// beside measures two things in turns, both on a thread for guests, by the time
// which that thread has the processor: others on the machine, and what waits for
// a wakeup, are not in it. It reports how long each takes, and the ratio of ours
// to theirs, the median of all turns.
func beside(b *testing.B, s *Sandbox, ours, theirs func(context.Context)) {
	b.Helper()
	const turns = 100
	n := max(1, b.N/turns)
	var took [2]time.Duration
	var ratios []float64
	err := s.Do(b.Context(), func(ctx context.Context) {
		for range turns {
			var turn [2]time.Duration
			for k, f := range []func(context.Context){ours, theirs} {
				begun := threadTime()
				for range n {
					f(ctx)
				}
				turn[k] = threadTime() - begun
				took[k] += turn[k]
			}
			ratios = append(ratios, turn[0].Seconds()/turn[1].Seconds())
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	total := float64(n * turns)
	slices.Sort(ratios)
	b.ReportMetric(ratios[turns/2], "ratio")
	b.ReportMetric(took[0].Seconds()*1e6/total, "us")
	b.ReportMetric(took[1].Seconds()*1e6/total, "their-us")
	b.ReportMetric(0, "ns/op") // of the two together it means nothing
}

// What it costs to go to a thread for guests and back.
func BenchmarkDo(b *testing.B) {
	s := box(b, Options{})
	for b.Loop() {
		if err := s.Do(b.Context(), func(context.Context) {}); err != nil {
			b.Fatal(err)
		}
	}
}

// One generation of a small page: a fresh instance, one call, gone.
func BenchmarkRunAndRender(b *testing.B) {
	m := load(b, box(b, Options{}), Spec{Module: fixture(b, "hello.wasm")})
	b.ReportAllocs()
	for b.Loop() {
		i, err := m.Run(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := i.Call(b.Context(), "render", nil); err != nil {
			b.Fatal(err)
		}
		i.Close()
	}
}

// The same by Extism alone, with a time-out: what the one above costs more or
// less is this package's.
func BenchmarkRunAndRenderByExtism(b *testing.B) {
	ctx := context.Background()
	p, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm:    []extism.Wasm{extism.WasmData{Data: fixture(b, "hello.wasm")}},
		Timeout: uint64(10 * time.Second / time.Millisecond),
	}, extism.PluginConfig{EnableWasi: true}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(ctx)
	b.ReportAllocs()
	for b.Loop() {
		i, err := p.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := i.Call("render", nil); err != nil {
			b.Fatal(err)
		}
		i.Close(ctx)
	}
}

// 13 KB in and 13 KB out of an instance that is there.
func BenchmarkCall(b *testing.B) {
	m := load(b, box(b, Options{}), Spec{Module: fixture(b, "echo.wasm"), Timeout: time.Hour})
	i := run(b, m)
	input := bytes.Repeat([]byte("x"), 13<<10)
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := i.Call(b.Context(), "render", input); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	s := box(b, Options{})
	spec := Spec{Name: "test", Module: fixture(b, "relay.wasm")}
	load(b, s, spec) // compiled code is in the cache folder from here on
	for b.Loop() {
		m, err := s.Load(b.Context(), spec)
		if err != nil {
			b.Fatal(err)
		}
		m.Close(b.Context())
	}
}

// An instance of a page in Go, created and closed.
func BenchmarkInstanceOfGo(b *testing.B) {
	benchmarkInstance(b, gopage(b), true)
}

// The same where no guest is used again.
func BenchmarkInstanceOfGoNew(b *testing.B) {
	s := box(b, Options{})
	s.spares.most = 0
	m := loadSnapshot(b, s, gopage(b), true)
	b.ReportAllocs()
	for b.Loop() {
		i, err := m.Run(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		i.Close()
	}
}

func benchmarkInstance(b *testing.B, module []byte, snapshot bool) {
	m := loadSnapshot(b, box(b, Options{}), module, snapshot)
	b.ReportAllocs()
	for b.Loop() {
		i, err := m.Run(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		i.Close()
	}
}

func loadSnapshot(b *testing.B, s *Sandbox, module []byte, snapshot bool) *Module {
	m, err := s.Load(b.Context(), Spec{Name: "test", Module: module, Snapshot: snapshot})
	if err != nil {
		b.Fatal(err)
	}
	if snapshot && m.Ordinary() != "" {
		b.Fatal(m.Ordinary())
	}
	return m
}

// The same by Extism alone: it has run its initialiser after the first call.
func BenchmarkInstanceOfGoByExtism(b *testing.B) {
	ctx := context.Background()
	p, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: gopage(b)}},
	}, extism.PluginConfig{EnableWasi: true}, hostFunctions()) // which sdk/go imports, and nothing calls
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(ctx)
	b.ReportAllocs()
	for b.Loop() {
		i, err := p.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			b.Fatal(err)
		}
		i.Close(ctx)
	}
}

// Instance and render of the Go page.
func BenchmarkGoPage(b *testing.B) {
	for _, c := range []struct {
		name string
		warm bool
	}{{"warm", true}, {"fresh", false}} {
		b.Run(c.name, func(b *testing.B) {
			m := loadSnapshot(b, box(b, Options{}), gopage(b), true)
			in := listInput()
			var i *Instance
			for b.Loop() {
				var err error
				if i == nil {
					if i, err = m.Run(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := i.Call(b.Context(), "render", in); err != nil {
					b.Fatal(err)
				}
				i.left = time.Hour
				if !c.warm {
					i.Close()
					i = nil
				}
			}
		})
	}
}

// Load of a module in Go whose code and image are in the cache folder.
func BenchmarkLoadOfGo(b *testing.B) {
	s := box(b, Options{})
	spec := Spec{Name: "test", Module: gopage(b), Snapshot: true}
	load(b, s, spec)
	for b.Loop() {
		m, err := s.Load(b.Context(), spec)
		if err != nil {
			b.Fatal(err)
		}
		m.Close(b.Context())
	}
}
