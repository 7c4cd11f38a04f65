package sandbox

import (
	"bytes"
	"context"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
)

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
