package build

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// enginePackage is the JavaScript engine, QuickJS-NG: an npm package, so that a
// site's lock file says which, as for all else that runs in its pages.
const enginePackage = "quickjs-wasi"

// engineRange is what to install: shims are made for one shape of the engine.
const engineRange = "quickjs-wasi@~3.6"

// readEngine finds the engine as Node finds packages: in node_modules of the page's
// folder, or of one above it, or where @wisr/page brought its own.
func readEngine(dir string) (module []byte, file string, err error) {
	for _, in := range []string{"", "@wisr/page/node_modules"} {
		for at := dir; ; at = filepath.Dir(at) {
			file := filepath.Join(at, "node_modules", in, enginePackage, "quickjs.wasm")
			data, err := os.ReadFile(file)
			if err == nil {
				return data, file, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return nil, "", fmt.Errorf("the JavaScript engine: %w", err)
			}
			if at == filepath.Dir(at) {
				break
			}
		}
	}
	return nil, "", fmt.Errorf("the JavaScript engine is not installed: run: npm install %s", engineRange)
}
