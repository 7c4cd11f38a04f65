package sandbox

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	extism "github.com/extism/go-sdk"
	"github.com/tetratelabs/wazero"

	"github.com/wisr-dev/wisr/plugins/build"
	"github.com/wisr-dev/wisr/plugins/manifest"
)

// A page of each of Extism's functions that a page needs.
const stockPage = `/** @jsxImportSource preact */
import { config } from "@wisr/page";
export async function getStaticProps({ params }) {
  console.warn("making", params.name);
  const [a, b] = await Promise.all([fetch(config("api") + "/a"), fetch(config("api") + "/b", { method: "POST", body: params.name })]);
  if (params.name === "nobody") throw new RangeError("there is nobody");
  return { props: { a: await a.text(), b: b.status + await b.text() } };
}
export default ({ a, b }) => <p title={a}>{b}</p>;
`

// A page in JavaScript that its package.json makes one for any host of Extism's runs in one
// that has nothing of ours.
func TestAPageInJavaScriptRunsByExtismAlone(t *testing.T) {
	if raceDetector {
		t.Skip("compiling a large module under the race detector finds nothing")
	}
	packages, err := filepath.Abs(filepath.Join("..", "..", "sdk", "js", "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(packages); err != nil {
		t.Skip("needs the packages of sdk/js: run npm ci there")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"page.tsx": stockPage, "package.json": `{"wisr": {"extism": true}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(packages, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	if _, err := build.New(build.Options{}).Build(t.Context(), &manifest.Manifest{Name: "page", Source: "page.tsx", Module: "page.wasm", Dir: dir}); err != nil {
		t.Fatal(err)
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/b" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, r.Method+" "+r.Header.Get("Content-Type")+" "+string(body))
	}))
	t.Cleanup(api.Close)

	plugin, err := extism.NewCompiledPlugin(t.Context(), extism.Manifest{
		Wasm:         []extism.Wasm{extism.WasmFile{Path: filepath.Join(dir, "page.wasm")}},
		AllowedHosts: []string{"127.0.0.1"},
		Config:       map[string]string{"api": api.URL},
	}, extism.PluginConfig{EnableWasi: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = plugin.Close(context.Background()) })
	// call runs one export in an instance of its own.
	call := func(export, input string) (string, error) {
		i, err := plugin.Instance(t.Context(), extism.PluginInstanceConfig{ModuleConfig: wazero.NewModuleConfig()})
		if err != nil {
			t.Fatal(err)
		}
		defer i.Close(t.Context())
		_, out, err := i.Call(export, []byte(input))
		return string(out), err
	}
	props, err := call("getStaticProps", `{"params": {"name": "é ☃ 😀"}}`)
	const want = `{"props":{"a":"GET  ","b":"418POST text/plain;charset=UTF-8 é ☃ 😀"}}`
	if err != nil || props != want {
		t.Fatalf("its props are %s, %v, want %s", props, err, want)
	}
	html, err := call("render", props)
	if want := `<p title="GET  ">418POST text/plain;charset=UTF-8 é ☃ 😀</p>`; err != nil || html != want {
		t.Errorf("it is %s, %v, want %s", html, err, want)
	}
	if _, err = call("getStaticProps", `{"params": {"name": "nobody"}}`); err == nil || !strings.Contains(err.Error(), "RangeError: there is nobody") || !strings.Contains(err.Error(), "page.tsx:6:") {
		t.Errorf("it fails by %v", err)
	}
}
