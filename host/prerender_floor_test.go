package host

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"   //nolint:depguard // what a build is measured against
	"github.com/tetratelabs/wazero"     //nolint:depguard // the same
	"github.com/tetratelabs/wazero/api" //nolint:depguard // the same

	"github.com/wisr-dev/wisr/host/isr"
	"github.com/wisr-dev/wisr/host/store/dir"
	"github.com/wisr-dev/wisr/plugins/sandbox"
)

// The floor of BenchmarkPrerender: what its pages cost in parts, each by itself
// and as many times, in microseconds of a processor for a page.

// smallPage is about what a page of small.wasm takes as a file.
const smallPage = 1200

// inputs of the calls that make a page of small.wasm.
const (
	smallProps  = `{"params":{"n":"4711"},"path":"/p/4711"}`
	smallRender = `{"params":{"n":"4711"},"path":"/p/4711","props":{"square":22193521}}`
)

// each does something for every page from as many goroutines as there are
// processors, and tells what a page costs.
func each(b *testing.B, pages int, do func(n int) error) (us float64, took time.Duration) {
	b.Helper()
	runtime.GC() // what was before is not this one's
	begun, before := time.Now(), processTime()
	var all sync.WaitGroup
	for w := range runtime.NumCPU() {
		all.Go(func() {
			for n := w; n < pages; n += runtime.NumCPU() {
				if err := do(n); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return (processTime() - before).Seconds() * 1e6 / float64(pages), time.Since(begun)
}

// bareFiles writes files as small as the pages' and renames them into as many
// folders.
func bareFiles(b *testing.B, root string, pages int) (us float64, took time.Duration) {
	b.Helper()
	const folders = 256
	for k := range folders {
		if err := os.MkdirAll(filepath.Join(root, strconv.Itoa(k)), 0o755); err != nil {
			b.Fatal(err)
		}
	}
	data := make([]byte, smallPage)
	return each(b, pages, func(n int) error {
		name := strconv.Itoa(n)
		temp := filepath.Join(root, name+".tmp")
		if err := os.WriteFile(temp, data, 0o644); err != nil {
			return err
		}
		return os.Rename(temp, filepath.Join(root, strconv.Itoa(n%folders), name))
	})
}

// puts stores as many pages, with nothing around it.
func puts(b *testing.B, root string, pages int) float64 {
	b.Helper()
	d, err := dir.Open(root, dir.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	body := make([]byte, smallPage)
	us, _ := each(b, pages, func(n int) error {
		_, err := d.Put(b.Context(), &isr.Entry{Key: "/p/" + strconv.Itoa(n), Plugin: "small", Version: "1", StartedAt: time.Now(), Body: body})
		return err
	})
	return us
}

// guests makes as many pages in fresh instances, each in a core's turn that lasts.
func guests(b *testing.B, module []byte, pages int) float64 {
	b.Helper()
	box, err := sandbox.New(b.Context(), sandbox.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer box.Close(context.Background())
	m, err := box.Load(b.Context(), sandbox.Spec{Name: "small", Module: module, Snapshot: true})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close(context.Background())
	var us float64
	err = box.Do(b.Context(), func(ctx context.Context) {
		before := processTime()
		for range pages {
			if err := generated(ctx, m); err != nil {
				b.Error(err)
				return
			}
		}
		us = (processTime() - before).Seconds() * 1e6 / float64(pages)
	})
	if err != nil {
		b.Fatal(err)
	}
	return us
}

func generated(ctx context.Context, m *sandbox.Module) error {
	i, err := m.Run(ctx)
	if err != nil {
		return err
	}
	defer i.Close()
	if _, err := i.Call(ctx, "getStaticProps", []byte(smallProps)); err != nil {
		return err
	}
	_, err = i.Call(ctx, "render", []byte(smallRender))
	return err
}

// warm makes as many pages in one instance, by wazero and nothing else.
func warm(b *testing.B, module []byte, pages int) float64 {
	b.Helper()
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	defer rt.Close(ctx)
	var input, output []byte
	_, err := rt.NewHostModuleBuilder("wisr").NewFunctionBuilder().WithFunc(func(_ context.Context, mod api.Module, at, size uint32) uint32 {
		mod.Memory().Write(at, input[:min(int(size), len(input))])
		return uint32(len(input))
	}).Export("input_read").NewFunctionBuilder().WithFunc(func(_ context.Context, mod api.Module, at, size uint32) {
		data, _ := mod.Memory().Read(at, size)
		output = bytes.Clone(data)
	}).Export("output_write").Instantiate(ctx)
	if err != nil {
		b.Fatal(err)
	}
	mod, err := rt.Instantiate(ctx, module)
	if err != nil {
		b.Fatal(err)
	}
	props, render := mod.ExportedFunction("getStaticProps"), mod.ExportedFunction("render")
	before := processTime()
	for range pages {
		input = []byte(smallProps)
		if _, err := props.Call(ctx); err != nil {
			b.Fatal(err)
		}
		input = []byte(smallRender)
		if _, err := render.Call(ctx); err != nil || len(output) == 0 {
			b.Fatal(len(output), err)
		}
	}
	return (processTime() - before).Seconds() * 1e6 / float64(pages)
}

// stock makes as many pages in instances of Extism's with a time-out, each new.
// Input and output are not copied: Extism has no way to the module's memory.
func stock(b *testing.B, module []byte, pages int) float64 {
	b.Helper()
	ctx := context.Background()
	i32 := extism.ValueTypeI32
	read := extism.NewHostFunctionWithStack("input_read", func(_ context.Context, _ *extism.CurrentPlugin, stack []uint64) { stack[0] = 0 },
		[]extism.ValueType{i32, i32}, []extism.ValueType{i32})
	write := extism.NewHostFunctionWithStack("output_write", func(context.Context, *extism.CurrentPlugin, []uint64) {},
		[]extism.ValueType{i32, i32}, nil)
	read.SetNamespace("wisr")
	write.SetNamespace("wisr")
	p, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm: []extism.Wasm{extism.WasmData{Data: module}}, Timeout: 10_000,
	}, extism.PluginConfig{EnableWasi: true}, []extism.HostFunction{read, write})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(ctx)
	before := processTime()
	for range pages {
		i, err := p.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			b.Fatal(err)
		}
		for _, export := range []string{"getStaticProps", "render"} {
			if _, _, err := i.CallWithContext(ctx, export, []byte(smallRender)); err != nil {
				b.Fatal(err)
			}
		}
		i.Close(ctx)
	}
	return (processTime() - before).Seconds() * 1e6 / float64(pages)
}
