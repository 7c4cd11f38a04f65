package bundle

import (
	"cmp"
	"io/fs"
	"path"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	js "github.com/wisr-dev/wisr/sdk/js"
)

// runtimePath is imported by the entry alone.
const runtimePath = "wisr:runtime"

// sdkPackage is what authors import. It is found where npm has installed it; where
// it is not, ours of the same version as this program is taken.
const sdkPackage = "@wisr/page"

const sdkNamespace = "wisr"

// sdk resolves what comes with this program.
func sdk() api.Plugin {
	return api.Plugin{Name: "wisr", Setup: func(b api.PluginBuild) {
		own := func(file string) api.OnResolveResult {
			return api.OnResolveResult{Path: file, Namespace: sdkNamespace}
		}
		b.OnResolve(api.OnResolveOptions{Filter: "^" + runtimePath + "$"}, func(api.OnResolveArgs) (api.OnResolveResult, error) {
			return own("runtime/index.js"), nil
		})
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
		b.OnResolve(api.OnResolveOptions{Filter: `^\.`, Namespace: sdkNamespace}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			return own(path.Join(path.Dir(a.Importer), a.Path)), nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: sdkNamespace}, func(a api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := fs.ReadFile(js.Files, a.Path)
			contents := string(text)
			return api.OnLoadResult{Contents: &contents, Loader: api.LoaderJS}, err
		})
	}}
}
