package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

// pages are the guests of the benchmarks: both take 13 KB of JSON and write as
// much HTML. stock is the same page with input and output Extism's way.
type pages struct{ name, module, stock string }

var benchPages = []pages{{"go", "", ""}, {"c", "page.wasm", "pagestock.wasm"}}

// modules gives the page's two modules; that in Go is compiled now.
func (p pages) modules(b *testing.B) (ours, stock []byte) {
	b.Helper()
	if p.name == "c" {
		return fixture(b, p.module), fixture(b, p.stock)
	}
	return buildPage(b), buildPage(b, "-tags", "stock")
}

func buildPage(b testing.TB, flags ...string) []byte {
	b.Helper()
	file := filepath.Join(b.TempDir(), "page.wasm")
	cmd := exec.Command("go", append(append([]string{"build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file}, flags...), ".")...)
	cmd.Dir = filepath.Join("testdata", "page")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	module, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	return module
}

// pageInput is 13 KB of JSON.
func pageInput(b testing.TB) []byte {
	b.Helper()
	type item struct {
		Name  string   `json:"name"`
		Text  string   `json:"text"`
		Price float64  `json:"price"`
		Tags  []string `json:"tags"`
	}
	doc := struct {
		Title string `json:"title"`
		Items []item `json:"items"`
	}{Title: "What there is & what it costs"}
	for n := range 44 {
		doc.Items = append(doc.Items, item{
			Name:  fmt.Sprintf("Thing number %d <new>", n),
			Text:  "It is made of what things are made of, \"as ever\", and does what they do; see section " + fmt.Sprint(n*7) + " of the manual, or ask whoever made it. Zoë has one, too, and likes it very much.",
			Price: float64(n) * 12.25,
			Tags:  []string{"tools", "wood & metal", fmt.Sprint("shelf ", n%9)},
		})
	}
	data, err := json.Marshal(doc)
	if err != nil {
		b.Fatal(err)
	}
	return data
}

// fresh is one generation as wisr does it: a fresh instance and a render.
func fresh(b *testing.B, s *Sandbox, module, input []byte) func(context.Context) {
	b.Helper()
	m := load(b, s, Spec{Module: module})
	if m.Ordinary() != "" {
		b.Log("no snapshot: ", m.Ordinary())
	}
	return func(ctx context.Context) {
		i, err := m.Run(ctx)
		if err != nil {
			b.Error(err)
			return
		}
		defer i.Close()
		if out, err := i.Call(ctx, "render", input); err != nil || len(out) < 8<<10 {
			b.Errorf("%d bytes, %v", len(out), err)
		}
	}
}

// bare is a render in an instance that is there, by wazero and nothing else.
func bare(b *testing.B, module, input []byte, more func(wazero.Runtime)) func(context.Context) {
	b.Helper()
	render := bareRender(b, module, input, more)
	return func(ctx context.Context) {
		if output := render(ctx); len(output) < 8<<10 {
			b.Errorf("%d bytes", len(output))
		}
	}
}

// bareRender is bare that gives the page.
func bareRender(b testing.TB, module, input []byte, more func(wazero.Runtime)) func(context.Context) []byte {
	b.Helper()
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	b.Cleanup(func() { rt.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, rt)
	var output []byte
	host := rt.NewHostModuleBuilder(hostModule)
	host.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, mod api.Module, stack []uint64) {
		at, size := uint32(stack[0]), uint32(stack[1])
		stack[0] = uint64(len(input))
		mod.Memory().Write(at, input[:min(int(size), len(input))])
	}), at32, i32).Export("input_read")
	host.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, mod api.Module, stack []uint64) {
		data, _ := mod.Memory().Read(uint32(stack[0]), uint32(stack[1]))
		output = bytes.Clone(data)
	}), at32, nil).Export("output_write")
	notCalled := api.GoFunc(func(context.Context, []uint64) { panic("a render calls nothing but this") })
	host.NewFunctionBuilder().WithGoFunction(notCalled, at32, i32).Export("fetch_all")
	host.NewFunctionBuilder().WithGoFunction(notCalled, at32, i32).Export("fetch_read")
	if _, err := host.Instantiate(ctx); err != nil {
		b.Fatal(err)
	}
	if more != nil {
		more(rt)
	}
	config := wazero.NewModuleConfig().WithStartFunctions("_initialize").WithSysWalltime().WithSysNanotime()
	mod, err := rt.InstantiateWithConfig(ctx, module, config)
	if err != nil {
		b.Fatal(err)
	}
	render := mod.ExportedFunction("render")
	return func(ctx context.Context) []byte {
		if results, err := render.Call(ctx); err != nil || results[0] != 0 {
			b.Errorf("%v, %v", results, err)
		}
		return output
	}
}

// stocked is a compiled plugin of Extism's alone, with a time-out.
func stocked(b *testing.B, module []byte) *extism.CompiledPlugin {
	b.Helper()
	ctx := context.Background()
	p, err := extism.NewCompiledPlugin(ctx, extism.Manifest{
		Wasm:    []extism.Wasm{extism.WasmData{Data: module}},
		Timeout: uint64(10 * time.Second / time.Millisecond),
	}, extism.PluginConfig{EnableWasi: true}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.Close(ctx) })
	return p
}

// stock is one generation as Extism alone would do it.
func stock(b *testing.B, module, input []byte) func(context.Context) {
	p := stocked(b, module)
	return func(ctx context.Context) {
		i, err := p.Instance(ctx, extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			b.Error(err)
			return
		}
		defer i.Close(ctx)
		if _, out, err := i.CallWithContext(ctx, "render", input); err != nil || len(out) < 8<<10 {
			b.Errorf("%d bytes, %v", len(out), err)
		}
	}
}
