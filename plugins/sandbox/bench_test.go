package sandbox

import (
	"bytes"
	"context"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

// beside measures two things in turns, both on a thread for guests, by the time
// which that thread has the processor: others on the machine, and what waits for
// a wakeup, are not in it. It reports how long each takes, and the ratio of ours
// to theirs.
func beside(b *testing.B, s *Sandbox, ours, theirs func(context.Context)) {
	b.Helper()
	const turns = 20
	n := max(1, b.N/turns)
	var took [2]time.Duration
	err := s.Do(b.Context(), func(ctx context.Context) {
		for range turns {
			for k, f := range []func(context.Context){ours, theirs} {
				begun := threadTime()
				for range n {
					f(ctx)
				}
				took[k] += threadTime() - begun
			}
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	total := float64(n * turns)
	b.ReportMetric(took[0].Seconds()/took[1].Seconds(), "ratio")
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
