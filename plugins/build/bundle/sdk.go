package bundle

import (
	"cmp"
	"io/fs"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	js "github.com/wisr-dev/wisr/sdk/js"
)

// What is imported by the entry alone.
const (
	runtimePath = "wisr:runtime"
	preactPath  = "wisr:preact"
	reactPath   = "wisr:react"
	intlPath    = "wisr:intl"
)

// sdkPackage is what authors import. It is found where npm has installed it; where
// it is not, ours of the same version as this program is taken.
const sdkPackage = "@wisr/page"

const sdkNamespace = "wisr"

// sdk resolves what comes with this program, and what that imports as the page would.
func sdk(p Page) api.Plugin {
	return api.Plugin{Name: "wisr", Setup: func(b api.PluginBuild) {
		own := func(file string) api.OnResolveResult {
			return api.OnResolveResult{Path: file, Namespace: sdkNamespace}
		}
		for path, file := range map[string]string{runtimePath: "runtime/index.js", preactPath: "runtime/preact.js", reactPath: "runtime/react.js", intlPath: "runtime/intl/start.js"} {
			b.OnResolve(api.OnResolveOptions{Filter: "^" + path + "$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
				return own(file), nil
			})
		}
		b.OnResolve(api.OnResolveOptions{Filter: "^" + sdkPackage + "(/jsx-runtime)?$"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if a.PluginData == sdkPackage { // asked below
				return api.OnResolveResult{}, nil
			}
			installed := b.Resolve(a.Path, api.ResolveOptions{Importer: a.Importer, ResolveDir: a.ResolveDir, Kind: a.Kind, PluginData: sdkPackage})
			if len(installed.Errors) == 0 {
				return api.OnResolveResult{Path: installed.Path, Namespace: installed.Namespace, External: installed.External}, nil
			}
			return own(cmp.Or(strings.TrimPrefix(strings.TrimPrefix(a.Path, sdkPackage), "/"), "index") + ".js"), nil
		})
		if p.knownPreact() {
			b.OnResolve(api.OnResolveOptions{Filter: "^preact/jsx(-dev)?-runtime$"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
				if a.Namespace == sdkNamespace { // ours has some of Preact's
					return api.OnResolveResult{}, nil
				}
				return own("runtime/preact-jsx.js"), nil
			})
		}
		b.OnResolve(api.OnResolveOptions{Filter: "^react/jsx-runtime$"}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if a.Namespace == sdkNamespace {
				return api.OnResolveResult{}, nil
			}
			return own("runtime/react-jsx.js"), nil
		})
		b.OnResolve(api.OnResolveOptions{Filter: `^\.`, Namespace: sdkNamespace}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return own(path.Join(path.Dir(a.Importer), a.Path)), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: sdkNamespace}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := fs.ReadFile(js.Files, a.Path)
			contents := string(text)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS, ResolveDir: p.Dir}, err
		})
	}}
}
